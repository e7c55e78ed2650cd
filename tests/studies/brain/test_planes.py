"""Which slices are scored: the acquired plane, others, evenly, and none without a head."""

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain.planes import axes_of, stacks


@pytest.fixture
def cube():
    """A head in the middle of every axis; voxel axes run along patient's S, R and A."""
    affine = np.array([[0, 1.0, 0, 0], [0, 0, 1.0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]])
    inside = np.zeros((20, 24, 28), bool)
    inside[4:16, 6:18, 5:23] = True
    return Scan(np.where(inside, 100.0, 0.0).astype(np.float32)[None], affine), inside


def test_planes_are_named_as_in_the_patient(cube):
    scan, _ = cube
    assert axes_of(scan, "all") == [("axial", 0), ("coronal", 2), ("sagittal", 1)]
    assert axes_of(scan, "acquired") == [("axial", 0)]
    assert axes_of(scan, "sagittal") == [("sagittal", 1)]


def test_thick_slices_have_their_own_plane_alone():
    scan = Scan(np.ones((1, 8, 8, 8), np.float32), np.diag([1, 4, 1, 1.0]))
    assert axes_of(scan, "all") == [("coronal", 1)]


def test_only_slices_with_a_head_are_scored_evenly(cube):
    scan, inside = cube
    whole = stacks(scan, inside, "axial")[0]
    assert whole.indices == tuple(range(4, 16))
    few = stacks(scan, inside, "axial", most=3)[0]
    assert few.indices == (7, 10, 12)
    assert few.scan.array.shape == (1, 3, 24, 28)
    assert (few.scan.array[0] == scan.array[0][list(few.indices)]).all()
    assert few.head.shape == few.scan.shape


def test_no_head_and_no_plane_are_refused(cube):
    scan, inside = cube
    with pytest.raises(BadParameter, match="no slice"):
        stacks(scan, np.zeros_like(inside))
    with pytest.raises(BadParameter, match="no plane"):
        axes_of(scan, "oblique")
