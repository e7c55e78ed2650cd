"""The closed form of DESS against isochromats, and how a scan's parameters become a sequence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.physics.dess import PRESET_SOURCES, PRESETS, DessSequence, sequence_of, signals
from napari_mrsr.scan import Acquisition, Scan


def isochromats(
    t1: float, t2: float, sequence: DessSequence, *, count: int = 512, pulses: int = 1500
) -> tuple[float, float]:
    """Both echoes of spins spread evenly over one turn of the spoiler, by Bloch's equations pulse after pulse."""
    angle = math.radians(sequence.flip_angle)
    phase = 2 * np.pi * (np.arange(count) + 0.5) / count
    x, y, z = np.zeros(count), np.zeros(count), np.ones(count)
    e1, e2 = math.exp(-sequence.repetition_time / t1), math.exp(-sequence.repetition_time / t2)
    second = math.nan
    for _ in range(pulses):
        second = abs(complex(x.mean(), y.mean())) * math.exp(sequence.echo_time / t2)
        y, z = y * math.cos(angle) - z * math.sin(angle), y * math.sin(angle) + z * math.cos(angle)
        first = abs(complex(x.mean(), y.mean())) * math.exp(-sequence.echo_time / t2)
        x, y = e2 * (x * np.cos(phase) - y * np.sin(phase)), e2 * (x * np.sin(phase) + y * np.cos(phase))
        z = 1 + (z - 1) * e1
    return first, second


@pytest.mark.parametrize(("t1", "t2", "flip"), [(1200, 10, 20), (1200, 35, 20), (1000, 80, 30), (365, 133, 60)])
def test_the_closed_form_is_what_isochromats_do(t1: float, t2: float, flip: float) -> None:
    sequence = DessSequence(23, 7, flip)
    assert signals(t1, t2, sequence) == pytest.approx(isochromats(t1, t2, sequence), rel=1e-9)


@given(t1=st.floats(200, 4000), share=st.floats(1e-4, 1), flip=st.floats(2, 120), b1=st.floats(0.6, 1.4))
@settings(max_examples=50, deadline=None)
def test_the_second_echo_is_never_the_brighter_one(t1: float, share: float, flip: float, b1: float) -> None:
    first, second = signals(t1, share * t1, DessSequence(25, 7, flip), b1=b1)
    assert 0 <= second < first < 1


def test_a_tendon_keeps_its_digits_in_single_precision() -> None:
    """1 - w would be 0 in single precision; the ratio of short T2 is k exp(-2 (TR - TE)/T2) (Sveinsson 2017)."""
    sequence = DessSequence(23, 7, 20)
    first, second = signals(np.float32([1000, 1000]), np.float32([1.0, 2.0]), sequence)
    assert first.dtype == second.dtype == np.float32
    e, angle = math.exp(-23 / 1000), math.radians(20)
    k = math.sin(angle / 2) ** 2 * (1 + e) / (1 - e * math.cos(angle))
    np.testing.assert_allclose(second / first, k * np.exp(-2 * 16 / np.array([1.0, 2.0])), rtol=2e-5)


def test_b1_scales_the_flip_angle_and_m0_the_signal() -> None:
    ninety_percent = signals(1200.0, 35.0, DessSequence(23, 7, 20), 3.0, b1=0.9)
    np.testing.assert_allclose(ninety_percent, 3 * np.array(signals(1200.0, 35.0, DessSequence(23, 7, 18))), rtol=1e-14)


def test_arrays_of_tissue_broadcast() -> None:
    first, second = signals(np.full((3, 1), 1200.0), np.array([20.0, 40.0]), DessSequence(23, 7, 20))
    assert first.shape == second.shape == (3, 2)


@pytest.mark.parametrize("t2", [0.0, -5.0, math.nan])
def test_relaxation_times_are_positive(t2: float) -> None:
    with pytest.raises(BadParameter, match="T2 must be greater than 0"):
        signals(1200.0, t2, DessSequence(23, 7, 20))


@pytest.mark.parametrize(
    "parameters",
    [(23, 7, 0), (23, 7, 180), (0, 0, 20), (23, -1, 20), (math.nan, 7, 20), (23, 12, 20), (23, 7, 20, 0.03, 10)],
)
def test_sequences_that_cannot_be_are_refused(parameters: tuple[float, ...]) -> None:
    with pytest.raises(BadParameter):
        DessSequence(*parameters)


# -- from a scan -----------------------------------------------------------------------------------------
def scan(**acquisition: object) -> Scan:
    return Scan(np.ones((2, 2, 2, 2), np.float32), np.eye(4), axis="echo", acquisition=Acquisition(**acquisition))


def test_a_header_becomes_a_sequence() -> None:
    header = scan(
        repetition_time=25, echo_times=(7.48, 42.52), flip_angle=30, spoiler_moment=0.03132, spoiler_duration=1.76
    )
    assert sequence_of(header) == PRESETS["GE qDESS, low spoiler, 30 deg"]
    assert sequence_of(header).second_echo_time == pytest.approx(42.52)


def test_what_is_given_goes_before_the_header_and_none_does_not() -> None:
    header = scan(repetition_time=25, echo_times=(7.48,), flip_angle=30)
    sequence = sequence_of(header, flip_angle=20, repetition_time=None)
    assert (sequence.flip_angle, sequence.repetition_time, sequence.echo_time) == (20, 25, 7.48)


def test_te2_alone_tells_te1() -> None:
    assert sequence_of(scan(repetition_time=25, echo_times=(42.52,), flip_angle=30)).echo_time == pytest.approx(7.48)


def test_echo_times_in_either_order_give_the_first_echo() -> None:
    assert sequence_of(scan(repetition_time=25, echo_times=(42.52, 7.48), flip_angle=30)).echo_time == 7.48


@pytest.mark.parametrize(
    ("lacking", "option"), [("repetition_time", "--tr"), ("echo_times", "--te"), ("flip_angle", "--flip")]
)
def test_what_lacks_is_named_with_the_way_to_give_it(lacking: str, option: str) -> None:
    header = {"repetition_time": 25, "echo_times": (7.48,), "flip_angle": 30}
    del header[lacking]
    with pytest.raises(MissingParameter) as caught:
        sequence_of(scan(**header))
    assert option in caught.value.line


def test_a_misspelt_parameter_is_a_bug_and_not_ignored() -> None:
    with pytest.raises(TypeError, match="flipangle"):
        sequence_of(scan(repetition_time=25, echo_times=(7.48,), flip_angle=30), flipangle=20)


def test_every_parameter_set_says_where_it_comes_from() -> None:
    assert set(PRESETS) == set(PRESET_SOURCES)


def test_the_spoiler_of_a_ge_header_winds_up_1p33_turns_a_millimetre() -> None:
    wavenumber = PRESETS["GE qDESS, low spoiler, 20 deg"].spoiler_wavenumber
    assert wavenumber == pytest.approx(8379.291, abs=1e-3)
    assert wavenumber / (2 * np.pi * 1000) == pytest.approx(1.3336, abs=1e-4)
