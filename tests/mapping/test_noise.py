"""Noise of known size is found, with and without a background to find it in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_mrsr.mapping.noise import Noise, estimate_noise, measure_noise

Volume = npt.NDArray[np.float64]


def magnitude(signal: Volume, sigma: float, coils: int = 1, seed: int = 0) -> Volume:
    """The root sum of squares of coils, the signal in the first."""
    random = np.random.default_rng(seed)
    parts = random.normal(0, sigma, (2 * coils, *signal.shape))
    parts[0] += signal
    return np.sqrt((parts**2).sum(axis=0))


def leg(air: float) -> Volume:
    """Textured tissue beside a fraction of air."""
    signal = np.zeros((48, 64, 96))
    width = round(96 * (1 - air))
    signal[:, :, :width] = 500 + 200 * np.sin(np.arange(width) / 5)
    return signal


@pytest.mark.parametrize("air", [0.15, 0.4, 0.7])
@pytest.mark.parametrize("coils", [1, 4, 16])
def test_the_background_tells_sigma_and_coils(air: float, coils: int) -> None:
    noise = measure_noise(magnitude(leg(air), 20, coils))
    assert noise.source == "background"
    assert noise.sigma == pytest.approx(20, rel=0.06)
    assert noise.coils == pytest.approx(coils, rel=0.1)


@pytest.mark.parametrize("coils", [1, 8])
def test_a_background_set_to_zero_leaves_the_details_of_the_tissue(coils: int) -> None:
    signal = leg(0.4)
    noise = measure_noise(np.where(signal > 0, magnitude(signal, 20, coils), 0))
    assert noise.source == "foreground"
    assert noise.sigma == pytest.approx(20, rel=0.06)


def test_tissue_up_to_the_edge_is_no_background() -> None:
    noise = measure_noise(magnitude(leg(0.0), 20))
    assert noise.source == "foreground"
    assert noise.sigma == pytest.approx(20, rel=0.06)


def test_an_image_without_noise_has_none() -> None:
    assert estimate_noise(np.where(leg(0.4) > 0, 500.0, 0.0)) == 0
    assert estimate_noise(np.zeros((8, 8, 8))) == 0


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 4), (5, 1, 300)])
def test_a_few_voxels_do_no_harm(shape: tuple[int, int, int]) -> None:
    assert np.isfinite(estimate_noise(magnitude(np.full(shape, 100.0), 5)))


def test_voxels_that_are_not_numbers_are_left_out() -> None:
    volume = magnitude(leg(0.4), 20)
    volume[::7, ::5, ::3] = np.nan
    assert estimate_noise(volume) == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("coils", [1, 10])
def test_the_predicted_bias_is_the_one_that_noise_makes(coils: int) -> None:
    signal = Noise(1.0, coils).signal_of_bias(0.02)
    measured = magnitude(np.full((100, 100, 50), signal), 1.0, coils).mean()
    assert measured / signal - 1 == pytest.approx(0.02, abs=0.002)


@pytest.mark.parametrize("coils", [1, 4, 16])
def test_hardly_any_air_is_brighter_than_air(coils: int) -> None:
    air = magnitude(np.zeros((100, 100, 50)), 1.0, coils)
    assert (air > Noise(1.0, coils).air).mean() < 0.002
