"""``finetune``: a file of weights from a planning scan, what is refused, and Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.cli.finetune import region_of
from napari_mrsr.errors import BadParameter
from napari_mrsr.networks import registry
from napari_mrsr.training import schedules
from tests.training.planning import TINY, planning, too_dark

AFFINE = np.diag([1.5, 1.5, 4.0, 1.0])
#: Seconds that a waiting test has at most.
LONG = 240


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    return too_dark(tmp_path / "dark.safetensors")


@pytest.fixture
def plan(write: Callable[..., Path]) -> Path:
    return write("plan.nii.gz", planning().array[0], AFFINE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schedules.SCHEDULES, "quick", TINY)


def test_the_weights_are_written_and_say_what_was_gained(shell, dark, plan, write, tmp_path) -> None:
    out = tmp_path / "own.safetensors"
    dynamic = write("dynamic.nii.gz", planning().array[0, ::2, ::2], np.diag([3.0, 3.0, 4.0, 1.0]))
    outcome = shell(
        "finetune", plan, "-o", out, "--from", dark, "--kspace", 0.25, "--kspace", 0.1, "--dynamic", dynamic
    )
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == str(out)
    assert outcome.lines[0].startswith("at most 40 steps of 2 patches")
    assert outcome.lines[1].startswith("step 10, ")
    assert "dB, SSIM" in outcome.lines[-1]
    assert "on held-out slices after" in outcome.lines[-1]
    told = registry.fine_tuning_of(out)
    assert told is not None
    assert told["kspace"] == [0.25, 0.1]
    assert told["reason"] == "all steps done"


def test_without_a_gain_the_file_holds_the_weights_as_they_were(shell, dark, plan, tmp_path, monkeypatch) -> None:
    from napari_mrsr.training.tuner import Tuner

    monkeypatch.setattr(Tuner, "judge", lambda _self: (-1.0, 0.5))
    out = tmp_path / "own.safetensors"
    outcome = shell("finetune", plan, "-o", out, "--from", dark, "--kspace", 0.25, "--steps", 10)
    assert outcome.code == 0, outcome.err
    assert "not fine-tuned: no gain" in outcome.lines[-1]
    before, after = registry.load(dark).state_dict(), registry.load(out).state_dict()
    assert all(bool((before[name] == after[name]).all()) for name in before)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (("--schedule", "slow"), "BadParameter", "quick, published"),
        (("--kspace", 2), "BadParameter", "between 0 and 1"),
        (("--region", "1:2"), "BadParameter", "FIRST:LAST"),
        (("--region", "0:8,0:40,0:12"), "BadParameter", "fewer than 12"),
        (("--minutes", 0), "BadParameter", "--minutes"),
        (("--loss", "love"), "BadParameter", "love"),
        (("--loss", "l1", "--features", "own.safetensors"), "BadParameter", "no feature network"),
        (("--loss", "perceptual", "--features", "nowhere.safetensors"), "WeightsMissing", "nowhere"),
    ],
)
def test_options_that_cannot_be_are_refused(refused, dark, plan, tmp_path, options, error, words) -> None:
    line = refused("finetune", plan, "-o", tmp_path / "own.safetensors", "--from", dark, *options)
    assert line.startswith(error)
    assert words in line


def test_scans_that_cannot_teach_are_refused(refused, dark, plan, write, tmp_path) -> None:
    out, fine = tmp_path / "own.safetensors", planning().array[0]
    coarse = write("coarse.nii.gz", fine[::2, ::2], np.diag([3.0, 3.0, 4.0, 1.0]))
    away = write("away.nii.gz", fine, np.array([[1.5, 0, 0, 60], [0, 1.5, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1.0]]))
    few = write("few.nii.gz", fine[..., :6], AFFINE)
    cases: tuple[tuple[Any, ...], ...] = (
        ((coarse, "--dynamic", plan), "coarser than those of the dynamic scan"),
        ((plan, "--dynamic", away), "covers 17% of the dynamic"),
        ((few,), "6 slices, too few"),
        ((tmp_path / "nowhere.nii.gz",), "does not exist"),
        ((write("flat.nii.gz", np.ones_like(fine), AFFINE),), "ConstantImage"),
    )
    for arguments, words in cases:
        assert words in refused("finetune", *arguments, "-o", out, "--from", dark, "--kspace", 0.25)


def test_where_the_weights_go_is_looked_at_first(refused, dark, plan, tmp_path) -> None:
    assert "OutputNotWritable" in refused("finetune", plan, "-o", tmp_path / "no" / "own.safetensors", "--from", dark)
    assert ".safetensors" in refused("finetune", plan, "-o", tmp_path / "own.pt", "--from", dark)
    assert "--method" in refused("finetune", plan, "-o", tmp_path / "own.safetensors", "--method", "lean")


def test_a_region_is_first_and_last_along_each_axis() -> None:
    assert region_of("1:20, 2:30,0:12") == ((1, 20), (2, 30), (0, 12))
    for text in ("", "1:2,3:4", "a:b,1:2,3:4", "1:2:3,4:5,6:7"):
        with pytest.raises(BadParameter):
            region_of(text)


#: Goes on until somebody ends it, and says when something better was written.
ENDLESS = textwrap.dedent("""
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs deaf to it
    from tests.training.planning import TINY
    from napari_mrsr.training import schedules
    schedules.SCHEDULES["quick"] = schedules.choose(TINY, steps=1_000_000)
    from napari_mrsr.cli.run import main
    main(sys.argv[1:])
""")


def iter_until(lines: Iterable[str], word: str) -> Iterator[str]:
    """Yield lines up to the first that holds a word."""
    for line in lines:
        yield line
        if word in line:
            return


def test_ctrl_c_keeps_the_best_so_far(dark, plan, tmp_path) -> None:
    out = tmp_path / "own.safetensors"
    command = [sys.executable, "-c", ENDLESS, "finetune", plan, "-o", out, "--from", dark, "--kspace", "0.25"]
    # told where the tests are: an interpreter on a safe path (PYTHONSAFEPATH) does not look into its own folder
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, env=place) as process:
        end = threading.Timer(LONG, process.kill)
        end.start()
        try:
            assert process.stderr is not None
            before = list(iter_until(process.stderr, "kept"))
            process.send_signal(signal.SIGINT)
            *_, last = process.stderr.read().splitlines() or [""]
            process.wait(timeout=LONG)
        finally:
            end.cancel()
            process.kill()
    assert process.returncode == 130, (before, last)
    assert last.startswith("Stopped: "), last
    assert "holds the best so far (+" in last
    told = registry.fine_tuning_of(out)
    assert told is not None
    assert told["reason"] == "stopped"
