"""The shipped sparse coding through the front door: better than cubic, consistent, stopped, refused, timed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_mrsr.errors import BadParameter, Stopped, WeightsCorrupt
from napari_mrsr.inference import dictionary
from napari_mrsr.networks import dictionary_files
from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.superres import plan, stream, super_resolve

PART = (slice(22, 24), slice(16, 32), slice(None))


@pytest.fixture(scope="module")
def thin() -> Scan:
    """The first echo of a knee of a seed that never taught, noise-free."""
    scan = knee(2, shape=(48, 48, 40), spacing=(0.5, 0.5, 0.7), noise=False).scan
    return Scan(scan.array[:1], scan.affine, slice_axis=2)


@pytest.fixture(scope="module")
def thick(thin: Scan) -> Scan:
    return degrade(thin, factor=2, axis=2)


def computed(thick: Scan, consistency: str) -> np.ndarray:
    result = np.empty((1, 2, 16, 40), np.float32)
    for tile in stream(thick, method="scsr", consistency=consistency, within=PART):
        rows, columns = tile.where[0], tile.where[1]
        result[:, rows.start - 22 : rows.stop - 22, columns.start - 16 : columns.stop - 16] = tile.array
    return result


@pytest.fixture(scope="module")
def alone(thick: Scan) -> np.ndarray:
    """A slab, without consistency afterwards."""
    return computed(thick, "none")


def test_a_slab_of_a_held_out_knee_is_nearer_to_the_truth_than_by_tricubic(
    thin: Scan, thick: Scan, alone: np.ndarray
) -> None:
    truth = thin.array[(slice(None), *PART)]
    cubic = super_resolve(thick, method="tricubic").array[(slice(None), *PART)]
    gain = 10 * np.log10(np.mean((cubic - truth) ** 2) / np.mean((alone - truth) ** 2))
    assert gain > 0.4


def test_it_agrees_with_what_was_measured_so_that_wiener_finds_little_to_correct(
    thick: Scan, alone: np.ndarray
) -> None:
    measured = thick.array[(slice(None), *PART)]
    operator = thick_slices.matrix(40, 2).T
    assert np.abs(alone @ operator - measured).max() < 0.02 * np.ptp(measured)
    assert np.abs(computed(thick, "wiener") - alone).max() < 0.02 * np.ptp(measured)


def test_other_factors_are_refused(thick: Scan) -> None:
    with pytest.raises(BadParameter, match="factor of 2"):
        plan(thick, method="scsr", factor=3)


def test_stop_is_heard_within_seconds(thick: Scan) -> None:
    asked: list[float] = []

    def stop() -> bool:
        asked.append(time.process_time())
        return len(asked) > 2

    with pytest.raises(Stopped):
        super_resolve(thick, method="scsr", stop=stop)
    assert time.process_time() - asked[2] < 5


def test_the_estimate_is_told_beforehand_and_grows_with_the_volume(thick: Scan) -> None:
    trained = dictionary_files.load("scsr")
    one = dictionary.estimate_seconds(trained, thick.array, axis=2, threads=1)
    four = dictionary.estimate_seconds(trained, np.tile(thick.array, (1, 2, 2, 1)), axis=2, threads=1)
    assert one > 1
    assert one < four < 16 * one


def test_it_loads_without_torch_or_napari() -> None:
    code = (
        "import sys; from napari_mrsr.networks import dictionary_files; dictionary_files.load('scsr'); "
        "assert not {'torch', 'napari'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("arrays", [{"low": (4, 100)}, {"low": (4, 99), "high": (4, 25)}, {"low": (0, 100)}])
def test_a_file_that_holds_no_pair_of_dictionaries_is_refused(
    arrays: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    content = {name: np.ones(shape, np.float32) for name, shape in arrays.items()}
    save_file(content, path, metadata={"architecture": "scsr", "settings": "{}"})
    with pytest.raises(WeightsCorrupt, match="does not hold a dictionary"):
        dictionary_files.load(path)
