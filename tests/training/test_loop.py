"""A run learns, goes on bit for bit where it stopped, and leaves what it promises."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_mrsr.errors import NothingToRead, UnknownMethod
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.training import by_recipe, recipes
from napari_mrsr.training.loop import run
from napari_mrsr.training.material import Slices
from napari_mrsr.training.sources import FIRST_TRAINING_SEED, TrainingSource, from_scan
from napari_mrsr.training.validation import cases_of

SMALL = replace(
    recipes.find("lean"),
    settings={"features": 8, "blocks": 1, "factors": (2,)},
    batch=2,
    steps=8,
    factors=(2,),
    warm_up=0.0,
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def source() -> TrainingSource:
    ramp = np.sin(np.indices((1, 40, 40, 96)).sum(axis=0) / 0.85) * 0.5 + 0.5
    return TrainingSource("waves", ramp.astype(np.float32), axes=(2,))


def test_a_resumed_run_is_the_same_bit_for_bit(source: TrainingSource, tmp_path: Path) -> None:
    def train(out: Path, steps: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        constant = replace(SMALL, steps=steps, cool_down=0.0)
        result = run(constant, by_recipe.build(constant), Slices([source], by_recipe.sampling_of(constant)), out=out)
        return registry.load(result.weights).state_dict()

    whole = train(tmp_path / "whole", 8)
    train(tmp_path / "parts", 4)
    parts = train(tmp_path / "parts", 8)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_the_loss_falls_and_the_log_says_so(source: TrainingSource, tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = replace(SMALL, steps=150, learning_rate=2e-3, augment=False)
    thin = Scan(np.repeat(source.array[0], 1, axis=0), np.diag([0.5, 0.5, 0.7, 1]))
    result = run(
        recipe,
        by_recipe.build(recipe),
        Slices([source], by_recipe.sampling_of(recipe), cases_of([("waves", thin)])),
        out=tmp_path / "run",
    )
    with (tmp_path / "run" / "training.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["loss"]) for row in rows if row["loss"]]
    assert losses[-1] < 0.7 * losses[0]
    assert result.step == result.steps == 150
    assert result.scores[0].gain > 1
    assert (tmp_path / "run" / "training.png").stat().st_size > 1000


def test_the_last_fifth_of_a_scan_is_held_out() -> None:
    rng = np.random.default_rng(0)
    affine = np.array([[0, 0, 1, 5], [2, 0, 0, 6], [0, 1, 0, 7], [0, 0, 0, 1.0]])
    scan = Scan(rng.random((1, 50, 40, 40)).astype(np.float32), affine)
    source, held_out = from_scan(scan, "noise")
    assert source is not None
    assert source.array.shape == (1, 40, 40, 40)
    np.testing.assert_array_equal(held_out.array, scan.array[:, 40:])
    np.testing.assert_allclose(held_out.affine @ [0, 0, 0, 1], affine @ [40, 0, 0, 1])


def test_sample_phantoms_never_teach() -> None:
    assert FIRST_TRAINING_SEED >= 1000


def test_an_unknown_recipe_and_no_data_say_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownMethod):
        by_recipe.train("edsr", out=tmp_path)
    with pytest.raises(NothingToRead):
        by_recipe.train("lean", out=tmp_path / "x")


def test_published_recipe_has_the_published_numbers() -> None:
    recipe = recipes.find("mrsr")
    assert (recipe.loss, recipe.learning_rate, recipe.batch, recipe.settings["layers"]) == ("l2", 1e-4, 50, 20)
    assert recipe.steps == 33_750
    assert not recipe.augment


def test_single_contrast_weights_are_widened_for_two_echoes(tmp_path: Path) -> None:
    single = replace(recipes.find("mrsr"), settings={"echoes": 1, "features": 6, "layers": 4})
    path = registry.save(by_recipe.build(single), tmp_path / "single.safetensors")
    dual = by_recipe.build(replace(single, settings={**single.settings, "echoes": 2}), path)
    assert dual.echoes == 2
