"""The feature network learns tissue from phantoms, goes on where it stopped, and is judged by what never taught it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks import features as networks
from napari_mrsr.phantoms import LABELS
from napari_mrsr.phantoms.abdomen import ABDOMEN_LABELS
from napari_mrsr.training import feature_scores, features, tissues
from napari_mrsr.training.feature_learner import FeatureLearner
from napari_mrsr.training.sources import FIRST_TRAINING_SEED
from napari_mrsr.training.tissues import CLASSES, UNKNOWN, Labelled

TINY = replace(features.QUICK, batch=2, patch=12, steps=6)
CPU = torch.device("cpu")


def blobs(seed: int, *, known: bool = True) -> Labelled:
    """Two tissues of different brightness in blobs, and air."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((24, 20, 16)), 2)
    labels = np.digitize(field, np.quantile(field, (0.3, 0.7))).astype(np.uint8)
    return tissues.labelled(f"blobs {seed}", np.array([0.0, 0.4, 1.0])[labels][None], labels if known else None)


def test_every_tissue_of_both_phantoms_has_one_class() -> None:
    members = [label for names in CLASSES.values() for label in names]
    assert len(members) == len(set(members))
    assert set(members) == {*LABELS.values(), *ABDOMEN_LABELS.values()}


def test_what_teaches_and_what_judges_are_apart() -> None:
    assert max(tissues.HELD_OUT_SEEDS) < FIRST_TRAINING_SEED <= min(tissues.training_seeds(5))


def test_a_batch_follows_from_its_step_and_mixes_both_kinds() -> None:
    sources = [blobs(0), blobs(1, known=False)]
    first, again, other = (tissues.draw(sources, 12, 4, 0, step) for step in (3, 3, 4))
    assert torch.equal(first.shown, again.shown)
    assert not torch.equal(first.shown, other.shown)
    assert first.shown.shape == (4, 1, 12, 12, 12)
    unknown = (first.classes == UNKNOWN).flatten(1).all(dim=1)
    assert unknown.tolist() == [False, True, False, True]


def test_patches_keep_picture_and_classes_together() -> None:
    """Air is the one class whose gain does not show: it must be dark wherever the classes say air."""
    batch = tissues.draw([blobs(2)], 12, 6, 1, 0)
    air = batch.classes == 0
    assert float(batch.clean[:, 0][air].max()) == 0
    assert float(batch.clean[:, 0][~air].min()) > 0


def test_volumes_thinner_than_a_patch_are_mirrored() -> None:
    thin = tissues.labelled("thin", np.random.default_rng(0).random((1, 20, 20, 3)))
    assert tissues.draw([thin], 12, 2, 0, 0).shown.shape == (2, 1, 12, 12, 12)


def test_values_below_zero_become_zero() -> None:
    assert tissues.labelled("x", np.array([-1.0, 0.0, 4.0]).reshape(1, 1, 1, 3)).array.ravel().tolist() == [0, 0, 1]


def test_a_run_that_was_stopped_ends_where_one_in_one_go_does(tmp_path: Path) -> None:
    sources = [blobs(0), blobs(1, known=False)]
    whole = FeatureLearner(TINY, sources, CPU, 0)
    whole.learn(tmp_path / "whole", None, None, lambda _: None)
    half = FeatureLearner(TINY, sources, CPU, 0)
    half.learn(tmp_path / "parts", 0.0, None, lambda _: None)  # stops after its first step
    said: list[str] = []
    rest = FeatureLearner(TINY, sources, CPU, 0)
    step, _ = rest.learn(tmp_path / "parts", None, None, said.append)
    assert said == ["resumed at step 1"]
    assert step == TINY.steps
    for name, tensor in whole.both.state_dict().items():
        assert torch.equal(tensor, rest.both.state_dict()[name]), name


def test_a_run_of_another_width_cannot_go_on(tmp_path: Path) -> None:
    FeatureLearner(TINY, [blobs(0)], CPU, 0).learn(tmp_path, 0.0, None, lambda _: None)
    with pytest.raises(BadParameter, match="another size"):
        FeatureLearner(replace(TINY, width=8), [blobs(0)], CPU, 0).learn(tmp_path, None, None, lambda _: None)


def test_two_tissues_of_different_brightness_are_told_apart_within_two_hundred_steps(tmp_path: Path) -> None:
    recipe = replace(TINY, steps=200, batch=4, learning_rate=1e-2)
    learner = FeatureLearner(recipe, [blobs(seed) for seed in range(3)], CPU, 0)
    before = feature_scores.dice(learner, [blobs(9)])
    learner.learn(tmp_path, None, None, lambda _: None)
    after = feature_scores.dice(learner, [blobs(9)])
    names = list(CLASSES)[:3]
    assert min(after[name] for name in names) > 0.8
    assert min(before[name] for name in names) < 0.5


def test_the_command_leaves_weights_that_load_and_a_record(tmp_path: Path) -> None:
    weights = features.train(out=tmp_path, quick=True, steps=3)
    assert networks.load(weights).settings == {"width": features.QUICK.width}
    record = json.loads((tmp_path / features.RECORD).read_text())
    assert record["step"] == 3
    assert record["judged by"] == ["abdomen 11", "abdomen 12", "knee 13"]
    assert set(record["dice"]) <= set(CLASSES)
    assert "liver" in record["dice"]
