"""``napari-mrsr train features``, and a perceptual loss through features of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from napari_mrsr.networks import features, registry
from napari_mrsr.networks.lean import Lean


def test_a_small_run_leaves_weights_that_a_loss_can_look_through(shell: Callable[..., Any], tmp_path: Path) -> None:
    outcome = shell("train", "features", "--quick", "--steps", 2, "-o", tmp_path / "run")
    weights = tmp_path / "run" / "weights.safetensors"
    assert outcome.out.splitlines()[-1] == str(weights)
    assert features.load(weights).settings == {"width": 4}
    again = shell("train", "features", "--quick", "--steps", 3, "-o", tmp_path / "run")
    assert "resumed at step 2" in again.out + again.err


@pytest.mark.parametrize("option", [("--echoes", 1), ("--combined",), ("--loss", "l1")])
def test_options_of_super_resolution_are_refused(
    refused: Callable[..., str], tmp_path: Path, option: tuple[Any, ...]
) -> None:
    assert "not for features" in refused("train", "features", *option, "-o", tmp_path / "run")


def test_features_that_are_a_super_resolver_are_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    lean = registry.save(Lean(4, 1, (2,)), tmp_path / "lean.safetensors")
    line = refused(
        "train", "lean", "--phantoms", 1, "--loss", "perceptual", "--features", lean, "-o", tmp_path / "run"
    )  # fmt: skip
    assert line.startswith("WeightsCorrupt")
    assert "not of a feature network" in line


def test_features_for_a_loss_without_any_are_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    own = features.save(features.Features(width=4), tmp_path / "own.safetensors")
    line = refused("train", "lean", "--phantoms", 1, "--features", own, "-o", tmp_path / "run")
    assert "looks through no feature network" in line
