"""The decay fit against scipy and against known decays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from napari_mrsr.mapping.exponential import fit

TIMES = np.array([12.6, 18.9, 25.2, 31.6, 37.9, 44.2, 50.5])


@given(t2=st.floats(3, 2000), amplitude=st.floats(1e-3, 1e5), floor=st.floats(0, 0.3))
@settings(max_examples=60, deadline=None)
def test_a_decay_without_noise_is_found_exactly(t2: float, amplitude: float, floor: float) -> None:
    floor *= amplitude
    signal = amplitude * np.exp(-(TIMES - TIMES[0]) / t2)
    decay = fit(np.hypot(signal, floor)[:, None], TIMES, floor=floor)
    assert 1 / decay.rate[0] == pytest.approx(t2, rel=1e-5)
    assert decay.amplitude[0] == pytest.approx(amplitude, rel=1e-5)


@pytest.mark.parametrize("floor", [0.0, 5.0])
def test_noisy_decays_end_where_scipy_ends(floor: float) -> None:
    random = np.random.default_rng(0)
    t2 = random.uniform(15, 90, 40)
    signal = 100 * np.exp(-(TIMES[:, None] - TIMES[0]) / t2) + random.normal(0, 4, (TIMES.size, 40))
    signal = np.hypot(signal, floor)
    decay = fit(signal, TIMES, floor=floor)

    def model(t: np.ndarray, amplitude: float, rate: float) -> np.ndarray:
        return np.hypot(amplitude * np.exp(-rate * (t - TIMES[0])), floor)

    for voxel in range(40):
        (amplitude, rate), covariance = curve_fit(
            model,
            TIMES,
            signal[:, voxel],
            p0=(100, 1 / 40),
            sigma=np.ones(7),
            absolute_sigma=True,
            xtol=1e-12,
            ftol=1e-12,
        )
        assert decay.rate[voxel] == pytest.approx(rate, rel=1e-5)
        assert decay.amplitude[voxel] == pytest.approx(amplitude, rel=1e-5)
        assert decay.rate_variance[voxel] == pytest.approx(covariance[1, 1], rel=1e-3)


def test_two_echoes_are_a_ratio() -> None:
    decay = fit(np.array([[100.0], [60.0]]), [10.0, 30.0])
    assert 1 / decay.rate[0] == pytest.approx(20 / np.log(100 / 60), rel=1e-6)


def test_the_variance_is_the_one_that_noise_makes() -> None:
    random = np.random.default_rng(1)
    signal = 100 * np.exp(-(TIMES[:, None] - TIMES[0]) / 35) + random.normal(0, 1, (TIMES.size, 4000))
    decay = fit(signal, TIMES)
    assert np.std(decay.rate) == pytest.approx(np.sqrt(decay.rate_variance.mean()), rel=0.05)


@pytest.mark.parametrize("signal", [np.zeros(7), -np.ones(7), np.full(7, 3.0)])
def test_no_signal_below_the_floor_makes_a_number(signal: np.ndarray) -> None:
    assert np.isnan(fit(signal[:, None], TIMES, floor=4.0).rate[0])


def test_a_voxel_does_not_depend_on_its_neighbours() -> None:
    random = np.random.default_rng(3)
    signal = np.abs(random.normal(50, 40, (TIMES.size, 50)))
    together = fit(signal, TIMES, floor=3.0).rate
    alone = np.array([fit(signal[:, [n]], TIMES, floor=3.0).rate[0] for n in range(50)])
    np.testing.assert_allclose(together, alone, rtol=1e-9)
