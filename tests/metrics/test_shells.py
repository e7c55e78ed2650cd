"""Fourier shell correlation, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.sharpness import ShellCorrelation, fourier_shell_correlation

SPACING = (0.4, 0.5, 0.7)


def white(seed: int, shape: tuple[int, int, int] = (48, 40, 36)) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_an_image_correlates_with_itself_and_with_any_filtered_copy() -> None:
    x = white(0)
    f = np.sqrt(sum(a**2 for a in np.meshgrid(*map(np.fft.fftfreq, x.shape, SPACING), indexing="ij")))
    blurred = np.fft.ifftn(np.fft.fftn(x) * np.exp(-((2 * np.pi * 0.3 * f) ** 2) / 2)).real
    for other, expected in ((x, 1), (-3 * x, -1), (blurred, 1)):
        found = fourier_shell_correlation(x, other, SPACING, window=False)
        assert np.abs(found.correlation - expected).max() < 1e-3
    assert found.cutoff() == found.frequency[-1]


def test_independent_noise_does_not_correlate_beyond_chance() -> None:
    found = fourier_shell_correlation(white(1), white(2), SPACING, window=False)
    deviation = found.correlation * np.sqrt(found.n / 2)  # real images: half of the frequencies are independent
    assert abs(deviation.mean()) < 3 / np.sqrt(deviation.size)
    assert 0.5 < deviation.std() < 1.6


def test_two_noisy_halves_correlate_as_snr_over_one_plus_snr() -> None:
    """A blurred white signal has power exp(-(2 pi sigma f)^2); white noise of SD s has s^2 at every frequency."""
    shape, sigma, sd = (64, 64, 64), 1.2, 0.3
    f = np.sqrt(sum(a**2 for a in np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij")))
    signal = np.fft.ifftn(np.fft.fftn(white(3, shape)) * np.exp(-((2 * np.pi * sigma * f) ** 2) / 2)).real
    halves = [signal + sd * white(seed, shape) for seed in (4, 5)]
    found = fourier_shell_correlation(*halves, (1, 1, 1), window=False)
    snr = np.exp(-((2 * np.pi * sigma * found.frequency) ** 2)) / sd**2
    expected = snr / (1 + snr)
    assert np.abs(found.correlation - expected)[3:].max() < 0.06
    threshold = 1 / 7  # SNR = 1/6 there
    exact = np.sqrt(np.log(6 / sd**2)) / (2 * np.pi * sigma)
    assert found.cutoff(threshold) == pytest.approx(exact, rel=0.05)
    assert found.effective_spacing(threshold) == pytest.approx(1 / (2 * exact), rel=0.05)


@pytest.mark.parametrize("window", [False, True])
def test_slices_twice_as_thick_halve_the_resolution_along_their_axis_only(window: bool) -> None:
    shape, spacing = (48, 48, 64), (0.5, 0.5, 0.5)
    x = white(6, shape)
    low = np.abs(np.fft.fftfreq(64)) < 0.25
    thick = np.fft.ifft(np.fft.fft(x, axis=2) * low, axis=2).real
    along = fourier_shell_correlation(x, thick, spacing, axis=2, cone=20, window=window)
    across = fourier_shell_correlation(x, thick, spacing, axis=0, cone=20, window=window)
    assert along.effective_spacing(0.5) == pytest.approx(1.0, rel=0.08)
    assert across.effective_spacing(0.5) == pytest.approx(0.5, rel=0.02)


def test_shells_count_every_frequency_below_the_lowest_nyquist_once() -> None:
    shape = (20, 22, 24)
    found = fourier_shell_correlation(white(7, shape), white(8, shape), SPACING, window=False)
    f = np.sqrt(sum(a**2 for a in np.meshgrid(*map(np.fft.fftfreq, shape, SPACING), indexing="ij")))
    width = found.frequency[0]
    assert np.array_equal(found.n, [(np.rint(f / width) == s + 1).sum() for s in range(len(found.n))])
    assert found.frequency[-1] <= 0.5 / 0.7


def test_the_cutoff_is_interpolated_between_shells() -> None:
    curve = ShellCorrelation(np.array([0.1, 0.2, 0.3]), np.array([0.9, 0.6, 0.2]), np.ones(3))
    assert curve.cutoff(0.5) == pytest.approx(0.225)
    assert ShellCorrelation(curve.frequency, np.zeros(3), np.ones(3)).effective_spacing() == np.inf


def test_images_that_cannot_be_transformed_are_refused() -> None:
    x = white(0, (8, 8, 8))
    with pytest.raises(GeometryMismatch):
        fourier_shell_correlation(x, x[1:], SPACING)
    with pytest.raises(BadParameter, match="finite"):
        fourier_shell_correlation(x, np.where(x > 1, np.nan, x), SPACING)
    with pytest.raises(BadParameter, match="axis"):
        fourier_shell_correlation(x, x, SPACING, axis=3)
