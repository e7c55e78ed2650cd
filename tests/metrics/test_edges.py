"""The width of edges, against the error function."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import erf

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.edges import RISE, edge_width

SPACING = (0.4, 0.5, 0.7)


def blurred_edge(axis: int, sigma: float, *, tilt: float = 0.0, noise: float = 0.0) -> np.ndarray:
    """Return a step from 20 to 120 across an axis, blurred by a Gaussian of sigma mm along its normal.

    The edge is tilted by ``tilt`` degrees; its phase relative to the voxels is arbitrary.
    """
    grid = np.meshgrid(*(s * np.arange(n) for n, s in zip((40, 40, 40), SPACING, strict=True)), indexing="ij")
    other = (axis + 1) % 3
    angle = np.radians(tilt)
    across = np.cos(angle) * (grid[axis] - 0.487 * 40 * SPACING[axis])
    x = across + np.sin(angle) * (grid[other] - 20 * SPACING[other])
    edge = 20 + 50 * (1 + erf(x / (np.sqrt(2) * sigma)))
    return edge + noise * np.random.default_rng(0).standard_normal(edge.shape)


def test_the_rise_of_a_gaussian_edge() -> None:
    assert 0.5 * (1 + erf(RISE / 2 / np.sqrt(2))) == pytest.approx(0.9)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.0])
def test_the_width_of_an_error_function_edge_is_found_within_2_percent(axis: int, sigma: float) -> None:
    found = edge_width(blurred_edge(axis, sigma), SPACING, axis)
    assert found.width == pytest.approx(RISE * sigma, rel=0.02)
    assert found.n >= 100


def test_a_tilted_edge_is_as_wide_as_a_straight_one() -> None:
    assert edge_width(blurred_edge(2, 0.8, tilt=15), SPACING, 2).width == pytest.approx(RISE * 0.8, rel=0.03)


def test_noise_of_a_twentieth_of_the_step_costs_less_than_6_percent() -> None:
    found = edge_width(blurred_edge(2, 0.8, noise=5), SPACING, 2)
    assert found.width == pytest.approx(RISE * 0.8, rel=0.06)
    assert found.iqr > 0.02


def test_blur_along_one_axis_widens_the_edges_across_that_axis_only() -> None:
    ball = np.zeros((48, 48, 48))
    where = np.indices(ball.shape) - 23.5
    ball[(where**2).sum(axis=0) < 15**2] = 100
    image = ndimage.gaussian_filter(ball, (1.0, 1.0, 2.0))
    widths = [edge_width(image, (1, 1, 1), axis).width for axis in range(3)]
    # a voxel's own box adds 1/12 voxel^2 to the variance of the blur; curvature of the ball keeps this from being exact
    assert widths[0] == pytest.approx(RISE * np.sqrt(1 + 1 / 12), rel=0.12)
    assert widths[1] == pytest.approx(widths[0], rel=0.02)
    assert 1.6 < widths[2] / widths[0] < 2.1


def test_only_painted_edges_are_measured() -> None:
    image = np.concatenate([blurred_edge(2, 0.5), blurred_edge(2, 1.2)], axis=2)
    painted = np.zeros(image.shape, np.uint8)
    painted[15:20, 15:20, 55:64] = 1
    assert edge_width(image, SPACING, 2, mask=painted).width == pytest.approx(RISE * 1.2, rel=0.03)


def test_an_image_without_edges_across_the_axis_is_refused() -> None:
    with pytest.raises(BadParameter, match="no edge"):
        edge_width(blurred_edge(0, 0.5), SPACING, 2)
    with pytest.raises(BadParameter, match="mask is empty"):
        edge_width(blurred_edge(0, 0.5), SPACING, 0, mask=np.zeros((40, 40, 40)))
    with pytest.raises(GeometryMismatch):
        edge_width(blurred_edge(0, 0.5), SPACING, 0, mask=np.zeros((4, 4, 4)))
