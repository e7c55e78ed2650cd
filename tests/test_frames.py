"""What a series is, and which slices its frames lack."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.frames import check_series, dropped_in_words, dropped_slices, visible_first
from napari_mrsr.scan import Scan

AFFINE = np.diag([1.0, 1.0, 4.0, 1.0])


def frames(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).uniform(1, 2, (count, 6, 5, 4)).astype(np.float32)


def test_one_time_point_is_no_series():
    with pytest.raises(BadParameter, match="one time point"):
        check_series(Scan(frames(1), AFFINE, "time"))


@pytest.mark.parametrize("kind", ["echo", "map", "label"])
def test_echoes_maps_and_labels_are_no_time_points(kind):
    with pytest.raises(BadParameter, match=kind):
        check_series(Scan(frames(), AFFINE, kind))


def test_a_good_series_passes_without_a_word_and_unnamed_volumes_with_one():
    assert check_series(Scan(frames(), AFFINE, "time")) == ()
    (line,) = check_series(Scan(frames(), AFFINE, "contrast"))
    assert "taken for" in line


@pytest.mark.parametrize("empty", [0.0, np.nan, np.inf])
def test_an_empty_slice_of_one_frame_was_dropped(empty):
    array = frames()
    array[2, :, :, 0] = empty
    scan = Scan(array, AFFINE, "time")
    assert dropped_slices(scan) == ((2, 0),)
    assert "frame 3 slice 1 was not acquired" in dropped_in_words(scan)[0]


def test_a_slice_that_no_frame_holds_was_padded_not_dropped():
    array = frames()
    array[..., 3] = 0
    assert dropped_slices(Scan(array, AFFINE, "time")) == ()


def test_of_a_single_frame_only_gaps_between_slices_count():
    array = frames(1)
    array[..., 0] = array[..., 2] = 0
    scan = Scan(array, AFFINE)
    assert dropped_slices(scan) == ((0, 2),)
    assert dropped_in_words(scan)[0].startswith("slice 3 was")


def test_slices_are_looked_for_along_the_slice_axis():
    array = frames().astype(np.int16)
    array[1, 4] = 0
    assert dropped_slices(Scan(array, np.diag([4.0, 1, 1, 1]), "time")) == ((1, 4),)


def test_many_gaps_are_counted():
    array = frames(8)
    array[1:, :, :, 1] = 0
    assert "and 3 more were not acquired" in dropped_in_words(Scan(array, AFFINE, "time"))[0]


def test_a_frame_without_any_slice_is_named_as_a_whole():
    array = frames(3)
    array[1] = 0
    array[2, :, :, 3] = 0
    (line,) = dropped_in_words(Scan(array, AFFINE, "time"))
    assert line.startswith("frame 2, frame 3 slice 4 were not acquired")


def test_the_visible_frame_comes_first_and_an_impossible_one_is_moved_inside():
    assert list(visible_first(4, None)) == [0, 1, 2, 3]
    assert list(visible_first(4, 2)) == [2, 3, 0, 1]
    assert list(visible_first(4, 9)) == [3, 0, 1, 2]
    assert list(visible_first(4, -1)) == [0, 1, 2, 3]
