"""Oblique reformats against functions and bodies whose sections are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation.oblique import across, field_of_view, hung, reformat, through
from napari_mrsr.scan import Scan

SHAPE = (30, 26, 20)

numbers = st.floats(-1.0, 1.0)


def oblique_affine() -> np.ndarray:
    """A scan that lies askew: turned 20 degrees about x, anisotropic, sagittal order."""
    angle = np.radians(20.0)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 1.5], [-0.6, 0, 0], [0, -0.7, 0]])
    affine[:3, 3] = (-14.0, 8.0, 9.0)
    return affine


def positions(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where the voxels of a grid lie in the patient, shape (3, i, j, k)."""
    voxels = np.indices(shape).reshape(3, -1)
    return (affine[:3, :3] @ voxels + affine[:3, 3:]).reshape(3, *shape)


def filled(function, affine: np.ndarray | None = None, shape: tuple[int, int, int] = SHAPE) -> Scan:
    """A scan whose value is a function of the place in the patient."""
    affine = oblique_affine() if affine is None else affine
    return Scan(function(positions(affine, shape)).astype(np.float32), affine)


def ramp(p: np.ndarray) -> np.ndarray:
    return 3.0 * p[0] - 2.0 * p[1] + 0.5 * p[2] + 7.0


@settings(deadline=None, max_examples=40)
@given(normal=st.tuples(numbers, numbers, numbers).filter(lambda n: np.linalg.norm(n) > 0.2))
def test_a_linear_ramp_is_reproduced_exactly_on_any_plane(normal) -> None:
    scan = filled(ramp)
    middle = scan.affine[:3, :3] @ (np.array(scan.shape) / 2) + scan.affine[:3, 3]
    picture = reformat(scan, field_of_view(scan, hung(middle, normal)))
    there = positions(picture.affine, picture.shape)  # what the affine says
    voxels = np.einsum(
        "ab,bijk->aijk", np.linalg.inv(scan.affine)[:3, :3], there - scan.affine[:3, 3, None, None, None]
    )
    inner = ((voxels >= 0) & (voxels <= np.array(scan.shape)[:, None, None, None] - 1)).all(axis=0)
    assert inner.any()
    np.testing.assert_allclose(picture.array[0][inner], ramp(there)[inner], atol=2e-4)


@pytest.mark.parametrize("slab", ["mean", "maximum"])
def test_a_slab_of_a_ramp_is_its_middle_or_its_far_side(slab) -> None:
    scan = filled(lambda p: p[0], np.diag([1.0, 1, 1, 1]), (20, 20, 20))
    field = field_of_view(scan, hung((10.0, 10, 10), (1, 0, 0)))
    picture = reformat(scan, field, thickness=5.0, slab=slab)
    expected = 10.0 if slab == "mean" else 12.0  # five planes at 8, 9, 10, 11, 12
    np.testing.assert_allclose(picture.array[0, 2:-2, 2:-2], expected, atol=1e-5)
    assert picture.spacing[2] == 5.0


@pytest.mark.parametrize("degrees", [0.0, 30.0, 50.0])
def test_a_tilted_cylinder_is_cut_in_an_ellipse_of_known_axes(degrees) -> None:
    radius, tilt = 6.13, np.radians(degrees)
    axis = np.array([np.sin(tilt), 0.0, np.cos(tilt)])

    def cylinder(p: np.ndarray) -> np.ndarray:
        along = np.einsum("a,aijk->ijk", axis, p)
        distance = np.sqrt(np.maximum((p**2).sum(axis=0) - along**2, 0))
        return np.clip(radius + 0.5 - distance, 0, 1)  # a rim of one voxel: half of it is the surface

    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = -15.0
    scan = filled(cylinder, affine, (61, 61, 61))
    cut = reformat(scan, field_of_view(scan, hung((0, 0, 0), (0, 0, 1))))
    right = reformat(scan, field_of_view(scan, hung((0, 0, 0), axis)))
    for picture, long in ((cut, radius / np.cos(tilt)), (right, radius)):
        mask = picture.array[0, :, :, 0] > 0.5
        area = mask.sum() * picture.spacing[0] * picture.spacing[1]
        assert area == pytest.approx(np.pi * radius * long, rel=0.02)
        i, j = np.nonzero(mask)
        widths = sorted((np.ptp(i) + 1, np.ptp(j) + 1))
        assert widths[0] * 0.5 == pytest.approx(2 * radius, abs=0.8)
        assert widths[1] * 0.5 == pytest.approx(2 * long, abs=0.8)


def test_three_points_lie_in_their_plane_and_the_affine_leads_back_to_them() -> None:
    scan = filled(ramp)
    points = np.array([[-5.0, 2.0, 3.0], [4.0, -3.0, 1.0], [1.0, 1.0, -4.0]])
    picture = reformat(scan, field_of_view(scan, through(points)))
    pixels = np.linalg.inv(picture.affine)[:3] @ np.c_[points, np.ones(3)].T
    np.testing.assert_allclose(pixels[2], 0.0, atol=1e-9)
    for pixel, point in zip(np.rint(pixels).astype(int).T, points, strict=True):
        back = picture.affine[:3, :3] @ pixel + picture.affine[:3, 3]
        assert np.linalg.norm(back - point) <= 0.5 * np.sqrt(2) * picture.spacing[0] + 1e-9


def test_a_line_in_a_slice_gives_the_plane_that_stands_on_it() -> None:
    plane = across((0, 0, 0), (0, 3.0, 3.0), normal=(1, 0, 0))
    assert abs(plane.normal @ (1, 0, 0)) < 1e-12
    assert abs(plane.normal @ (0, 1, 1)) < 1e-12
    np.testing.assert_allclose(plane.centre, (0, 1.5, 1.5))


@pytest.mark.parametrize(
    ("normal", "right", "down"),
    [
        ((1, 0.1, 0), (0, -1, 0), (0, 0, -1)),
        ((0.1, -1, 0), (-1, 0, 0), (0, 0, -1)),
        ((0, 0.2, -1), (-1, 0, 0), (0, -1, 0)),
    ],
)
def test_planes_hang_as_in_a_reading_room(normal, right, down) -> None:
    plane = hung((0, 0, 0), normal)
    assert plane.right @ right > 0.9
    assert plane.down @ down > 0.9
    assert abs(plane.right @ plane.down) < 1e-12


def test_labels_are_never_mixed() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[10:, :, :] = 7
    labels[20:, :, :] = 9
    scan = Scan(labels, oblique_affine(), axis="label")
    middle = scan.affine[:3, :3] @ (np.array(SHAPE) / 2) + scan.affine[:3, 3]
    picture = reformat(scan, field_of_view(scan, hung(middle, (0.3, 0.5, 0.7))), thickness=4.0, nearest=True)
    assert picture.array.dtype == np.uint8
    assert set(np.unique(picture.array)) <= {0, 7, 9}


def test_a_map_keeps_its_holes_and_invents_nothing_beside_them() -> None:
    values = np.full((20, 20, 20), np.nan, np.float32)
    values[5:15] = 40.0
    scan = Scan(values, np.eye(4), axis="map")
    picture = reformat(scan, field_of_view(scan, hung((9.5, 9.5, 9.5), (0.2, 1, 0.1)))).array
    assert np.isnan(picture).any()
    np.testing.assert_allclose(picture[np.isfinite(picture)], 40.0)


def test_the_source_is_only_read() -> None:
    scan = filled(ramp)
    scan.array.setflags(write=False)
    before = scan.array.copy()
    reformat(scan, field_of_view(scan, hung((0, 0, 0), (1, 1, 1))), thickness=3.0)
    np.testing.assert_array_equal(scan.array, before)


def test_what_cannot_be_a_plane_is_said() -> None:
    with pytest.raises(BadParameter, match="on one line"):
        through([[0, 0, 0], [1, 1, 1], [5, 5, 5.0]])
    with pytest.raises(BadParameter, match="three points"):
        through([[0, 0, 0], [1, 1, 1]])
    with pytest.raises(BadParameter, match="no length"):
        across((1, 1, 1), (1, 1, 1), (0, 0, 1))
    scan = filled(ramp)
    with pytest.raises(BadParameter, match="outside"):
        field_of_view(scan, hung((500, 0, 0), (1, 0, 0)))
    with pytest.raises(BadParameter, match="slab"):
        reformat(scan, field_of_view(scan, hung((0, 0, 0), (1, 0, 0))), thickness=-1.0)
