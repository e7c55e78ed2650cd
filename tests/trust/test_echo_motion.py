"""Motion of one echo against the other is found to a third of a voxel; still echoes are left in peace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import shift

from napari_mrsr.files import read_scan
from napari_mrsr.phantoms import sample_knee
from napari_mrsr.roi.trust_light import light_of
from napari_mrsr.scan import Scan
from napari_mrsr.trust.echo_motion import echo_motion


@pytest.fixture(scope="module")
def knee() -> Scan:
    """The sample knee, eight thick slices of it."""
    scan = sample_knee().scan
    return replace(scan, array=np.ascontiguousarray(scan.array[..., 16:24]))


def moved(scan: Scan, by: tuple[float, float], slices: slice = slice(None)) -> Scan:
    array = scan.array.copy()
    array[1, :, :, slices] = shift(array[1, :, :, slices], (*by, 0), order=3, mode="nearest")
    return replace(scan, array=array)


def test_still_echoes_lie_on_each_other(knee):
    found = echo_motion(knee, 2)
    assert np.nanmax(found.voxels) < 0.2
    assert found.line == ""


@pytest.mark.parametrize("by", [(1.0, 0.0), (0.0, -2.0), (1.5, 0.7), (-1.2, 3.0)])
def test_a_shift_is_found_in_mm(knee, by):
    found = echo_motion(moved(knee, by), 2)
    still = echo_motion(knee, 2)
    assert np.nanmedian(found.mm - still.mm, axis=0) == pytest.approx(0.6 * np.array(by), abs=0.6 * 0.35)
    assert found.moved.all()
    assert "8 of 8 slices" in found.line


def test_one_slice_that_moved_is_named(knee):
    found = echo_motion(moved(knee, (0.0, 3.0), slice(5, 6)), 2)
    assert found.moved.tolist() == [k == 5 for k in range(8)]
    assert "1.8 mm beside echo 1 in slice 5" in found.line


def test_any_axis_may_be_the_slice_axis(knee):
    turned = replace(moved(knee, (2.0, 0.0)), array=np.moveaxis(moved(knee, (2.0, 0.0)).array, 3, 1))
    assert echo_motion(turned, 0).voxels == pytest.approx(echo_motion(moved(knee, (2.0, 0.0)), 2).voxels)


def test_contrasts_and_single_volumes_are_no_echoes(knee):
    assert echo_motion(knee.volume(0), 2) is None
    assert echo_motion(replace(knee, axis="contrast"), 2) is None


def test_slices_that_show_nothing_are_not_judged(knee):
    array = knee.array.copy()
    array[..., 0] = 0
    assert np.isnan(echo_motion(replace(knee, array=array), 2).voxels[0])


def test_the_light_is_never_green_where_echoes_moved():
    assert light_of(900, 0.2, 0.1).word == "good"
    light = light_of(900, 0.2, 0.1, apart="echo 2 lies 0.5 mm beside echo 1 in slice 4")
    assert (light.word, "0.5 mm beside" in light.why) == ("check", True)
    assert light_of(900, 0.2, 0.1, unlike=2).word == "check"
    assert light_of(900, 9.0, 0.1, unlike=2).word == "doubt"
    assert "± 12 %" in light_of(900, 0.2, 0.1, half_width=12.0).why


def test_the_echoes_of_a_real_knee_lie_on_each_other(real_data):
    assert echo_motion(read_scan(real_data / "knee" / "qdess_lateral"), 2).line == ""
