"""Air is recognised by its noise, and only far from signal."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.inference.air import signal_mask

SHAPE = (80, 70, 12)


def rayleigh(rng, sigma, shape=SHAPE):
    return np.hypot(rng.normal(0, sigma, shape), rng.normal(0, sigma, shape)).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.0, 5.0, 20.0])
def test_noise_is_air_and_tissue_with_its_surrounding_is_not(sigma):
    rng = np.random.default_rng(0)
    volume = rayleigh(rng, sigma)
    volume[30:50, 30:50, 4:8] += 1000
    mask = signal_mask(volume[None], 1000.0, halo=6)
    assert mask[24:56, 24:56].all()
    assert not mask[:16, :16].any()
    assert mask.mean() < 0.6


def test_a_faint_rim_of_twice_the_noise_is_still_signal():
    rng = np.random.default_rng(1)
    sigma = 10.0
    volume = rayleigh(rng, sigma)
    volume[40:60, 40:60] += 900
    volume[4:12, 4:12] = np.hypot(35 + rng.normal(0, sigma, (8, 8, 12)), rng.normal(0, sigma, (8, 8, 12)))
    assert signal_mask(volume[None], 1000.0, halo=0)[4:12, 4:12].all()


def test_signal_in_one_echo_is_enough():
    array = np.zeros((2, 40, 40, 4), np.float32)
    array[0, 8:12, 8:12] = 500
    array[1, 28:32, 28:32] = 500
    mask = signal_mask(array, 500.0, halo=0)
    assert mask[9, 9].all()
    assert mask[29, 29].all()


def test_where_noise_is_strong_nothing_counts_as_air():
    rng = np.random.default_rng(2)
    volume = rayleigh(rng, 80.0)
    volume[30:50] += 900
    assert signal_mask(volume[None], 1000.0, halo=2).all()


def test_a_volume_full_of_tissue_has_no_air():
    volume = np.random.default_rng(3).uniform(300, 900, SHAPE).astype(np.float32)
    assert signal_mask(volume[None], 900.0, halo=1).all()
