"""Flicker between frames and between slices, by closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.flicker import between_slices, flicker

RNG = np.random.default_rng(0)


def truth(shape: tuple[int, int, int] = (30, 26, 22)) -> np.ndarray:
    i, j, k = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return np.cos(i / 5) + np.cos(j / 4) + np.cos(k / 6)


def test_frames_and_pairs_of_slices_have_one_measure():
    errors = RNG.normal(0, 0.02, (2, 500))
    slices = between_slices(np.zeros((20, 25, 2)), np.moveaxis(errors.reshape(2, 20, 25), 0, -1)).slices
    assert slices == pytest.approx(flicker(errors), rel=1e-5)


def test_white_errors_flicker_by_their_sd_along_every_axis():
    found = between_slices(truth(), truth() + RNG.normal(0, 0.05, (30, 26, 22)))
    assert found.slices == pytest.approx(0.05, rel=0.03)
    assert found.ratio == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_an_error_that_hangs_together_in_the_plane_alone_shows_as_a_ratio(axis):
    noise = RNG.normal(0, 1, (30, 30, 30))
    for other in range(3):
        if other != axis % 3:
            noise = gaussian_filter1d(noise, 2, axis=other)
    found = between_slices(np.zeros((30, 30, 30)), noise, axis)
    assert found.ratio > 2
    assert between_slices(np.zeros((30, 30, 30)), noise, (axis + 1) % 3).ratio < 1


def test_blur_that_is_the_same_in_every_slice_does_not_flicker():
    blurred = truth() + RNG.normal(0, 1, (30, 26, 1))
    found = between_slices(truth(), blurred)
    assert found.slices == pytest.approx(0, abs=1e-6)
    assert found.change == pytest.approx(1, abs=1e-6)


def test_the_change_from_slice_to_slice_is_that_of_the_truth_times_what_was_added():
    x = truth()
    assert between_slices(x, 3 * x).change == pytest.approx(3, rel=1e-5)
    assert between_slices(x, x).change == 1
    assert np.isnan(between_slices(x, x).ratio)


def test_only_neighbours_inside_the_mask_count():
    x = np.zeros((8, 8, 8))
    y = x.copy()
    y[:, :, 5] = 100
    mask = np.ones(x.shape, bool)
    mask[:, :, 5] = False
    assert between_slices(x, y, mask=mask).slices == 0


@pytest.mark.parametrize(
    ("test", "mask", "error"),
    [
        (np.zeros((4, 4, 5)), None, GeometryMismatch),
        (np.zeros((4, 4, 4)), np.zeros((4, 4, 3), bool), GeometryMismatch),
        (np.zeros((4, 4, 4)), np.zeros((4, 4, 4), bool), BadParameter),
    ],
)
def test_what_cannot_be_compared_is_refused(test, mask, error):
    with pytest.raises(error):
        between_slices(np.zeros((4, 4, 4)), test, mask=mask)
    with pytest.raises(BadParameter):
        between_slices(np.zeros((4, 4, 1)), np.zeros((4, 4, 1)))
