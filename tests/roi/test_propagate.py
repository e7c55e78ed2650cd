"""A region in the next slice: truth from moved shapes in noise."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi import propagate
from napari_mrsr.roi.outline import carry, motion, signed_distance


def band(shift: float = 0.0, size: int = 96) -> np.ndarray:
    """A curved band of five pixels, as cartilage is."""
    row, column = np.indices((size, size)).astype(float)
    radius = np.hypot(row - 70 - shift, column - 48)
    return (np.abs(radius - 36) <= 2.5) & (row < 62 + shift)


def picture(mask: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 100.0 * mask + rng.normal(0, 5, mask.shape)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0, -2.0])
def test_a_thin_band_that_moves_is_followed(shift: float) -> None:
    before, after = band(), band(shift)
    guide = np.stack([picture(before, 0), picture(after, 1)])[None]
    found = propagate(before, guide, (0.4, 0.4))
    assert dice(found, after) > 0.97
    assert dice(found, after) >= dice(before, after)


def test_a_border_that_was_painted_a_pixel_off_is_put_right_by_the_picture() -> None:
    truth = band()
    painted = signed_distance(truth, (1.0, 1.0)) > 0.9  # a rim of a pixel is missing
    guide = np.stack([picture(truth, 0), picture(truth, 1)])[None]
    assert dice(propagate(painted, guide, (0.4, 0.4)), truth) > dice(painted, truth)


def test_unequal_pixels_are_no_obstacle() -> None:
    before, after = band()[:, ::2], band(2.0)[:, ::2]
    guide = np.stack([picture(before, 0), picture(after, 1)])[None]
    assert dice(propagate(before, guide, (0.4, 0.8)), after) > 0.95


def test_an_empty_slice_and_a_guide_of_another_grid_are_refused() -> None:
    with pytest.raises(BadParameter, match="holds nothing"):
        propagate(np.zeros((20, 20), bool), np.zeros((1, 2, 20, 20)), (1.0, 1.0))
    with pytest.raises(BadParameter, match="both slices"):
        propagate(band(), np.zeros((1, 2, 20, 20)), (1.0, 1.0))


def test_signed_distance_of_a_disc_is_radius_minus_distance() -> None:
    row, column = np.indices((41, 41))
    away = np.hypot(row - 20, column - 20)
    distance = signed_distance(away <= 12, (1.0, 1.0))
    assert np.abs(distance - (12.0 - away))[away < 19].max() < 1.0
    np.testing.assert_array_equal(distance > 0, away <= 12)


def test_the_edge_of_the_picture_is_no_border() -> None:
    distance = signed_distance(np.ones((4, 9), bool) & (np.arange(9) > 3), (1.0, 1.0))
    np.testing.assert_allclose(distance[0], np.arange(9) - 3.5)


def test_motion_of_a_shifted_picture_is_the_shift() -> None:
    from scipy import ndimage

    rng = np.random.default_rng(3)
    before = ndimage.gaussian_filter(rng.normal(size=(96, 96)), 4)
    after = np.roll(before, 3, axis=0)
    flow = motion(before, after)
    inner = (slice(20, -20), slice(20, -20))
    assert np.median(flow[0][inner]) == pytest.approx(-3, abs=0.3)
    assert np.median(flow[1][inner]) == pytest.approx(0, abs=0.3)
    assert np.abs(carry(before, flow) - after)[inner].mean() < 0.2 * np.abs(before - after)[inner].mean()
