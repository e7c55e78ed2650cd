"""Dictionaries from the shell: they are listed, run, trained, and say how long they take."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np


def test_methods_lists_it_as_a_dictionary(shell) -> None:
    (line,) = [line for line in shell("methods").out.splitlines() if line.startswith("aplus")]
    assert "dictionary" in line


def test_sr_doubles_the_slices_of_both_echoes(shell, write, smooth, tmp_path: Path) -> None:
    paths = [write(f"echo{n}.nii.gz", smooth(seed=n)) for n in (1, 2)]
    outcome = shell("sr", *paths, "--method", "aplus", "-o", tmp_path / "sharp.nii.gz")
    assert outcome.code == 0, outcome.err
    assert nib.load(tmp_path / "sharp.nii.gz").shape == (20, 16, 24, 2)


def test_a_factor_it_was_not_trained_for_is_one_line(refused, write, smooth, tmp_path: Path) -> None:
    path = write("knee.nii.gz", smooth())
    line = refused("sr", path, "--method", "aplus", "--factor", 3, "-o", tmp_path / "sharp.nii.gz")
    assert "factor of 2" in line


def test_it_is_trained_from_scans_and_the_result_is_used(shell, write, smooth, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(scale=5, size=(44, 40, 40))
    teacher = write("teacher.nii.gz", smooth((44, 40, 40)) + noise, np.eye(4))
    outcome = shell("train", "aplus", "--data", teacher, "--quick", "-o", tmp_path / "run")
    assert outcome.code == 0, outcome.err
    assert json.loads((tmp_path / "run" / "training.json").read_text())["sources"] == ["teacher.nii.gz"]
    sharp = tmp_path / "sharp.nii.gz"
    used = shell("sr", teacher, "--axis", 2, "--weights", tmp_path / "run" / "weights.safetensors", "-o", sharp)
    assert used.code == 0, used.err
    assert nib.load(sharp).shape[2] == 80


def test_what_is_only_for_networks_is_refused(refused, write, smooth, tmp_path: Path) -> None:
    path = write("knee.nii.gz", smooth())
    line = refused("train", "aplus", "--data", path, "--steps", 5, "-o", tmp_path / "run")
    assert "--steps" in line


def test_an_unknown_recipe_lists_networks_and_dictionaries(refused, tmp_path: Path) -> None:
    line = refused("train", "wavelets", "--phantoms", 1, "-o", tmp_path / "run")
    assert "lean" in line
    assert "aplus" in line


def test_hours_are_announced_before_they_begin_and_seconds_are_not(
    shell, write, smooth, tmp_path: Path, monkeypatch
) -> None:
    from napari_mrsr.inference import dictionary

    path = write("knee.nii.gz", smooth((8, 6, 4)))
    for seconds, said in ((9000.0, "scsr: about 2.5 h on"), (5.0, "")):
        monkeypatch.setattr(dictionary, "estimate_seconds", lambda *_, seconds=seconds, **__: seconds)
        outcome = shell("sr", path, "--method", "scsr", "-o", tmp_path / f"sharp{seconds:.0f}.nii.gz")
        assert outcome.code == 0, outcome.err
        assert said in outcome.err
        assert ("scsr: about" in outcome.err) == bool(said)
