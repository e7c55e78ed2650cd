"""T2 maps of DESS: the values, the reasons, and what is said when something is odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, EchoesNeeded, GeometryMismatch, MissingParameter
from napari_mrsr.mapping import Reason, sveinsson, t1_by_label, t2_from_dess
from napari_mrsr.physics.dess import PRESETS
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.physics.tissues import TISSUES
from napari_mrsr.scan import Acquisition, Scan

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]
HEADER = Acquisition(
    repetition_time=LOW.repetition_time,
    echo_times=(LOW.echo_time, LOW.second_echo_time),
    flip_angle=LOW.flip_angle,
    spoiler_moment=LOW.spoiler_moment,
    spoiler_duration=LOW.spoiler_duration,
)
AFFINE = np.diag([0.4, 0.4, 1.4, 1])


def cartilage(t2: Any = 35.0, *, shape: tuple[int, int, int] = (24, 24, 24), b1: Any = 1.0, noise: float = 0.0) -> Scan:
    """Cartilage with a rim of air."""
    inside = np.zeros(shape)
    inside[4:-4, 4:-4, 4:-4] = 1000
    echoes = np.stack(dess_signals(1200.0, np.broadcast_to(t2, shape), LOW, inside, b1=b1))
    random = np.random.default_rng(0)
    if noise:
        echoes = np.hypot(echoes + random.normal(0, noise, echoes.shape), random.normal(0, noise, echoes.shape))
    return Scan(echoes.astype(np.float32), AFFINE, axis="echo", names=("S1", "S2"), acquisition=HEADER)


def inside(scan: Scan) -> np.ndarray:
    return scan.array[0, 4:-4, 4:-4, 4:-4]


def test_the_exact_method_returns_35_ms_within_10_us() -> None:
    t2 = t2_from_dess(cartilage(), method="epg")
    np.testing.assert_allclose(inside(t2.map), 35, atol=0.01)


def test_the_analytic_method_returns_the_printed_value() -> None:
    """Table B of the printed estimates: 35.7407 ms for a T2 of 35 ms."""
    np.testing.assert_allclose(inside(t2_from_dess(cartilage()).map), 35.7407, atol=2e-4)


def test_single_precision_in_pieces_is_the_formula_in_double_precision() -> None:
    t2 = np.random.default_rng(1).uniform(10, 90, (48, 48, 48))
    scan = cartilage(t2, shape=t2.shape)
    found = inside(t2_from_dess(scan, fat=False, fluid=False, noise=0.01).map)
    first, second = (echo[4:-4, 4:-4, 4:-4].astype(np.float64) for echo in scan.array)
    np.testing.assert_allclose(found, sveinsson.t2(second / first, LOW, t1=1200), rtol=2e-5)


@pytest.mark.parametrize("method", ["analytic", "epg"])
def test_threads_do_not_change_a_bit(method: Any) -> None:
    scan = cartilage(noise=2.0, shape=(64, 48, 48))
    one, four = (t2_from_dess(scan, method=method, threads=n) for n in (1, 4))
    np.testing.assert_array_equal(one.map.array, four.map.array)
    np.testing.assert_array_equal(one.reason.array, four.reason.array)


def test_the_map_is_in_ms_on_the_grid_of_the_scan_and_says_how_it_was_made() -> None:
    scan = cartilage()
    t2 = t2_from_dess(scan)
    assert (t2.map.quantity, t2.map.unit, t2.map.axis, t2.map.names) == ("T2", "ms", "map", ("T2",))
    assert t2.map.array.dtype == np.float32
    assert t2.reason.array.dtype == np.uint8
    assert t2.map.same_grid(scan)
    assert t2.reason.same_grid(scan)
    step = t2_from_dess(scan, fat=False).map.history[-1]
    json.dumps(dict(step.parameters), allow_nan=False)
    assert step.parameters["method"] == "analytic"
    assert step.parameters["spoiler_moment"] == LOW.spoiler_moment


# -- reasons ---------------------------------------------------------------------------------------
def test_air_is_nan_with_its_reason_and_never_zero() -> None:
    t2 = t2_from_dess(cartilage(noise=2.0))
    rim = np.ones(t2.map.shape, bool)
    rim[4:-4, 4:-4, 4:-4] = False
    assert (t2.reason.array[0][rim] == Reason.AIR).mean() > 0.995
    assert not (t2.map.array == 0).any()


def test_a_value_stands_exactly_where_the_reason_says_so() -> None:
    random = np.random.default_rng(2)
    scan = Scan(random.normal(0, 100, (2, 20, 20, 20)).astype(np.float32), AFFINE, axis="echo", acquisition=HEADER)
    t2 = t2_from_dess(scan, noise=5.0)
    has_value = np.isin(t2.reason.array, [reason for reason in Reason if reason.has_value])
    np.testing.assert_array_equal(np.isfinite(t2.map.array), has_value)
    assert sum(t2.counts().values()) == t2.map.array.size
    assert len([n for n in t2.counts().values() if n]) >= 5


def test_tissues_get_the_reasons_that_fit() -> None:
    shape = (24, 16, 16)
    echoes = np.empty((2, *shape), np.float32)
    names = ["muscle"] * 12 + ["cartilage"] * 4 + ["synovial fluid"] * 2 + ["subcutaneous fat"] * 6
    for slab, name in enumerate(names):
        tissue = TISSUES[name]
        suppressed = 0.05 if "fat" in name else 1
        echoes[:, slab] = np.reshape(dess_signals(tissue.t1, tissue.t2, LOW, 1000 * suppressed), (2, 1, 1))
    scan = Scan(echoes, AFFINE, axis="echo", acquisition=HEADER)
    reason = t2_from_dess(scan, noise=0.2).reason.array[0, :, 0, 0]
    assert set(reason[:16]) == {Reason.OK}
    assert set(reason[16:18]) == {Reason.FLUID}
    assert set(reason[18:]) == {Reason.FAT}
    bare = t2_from_dess(scan, noise=0.2, fat=False, fluid=False).reason.array[0, :, 0, 0]
    assert set(bare[16:18]) == {Reason.NO_SOLUTION}
    assert Reason.FAT not in set(bare)


def test_a_t2_outside_the_range_is_said_to_be() -> None:
    t2 = t2_from_dess(cartilage(60.0), t2_range=(1.0, 50.0))
    assert (inside(t2.reason) == Reason.OUT_OF_RANGE).all()
    assert np.isnan(inside(t2.map)).all()


def test_a_noisy_second_echo_keeps_its_value_and_is_marked() -> None:
    """S2 of 12 ms is 2.5 at M0 = 1000: at sigma 2 it is as bright as noise."""
    scan = cartilage(12.0, noise=2.0, shape=(40, 40, 40))
    t2 = t2_from_dess(scan, fat=False)
    marked = inside(t2.reason) == Reason.LOW_SNR
    assert marked.mean() > 0.95
    assert np.isfinite(inside(t2.map)[marked]).all()
    assert np.median(inside(t2.map)[marked]) > 12.5
    clean = t2_from_dess(cartilage(35.0, noise=0.5, shape=(40, 40, 40)))
    assert (inside(clean.reason) == Reason.OK).all()
    assert clean.trusted.sum() == inside(clean.reason).size


def test_the_spread_of_t2_is_what_error_propagation_says() -> None:
    """sigma(T2) = T2^2 / (2 (TR - TE)) sqrt(1/SNR1^2 + 1/SNR2^2)."""
    scan = cartilage(35.0, noise=0.8, shape=(48, 48, 48))
    s1, s2 = dess_signals(1200.0, 35.0, LOW, 1000.0)
    expected = 35.7407**2 / (2 * 16) * np.hypot(0.8 / s1, 0.8 / s2)
    assert np.std(inside(t2_from_dess(scan).map)) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("echo", [0, 1])
@pytest.mark.parametrize("method", ["analytic", "epg"])
def test_voxels_that_are_not_numbers_are_named(value: float, echo: int, method: Any) -> None:
    scan = cartilage()
    scan.array[echo, 10, 10, 10] = value
    t2 = t2_from_dess(scan, method=method)
    assert t2.reason.array[0, 10, 10, 10] == Reason.NOT_FINITE
    assert np.isnan(t2.map.array[0, 10, 10, 10])
    assert t2.counts()[Reason.NOT_FINITE] == 1


def test_an_empty_scan_is_air() -> None:
    empty = Scan(np.zeros((2, 8, 8, 8), np.float32), AFFINE, axis="echo", acquisition=HEADER)
    assert t2_from_dess(empty).counts()[Reason.AIR] == 512


# -- b1 --------------------------------------------------------------------------------------------
def b1_map() -> np.ndarray:
    return np.broadcast_to(np.linspace(0.8, 1.2, 24, dtype=np.float32)[:, None, None], (24, 24, 24)).copy()


def test_a_b1_map_makes_the_exact_method_exact_again() -> None:
    scan = cartilage(b1=b1_map())
    without = inside(t2_from_dess(scan, method="epg").map)
    corrected = inside(t2_from_dess(scan, method="epg", b1=Scan(b1_map(), AFFINE)).map)
    assert np.abs(without - 35).max() > 1.5
    np.testing.assert_allclose(corrected, 35, atol=0.01)


def test_the_analytic_method_uses_the_true_flip_angle() -> None:
    scan = cartilage(b1=b1_map())
    found = inside(t2_from_dess(scan, b1=Scan(b1_map(), AFFINE)).map)
    first, second = scan.array[:, 4:-4, 4:-4, 4:-4].astype(np.float64)
    np.testing.assert_allclose(
        found, sveinsson.t2(second / first, LOW, t1=1200, b1=b1_map()[4:-4, 4:-4, 4:-4]), rtol=2e-5
    )


def test_b1_in_per_cent_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadParameter, match="median of 100"):
        t2_from_dess(cartilage(), b1=Scan(100 * b1_map(), AFFINE))


def test_b1_on_another_grid_is_refused() -> None:
    with pytest.raises(GeometryMismatch):
        t2_from_dess(cartilage(), b1=Scan(b1_map()[:-1], AFFINE))


@pytest.mark.parametrize("method", ["analytic", "epg"])
def test_where_b1_is_missing_there_is_no_t2(method: Any) -> None:
    b1 = b1_map()
    b1[10, 10, 10] = 0
    t2 = t2_from_dess(cartilage(), method=method, b1=Scan(b1, AFFINE))
    assert t2.reason.array[0, 10, 10, 10] == Reason.NO_SOLUTION
    assert t2.counts()[Reason.NO_SOLUTION] == 1


# -- what is said ----------------------------------------------------------------------------------
def test_a_plain_scan_needs_no_words() -> None:
    assert t2_from_dess(cartilage(noise=0.5, shape=(40, 40, 40))).warnings == ()


@pytest.mark.parametrize("times", [HEADER.echo_times, HEADER.echo_times[::-1], ()])
def test_swapped_echoes_are_recognised_and_said(times: tuple[float, ...]) -> None:
    scan = cartilage()
    swapped = Scan(
        scan.array[::-1], AFFINE, axis="echo", acquisition=scan.with_acquisition(echo_times=times).acquisition
    )
    found = t2_from_dess(swapped, echo_time=None if times else 7.0)
    np.testing.assert_array_equal(found.map.array, t2_from_dess(scan).map.array)
    said = " ".join(found.warnings)
    assert "is taken as the first echo" in said
    assert ("against the echo times" in said) == (times == HEADER.echo_times)


def test_descending_echo_times_of_ascending_echoes_are_said() -> None:
    scan = cartilage().with_acquisition(echo_times=HEADER.echo_times[::-1])
    found = t2_from_dess(scan)
    np.testing.assert_allclose(inside(found.map), 35.7407, atol=2e-4)
    assert any("echo times descend" in line for line in found.warnings)


def test_without_spoiler_data_diffusion_is_left_out_and_said() -> None:
    scan = cartilage().with_acquisition(spoiler_moment=None, spoiler_duration=None)
    found = t2_from_dess(scan)
    assert any("no spoiler data" in line for line in found.warnings)
    np.testing.assert_allclose(inside(found.map), 34.714, atol=1e-3)  # printed for this sequence


def test_a_second_echo_time_that_is_not_dess_is_said() -> None:
    found = t2_from_dess(cartilage().with_acquisition(echo_times=(7.0, 14.0)))
    assert any("not 2 TR - TE1 = 39 ms" in line for line in found.warnings)


def test_one_echo_is_refused() -> None:
    with pytest.raises(EchoesNeeded):
        t2_from_dess(cartilage().volume(0))


def test_three_volumes_are_refused() -> None:
    scan = cartilage()
    three = Scan(np.concatenate([scan.array, scan.array[:1]]), AFFINE, acquisition=HEADER)
    with pytest.raises(BadParameter, match="3 volumes"):
        t2_from_dess(three)


@pytest.mark.parametrize("lacking", [{"echo_times": ()}, {"repetition_time": None}, {"flip_angle": None}])
def test_a_missing_parameter_is_asked_for(lacking: dict[str, Any]) -> None:
    with pytest.raises(MissingParameter):
        t2_from_dess(cartilage().with_acquisition(**lacking))


@pytest.mark.parametrize(
    "wrong", [{"method": "guess"}, {"t1": 0.0}, {"t1": float("nan")}, {"noise": -1.0}, {"diffusivity": -1e-9}]
)
def test_impossible_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        t2_from_dess(cartilage(), **wrong)


def test_a_real_knee_has_muscle_of_28_ms(real_data: Path) -> None:
    """Muscle at 3 T has a T2 of 32 ms by spin echo (Gold 2004) and comes out shorter from DESS."""
    from napari_mrsr.files import read_scan

    folder = real_data / "knee" / "qdess_lateral"
    scan = read_scan(folder) if (folder / "echo1").is_dir() else pytest.skip("no qDESS here")
    t2 = t2_from_dess(scan)
    assert t2.warnings == scan.warnings
    counts = t2.counts()
    assert counts[Reason.NO_SOLUTION] + counts[Reason.OUT_OF_RANGE] < 0.001 * t2.map.array.size
    assert 25 < np.nanmedian(t2.map.array) < 35


@pytest.mark.parametrize("method", ["analytic", "epg"])
def test_t1_by_tissue_gives_each_tissue_its_t2(method: Any) -> None:
    """A meniscus of 1000 ms beside cartilage of 1200 ms: the T2 of each as if it were alone."""
    t1 = np.full((24, 24, 24), 1200.0)
    t1[:, :, :12] = 1000.0
    signal = np.stack(dess_signals(t1, 35.0, LOW, 1000.0)).astype(np.float32)
    scan = Scan(signal, AFFINE, axis="echo", names=("S1", "S2"), acquisition=HEADER)
    labels = Scan((t1 == 1000).astype(np.uint8)[None], AFFINE, axis="label", names=("tissue",))
    options: dict[str, Any] = {"method": method, "fat": False, "fluid": False, "noise": 0.1}
    found = t2_from_dess(scan, t1=t1_by_label(labels, {1: 1000.0}), **options).map.array[0]
    alone = {value: t2_from_dess(scan, t1=value, **options).map.array[0] for value in (1000.0, 1200.0)}
    np.testing.assert_allclose(found, np.where(t1 == 1000, alone[1000.0], alone[1200.0]), rtol=2e-6)
    if method == "epg":
        np.testing.assert_allclose(found, 35, atol=0.01)


def test_a_t1_map_must_fit_and_the_exact_method_needs_few_values() -> None:
    scan = cartilage()
    labels = Scan(np.zeros((1, 24, 24, 24), np.uint8), AFFINE, axis="label", names=("tissue",))
    with pytest.raises(BadParameter, match="no voxel of label 5"):
        t1_by_label(labels, {5: 1000.0})
    with pytest.raises(BadParameter, match="positive"):
        t1_by_label(labels, {}, elsewhere=0.0)
    graded = Scan(np.linspace(800, 1300, 24**3, dtype=np.float32).reshape(1, 24, 24, 24), AFFINE, axis="map")
    assert np.isfinite(inside(t2_from_dess(scan, t1=graded).map)).all()
    with pytest.raises(BadParameter, match="too many"):
        t2_from_dess(scan, t1=graded, method="epg")
    elsewhere = Scan(graded.array, np.eye(4), axis="map")
    with pytest.raises(GeometryMismatch, match="T1 map"):
        t2_from_dess(scan, t1=elsewhere)
