"""Angles of SPACE: the echoes that they were made for, by isochromats, and the equivalent TE that comes of them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.flair import FlairTimings, equivalent_echo_time, flair_signal, flair_signal_simulated
from napari_mrsr.physics.space import space_angles
from tests.physics import bloch


def echoes(angles: tuple[float, ...], t1: float, t2: float, spacing: float) -> list[float]:
    """Return all echoes of one train after a long wait, by isochromats."""
    count = 4 * len(angles) + 8
    wind = 2 * np.pi * np.arange(count) / count
    m = np.tile([0.0, 1.0, 0.0], (count, 1))
    seen = []
    for angle in angles:
        m = bloch.precess(bloch.relax(m, spacing / 2, t1, t2), wind)
        m = bloch.turn(m, angle, "y")
        m = bloch.precess(bloch.relax(m, spacing / 2, t1, t2), wind)
        seen.append(float(m[:, 1].mean()))
    return seen


def test_echoes_fall_to_a_level_and_stay_there() -> None:
    angles = space_angles(60, spacing=4.0, t1=1000.0, t2=100.0, approach=0.7)
    seen = echoes(angles, 1000.0, 100.0, 4.0)
    level = seen[-1]
    expected = level + (1 - level) * 0.7 ** np.arange(1, 61)
    np.testing.assert_allclose(seen, expected, atol=1e-7)
    assert max(angles[10:]) < 120


@pytest.mark.parametrize(("approach", "equivalent"), [(0.8, 83), (0.9, 102), (0.94, 142)])
def test_the_echo_at_352_ms_weights_like_a_spin_echo_of_some_100_ms(approach: float, equivalent: float) -> None:
    angles = space_angles(176, spacing=4.0, approach=approach)
    found = float(equivalent_echo_time(850.0, 70.0, angles, spacing=4.0, echo=88))
    assert found == pytest.approx(equivalent, abs=1)


def test_the_equivalent_echo_time_stands_for_the_simulated_train() -> None:
    """Ratios of tissues as simulated, and as the simple model has them: what a phantom's contrast depends on."""
    timings = FlairTimings()
    angles = space_angles(176, spacing=4.0)
    t1, t2 = np.array([850.0, 1350.0, 1500.0]), np.array([70.0, 95.0, 120.0])
    simulated = flair_signal_simulated(t1, t2, angles, timings)
    te = float(equivalent_echo_time(1350.0, 95.0, angles, spacing=4.0, echo=88))
    simple = flair_signal(t1, t2, FlairTimings(equivalent_echo_time=te))
    np.testing.assert_allclose(simulated / simulated[1], simple / simple[1], rtol=0.08)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"pulses": 0}, "must be positive"),
        ({"spacing": -1.0}, "must be positive"),
        ({"approach": 1.0}, "below 1"),
        ({"margin": -0.1}, "below 1"),
        ({"approach": 0.97}, "give a smaller approach"),
    ],
)
def test_impossible_trains_are_refused(wrong, match: str) -> None:
    with pytest.raises(BadParameter, match=match):
        space_angles(**{"pulses": 176, "spacing": 4.0} | wrong)
