"""``napari-mrsr train`` for the brain: adversarial and L1, small, resumed, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.networks import registry


@pytest.fixture
def brains(write: Callable[..., Path], tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    for subject in ("sub-01", "sub-02"):
        write(f"brains/{subject}_T2w.nii.gz", rng.uniform(0.2, 1, (66, 65, 34)), np.eye(4))
    return tmp_path / "brains"


@pytest.mark.parametrize("recipe", ["cpce", "circle", "cpce-l1", "circle-l1"])
def test_a_small_run_leaves_weights_of_the_generator_and_goes_on(
    shell: Callable[..., Any], brains: Path, tmp_path: Path, recipe: str
) -> None:
    run = tmp_path / "run"
    options = ("train", recipe, "--quick", "--data", brains, "--fold", "1/2", "--batch", 1, "-o", run)
    outcome = shell(*options, "--steps", 1)
    assert outcome.code == 0, outcome.err
    assert "held out" in outcome.err
    network = registry.load(run / "weights.safetensors")
    assert network.architecture == recipe.removesuffix("-l1")
    again = shell(*options, "--steps", 2)
    assert "resumed at step 1" in again.err
    with (run / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows if row["loss"]] == ["1", "2"]
    assert (run / "training.png").is_file()


def test_unpaired_circle_asks_for_no_truth(shell: Callable[..., Any], brains: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--unpaired", "--doubling", "--steps", 1)
    outcome = shell("train", "circle", "--quick", *options, "--data", brains, "-o", run)
    assert outcome.code == 0, outcome.err
    assert registry.load(run / "weights.safetensors").settings["doubling"]
    told = (run / "training.csv").read_text()
    assert "cycle" in told
    assert "supervised" not in told


@pytest.mark.parametrize(
    ("recipe", "options", "words"),
    [
        ("cpce", ("--unpaired",), "needs the truth"),
        ("cpce", ("--doubling",), "leave --doubling out"),
        ("cpce-l1", ("--doubling",), "leave --doubling out"),
        ("cpce", ("--loss", "l2"), "--loss: not for cpce"),
        ("circle", ("--phantoms", 2), "--phantoms: not for circle"),
        ("circle", ("--fold", "3/2"), "impossible"),
        ("circle-l1", ("--fold", "two"), "is no fold"),
        ("cpce-l1", ("--unpaired",), "--unpaired: not for cpce-l1"),
        ("lean", ("--fold", "1/2"), "folds are for networks of the brain"),
    ],
)
def test_what_does_not_go_together_is_refused(
    refused: Callable[..., str], brains: Path, tmp_path: Path, recipe: str, options: tuple[Any, ...], words: str
) -> None:
    line = refused("train", recipe, "--quick", "--data", brains, *options, "-o", tmp_path / "run")
    assert words in line
    assert line.startswith("BadParameter")


def test_weights_of_another_size_are_refused(refused: Callable[..., str], brains: Path, tmp_path: Path) -> None:
    from napari_mrsr.networks.cpce import Cpce

    other = registry.save(Cpce(4), tmp_path / "other.safetensors")
    line = refused("train", "cpce", "--quick", "--from", other, "--data", brains, "-o", tmp_path / "run")
    assert "not cpce with" in line
