"""``sr --adapt``: the network learns from the scan first, says what that brought, and the result remembers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.training import adapt
from napari_mrsr.training.learner import Learner
from napari_mrsr.training.own_slices import Patches
from tests.training.test_adapt import cells

SPACING = np.diag([0.5, 0.5, 1.0, 1.0])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A tiny network, cubic interpolation still."""
    torch.manual_seed(0)
    return registry.save(Lean(features=8, blocks=1, factors=(2, 3)), tmp_path / "tiny.safetensors")


@pytest.fixture
def thick(write: Callable[..., Path]) -> Path:
    """A scan whose pixels are finer than its slices."""
    return write("scan.nii.gz", 100 * cells((48, 40, 12)), SPACING)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few small steps, of which the last is the best."""
    small = {"steps": 10, "patches": Patches(batch=1, wide=16, deep=2, slices=12)}
    monkeypatch.setattr(adapt, "adapt", partial(adapt.adapt, **small))
    monkeypatch.setattr(adapt, "EVERY", 5)
    monkeypatch.setattr(Learner, "gain", lambda self: float(self.average.n_averaged - 1) / 50)
    monkeypatch.setattr(Learner, "gain_along", lambda _self: 0.0)
    monkeypatch.setattr(Learner, "worst", lambda _self: 0.0)


def history_of(path: Path) -> dict[str, Any]:
    """Return the parameters of the last step that a file was made by."""
    sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
    return sidecar["Provenance"]["History"][-1]["Parameters"]


def test_the_gain_is_said_in_one_line_and_stands_in_the_history(shell, own, thick, tmp_path) -> None:
    out, saved = tmp_path / "sharp.nii.gz", tmp_path / "saved.safetensors"
    outcome = shell("sr", thick, "-o", out, "--weights", own, "--adapt", "--save-adapted", saved)
    assert outcome.code == 0, outcome.err
    (line,) = [line for line in outcome.lines if "adapted to this scan" in line]
    assert "+0.20 dB on held-out slices in plane after 10 steps" in line
    about = history_of(out)
    assert about["method"] == "tiny-adapted"
    assert about["adapted"]["steps"] == 10
    assert about["adapted"]["gain_on_held_out_slices_db"] == pytest.approx(0.2)
    again = tmp_path / "again.nii.gz"
    assert shell("sr", thick, "-o", again, "--weights", saved).code == 0
    assert history_of(again)["adapted"] == about["adapted"]


def test_without_a_gain_the_network_is_used_as_it_was(shell, own, thick, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Learner, "gain", lambda _self: -1.0)
    out = tmp_path / "sharp.nii.gz"
    outcome = shell("sr", thick, "-o", out, "--weights", own, "--adapt")
    assert outcome.code == 0, outcome.err
    assert "not adapted: no gain" in outcome.err
    assert history_of(out)["weights"] == own.name
    assert "adapted" not in history_of(out)


@pytest.mark.parametrize(
    ("spacing", "options", "words"),
    [
        ((1.0, 1.0, 1.0), ("--axis", 2), "in plane it is not finer"),
        ((0.5, 0.5, 1.0), ("--factor", 4), "factor 4"),
        ((0.5, 0.5, 1.0), ("--axis", 0), "in plane it is not finer"),
    ],
)
def test_scans_that_cannot_teach_are_refused_in_one_line(
    refused, own, write, tmp_path, spacing, options, words
) -> None:
    scan = write("scan.nii.gz", 100 * cells((48, 40, 12)), np.diag([*spacing, 1.0]))
    line = refused("sr", scan, "-o", tmp_path / "sharp.nii.gz", "--weights", own, "--adapt", *options)
    assert line.startswith("BadParameter")
    assert words in line
