"""The exact steady state of DESS with diffusion against printed tables, the closed form and an EPG pulse by pulse."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics import dess
from napari_mrsr.physics.dess import PRESETS, DessSequence
from napari_mrsr.physics.epg import dess_signals

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]


def pulse_by_pulse(
    t1: float, t2: float, sequence: DessSequence, *, orders: int = 24, pulses: int = 1500
) -> tuple[float, float]:
    """Both echoes by the complex operators of Weigel (2015), from equilibrium until nothing changes any more."""
    angle, tau = math.radians(sequence.flip_angle), sequence.spoiler_duration
    c, s, sine = math.cos(angle / 2) ** 2, math.sin(angle / 2) ** 2, math.sin(angle)
    pulse = np.array([[c, s, -1j * sine], [s, c, 1j * sine], [-0.5j * sine, 0.5j * sine, math.cos(angle)]])
    g = sequence.spoiler_wavenumber
    diffusivity = sequence.diffusivity * 1e-3  # m2/ms
    k = g * np.arange(orders)
    states = np.zeros((3, orders), complex)  # F+, F-* (conjugate of the negative orders), Z
    states[2, 0] = 1

    def rest(time: float, spoiler: float) -> None:
        b = [
            time * (k**2 + k * spoiler + spoiler**2 / 3),
            time * (k**2 - k * spoiler + spoiler**2 / 3),
            time * k**2,
        ]
        states[:2] *= np.exp(-time / t2 - diffusivity * np.array(b[:2]))
        states[2] *= np.exp(-time / t1 - diffusivity * b[2])
        states[2, 0] += 1 - math.exp(-time / t1)
        if spoiler:
            states[0, 1:] = states[0, :-1].copy()
            states[1, :-1] = states[1, 1:].copy()
            states[1, -1] = 0
            states[0, 0] = np.conj(states[1, 0])

    free = (sequence.repetition_time - tau) / 2 - sequence.echo_time
    for _ in range(pulses):
        states[:] = pulse @ states
        rest(sequence.echo_time, 0)
        first = abs(states[0, 0])
        rest(free, 0)
        rest(tau, g)
        rest(free, 0)
        second = abs(states[0, 0])
        rest(sequence.echo_time, 0)
    return first, second


def test_printed_signals_are_reproduced(dess_tables: pd.DataFrame) -> None:
    for row in dess_tables.itertuples():
        sequence = DessSequence(row.tr, row.te, row.flip, row.spoiler, row.tau, row.d)
        first, second = dess_signals(row.t1, row.t2, sequence, b1=row.b1)
        place = f"table {row.table}, T2 {row.t2} ms"
        assert first == pytest.approx(row.s1, abs=1e-8), place  # printed to 8 decimals
        assert second == pytest.approx(row.s2, abs=1e-8), place


@pytest.mark.parametrize(("t1", "t2"), [(1200, 35), (1000, 11), (365, 133)])
@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("GE")])
def test_the_direct_solution_is_where_pulses_lead(t1: float, t2: float, name: str) -> None:
    assert dess_signals(t1, t2, PRESETS[name]) == pytest.approx(pulse_by_pulse(t1, t2, PRESETS[name]), rel=1e-9)


@given(t1=st.floats(200, 4000), share=st.floats(0.001, 1), tr=st.floats(10, 60), flip=st.floats(5, 90))
@settings(max_examples=50, deadline=None)
def test_without_diffusion_it_is_the_closed_form(t1: float, share: float, tr: float, flip: float) -> None:
    sequence = DessSequence(tr, tr / 4, flip)
    exact = dess.signals(t1, share * t1, sequence)
    np.testing.assert_allclose(dess_signals(t1, share * t1, sequence, orders=256), exact, rtol=1e-7)


def test_64_orders_are_enough_for_fluid() -> None:
    np.testing.assert_allclose(
        dess_signals(3620.0, 767.0, LOW), dess_signals(3620.0, 767.0, LOW, orders=400), rtol=1e-12
    )


def test_no_spoiler_is_no_diffusion() -> None:
    for diffusivity in (0.0, 3e-9):
        sequence = DessSequence(23, 7, 20, diffusivity=diffusivity)
        np.testing.assert_allclose(
            dess_signals(1200.0, 35.0, sequence), dess.signals(1200.0, 35.0, sequence), rtol=1e-12
        )


@given(t2=st.floats(5, 200), moment=st.floats(0.01, 0.2))
@settings(max_examples=25, deadline=None)
def test_a_stronger_spoiler_darkens_the_second_echo(t2: float, moment: float) -> None:
    weak, strong = (dess_signals(1200.0, t2, DessSequence(23, 7, 20, m, 1.5)) for m in (moment, 1.2 * moment))
    assert strong[1] < weak[1]


def test_arrays_give_what_numbers_give() -> None:
    t2 = np.array([[20.0, 40.0], [60.0, 80.0]])
    together = np.array(dess_signals(1200.0, t2, LOW))
    for where in np.ndindex(2, 2):
        np.testing.assert_array_equal(together[(slice(None), *where)], dess_signals(1200.0, t2[where], LOW))


def test_at_least_one_order() -> None:
    with pytest.raises(BadParameter):
        dess_signals(1200.0, 35.0, LOW, orders=0)
