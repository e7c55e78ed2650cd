"""Profiles against closed forms: a shell whose T2 is known at every depth, and planes of known slope."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.profile import along_line, common_bins, depth_profile, shares_of_depth
from napari_mrsr.roi.region import regions_of
from napari_mrsr.scan import Scan

#: Inner and outer radius of the shell, mm: a condyle with 4 mm of cartilage.
INNER, OUTER = 20.0, 24.0
#: Sagittal voxels of 0.5 x 0.5 x 1 mm: i to the back, j downwards, k to the right.
AFFINE = np.array([[0, 0, 1.0, 0], [-0.5, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 0, 1.0]])


def condyle(thick: float = 1.0) -> tuple[Scan, Scan]:
    """Return the lower half of a cylinder's shell, and T2 that rises from 30 ms at the bone to 60 ms at the joint."""
    n = round(16 / thick)
    i, j, _ = np.indices((120, 80, n)).astype(float)
    radius = np.hypot(i * 0.5 - 30.0, j * 0.5 - 10.0)
    shell = (radius >= INNER) & (radius <= OUTER) & (j * 0.5 > 8.0)
    shell[:, :, : n // 8] = shell[:, :, -(n // 8) :] = False
    t2 = 30.0 + 30.0 * (radius - INNER) / (OUTER - INNER)
    affine = AFFINE @ np.diag([1.0, 1.0, thick, 1.0])
    labels = Scan(shell.astype(np.uint8), affine, axis="label", quantity="label", unit="")
    return labels, Scan(t2, affine, quantity="T2", unit="ms")


def test_t2_by_depth_is_what_was_put_into_the_shell() -> None:
    labels, t2 = condyle()
    shares = shares_of_depth(regions_of(labels)[1], "medial femoral cartilage")
    found = depth_profile(t2, shares)
    assert found.depth[0] == pytest.approx(0.05)
    inner = found.n > 50
    assert inner.sum() >= 8
    np.testing.assert_allclose(found.mean[inner], (30.0 + 30.0 * found.depth)[inner], atol=2.5)
    assert np.nanmax(found.sd[inner]) < 4.0  # a tenth of the depth is 3 ms


def test_the_profile_of_a_map_on_coarse_slices_is_the_same() -> None:
    labels, _ = condyle()
    _, coarse = condyle(thick=2.0)
    shares = shares_of_depth(regions_of(labels)[1], "femoral cartilage")
    found = depth_profile(coarse, shares)
    known = found.n > 50
    np.testing.assert_allclose(found.mean[known], (30.0 + 30.0 * found.depth)[known], atol=2.5)


def test_without_a_bone_in_the_name_there_is_no_depth() -> None:
    region = regions_of(condyle()[0])[1]
    with pytest.raises(BadParameter, match="on which side the bone is"):
        shares_of_depth(region, "medial meniscus")


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_values_along_a_line_of_a_linear_volume_are_exact_also_in_oblique_scans(angle: float) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.4, 0.6, 3.0])
    affine[:3, 3] = (-7.0, 11.0, 5.0)
    voxels = np.moveaxis(np.indices((40, 30, 10)).astype(float), 0, -1)
    patient = voxels @ affine[:3, :3].T + affine[:3, 3]
    scan = Scan(patient @ [2.0, -1.0, 0.5], affine)
    start, end = ((affine @ [*v, 1.0])[:3] for v in ((5.2, 3.1, 1.4), (30.7, 22.9, 7.5)))
    distance, values = along_line(scan, start, end)
    assert distance[-1] == pytest.approx(np.linalg.norm(end - start))
    expected = (start + (distance / distance[-1])[:, None] * (end - start)) @ [2.0, -1.0, 0.5]
    np.testing.assert_allclose(values, expected, atol=1e-9)


def test_beyond_the_volume_and_beside_a_hole_there_is_no_value() -> None:
    array = np.ones((10, 4, 4))
    array[5, 1, 1] = np.nan
    distance, values = along_line(Scan(array, np.eye(4)), (-4, 1, 1), (9, 1, 1), step=0.5)
    assert np.isnan(values[distance < 3.4]).all()
    assert np.isnan(values[(distance > 8) & (distance < 10)]).all()
    assert (values[(distance > 4) & (distance < 8)] == 1).all()
    with pytest.raises(BadParameter, match="no length"):
        along_line(Scan(array, np.eye(4)), (1, 1, 1), (1, 1, 1))


def test_bins_are_common_and_hold_nearly_everything() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.normal(35, 5, 3000), rng.normal(45, 5, 500)
    edges = common_bins([one, two])
    for values in (one, two):
        assert np.histogram(values, edges)[0].sum() >= 0.98 * values.size
    assert 10 < len(edges) <= 61
    assert len(common_bins([np.full(5, 3.0)])) == 2
    assert len(common_bins([])) == 2
