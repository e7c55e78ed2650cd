"""Boxes cover the volume once, nearest to the screen first, and carry their halo."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.inference.boxes import Box, equal_cuts, growing_cuts, least_redundant, plan

sizes = st.integers(1, 60)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, st.integers(1, 9)),
    core=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    first=st.tuples(st.none() | st.integers(0, 80), st.none() | st.integers(0, 80), st.none()),
)
def test_every_voxel_lies_in_exactly_one_box(shape, core, first):
    count = np.zeros(shape, int)
    for box in plan(shape, core, first=first, thin=4):
        count[box.slices] += 1
        assert box.shape[2] == shape[2], "boxes are full in depth"
        assert box.shape[0] <= core[0]
        assert box.shape[1] <= core[1]
    assert (count == 1).all()


@settings(max_examples=60, deadline=None)
@given(n=sizes, size=st.integers(1, 40), centre=st.integers(0, 59), first=st.integers(1, 20))
def test_pieces_grow_outwards_from_the_slice_on_screen(n, size, centre, first):
    centre = min(centre, n - 1)
    borders = growing_cuts(n, size, centre, first)
    assert borders[0] == 0
    assert borders[-1] == n
    widths = np.diff(borders)
    assert (widths >= 1).all()
    assert (widths <= max(size, 1)).all()
    home = int(np.searchsorted(borders, centre, side="right")) - 1
    assert widths[home] <= max(first, 1)


def test_equal_cuts_leave_no_sliver():
    assert np.diff(equal_cuts(105, 52)).min() >= 34


def test_the_first_box_holds_the_slice_on_screen_and_the_rest_follow_by_distance():
    boxes = plan((100, 40, 8), (40, 40), first=(70, None, None), thin=10)
    assert boxes[0].low[0] <= 70 < boxes[0].high[0]
    gaps = [max(0, b.low[0] - 70, 70 - b.high[0]) for b in boxes]
    assert gaps == sorted(gaps)


def test_a_halo_ends_at_the_border_of_the_volume():
    assert Box((0, 4, 0), (4, 8, 5)).grown(2, (10, 9, 5)) == Box((0, 2, 0), (6, 9, 5))


def test_halves_make_the_whole_again():
    left, right = Box((0, 0, 0), (5, 9, 3)).halves()
    assert (left.high[1], right.low[1]) == (4, 4)
    assert left.voxels + right.voxels == 5 * 9 * 3
    assert Box((0, 0, 0), (1, 1, 3)).halves() is None


def test_the_least_redundant_core_is_a_strip_where_only_a_strip_fits_well():
    # 14 voxels of halo: a strip of 60 + 28 lines over the full width repeats less than a square of the same memory
    shape, halo = (416, 200, 80), 14
    core = least_redundant(shape, halo, voxels=80 * 200 * 88)
    assert core == (60, 200)
