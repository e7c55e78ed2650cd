"""A scan stands on the screen as a radiologist expects it, whatever the order of its voxels. Truth: nibabel."""

from __future__ import annotations

from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from napari_mrsr.app.frame import ORDERS, frame_of, obliquity, plane_of
from napari_mrsr.interpolation import interpolate_scan
from napari_mrsr.scan import Scan

ORIENTATIONS = [
    "".join(pair[side] for pair, side in zip(order, sides, strict=True))
    for order in permutations(("LR", "PA", "IS"))
    for sides in product((0, 1), repeat=3)
]
RNG = np.random.default_rng(0)
CANONICAL = RNG.random((5, 6, 7)).astype(np.float32)  # R+, A+, S+
AFFINE = np.array([[0.5, 0, 0, -20.0], [0, 0.7, 0, 3.0], [0, 0, 2.0, 40.0], [0, 0, 0, 1]])


def stored_as(codes: str) -> Scan:
    """Return the canonical volume as a file with these axis codes would store it."""
    image = nib.Nifti1Image(CANONICAL, AFFINE)
    wanted = nib.orientations.axcodes2ornt(tuple(codes))
    turned = image.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(AFFINE), wanted))
    return Scan(np.asarray(turned.dataobj)[None], turned.affine)


@pytest.mark.parametrize("codes", ORIENTATIONS)
@pytest.mark.parametrize("plane", [0, 1, 2])
def test_every_orientation_shows_the_same_picture_left_anterior_superior_first(codes: str, plane: int) -> None:
    scan = stored_as(codes)
    frame = frame_of(scan, plane)
    expected = CANONICAL[::-1, ::-1, ::-1].transpose(ORDERS[plane])  # right, anterior, superior come first
    np.testing.assert_array_equal(frame.to_screen(scan.array)[0], expected)
    np.testing.assert_array_equal(frame.to_voxels(frame.to_screen(scan.array)), scan.array)


@pytest.mark.parametrize("codes", ["RAS", "PIR", "LSA", "AIL"])
def test_screen_coordinates_are_millimetres_to_the_left_back_and_foot(codes: str) -> None:
    scan = stored_as(codes)
    frame = frame_of(scan, 0)
    spot = (1, 2, 3)  # right, anterior, superior index in the canonical grid
    x, y, z = (AFFINE @ (*spot, 1))[:3]
    where = np.argwhere(frame.to_screen(scan.array)[0] == CANONICAL[spot])[0]
    np.testing.assert_allclose(np.array(frame.translate) + where * frame.scale, (-x, -z, -y), atol=1e-9)


def test_a_sagittal_knee_has_its_patella_on_the_left_and_its_thigh_on_top() -> None:
    array = np.zeros((8, 9, 4), np.float32)
    array[0, 4, 2] = 1.0  # i runs to the back: the first column is the most anterior one
    array[4, 0, 1] = 2.0  # j runs downwards
    sagittal = np.array([[0, 0, 3.0, 0], [-0.5, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 0, 1.0]])
    picture = frame_of(Scan(array, sagittal, slice_axis=2)).to_screen(array)
    assert np.argwhere(picture == 1)[0][1:].tolist() == [4, 0]
    assert np.argwhere(picture == 2)[0][1:].tolist() == [0, 4]


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(-180, 180)] * 3), st.sampled_from([2, 3, 4]), st.integers(0, 2))
def test_fine_slices_of_any_oblique_scan_lie_on_the_acquired_ones(
    angles: tuple[float, float, float], factor: int, axis: int
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * [0.4, 0.6, 2.5]
    affine[:3, 3] = (-30.0, 12.0, 7.0)
    coarse = Scan(RNG.random((1, 4, 5, 6)).astype(np.float32), affine)
    fine = interpolate_scan(coarse, "nearest", factor, axis)
    one, other = frame_of(coarse, 0), frame_of(fine, 0)
    voxel, finer = np.array([2, 3, 4]), np.array([2, 3, 4])
    finer[axis] *= factor
    assert coarse.array[0][tuple(voxel)] == fine.array[0][tuple(finer)]
    np.testing.assert_allclose(point_of(one, coarse, voxel), point_of(other, fine, finer), atol=1e-6)
    assert one.voxel(coarse, point_of(one, coarse, voxel)) == tuple(voxel)
    patient = (affine @ (*voxel, 1.0))[:3]
    shown = one.affine(one.scale, one.translate) @ (*index_of(one, coarse, voxel), 1.0)
    np.testing.assert_allclose(shown[:3], patient, atol=1e-6)


def index_of(frame, scan: Scan, voxel: np.ndarray) -> np.ndarray:
    """Return the screen index of a voxel, found by looking for it."""
    marked = np.zeros(scan.shape)
    marked[tuple(voxel)] = 1
    return np.argwhere(frame.to_screen(marked))[0]


def point_of(frame, scan: Scan, voxel: np.ndarray) -> np.ndarray:
    """Return the point of the screen at which a voxel is shown, mm."""
    return np.array(frame.translate) + index_of(frame, scan, voxel) * frame.scale


def test_the_slider_runs_along_the_acquired_slices() -> None:
    assert plane_of(Scan(np.zeros((8, 8, 3)), np.diag([1, 1, 5.0, 1]))) == 2
    assert plane_of(Scan(np.zeros((8, 8, 3)), np.diag([5.0, 1, 1, 1]))) == 0
    assert plane_of(Scan(np.zeros((8, 8, 3)), np.diag([1, 1, 1.0, 1]))) == 2  # cannot be told


def test_obliquity_is_the_angle_of_the_rotation() -> None:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("x", 12.5, degrees=True).as_matrix()
    assert obliquity(Scan(np.zeros((2, 2, 2)), affine)) == pytest.approx(12.5)
