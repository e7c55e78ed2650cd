"""FLASH against the Bloch recursion, the Ernst angle, and the echo times that scanners print."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.flash import (
    FlashSequence,
    echo_time_of,
    ernst_angle,
    fat_fraction,
    fat_phase,
    flash_signal,
    mixture,
)


@settings(max_examples=20, deadline=None)
@given(st.floats(200, 2000), st.floats(2, 60), st.floats(2, 85))
def test_the_steady_state_is_where_repeated_excitation_ends(t1: float, tr: float, flip: float) -> None:
    """Excite, spoil, relax, until nothing changes."""
    a, mz = math.radians(flip), 1.0
    for _ in range(int(12 * t1 / tr) + 10):
        mz = 1 + (mz * math.cos(a) - 1) * math.exp(-tr / t1)
    truth = mz * math.sin(a) * math.exp(-1.0 / 30)
    assert float(flash_signal(t1, 30.0, FlashSequence(tr, 1.0, flip))) == pytest.approx(truth, rel=1e-4)


@pytest.mark.parametrize("t1", [382.0, 809.0, 1932.0])
def test_no_flip_angle_gives_more_signal_than_the_ernst_angle(t1: float) -> None:
    found = minimize_scalar(
        lambda flip: -float(flash_signal(t1, 1e9, FlashSequence(2.34, 0.93, flip))),
        bounds=(0.1, 60),
        method="bounded",
        options={"xatol": 1e-7},
    )
    ernst = float(ernst_angle(t1, 2.34))
    assert found.x == pytest.approx(ernst, abs=1e-3)
    e1 = math.exp(-2.34 / t1)
    best = float(flash_signal(t1, 1e9, FlashSequence(2.34, 0.93, ernst)))
    assert best == pytest.approx(math.sqrt((1 - e1) / (1 + e1)), rel=1e-6)


def test_the_echo_decays_with_t2_star() -> None:
    early, late = (flash_signal(809, 25.0, FlashSequence(20, te, 15)) for te in (2.0, 12.0))
    assert float(late / early) == pytest.approx(math.exp(-10 / 25), rel=1e-9)


def test_a_dual_echo_at_1p5_tesla_is_opposed_at_2p3_and_in_phase_at_4p6_ms() -> None:
    """The echo times of Table 1 of Sarasaen et al. (CHAOS): 2.30, and 4.60 to 4.64 ms."""
    assert echo_time_of("opposed", 1.5) == pytest.approx(2.30, abs=0.01)
    assert 4.595 < echo_time_of("in", 1.5) < 4.64
    assert math.cos(fat_phase(2.30, 1.5)) == pytest.approx(-1, abs=1e-3)
    assert math.cos(fat_phase(4.62, 1.5)) == pytest.approx(1, abs=1e-2)


def test_sum_and_difference_give_back_water_and_fat() -> None:
    water = np.linspace(0.5, 1.0, 11)
    fat = 1 - water
    both = mixture(water, fat, 0.0)
    less = mixture(water, fat, math.pi)
    np.testing.assert_allclose((both + less) / 2, water, atol=1e-12)
    np.testing.assert_allclose((both - less) / 2, fat, atol=1e-12)
    np.testing.assert_allclose(fat_fraction(both, less), fat, atol=1e-12)


@given(st.floats(0, 5), st.floats(0, 5), st.floats(-7, 7))
def test_a_mixture_is_the_magnitude_of_a_complex_sum(water: float, fat: float, phase: float) -> None:
    truth = abs(water + fat * np.exp(-1j * phase))
    assert mixture(np.array(water), np.array(fat), phase) == pytest.approx(truth, abs=1e-9)


def test_where_there_is_no_signal_there_is_no_fat_fraction() -> None:
    assert np.isnan(fat_fraction(np.zeros(1), np.zeros(1))).all()


@pytest.mark.parametrize("wrong", [(2.0, 3.0, 8.0), (0.0, 0.0, 8.0), (5.0, 1.0, 200.0), (math.nan, 1.0, 8.0)])
def test_impossible_sequences_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(BadParameter):
        FlashSequence(*wrong)


def test_relaxation_times_must_be_positive() -> None:
    with pytest.raises(BadParameter):
        flash_signal(0.0, 30.0, FlashSequence(2.34, 0.93, 8))
