"""Dictionaries are kept as networks' weights are: by sha256, never a pickle, refused when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_mrsr.errors import UnknownMethod, UnsafeWeights, WeightsCorrupt, WeightsMissing
from napari_mrsr.interpolation.dictionaries import AnchoredRegression, SparseCoding
from napari_mrsr.networks import dictionary_files, registry
from napari_mrsr.networks.lean import Lean

SHIPPED = [method for method in registry.methods() if method.kind == "dictionary"]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in ((4, 15), (3, 4), (3, 4, 12))]
    dictionary = AnchoredRegression((3, 5), *arrays)
    return dictionary_files.save(dictionary, tmp_path / "own.safetensors", method="aplus")


def test_what_was_saved_is_what_is_loaded(own: Path) -> None:
    loaded = dictionary_files.load(own)
    assert loaded.window == (3, 5)
    assert loaded.projections.shape == (3, 4, 12)
    assert dictionary_files.is_dictionary(own)


def test_arrays_in_fortran_order_are_not_scrambled(own: Path, tmp_path: Path) -> None:
    first = dictionary_files.load(own)
    turned = AnchoredRegression(first.window, first.features, np.asfortranarray(first.anchors), first.projections)
    again = dictionary_files.load(dictionary_files.save(turned, tmp_path / "again.safetensors", method="aplus"))
    assert np.array_equal(again.anchors, first.anchors)


def test_shipped_dictionaries_are_small_match_their_sum_and_have_a_card() -> None:
    assert {method.name for method in SHIPPED} >= {"aplus", "scsr"}
    for method in SHIPPED:
        assert dictionary_files.is_dictionary(method.name)
        trained = dictionary_files.load(method.name)
        atoms = trained.low if isinstance(trained, SparseCoding) else trained.anchors
        assert np.allclose(np.linalg.norm(atoms, axis=1), 1, atol=1e-5)
        assert method.file is not None
        assert method.file.stat().st_size < 3e6
        assert method.card is not None
        assert method.card.is_file()


def test_a_pickle_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "dictionary.safetensors"
    np.save(path.open("wb"), np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(WeightsCorrupt):
        dictionary_files.load(path)
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(UnsafeWeights):
        dictionary_files.load(path)


def test_damage_is_refused(own: Path, tmp_path: Path) -> None:
    own.write_bytes(own.read_bytes()[:-40])
    with pytest.raises(WeightsCorrupt, match="cut short"):
        dictionary_files.load(own)
    with pytest.raises(WeightsMissing):
        dictionary_files.load(tmp_path / "none.safetensors")


def test_arrays_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"window": np.array([3, 5])}, path, metadata={"architecture": "aplus", "settings": "{}"})
    with pytest.raises(WeightsCorrupt, match="features"):
        dictionary_files.load(path)


def test_a_network_is_no_dictionary_and_the_other_way_round(tmp_path: Path) -> None:
    network = registry.save(Lean(4, 1, (2,)), tmp_path / "lean.safetensors")
    with pytest.raises(UnknownMethod):
        dictionary_files.load(network)
    with pytest.raises(UnknownMethod, match="classical"):
        dictionary_files.load("tricubic")
    with pytest.raises(UnknownMethod, match="dictionary"):
        registry.load("aplus")
