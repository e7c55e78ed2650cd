"""A dictionary is learned from pairs that belong together, and finds the rule that made them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import NothingToRead, UnknownMethod
from napari_mrsr.files import write_nifti
from napari_mrsr.interpolation.dictionaries import SparseCoding
from napari_mrsr.interpolation.dictionaries.features import derivatives
from napari_mrsr.networks import dictionary_files
from napari_mrsr.scan import Scan
from napari_mrsr.training import anchored, dictionaries, sparse_coding
from napari_mrsr.training.sources import TrainingSource


def blobs(shape: tuple[int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(0)
    image = gaussian_filter(rng.standard_normal(shape), 1.2)
    return ((image - image.min()) / np.ptp(image) + 0.01 * rng.standard_normal(shape)).astype(np.float32)


def test_pairs_of_a_ramp_lack_nothing_that_cubic_does_not_give() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 96, dtype=np.float32), (20, 20, 96))
    source = TrainingSource("ramp", np.ascontiguousarray(ramp)[None], (2,))
    thick, residual = anchored.pairs([source], 2000, (5, 7))
    step = np.diff(thick.reshape(-1, 5, 7), axis=2)
    inside = np.abs(step - 2 / 95).max(axis=(1, 2)) < 1e-5  # away from the reflected ends
    assert inside.sum() > 500
    assert np.abs(residual[inside]).max() < 1e-3


def test_a_rule_that_is_linear_in_the_features_is_found() -> None:
    rng = np.random.default_rng(1)
    thick = rng.random((4000, 15), dtype=np.float32)
    rule = rng.standard_normal((derivatives((3, 5)).shape[0], 12))
    residual = (thick @ derivatives((3, 5)).T @ rule).astype(np.float32)
    learned = anchored.learn(
        thick[:3000], residual[:3000], (3, 5), atoms=4, neighbours=1500, ridge=1e-6, dictionary_pairs=300
    )
    found = learned.regress(thick[3000:] @ learned.features.T)
    assert np.abs(found - residual[3000:]).max() < 1e-2 * np.abs(residual).max()


def test_training_writes_weights_that_load_and_says_from_what(tmp_path: Path) -> None:
    scan = write_nifti(Scan(blobs((44, 40, 40))[None], np.eye(4)), tmp_path / "blobs.nii.gz")
    path = dictionaries.train("aplus", out=tmp_path / "run", data=[tmp_path / "blobs.nii.gz"], quick=True)
    assert scan
    assert len(dictionary_files.load(path).anchors) == dictionaries.QUICK["atoms"]
    record = json.loads((tmp_path / "run" / dictionaries.RECORD).read_text())
    assert record["sources"] == ["blobs.nii.gz"]
    assert record["settings"]["window"] == [5, 7]


def test_patches_of_a_ramp_are_pruned_or_lack_nothing() -> None:
    steep = np.broadcast_to(np.linspace(0, 3, 60, dtype=np.float32), (20, 20, 60))
    features, residual = sparse_coding.pairs([TrainingSource("steep", np.ascontiguousarray(steep)[None], (2,))], 400)
    first = features.reshape(-1, 4, 5, 5)[:, 2]
    inside = np.abs(first - 6 / 59).max(axis=(1, 2)) < 1e-3  # away from the reflected ends
    assert inside.sum() > 100
    assert np.abs(residual[inside]).max() < 5e-3
    faint = TrainingSource("faint", np.ascontiguousarray(steep / 300)[None], (2,))
    assert len(sparse_coding.pairs([faint], 400)[0]) == 0


def test_a_pair_of_dictionaries_that_made_the_pairs_is_found() -> None:
    rng = np.random.default_rng(0)
    low = rng.standard_normal((6, 100))
    low /= np.linalg.norm(low, axis=1, keepdims=True)
    high = 0.5 * rng.standard_normal((6, 25))
    which, strength = rng.integers(6, size=600), rng.uniform(0.5, 2, (600, 1)) * rng.choice([-1, 1], (600, 1))
    features, residual = ((strength * atoms[which]).astype(np.float32) for atoms in (low, high))
    learned = sparse_coding.learn(features[:500], residual[:500], atoms=6, passes=100)
    new = features[500:]
    found = learned.fine(new, np.linalg.norm(new, axis=1))
    assert np.corrcoef(found.ravel(), residual[500:].ravel())[0, 1] > 0.95  # the penalty shrinks what is found


def test_sparse_coding_is_trained_and_says_from_what(tmp_path: Path) -> None:
    scan = Scan(blobs((44, 40, 40))[None], np.eye(4))
    write_nifti(scan, tmp_path / "blobs.nii.gz")
    path = dictionaries.train("scsr", out=tmp_path / "run", data=[tmp_path / "blobs.nii.gz"], quick=True)
    loaded = dictionary_files.load(path)
    assert isinstance(loaded, SparseCoding)
    assert len(loaded.low) <= dictionaries.QUICK["atoms"]
    record = json.loads((tmp_path / "run" / dictionaries.RECORD).read_text())
    assert record["settings"]["penalty in training"] == 0.15
    assert 0 < record["pairs"] < 1.1 * dictionaries.QUICK["sparse_count"]


def test_an_unknown_dictionary_and_no_data_say_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownMethod, match="aplus"):
        dictionaries.train("wavelets", out=tmp_path)
    with pytest.raises(NothingToRead):
        dictionaries.train("aplus", out=tmp_path)
