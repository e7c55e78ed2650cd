"""Pictures lie as a radiologist expects, whatever the order and direction of the voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.report.planes import centre_of, cut, slice_plane
from napari_mrsr.scan import Scan

ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def stored(order: tuple[int, int, int], signs: tuple[int, int, int]) -> tuple[Scan, np.ndarray]:
    """Return a scan whose value is 100 x + 10 y + z of the voxel's place in the patient (mm), and its lowest corner."""
    spacing = {0: 1.0, 1: 2.0, 2: 3.0}  # of the patient's axes
    shape = {0: 4, 1: 3, 2: 5}
    affine = np.eye(4)
    affine[:3, :3] = 0
    for voxel_axis, patient in enumerate(order):
        affine[patient, voxel_axis] = signs[patient] * spacing[patient]
        affine[patient, 3] = 0.0 if signs[patient] > 0 else spacing[patient] * (shape[patient] - 1)
    size = tuple(shape[patient] for patient in order)
    index = np.stack(np.indices(size)).reshape(3, -1)
    place = (affine[:3, :3] @ index + affine[:3, 3:]).reshape(3, *size)
    return Scan(100 * place[0] + 10 * place[1] + place[2], affine), np.array([3.0, 4.0, 12.0])


@given(st.sampled_from(ORDERS), st.tuples(*[st.sampled_from([-1, 1])] * 3))
@settings(max_examples=60, deadline=None)
def test_rows_run_to_inferior_and_columns_to_posterior_or_to_the_patients_left(
    order: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    scan, far = stored(order, signs)
    right, front, top = far
    sagittal = cut(scan, 0, (1.0, 0, 0))
    assert sagittal.letters == ("S", "I", "A", "P")
    assert sagittal.values[0, 0] == 100 * 1 + 10 * front + top  # at the top, in front
    assert sagittal.values[-1, -1] == 100
    assert sagittal.spacing == (3.0, 2.0)
    coronal = cut(scan, 1, (0, 2.0, 0))
    assert coronal.values[0, 0] == 100 * right + 20 + top  # the patient's right is on the left
    assert coronal.values[-1, -1] == 20
    axial = cut(scan, 2, (0, 0, 3.0))
    assert axial.letters == ("A", "P", "R", "L")
    assert axial.values[0, 0] == 100 * right + 10 * front + 3
    assert axial.values.shape == (3, 4)


def test_pictures_of_two_grids_lie_on_each_other() -> None:
    coarse = Scan(np.zeros((4, 4, 4)), np.diag([1.0, 1.0, 2.0, 1.0]))
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    fine = Scan(np.zeros((4, 4, 8)), affine)  # shares its first voxel with the coarse one
    one, two = cut(coarse, 0, (0, 0, 0)), cut(fine, 0, (0, 0, 0))
    # the highest centre: 6 mm of the coarse, 7 mm of the fine grid, counted downwards
    assert (one.corner[0], two.corner[0]) == (-6.0, -7.0)
    assert one.corner[1] == two.corner[1]


def test_the_slice_with_the_largest_region_is_shown() -> None:
    painted = np.zeros((8, 8, 6), np.uint8)
    painted[2, 2, 1] = 1
    painted[4:7, 3:6, 4] = 2
    scan = Scan(painted, np.diag([1.0, 1.0, 3.0, 1.0]), slice_axis=2)
    assert slice_plane(scan) == 2
    assert centre_of(scan, 2) == pytest.approx([5.0, 4.0, 12.0])
    assert centre_of(scan, 2, label=1) == pytest.approx([2.0, 2.0, 3.0])
    assert centre_of(scan, 2, label=7) is None
