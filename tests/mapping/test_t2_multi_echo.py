"""T2 of multi-echo spin echo: a phantom of known T2, its noise floor, its first echo, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, EchoesNeeded, MissingParameter
from napari_mrsr.mapping import Reason, t2_from_multi_echo
from napari_mrsr.scan import Acquisition, Scan

TIMES = tuple(6.3125 * n for n in range(1, 9))
AFFINE = np.diag([0.625, 0.625, 4, 1])


def tubes(
    *, noise: float = 0.0, first: float = 1.0, shape: tuple[int, int, int] = (60, 40, 24)
) -> tuple[Scan, np.ndarray]:
    """Three tubes of 20, 35 and 60 ms in air; the first echo scaled as imperfect refocusing does."""
    t2 = np.full(shape, np.nan)
    for n, value in enumerate((20.0, 35.0, 60.0)):
        t2[10 + 14 * n : 20 + 14 * n, 10:30, 4:-4] = value
    times = np.reshape(TIMES, (-1, 1, 1, 1))
    signal = np.nan_to_num(1000 * np.exp(-times / t2))
    signal[0] *= first
    random = np.random.default_rng(0)
    if noise:
        signal = np.hypot(signal + random.normal(0, noise, signal.shape), random.normal(0, noise, signal.shape))
    scan = Scan(signal.astype(np.float32), AFFINE, axis="echo", acquisition=Acquisition(echo_times=TIMES))
    return scan, t2


def test_the_tubes_come_out_as_they_were_filled() -> None:
    scan, truth = tubes()
    found = t2_from_multi_echo(scan)
    np.testing.assert_allclose(found.map.array[0], truth, rtol=1e-4, equal_nan=True)
    assert (found.map.quantity, found.map.unit, found.map.array.dtype) == ("T2", "ms", np.float32)
    assert set(np.unique(found.reason.array)) == {Reason.OK, Reason.AIR}


def test_an_odd_first_echo_is_left_out_unless_asked_for() -> None:
    scan, truth = tubes(first=0.85)
    np.testing.assert_allclose(t2_from_multi_echo(scan).map.array[0], truth, rtol=1e-4, equal_nan=True)
    with_first = t2_from_multi_echo(scan, skip_first=False).map.array[0]
    assert np.nanmin(with_first / truth) > 1.02


@pytest.mark.parametrize(("noise", "bias"), [(40.0, 0.5), (60.0, 1.3), (90.0, 3.0)])
def test_the_noise_floor_takes_the_bias_away(noise: float, bias: float) -> None:
    """In the last echoes of 20 ms there is little but noise, and a plain exponential reads it as a long T2."""
    scan, truth = tubes(noise=noise)
    tube = truth == 20
    plain = np.nanmedian(t2_from_multi_echo(scan, noise_floor=0).map.array[0][tube])
    floored = np.nanmedian(t2_from_multi_echo(scan).map.array[0][tube])
    assert plain > 20 + bias
    assert floored == pytest.approx(20, abs=bias / 4)


def test_the_floor_is_measured_in_the_air() -> None:
    found = t2_from_multi_echo(tubes(noise=20.0)[0])
    assert found.map.history[-1].parameters["noise_floor"] == pytest.approx(20, rel=0.06)
    assert found.warnings == ()


def test_what_noise_blurs_too_much_is_marked() -> None:
    scan, truth = tubes(noise=100.0)
    found = t2_from_multi_echo(scan)
    blurred = truth == 20
    marked = found.reason.array[0] == Reason.LOW_SNR
    assert marked[blurred].mean() > 0.5
    assert np.isfinite(found.map.array[0][marked]).all()
    clean = t2_from_multi_echo(tubes(noise=2.0)[0])
    assert clean.trusted[np.isfinite(truth)].all()


def test_echoes_in_any_order_are_sorted_and_it_is_said() -> None:
    scan, truth = tubes()
    order = np.random.default_rng(0).permutation(8)
    times = tuple(TIMES[n] for n in order)
    found = t2_from_multi_echo(Scan(scan.array[order], AFFINE, axis="echo", acquisition=Acquisition(echo_times=times)))
    np.testing.assert_allclose(found.map.array[0], truth, rtol=1e-4, equal_nan=True)
    assert any("order of their echo times" in line for line in found.warnings)


def test_two_echoes_use_the_first_one_too_and_it_is_said() -> None:
    scan, truth = tubes()
    two = Scan(scan.array[:2], AFFINE, axis="echo", acquisition=Acquisition(echo_times=TIMES[:2]))
    found = t2_from_multi_echo(two)
    np.testing.assert_allclose(found.map.array[0], truth, rtol=1e-4, equal_nan=True)
    assert any("only two echoes" in line for line in found.warnings)


def test_a_signal_that_grows_has_no_t2() -> None:
    scan, truth = tubes()
    growing = Scan(scan.array[::-1].copy(), AFFINE, axis="echo", acquisition=scan.acquisition)
    reason = t2_from_multi_echo(growing, noise_floor=0).reason.array[0]
    assert set(np.unique(reason[np.isfinite(truth)])) == {Reason.NO_SOLUTION}


def test_reasons_and_values_agree_in_noise_and_holes() -> None:
    scan, _ = tubes(noise=60.0)
    scan.array[3, 5, 5, 5] = np.nan
    found = t2_from_multi_echo(scan, t2_range=(10.0, 50.0))
    has_value = np.isin(found.reason.array, [reason for reason in Reason if reason.has_value])
    np.testing.assert_array_equal(np.isfinite(found.map.array), has_value)
    assert found.reason.array[0, 5, 5, 5] == Reason.NOT_FINITE
    assert found.counts()[Reason.OUT_OF_RANGE] > 100


def test_one_echo_is_refused() -> None:
    with pytest.raises(EchoesNeeded):
        t2_from_multi_echo(tubes()[0].volume(0))


def test_unknown_echo_times_are_asked_for() -> None:
    with pytest.raises(MissingParameter):
        t2_from_multi_echo(tubes()[0].with_acquisition(echo_times=TIMES[:-1]))


@pytest.mark.parametrize("times", [(*TIMES[:-1], TIMES[0]), (-1.0, *TIMES[1:])])
def test_impossible_echo_times_are_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(BadParameter):
        t2_from_multi_echo(tubes()[0].with_acquisition(echo_times=times))


@pytest.mark.parametrize("floor", [-1.0, float("nan")])
def test_impossible_floors_are_refused(floor: Any) -> None:
    with pytest.raises(BadParameter):
        t2_from_multi_echo(tubes()[0], noise_floor=floor)


def test_a_real_knee_has_muscle_of_30_to_40_ms(real_data: Path) -> None:
    """Pai 2008: 34.1 +- 6.6 ms in muscle at 3 T; the muscle behind the femur in one slice."""
    from napari_mrsr.files import read_scan

    scan = read_scan(real_data / "knee" / "mese_t2")
    assert scan.volumes == 8
    middle = scan.volume(0)
    cut = Scan(scan.array[..., 12:13], middle.affine, axis="echo", acquisition=scan.acquisition)
    found = t2_from_multi_echo(cut)
    values = found.map.array[0][found.trusted]
    share = ((values > 25) & (values < 45)).mean()
    assert share > 0.1
