"""Weights come by name with a sha256, files of one's own by their header; pickles and damage are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from napari_mrsr.errors import UnknownMethod, UnsafeWeights, WeightsCorrupt, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean


@pytest.fixture
def own_weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return registry.save(Lean(4, 1, (2,)), tmp_path / "own.safetensors")


def test_a_file_of_ones_own_says_which_network_it_is(own_weights: Path) -> None:
    network = registry.load(own_weights)
    assert isinstance(network, Lean)
    assert network.settings == {"features": 4, "blocks": 1, "factors": [2]}
    assert not network.training


def test_every_shipped_network_loads_and_matches_its_sha256() -> None:
    shipped = [m for m in registry.methods() if m.kind == "network"]
    assert {"lean", "mrsr"} <= {m.name for m in shipped}
    for method in shipped:
        network = registry.load(method.name)
        assert set(method.factors) <= set(network.factors)
        assert method.card is not None
        assert method.card.is_file()
        assert method.licence


def test_shipped_weights_stay_within_their_budget() -> None:
    assert sum(p.stat().st_size for p in registry.weights_folder().iterdir()) < 60 * 2**20


def test_an_unknown_method_lists_the_known_ones() -> None:
    with pytest.raises(UnknownMethod) as caught:
        registry.find("srcnn")
    assert "tricubic" in caught.value.line


def test_classical_methods_have_no_weights_to_load() -> None:
    with pytest.raises(UnknownMethod) as caught:
        registry.load("tricubic")
    assert "classical" in caught.value.line


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        registry.load(tmp_path / "none.safetensors")
    assert "check the spelling" in caught.value.line


def test_a_pickle_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save({"w": torch.zeros(2)}, path)
    with pytest.raises(UnsafeWeights):
        registry.load(path)


def test_weights_cut_short_are_refused(own_weights: Path) -> None:
    own_weights.write_bytes(own_weights.read_bytes()[:-100])
    with pytest.raises(WeightsCorrupt) as caught:
        registry.load(own_weights)
    assert "cut short" in caught.value.line


@pytest.mark.parametrize("content", [b"", b"hello", b"\x10" + b"\0" * 7 + b"not json at all!"])
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsCorrupt):
        registry.load(path)


def test_a_file_with_another_sha256_than_the_manifest_says_is_refused(own_weights: Path) -> None:
    with pytest.raises(WeightsCorrupt) as caught:
        registry.read_weights(own_weights, sha256="0" * 64)
    assert "sha256" in caught.value.line


def test_a_manifest_is_read_from_its_folder(own_weights: Path) -> None:
    entry = {
        "file": own_weights.name,
        "sha256": "0" * 64,
        "summary": "a test",
        "factors": [2],
        "axes": ["slice"],
        "anatomy": ["knee"],
        "licence": "BSD-3-Clause",
        "card": "own.md",
    }
    (own_weights.parent / "manifest.json").write_text(json.dumps({"own": entry}))
    method = registry.methods(own_weights.parent)[-1]
    assert (method.name, method.factors, method.axes) == ("own", (2,), ("slice",))
