"""Which plane is meant, whatever order the axes are stored in."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.planes import PLANES, across, assumed, planes_of
from napari_mrsr.scan import Scan


def cubes(order: tuple[int, ...] = (0, 1, 2), spacing: tuple[float, ...] = (1.0, 1.0, 1.0)) -> Scan:
    """A scan whose voxel axis n runs along the patient's axis ``order[n]``."""
    affine = np.zeros((4, 4))
    for n, patient in enumerate(order):
        affine[patient, n] = spacing[n] * (-1) ** n
    affine[3, 3] = 1
    return Scan(np.zeros((6, 7, 8)), affine)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_cubes_are_taken_axially_in_whatever_order_they_are_stored(order):
    scan = cubes(order)
    assert across(scan).slice_axis == order.index(2)
    assert planes_of(scan) == {name: order.index(n) for n, name in enumerate(PLANES)}
    assert "1 x 1 x 1 mm do not tell the plane: axial" in assumed(scan)
    for n, name in enumerate(PLANES):
        assert across(scan, name).slice_axis == order.index(n)
        assert not assumed(scan, name)


def test_thick_slices_tell_their_plane():
    scan = cubes((2, 0, 1), (0.9, 0.9, 5.5))
    assert next(iter(planes_of(scan))) == "coronal"
    assert across(scan).slice_axis == 2
    assert not assumed(scan)
    assert across(scan, 0).slice_axis == 0


def test_of_two_axes_that_it_can_be_the_more_nearly_axial_is_taken():
    assert across(cubes((0, 1, 2), (0.5, 1, 1))).slice_axis == 2
    assert across(cubes((2, 1, 0), (0.5, 1, 1))).slice_axis == 1  # coronal: axial slices are not among them
    assert "coronal slices are taken" in assumed(cubes((2, 1, 0), (0.5, 1, 1)))


@pytest.mark.parametrize("plane", ["oblique", 3, True, ""])
def test_an_unknown_plane_is_refused(plane):
    with pytest.raises(BadParameter, match="unknown"):
        across(cubes(), plane)
