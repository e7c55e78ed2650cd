"""A slice that moved in both echoes is named; anatomy that drifts from slice to slice is left in peace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import shift

from napari_mrsr.files import read_scan
from napari_mrsr.phantoms import sample_knee
from napari_mrsr.scan import Scan
from napari_mrsr.trust.slice_motion import slice_motion


@pytest.fixture(scope="module")
def knee() -> Scan:
    """The sample knee, twelve thick slices of it."""
    scan = sample_knee().scan
    return replace(scan, array=np.ascontiguousarray(scan.array[..., 12:24]))


def moved(scan: Scan, by: tuple[float, float], *slices: int) -> Scan:
    array = scan.array.copy()
    for k in slices:
        array[..., k] = shift(array[..., k], (0, *by), order=3, mode="nearest")
    return replace(scan, array=array)


def test_slices_of_a_still_knee_lie_on_each_other(knee):
    found = slice_motion(knee, 2)
    assert np.isfinite(found.voxels).sum() >= 8
    assert (found.moved.any(), found.line) == (False, "")


@pytest.mark.parametrize("by", [(1.5, 0.0), (0.0, -2.0), (-1.2, 3.0)])
def test_a_slice_that_moved_is_named_with_its_shift_and_its_neighbours_are_not(knee, by):
    found = slice_motion(moved(knee, by, 6), 2)
    assert np.flatnonzero(found.moved).tolist() == [6]
    assert found.mm[6] == pytest.approx(0.6 * np.array(by), abs=0.6 * 0.4)
    assert found.line.startswith("slice 6 lies ")
    turned = replace(moved(knee, by, 6), array=np.moveaxis(moved(knee, by, 6).array, 3, 1))
    assert slice_motion(turned, 0).voxels == pytest.approx(found.voxels, nan_ok=True)


def test_anatomy_that_drifts_steadily_is_no_motion(knee):
    drifting = knee
    for k in range(12):
        drifting = moved(drifting, (0.8 * k, 0.0), k)
    assert slice_motion(drifting, 2).line == ""
    assert np.flatnonzero(slice_motion(moved(drifting, (0.0, 3.0), 5), 2).moved).tolist() == [5]


def test_one_contrast_will_do_and_too_few_or_empty_slices_say_nothing(knee):
    assert slice_motion(moved(knee, (2.0, 0.0), 6).volume(0), 2).line.startswith("slice 6 ")
    assert slice_motion(replace(knee, array=knee.array[..., :5]), 2) is None
    assert slice_motion(replace(knee, array=np.zeros_like(knee.array)), 2).line == ""


def test_slices_of_a_real_knee_lie_on_each_other(real_data):
    assert slice_motion(read_scan(real_data / "knee" / "qdess_lateral"), 2).line == ""
