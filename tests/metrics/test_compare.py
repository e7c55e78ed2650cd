"""A scan against its reference."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch
from napari_mrsr.metrics import compare, difference_map, ssim, ssim_map
from napari_mrsr.scan import Scan, Source

KEYS = ["psnr", "ssim", "rmse", "mse", "mae", "diff_sd", "data_range", "n"]


@pytest.fixture
def pair() -> tuple[Scan, Scan]:
    """Two echoes, and the same with a bias of 1 and 3 and noise of SD 2."""
    rng = np.random.default_rng(0)
    truth = np.stack([100 * rng.random((16, 14, 12)), 20 * rng.random((16, 14, 12))]).astype(np.float32)
    affine = np.diag([0.4, 0.4, 0.7, 1])
    reference = Scan(truth, affine, axis="echo", names=("S1", "S2"), sources=(Source("reference.nii.gz"),))
    noise = 2 * rng.standard_normal(truth.shape) + np.array([1, 3])[:, None, None, None]
    return reference, Scan((truth + noise).astype(np.float32), affine, axis="echo", sources=(Source("test.nii.gz"),))


def test_every_volume_has_its_figures_under_the_references_name(pair: tuple[Scan, Scan]) -> None:
    figures = compare(*pair)
    assert list(figures) == ["S1", "S2"]
    for n, (name, found) in enumerate(figures.items()):
        d = (pair[1].array[n] - pair[0].array[n]).astype(float)
        assert list(found) == KEYS
        assert found["n"] == d.size
        assert found["mse"] == pytest.approx((d**2).mean(), rel=1e-6)
        assert found["rmse"] ** 2 == pytest.approx(found["mse"])
        assert found["mae"] == pytest.approx(np.abs(d).mean(), rel=1e-6)
        assert found["diff_sd"] == pytest.approx(d.std(ddof=1), rel=1e-6)
        assert found["data_range"] == pytest.approx(np.ptp(pair[0].array[n]))
        assert found["psnr"] == pytest.approx(20 * np.log10(found["data_range"] / found["rmse"]))
        assert found["ssim"] == pytest.approx(ssim(pair[0].array[n], pair[1].array[n]), abs=1e-6), name


def test_a_mask_counts_only_its_voxels_and_keeps_the_data_range(pair: tuple[Scan, Scan]) -> None:
    inside = np.zeros(pair[0].shape, np.uint8)
    inside[3:6, 2:9, 5] = 7
    found = compare(*pair, Scan(inside, pair[0].affine))["S1"]
    d = (pair[1].array[0] - pair[0].array[0])[inside > 0].astype(float)
    assert found["n"] == 21
    assert found["mse"] == pytest.approx((d**2).mean(), rel=1e-6)
    assert found["data_range"] == compare(*pair)["S1"]["data_range"]
    assert compare(*pair, inside)["S1"] == found


def test_a_map_with_holes_is_compared_where_both_have_a_value(pair: tuple[Scan, Scan]) -> None:
    reference, test = pair
    holed = test.array.copy()
    holed[0, 4, 4, 4] = np.nan
    found = compare(reference, test.after("hole", holed))["S1"]
    assert found["n"] == holed[0].size - 1
    assert all(np.isfinite(list(found.values())))


def test_two_volumes_of_one_name_keep_both_figures(pair: tuple[Scan, Scan]) -> None:
    reference = pair[0].after("rename", pair[0].array, names=("T2", "T2"))
    assert list(compare(reference, pair[1])) == ["T2", "T2 (2)"]


def test_maps_say_what_they_are_and_are_nan_outside_the_mask(pair: tuple[Scan, Scan]) -> None:
    inside = np.zeros(pair[0].shape, bool)
    inside[4:9, 4:9, 4:9] = True
    difference, similar = difference_map(*pair, inside), ssim_map(*pair, inside)
    for found, quantity, unit in ((difference, "signal difference", "a.u."), (similar, "SSIM", "")):
        assert (found.quantity, found.unit, found.names) == (quantity, unit, ("S1", "S2"))
        assert found.same_grid(pair[0])
        assert found.array.dtype == np.float32
        assert np.array_equal(np.isfinite(found.array[1]), inside)
        assert found.history[-1].parameters["reference"] == "reference.nii.gz"
    expected = pair[1].array[:, inside] - pair[0].array[:, inside]
    assert np.array_equal(difference.array[:, inside], expected)


def test_equal_scans_are_alike_without_a_difference(pair: tuple[Scan, Scan]) -> None:
    found = compare(pair[0], pair[0])["S2"]
    assert (found["psnr"], found["mse"]) == (np.inf, 0)
    assert found["ssim"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("change", ["shape", "spacing", "position", "volumes"])
def test_scans_on_other_grids_are_refused(pair: tuple[Scan, Scan], change: str) -> None:
    reference, test = pair
    affine = test.affine.copy()
    if change == "shape":
        other = Scan(test.array[..., 1:], affine)
    elif change == "spacing":
        other = Scan(test.array, np.diag([0.4, 0.4, 0.8, 1]))
    elif change == "position":
        affine[2, 3] += 0.35
        other = Scan(test.array, affine)
    else:
        other = Scan(test.array[:1], affine)
    for function in (compare, difference_map, ssim_map):
        with pytest.raises(GeometryMismatch) as error:
            function(reference, other)
        assert "\n" not in str(error.value)
    if change != "volumes":
        with pytest.raises(GeometryMismatch, match="the mask"):
            compare(reference, test, Scan(other.array[0], other.affine))


def test_an_empty_mask_and_a_constant_reference_are_refused(pair: tuple[Scan, Scan]) -> None:
    with pytest.raises(BadParameter, match="no voxel"):
        compare(*pair, np.zeros(pair[0].shape))
    flat = pair[0].after("flat", np.ones_like(pair[0].array))
    with pytest.raises(ConstantImage):
        compare(flat, pair[1])
