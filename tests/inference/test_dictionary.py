"""A trained dictionary through the front door: axes, factors, echoes, progress, Stop, and better than cubic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.inference import dictionary
from napari_mrsr.metrics import compare
from napari_mrsr.networks import dictionary_files
from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.superres import STEP, plan, stream, super_resolve


@pytest.fixture(scope="module")
def thin() -> Scan:
    """A knee of a seed that never taught, noise-free."""
    return knee(2, shape=(48, 48, 40), spacing=(0.5, 0.5, 0.7), noise=False).scan


@pytest.fixture(scope="module")
def thick(thin: Scan) -> Scan:
    return degrade(thin, factor=2, axis=2)


def test_a_held_out_knee_is_nearer_to_the_truth_than_by_tricubic(thin: Scan, thick: Scan) -> None:
    ours = compare(thin, super_resolve(thick, method="aplus"))
    cubic = compare(thin, super_resolve(thick, method="tricubic"))
    for echo in thin.names:
        assert ours[echo]["psnr"] > cubic[echo]["psnr"] + 0.8


def test_the_result_says_how_it_came_about(thick: Scan) -> None:
    result = super_resolve(thick, method="aplus")
    step = result.history[-1]
    assert step.name == STEP
    assert step.parameters["method"] == "aplus"
    assert step.parameters["weights"] == "aplus.safetensors"
    assert step.parameters["consistency"] == "wiener"
    assert len(step.parameters["sha256"]) == 64


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_gives_what_the_turned_scan_gives(axis: int) -> None:
    array = np.random.default_rng(0).uniform(0, 900, (1, 10, 9, 8)).astype(np.float32)
    along = super_resolve(Scan(array, np.eye(4)), method="aplus", axis=axis, consistency="none").array
    turned = Scan(np.moveaxis(array, axis + 1, 3), np.eye(4))
    last = super_resolve(turned, method="aplus", axis=2, consistency="none").array
    assert np.allclose(np.moveaxis(along, axis + 1, 3), last, rtol=1e-4, atol=1e-2)


def test_twice_the_brightness_of_both_echoes_leaves_their_ratio(thick: Scan) -> None:
    once = super_resolve(thick, method="aplus", consistency="none")
    twice = super_resolve(replace(thick, array=thick.array * 2), method="aplus", consistency="none")
    assert np.allclose(twice.array, 2 * once.array, rtol=1e-3, atol=1e-2 * float(thick.array.max()))
    ratio = [scan.array[1] / np.maximum(scan.array[0], 1e-3) for scan in (once, twice)]
    bright = once.array[0] > 0.2 * once.array[0].max()
    assert np.median(np.abs(ratio[1] - ratio[0])[bright]) < 1e-4


@pytest.mark.parametrize("factor", [3, 4])
def test_a_factor_it_was_not_trained_for_is_refused(thick: Scan, factor: int) -> None:
    with pytest.raises(BadParameter, match="factor of 2"):
        plan(thick, method="aplus", factor=factor)


def test_one_slice_is_refused() -> None:
    with pytest.raises(BadParameter, match="one slice"):
        plan(Scan(np.random.default_rng(0).random((1, 8, 8, 1), np.float32), np.eye(4)), method="aplus", axis=2)


def test_progress_rises_to_one_and_stop_is_heard(thick: Scan) -> None:
    parts: list[float] = []
    super_resolve(thick, method="aplus", progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    with pytest.raises(Stopped):
        super_resolve(thick, method="aplus", stop=lambda: bool(parts))


def test_the_rows_on_screen_come_first(thick: Scan) -> None:
    first = next(iter(stream(thick, method="aplus", first=(0, 40))))
    assert first.where[0].start <= 40 < first.where[0].stop


def test_own_parameters_are_taken_by_file(thick: Scan, tmp_path: Path) -> None:
    own = dictionary_files.save(dictionary_files.load("aplus"), tmp_path / "own.safetensors", method="aplus")
    result = super_resolve(thick, weights=own)
    assert np.array_equal(result.array, super_resolve(thick, method="aplus").array)
    assert result.history[-1].parameters["weights"] == "own.safetensors"


def test_the_estimate_is_of_the_order_of_the_time_it_takes(thick: Scan) -> None:
    import time

    array = np.tile(thick.array, (1, 2, 1, 1))
    trained = dictionary_files.load("aplus")
    own = time.process_time  # what else the machine does meanwhile is nothing to this test
    told = dictionary.estimate_seconds(trained, array, axis=2, threads=1, clock=own)
    began = own()
    for _ in dictionary.stream(trained, array, axis=2, threads=1):
        pass
    assert told / 8 < own() - began < told * 8
