"""Labels on another grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi import resample_labels
from napari_mrsr.roi.grid import bounding_box, label_array
from napari_mrsr.scan import Scan


def blocks(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """Return labels 0 to 3 in lumps."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2)
    return np.digitize(smooth, np.quantile(smooth, [0.6, 0.75, 0.9])).astype(np.uint8)


def affine(spacing: tuple[float, float, float], degrees: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    a = np.eye(4)
    a[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() * np.array(spacing)
    a[:3, 3] = -7, 3, 11
    return a


def test_labels_on_the_same_grid_are_left_alone() -> None:
    labels = Scan(blocks((9, 8, 7)), affine((0.4, 0.4, 1.4)))
    assert resample_labels(labels, Scan(np.zeros((9, 8, 7)), labels.affine)) is labels


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_fine_labels_are_taken_to_the_coarse_grid_by_stride(axis: int, factor: int) -> None:
    fine = blocks((24, 24, 24))
    spacing = np.full(3, 0.5)
    coarse_spacing = spacing.copy()
    coarse_spacing[axis] *= factor
    strided = np.take(fine, np.arange(0, 24, factor), axis=axis)
    like = Scan(np.zeros(strided.shape), affine(tuple(coarse_spacing), (10, -20, 5)))
    found = resample_labels(Scan(fine, affine(tuple(spacing), (10, -20, 5))), like)
    assert np.array_equal(found.array[0], strided)
    assert found.same_grid(like)
    assert "nearest" in found.warnings[-1]


def test_coarse_labels_are_repeated_on_the_fine_grid_and_a_tie_goes_to_the_lower_slice() -> None:
    coarse = blocks((8, 8, 8))
    found = resample_labels(Scan(coarse, affine((1, 1, 2))), Scan(np.zeros((8, 8, 16)), affine((1, 1, 1))))
    assert np.array_equal(found.array[0], np.repeat(coarse, 2, axis=2))


@settings(max_examples=25, deadline=None)
@given(
    degrees=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(*[st.floats(0.4, 2.0)] * 3),
    seed=st.integers(0, 99),
)
def test_every_voxel_has_the_label_of_the_place_where_it_lies(
    degrees: tuple[float, float, float], spacing: tuple[float, float, float], seed: int
) -> None:
    labels = Scan(blocks((12, 11, 10), seed), affine((0.8, 0.9, 1.1)))
    like = Scan(np.zeros((9, 10, 11)), affine(spacing, degrees))
    found = resample_labels(labels, like).array[0]
    world = (
        np.einsum("ab,bijk->aijk", like.affine[:3, :3], np.indices(like.shape)) + like.affine[:3, 3, None, None, None]
    )
    place = np.linalg.solve(labels.affine[:3, :3], (world - labels.affine[:3, 3, None, None, None]).reshape(3, -1))
    clear = (np.abs(place - np.floor(place) - 0.5) > 1e-3).all(axis=0)  # ties are tested above
    nearest = np.rint(place).astype(int)
    inside = ((nearest >= 0) & (nearest < np.array(labels.shape)[:, None])).all(axis=0)
    expected = np.zeros(found.size, np.uint8)
    expected[inside] = labels.array[0][tuple(nearest[:, inside])]
    assert np.array_equal(found.ravel()[clear], expected[clear])


@settings(max_examples=25, deadline=None)
@given(voxels=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 4)), max_size=6))
def test_the_box_around_painted_voxels_is_the_smallest(voxels: list[tuple[int, int, int]]) -> None:
    array = np.zeros((7, 6, 5), np.uint16)
    for voxel in voxels:
        array[voxel] = 300
    expected = None if not voxels else tuple(slice(min(v), max(v) + 1) for v in zip(*voxels, strict=True))
    assert bounding_box(array) == expected


def test_labels_outside_the_scan_are_said_to_be_lost() -> None:
    far = affine((1, 1, 1))
    far[0, 3] += 500
    found = resample_labels(Scan(blocks((8, 8, 8)), far), Scan(np.zeros((8, 8, 8)), affine((1, 1, 1))))
    assert not found.array.any()
    assert "none of them lies in it" in found.warnings[-1]


def test_labels_stored_as_floating_point_are_read_as_whole_numbers() -> None:
    array = blocks((5, 5, 5))
    assert np.array_equal(label_array(Scan(array.astype(np.float32), np.eye(4))), array)
    assert label_array(Scan(array > 1, np.eye(4))).max() == 1


@pytest.mark.parametrize("value", [0.5, -1.0, np.nan])
def test_what_is_not_a_label_is_refused(value: float) -> None:
    array = np.zeros((3, 3, 3), np.float32)
    array[1, 1, 1] = value
    with pytest.raises(BadParameter, match="not labels"):
        label_array(Scan(array, np.eye(4)))
    with pytest.raises(BadParameter, match="volumes"):
        label_array(Scan(np.zeros((2, 3, 3, 3), np.uint8), np.eye(4)))
