"""Widths of borders of a made anatomy, blurred by a known amount."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.edge_spread import find_borders, finite_in, width_of
from napari_mrsr.metrics.edges import RISE

SPACING = (1.0, 1.0, 1.5)


def ball(shape=(48, 48, 32), radius=15.0, soft=1.0):
    """Return the share of a voxel that lies in a ball, its rim as soft as a voxel is wide."""
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, SPACING, strict=True)]
    r = np.sqrt(sum(g**2 for g in np.meshgrid(*axes, indexing="ij")))
    return np.clip((radius - r) / soft + 0.5, 0, 1)


@pytest.fixture(scope="module")
def truth():
    share = ball()
    return 1500 - 660 * share, share > 0.5


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sigma", [0.8, 1.2])
def test_a_blur_is_found_as_wide_as_it_is(truth, axis, sigma):
    reference, one = truth
    borders = find_borders(reference, one, ~one, SPACING, axis)
    blurred = gaussian_filter(reference, [sigma / s for s in SPACING])
    expected = RISE * np.hypot(sigma, 1 / np.sqrt(12))  # of the blur, and of a rim of 1 mm
    assert width_of(borders, blurred) == pytest.approx(expected, rel=0.08)
    assert width_of(borders, reference) < 1.2


def test_noise_and_another_contrast_change_little(truth):
    reference, one = truth
    borders = find_borders(reference, one, ~one, SPACING, 0)
    image = 200 - 0.1 * gaussian_filter(reference, 1.0)
    noisy = image + np.random.default_rng(0).normal(scale=12.0, size=image.shape)
    assert width_of(borders, noisy) == pytest.approx(width_of(borders, image), rel=0.1)


def test_blur_along_one_axis_is_seen_along_that_axis(truth):
    reference, one = truth
    blurred = gaussian_filter1d(reference, 1.0, axis=2)
    across, along = (find_borders(reference, one, ~one, SPACING, axis) for axis in (0, 2))
    assert width_of(along, blurred) > 2 * width_of(across, blurred)


def test_borders_without_values_are_left_out(truth):
    reference, one = truth
    borders = find_borders(reference, one, ~one, SPACING, 0)
    holes = reference.copy()
    holes[:24] = np.nan
    left = finite_in(borders, [reference, holes])
    assert 0.3 * len(borders) < len(left) < 0.7 * len(borders)
    with pytest.raises(BadParameter, match="too few"):
        width_of(finite_in(borders, [np.full_like(reference, np.nan)]), reference)
    with pytest.raises(GeometryMismatch):
        find_borders(reference, one[:4], ~one, SPACING, 0)
