"""How many voxels share their noise, against zero-filling of drawn k-space."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.mapping import Noise, measure_noise
from napari_mrsr.mapping.shared_noise import shared_noise

SHAPE = (48, 96, 96)


def zero_filled(factors: tuple[float, float, float], seed: int = 0) -> np.ndarray:
    """Magnitude of complex noise whose k-space was filled with zeros by a factor along each axis."""
    random = np.random.default_rng(seed)
    core = tuple(round(n / f) for n, f in zip(SHAPE, factors, strict=True))
    whole = np.zeros(SHAPE, complex)
    where = tuple(slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(SHAPE, core, strict=True))
    whole[where] = random.normal(size=core) + 1j * random.normal(size=core)
    return np.abs(np.fft.ifftn(np.fft.ifftshift(whole)))


@pytest.mark.parametrize("factors", [(1, 1, 1), (1, 1.5, 1), (1, 2, 2), (2, 1, 1)])
def test_it_is_the_factor_of_zero_filling(factors: tuple[float, float, float]) -> None:
    volume = zero_filled(factors)
    volume[16:32, 30:60, 30:60] += 50 * volume.std()
    assert shared_noise(volume, measure_noise(volume)) == pytest.approx(np.prod(factors), rel=0.12)


def test_a_mean_of_zero_filled_noise_scatters_as_much_as_that_says() -> None:
    """Without another definition: the variance of block means against that of single voxels."""
    random = np.random.default_rng(1)
    core = random.normal(size=(400, 32, 32)) + 1j * random.normal(size=(400, 32, 32))
    whole = np.zeros((400, 64, 64), complex)
    whole[:, 16:48, 16:48] = core
    real = np.fft.ifft2(np.fft.ifftshift(whole, axes=(1, 2))).real
    means = real[:, 20:44, 20:44].mean(axis=(1, 2))
    shared = means.var() / (real.var() / 24**2)
    assert shared_noise(zero_filled((1, 2, 2)), Noise(1.0, 1.0, "given")) == 1.0
    volume = zero_filled((1, 2, 2))
    assert shared_noise(volume, measure_noise(volume)) == pytest.approx(shared, rel=0.25)


def test_texture_of_dark_tissue_is_not_taken_for_it() -> None:
    random = np.random.default_rng(2)
    smooth = np.cumsum(random.normal(size=SHAPE), axis=2)
    air = np.hypot(random.normal(size=SHAPE), random.normal(size=SHAPE))
    volume = np.where(np.arange(SHAPE[1])[None, :, None] < 60, air, air + np.abs(smooth))
    assert shared_noise(volume, measure_noise(volume)) == pytest.approx(1.0, abs=0.15)
