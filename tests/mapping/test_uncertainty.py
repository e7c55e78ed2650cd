"""Sigma of T2 from noise: against scatter that was drawn, and against printed scatter."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping import Noise, t2_from_dess, t2_from_multi_echo, undetermined, with_uncertainty
from napari_mrsr.mapping.log_noise import log_deviation
from napari_mrsr.mapping.noise import measure_noise
from napari_mrsr.physics.dess import PRESETS, signals
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.scan import Acquisition, Scan

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]
HEADER = Acquisition(
    repetition_time=LOW.repetition_time,
    echo_times=(LOW.echo_time, LOW.second_echo_time),
    flip_angle=LOW.flip_angle,
    spoiler_moment=LOW.spoiler_moment,
    spoiler_duration=LOW.spoiler_duration,
)
SIDE = 24


def magnitude(clean: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    """Magnitudes with complex Gaussian noise."""
    random = np.random.default_rng(seed)
    return np.hypot(clean + random.normal(0, sigma, clean.shape), random.normal(0, sigma, clean.shape))


def scan_of(echoes: np.ndarray, **about: Any) -> Scan:
    return Scan(echoes.astype(np.float32), np.eye(4), axis="echo", acquisition=HEADER, **about)


def drawn(t2: float, sigma: float, method: Literal["analytic", "epg"] = "analytic", *, signal: Any = dess_signals):
    """T2 and sigma of many voxels of one tissue."""
    one = np.array(signal(1200.0, t2, LOW))
    clean = np.broadcast_to(one[:, None, None, None], (2, SIDE, SIDE, SIDE))
    scan = scan_of(magnitude(clean, sigma))
    made = with_uncertainty(scan, t2_from_dess(scan, method=method, noise=sigma, fat=False, fluid=False))
    assert made.sigma is not None
    return made.map.array, made.sigma.array, one / sigma


@pytest.mark.parametrize("t2", [15.0, 25.0, 35.0, 45.0, 60.0])
@pytest.mark.parametrize("snr", [20.0, 50.0, 100.0])
def test_sigma_is_the_scatter_of_closed_form_signals_within_5_per_cent(t2: float, snr: float) -> None:
    """SNR of the second echo."""
    values, sigma, _ = drawn(t2, signals(1200.0, t2, LOW)[1].item() / snr, signal=signals)
    assert np.median(sigma) == pytest.approx(values.std(), rel=0.05)


@pytest.mark.parametrize(("snr", "printed"), [(50.0, 2.77), (100.0, 1.38)])
def test_sigma_at_35_ms_is_the_printed_scatter(snr: float, printed: float) -> None:
    """SNR of the first echo, signals of the phase graph, Rician noise; Monte-Carlo by others."""
    _, sigma, found = drawn(35.0, dess_signals(1200.0, 35.0, LOW)[0].item() / snr)
    assert found[0] == pytest.approx(snr)
    assert np.median(sigma) == pytest.approx(printed, rel=0.02)


@pytest.mark.parametrize("t2", [20.0, 50.0])
def test_the_exact_method_has_its_own_slope(t2: float) -> None:
    noise = dess_signals(1200.0, t2, LOW)[1].item() / 60
    values, sigma, _ = drawn(t2, noise, "epg")
    assert np.median(sigma) == pytest.approx(values.std(), rel=0.02)


@pytest.mark.parametrize("coils", [1, 4])
@pytest.mark.parametrize("signal", [0.0, 1.0, 2.0, 3.0, 6.0, 40.0])
def test_the_logarithm_of_a_magnitude_scatters_as_said(signal: float, coils: int) -> None:
    parts = np.random.default_rng(0).normal(size=(2 * coils, 100_000))
    parts[0] += signal
    drawn_magnitudes = np.sqrt((parts**2).sum(axis=0))
    typical = np.sqrt(signal**2 + 2 * coils - 1)
    said = log_deviation(typical, Noise(1.0, coils))
    assert said == pytest.approx(np.log(drawn_magnitudes).std(), rel=0.02)


def test_noise_measured_in_the_scan_gives_the_scatter_over_many_scans() -> None:
    """A block of tissue from 25 to 55 ms in air, its noise known to nobody but the draw."""
    shape = (40, 40, 24)
    clean = np.zeros((2, *shape))
    clean[:, 12:, 12:, 6:] = np.array(dess_signals(1200.0, np.linspace(25, 55, 18), LOW, 1000.0))[:, None, None, :]
    maps, said = [], []
    for seed in range(24):
        scan = scan_of(magnitude(clean, 0.6, seed))
        made = with_uncertainty(scan, t2_from_dess(scan, fat=False, fluid=False))
        assert made.sigma is not None
        maps.append(made.map.array[0, 12:, 12:, 6:])
        said.append(made.sigma.array[0, 12:, 12:, 6:])
    scatter = np.std(maps, axis=0, ddof=1).mean(axis=(0, 1))
    np.testing.assert_allclose(np.median(said, axis=(0, 1, 2)), scatter, rtol=0.05)


def test_sigma_is_nan_where_t2_is_and_nowhere_else() -> None:
    clean = np.zeros((2, 24, 24, 24))
    clean[:, 6:, 6:, 6:] = np.array(dess_signals(1200.0, 35.0, LOW, 1000.0))[:, None, None, None]
    scan = scan_of(magnitude(clean, 1.0))
    made = with_uncertainty(scan, t2_from_dess(scan))
    assert made.sigma is not None
    np.testing.assert_array_equal(np.isnan(made.sigma.array), np.isnan(made.map.array))
    assert np.isnan(made.map.array).any()
    assert (made.sigma.quantity, made.sigma.unit) == ("sigma T2", "ms")


def test_the_order_of_the_echoes_does_not_matter() -> None:
    clean = np.broadcast_to(np.array(dess_signals(1200.0, 35.0, LOW))[:, None, None, None], (2, 8, 8, 8))
    echoes = magnitude(clean, 0.001)
    one, other = (
        with_uncertainty(scan, t2_from_dess(scan, noise=0.001)).sigma
        for scan in (scan_of(echoes), scan_of(echoes[::-1]))
    )
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.array, other.array)


def test_a_meniscus_is_undetermined_where_cartilage_is_not() -> None:
    """At an SNR of 30 in S1 of cartilage the second echo of a meniscus of 8 ms is lost in noise, which reads 14 ms."""
    sigma = dess_signals(1200.0, 35.0, LOW)[0].item() / 30
    clean = np.array(dess_signals(np.array([1000.0, 1200.0]), np.array([8.0, 35.0]), LOW))
    clean = np.repeat(clean, 2000, axis=1).reshape(2, 2, 40, 50)
    scan = scan_of(magnitude(clean, sigma))
    made = with_uncertainty(scan, t2_from_dess(scan, noise=sigma, fat=False, fluid=False))
    flagged = undetermined(made).mean(axis=(1, 2)) / np.isfinite(made.map.array[0]).mean(axis=(1, 2))
    assert flagged[0] > 0.99
    assert flagged[1] < 0.01
    assert np.nanmedian(made.map.array[0, 0]) == pytest.approx(14, abs=0.5)


def test_a_super_resolved_scan_is_refused_unless_the_noise_is_given() -> None:
    clean = np.broadcast_to(np.array(dess_signals(1200.0, 35.0, LOW))[:, None, None, None], (2, 8, 8, 8))
    acquired = scan_of(magnitude(clean, 0.001))
    refined = acquired.after("super-resolution", acquired.array)
    found = t2_from_dess(refined, noise=0.001)
    with pytest.raises(BadParameter, match="does not tell the noise"):
        with_uncertainty(refined, found)
    given = with_uncertainty(refined, found, noise=Noise(0.001)).sigma
    before = with_uncertainty(acquired, t2_from_dess(acquired, noise=0.001)).sigma
    assert given is not None
    assert before is not None
    np.testing.assert_array_equal(given.array, before.array)


def test_without_sigma_nothing_is_flagged_silently() -> None:
    clean = np.broadcast_to(np.array(dess_signals(1200.0, 35.0, LOW))[:, None, None, None], (2, 8, 8, 8))
    with pytest.raises(BadParameter, match="has no sigma"):
        undetermined(t2_from_dess(scan_of(clean)))


def test_a_multi_echo_fit_brings_its_sigma() -> None:
    times = np.arange(10.0, 81.0, 10.0)
    clean = np.zeros((8, 40, 40, 20))
    clean[:, 16:, 16:] = (100 * np.exp(-times / 40))[:, None, None, None]
    header = Acquisition(repetition_time=2000, echo_times=tuple(times))
    scan = Scan(magnitude(clean, 1.0).astype(np.float32), np.eye(4), axis="echo", acquisition=header)
    found = t2_from_multi_echo(scan)
    assert found.sigma is not None
    scatter = found.map.array[0, 16:, 16:].std()
    assert np.median(found.sigma.array[0, 16:, 16:]) == pytest.approx(scatter, rel=0.05)
    assert measure_noise(scan.array).sigma == pytest.approx(1, rel=0.05)
    assert t2_from_multi_echo(scan.after("super-resolution", scan.array)).sigma is None
