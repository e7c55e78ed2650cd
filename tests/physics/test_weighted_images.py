"""MPRAGE, TSE and FLAIR against isochromats, printed values, limits, and finite differences of their gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.flair import (
    FlairTimings,
    equivalent_echo_time,
    flair_signal,
    flair_signal_simulated,
)
from napari_mrsr.physics.mprage import MprageTimings, mprage_signal
from napari_mrsr.physics.refocusing import ideal_train, simulated_train
from napari_mrsr.physics.tse import TseTimings, tse_signal, tse_signal_simulated
from tests.physics import bloch

SHORT = FlairTimings(1500.0, 600.0, 40.0, 40.0, 4.0, 20, 0.9)
FALLING = tuple(np.linspace(150, 30, 20))


# -- MPRAGE ----------------------------------------------------------------------------------------
@settings(max_examples=12, deadline=None)
@given(
    t1=st.floats(300, 4500),
    flip=st.floats(4, 15),
    spacing=st.floats(5, 9),
    echoes=st.integers(1, 40),
    place=st.floats(0, 1),
    efficiency=st.floats(0.8, 1),
    b1=st.floats(0.7, 1.3),
)
def test_mprage_is_where_repeated_inversions_end(
    t1: float, flip: float, spacing: float, echoes: int, place: float, efficiency: float, b1: float
) -> None:
    centre = 1 + round(place * (echoes - 1))
    timings = MprageTimings(1900, 900, 3, flip, spacing, echoes, centre, efficiency)
    _, truth = bloch.mprage(
        t1, tr=1900, ti=900, flip=flip * b1, spacing=spacing, echoes=echoes, centre=centre, efficiency=efficiency
    )
    assert float(mprage_signal(t1, timings, b1=b1)) == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize(("t1", "centre"), [(800, 0.326739770), (1300, 0.198063531), (4000, 0.053472244)])
def test_mprage_of_the_published_protocol(t1: float, centre: float) -> None:
    """Longitudinal magnetisation at the centre of k-space, computed before this package was."""
    assert float(mprage_signal(t1)) / math.sin(math.radians(9)) == pytest.approx(centre, abs=1e-9)


def test_an_early_centre_reads_a_negative_signal() -> None:
    early = MprageTimings(repetition_time=4000.0, inversion_time=600.0)
    assert mprage_signal(1500.0, early) < 0 < mprage_signal(400.0, early)


def test_t2_star_decays_until_the_echo() -> None:
    decayed = mprage_signal(900.0, t2_star=40.0) / mprage_signal(900.0)
    assert float(decayed) == pytest.approx(math.exp(-2.93 / 40))


def test_limits_of_t1_in_mprage() -> None:
    """Recovered at once, every pulse finds all of M0; never recovered, nothing is left in the steady state."""
    assert float(mprage_signal(1e-3)) == pytest.approx(math.sin(math.radians(9)), rel=1e-12)
    assert abs(float(mprage_signal(1e12))) < 1e-8
    ratio = float(mprage_signal(1e8)) / float(mprage_signal(1e9))  # ~ 1/T1, not rounding
    assert ratio == pytest.approx(10, rel=1e-4)


def test_single_precision_keeps_its_digits() -> None:
    t1 = np.geomspace(200, 6000, 50)
    np.testing.assert_allclose(mprage_signal(t1.astype(np.float32)), mprage_signal(t1), rtol=2e-4, atol=2e-6)
    assert mprage_signal(t1.astype(np.float32)).dtype == np.float32


# -- TSE -------------------------------------------------------------------------------------------
#: T1, pulses, echo spacing.
PRINTED = {
    (800, 1, 12.0): 0.999841151,
    (800, 14, 9.3): 0.999815849,
    (1300, 2, 12.0): 0.995363736,
    (1300, 13, 9.3): 0.995005010,
    (4000, 1, 12.0): 0.826139538,
    (4000, 13, 9.3): 0.821341002,
    (4000, 14, 9.3): 0.820924902,
}


@pytest.mark.parametrize(("t1", "pulses", "spacing"), PRINTED)
def test_the_simplified_train_of_the_published_protocol(t1: float, pulses: int, spacing: float) -> None:
    """Longitudinal magnetisation before the excitation, computed before this package was."""
    timings = TseTimings(echo_time=spacing, echo_spacing=spacing, pulses=pulses)
    found = float(tse_signal(t1, 80.0, timings)) / math.exp(-spacing / 80)
    assert found == pytest.approx(PRINTED[t1, pulses, spacing], abs=1e-9)


def test_the_simplified_train_is_the_printed_closed_form() -> None:
    """The recursion that Conturo describes, written out for an exact 90 degrees."""
    t1, tr, t, n = 1100.0, 2500.0, 6.0, 8
    sign = (-1) ** n
    e = lambda time: math.exp(-time / t1)  # noqa: E731
    z = 1 - 2 * (e(tr - (2 * n - 1) * t) - sign * e(tr + t)) / (1 + e(2 * t)) - sign * e(tr)
    found = float(tse_signal(t1, 60.0, TseTimings(tr, 48.0, 180, 12.0, n)))
    assert found == pytest.approx(z * math.exp(-48 / 60), rel=1e-12)


@pytest.mark.parametrize("angle", [180.0, 150.0, 100.0, 40.0])
@pytest.mark.parametrize("b1", [1.0, 0.85, 1.15])
def test_tse_is_where_repeated_trains_of_isochromats_end(angle: float, b1: float) -> None:
    timings = TseTimings(1200, 93, angle, 9.3, 13)
    truth = bloch.spin_echo_train(850, 70, tr=1200, spacing=9.3, angles=[angle * b1] * 13, echo=10, excitation=90 * b1)
    assert float(tse_signal_simulated(850.0, 70.0, timings, b1=b1)) == pytest.approx(truth, abs=1e-11)


@pytest.mark.parametrize("b1", [1.0, 0.8])
def test_the_simplified_model_is_exact_for_180_degrees(b1: float) -> None:
    truth = bloch.spin_echo_train(1300, 95, tr=900, spacing=9.3, angles=[180] * 13, echo=10, excitation=90 * b1)
    assert float(tse_signal(1300.0, 95.0, TseTimings(900), b1=b1)) == pytest.approx(truth, abs=1e-11)


def test_t2_alone_decides_the_ratio_of_two_echo_times() -> None:
    early, late = (tse_signal(1000.0, 70.0, TseTimings(echo_time=te)) for te in (27.9, 93.0))
    assert float(late / early) == pytest.approx(math.exp(-(93.0 - 27.9) / 70), rel=1e-12)


def test_limits_of_t1_and_t2_in_tse() -> None:
    assert float(tse_signal(1e-2, 70.0)) == pytest.approx(math.exp(-93 / 70), rel=1e-12)
    assert abs(float(tse_signal(1e10, 70.0))) < 1e-6
    assert float(tse_signal(900.0, 1e-2)) == 0
    assert float(tse_signal(900.0, 1e12)) == pytest.approx(1 - math.exp(-(7010 - 120.9) / 900), rel=1e-4)


def test_stored_magnetisation_makes_150_degrees_brighter() -> None:
    assert tse_signal_simulated(850.0, 70.0) > tse_signal(850.0, 70.0)


@pytest.mark.parametrize("pulses", [1, 2, 5, 12])
def test_both_trains_agree_at_180_degrees(pulses: int) -> None:
    t1, t2 = np.array([300.0, 1200.0]), np.array([[50.0], [90.0]])
    closed = ideal_train(t1, t2, spacing=10, pulses=pulses, echo_time=10 * pulses)
    phases = simulated_train(t1, t2, [180.0] * pulses, spacing=10, echo=pulses)
    np.testing.assert_allclose(phases.echo, np.broadcast_to(closed.echo, (2, 2)), rtol=1e-12)
    np.testing.assert_allclose(phases.constant, np.broadcast_to(closed.constant, (2, 2)), atol=1e-14)
    np.testing.assert_allclose(phases.factor, np.broadcast_to(closed.factor, (2, 2)), atol=1e-14)


# -- FLAIR -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("t1", "t2"), [(850.0, 70.0), (4000.0, 1900.0)])
def test_flair_is_where_repeated_inversions_and_trains_end(t1: float, t2: float) -> None:
    how = {"tr": 1500, "spacing": 4, "echo": 10, "excitation": 81, "inversion": 600, "efficiency": 0.9}
    angles = [0.9 * angle for angle in FALLING]
    truth = bloch.spin_echo_train(t1, t2, angles=angles, isochromats=128, **how)
    assert float(flair_signal_simulated(t1, t2, FALLING, SHORT, b1=0.9)) == pytest.approx(truth, abs=1e-11)
    truth = bloch.spin_echo_train(t1, t2, angles=[180] * 20, isochromats=128, **how)
    assert float(flair_signal(t1, t2, SHORT, b1=0.9)) == pytest.approx(truth, abs=1e-11)


def test_fluid_is_dark_at_its_zero_crossing_and_negative_before() -> None:
    """With a long TR the crossing lies at T1 ln 2."""
    long = {"repetition_time": 60000.0, "echo_time": 352.0}
    at = FlairTimings(inversion_time=4000 * math.log(2), **long)
    early = FlairTimings(inversion_time=2000.0, **long)
    assert abs(float(flair_signal(4000.0, 1900.0, at))) < 1e-4
    assert float(flair_signal(4000.0, 1900.0, early)) < -0.1


def test_the_equivalent_echo_time_is_shorter_than_the_nominal_one() -> None:
    for angles in ([180.0] * 20, [60.0] * 20):
        found = float(equivalent_echo_time(1000.0, 100.0, angles, spacing=5, echo=20))
        assert (found == pytest.approx(100)) if angles[0] == 180 else (found < 75)


def test_flair_decays_by_the_equivalent_echo_time_alone() -> None:
    short, long = (FlairTimings(equivalent_echo_time=te) for te in (90.0, 200.0))
    ratio = flair_signal(1000.0, 80.0, long) / flair_signal(1000.0, 80.0, short)
    assert float(ratio) == pytest.approx(math.exp(-110 / 80), rel=1e-12)


# -- arrays, tensors, gradients --------------------------------------------------------------------
MODELS = {
    "mprage": lambda t1, t2, m0, b1: mprage_signal(t1, m0=m0, b1=b1, t2_star=t2),
    "tse": lambda t1, t2, m0, b1: tse_signal(t1, t2, m0=m0, b1=b1),
    "tse, simulated": lambda t1, t2, m0, b1: tse_signal_simulated(t1, t2, TseTimings(pulses=11), m0=m0, b1=b1),
    "flair": lambda t1, t2, m0, b1: flair_signal(t1, t2, m0=m0, b1=b1),
    "flair, simulated": lambda t1, t2, m0, b1: flair_signal_simulated(t1, t2, FALLING, SHORT, m0=m0, b1=b1),
}


def maps() -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(0)
    t1 = random.uniform(400, 4000, (2, 1, 3))
    return t1, random.uniform(40, 300, (2, 4, 3)), random.uniform(0.5, 1, (4, 1)), random.uniform(0.8, 1.2, (2, 1, 1))


@pytest.mark.parametrize("name", MODELS)
def test_tensors_give_what_arrays_give_over_broadcast_maps(name: str) -> None:
    arrays = maps()
    expected = MODELS[name](*arrays)
    assert expected.shape == (2, 4, 3)
    tensors = MODELS[name](*(torch.from_numpy(one) for one in arrays))
    np.testing.assert_allclose(tensors.numpy(), expected, rtol=1e-12, atol=1e-15)
    single = MODELS[name](*(torch.from_numpy(one).float() for one in arrays))
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), expected, atol=3e-5)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    given = [torch.tensor(one[:1, :2, :2] if one.ndim == 3 else one[:2]).requires_grad_() for one in maps()]
    assert torch.autograd.gradcheck(MODELS[name], given, eps=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_finite_at_the_ends_of_the_range(name: str) -> None:
    t1 = torch.tensor([1.0, 50.0, 6000.0, 1e5], requires_grad=True)
    t2 = torch.tensor([0.5, 5.0, 3000.0, 1e5], requires_grad=True)
    MODELS[name](t1, t2, 1.0, 1.0).sum().backward()
    assert torch.isfinite(t1.grad).all()
    assert torch.isfinite(t2.grad).all()


# -- bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize("signal", [mprage_signal, lambda t1: tse_signal(t1, 70.0), lambda t1: flair_signal(t1, 70.0)])
@pytest.mark.parametrize("t1", [0.0, -5.0, float("nan")])
def test_no_tissue_has_such_a_t1(signal, t1: float) -> None:
    with pytest.raises(BadParameter, match="T1 must be greater than 0 ms"):
        signal(np.array([800.0, t1]))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: MprageTimings(inversion_time=300), "do not fit before TI"),
        (lambda: MprageTimings(repetition_time=1000), "does not fit into TR"),
        (lambda: MprageTimings(centre=0), "cannot be the centre"),
        (lambda: MprageTimings(flip_angle=200), "not between 0 and 180"),
        (lambda: MprageTimings(echo_time=float("nan")), "not a finite number"),
        (lambda: MprageTimings(inversion_efficiency=1.1), "above 1"),
        (lambda: TseTimings(echo_time=500), "outside a train"),
        (lambda: TseTimings(repetition_time=100), "do not fit into TR"),
        (lambda: TseTimings(pulses=0), "impossible"),
        (lambda: TseTimings(refocusing_angle=0), "at most 180"),
        (lambda: FlairTimings(repetition_time=2000), "do not fit into TR"),
        (lambda: FlairTimings(echo_time=900), "outside a train"),
        (lambda: FlairTimings(pulses=0), "impossible"),
        (lambda: FlairTimings(inversion_efficiency=2), "efficiency 2 is above 1"),
        (lambda: flair_signal_simulated(800.0, 70.0, [120.0]), "1 angles for 176 pulses"),
    ],
)
def test_impossible_timings_are_refused(make, match: str) -> None:
    with pytest.raises(BadParameter, match=match):
        make()
