"""Livewire and holes: a circle in noise, known to the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi import fill_holes
from napari_mrsr.roi.livewire import Wire, enclosed

ROW, COLUMN = np.indices((90, 90))
AWAY = np.hypot(ROW - 45, COLUMN - 45)


@pytest.fixture
def picture() -> np.ndarray:
    """A bright disc of radius 30 in noise, one channel."""
    return (100.0 * (AWAY <= 30) + np.random.default_rng(0).normal(0, 8, AWAY.shape))[None]


def test_four_clicks_follow_a_circle(picture: np.ndarray) -> None:
    clicks = [(15, 45), (45, 75), (75, 45), (45, 15)]
    way = [Wire(picture, a, (1.0, 1.0)).to(b) for a, b in zip(clicks, clicks[1:] + clicks[:1], strict=True)]
    line = np.concatenate(way)
    assert np.abs(AWAY[tuple(line.T)] - 30).max() <= 2
    mask, truth = enclosed(line, (90, 90)), AWAY <= 30
    assert 2 * np.count_nonzero(mask & truth) / (mask.sum() + truth.sum()) > 0.97


def test_a_click_beside_the_edge_still_finds_it(picture: np.ndarray) -> None:
    line = Wire(picture, (45, 71), (1.0, 1.0)).to((71, 45))
    middle = line[len(line) // 3 : 2 * len(line) // 3]
    assert np.abs(AWAY[tuple(middle.T)] - 30).max() <= 2


def test_an_end_out_of_reach_is_brought_within_it(picture: np.ndarray) -> None:
    line = Wire(picture, (45, 15), (2.0, 2.0)).to((45, 500))
    assert tuple(line[0]) == (45, 15)
    assert line[-1][1] <= 15 + 45 / 2 + 1


def test_a_click_beside_the_picture_and_a_wire_of_two_points_are_refused(picture: np.ndarray) -> None:
    with pytest.raises(BadParameter, match="beside the picture"):
        Wire(picture, (95, 3), (1.0, 1.0))
    with pytest.raises(BadParameter, match="encloses nothing"):
        enclosed([(1, 1), (2, 2)], (90, 90))


def test_holes_are_filled_slice_by_slice_and_only_small_ones_if_asked() -> None:
    ring = (AWAY <= 30) & (AWAY > 10)
    ring[45, 20] = False
    assert fill_holes(np.stack([ring, AWAY <= 3])).sum() == np.count_nonzero(AWAY <= 30) + np.count_nonzero(AWAY <= 3)
    small = fill_holes(ring, largest=4)
    assert small[45, 20]
    assert not small[45, 45]
