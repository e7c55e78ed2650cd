"""The feature network: its shape, what is frozen of it, and which files it is read from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from napari_mrsr.errors import BadParameter, UnsafeWeights, WeightsCorrupt, WeightsMissing
from napari_mrsr.networks import features, registry
from napari_mrsr.networks.features import Features
from napari_mrsr.networks.lean import Lean


@pytest.fixture
def own(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = Features(width=4)
    network(torch.rand(2, 1, 8, 8, 8))  # statistics of its own
    return features.save(network, tmp_path / "own.safetensors")


def test_three_levels_of_doubled_features_on_halved_grids() -> None:
    levels = Features(width=4)(torch.rand(2, 1, 24, 20, 9))
    assert [tuple(level.shape) for level in levels] == [(2, 4, 24, 20, 9), (2, 8, 12, 10, 4), (2, 16, 6, 5, 2)]


def test_at_the_published_width_it_has_the_published_layers() -> None:
    network = Features(width=features.PUBLISHED_WIDTH)
    kernels = [tuple(p.shape[:2]) for p in network.parameters() if p.ndim == 5]
    assert kernels == [(64, 1), (64, 64), (128, 64), (128, 128), (256, 128), (256, 256)]
    assert sum(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules()) == 6


def test_an_image_too_small_to_be_halved_twice_is_refused() -> None:
    with pytest.raises(BadParameter, match="at least 4 voxels"):
        Features(width=4)(torch.rand(1, 1, 24, 24, 3))


def test_a_loaded_network_is_frozen_whatever_is_asked_of_it(own: Path) -> None:
    network = features.load(own).train()
    assert not any(module.training for module in network.modules())
    assert not any(p.requires_grad for p in network.parameters())
    means = [m.running_mean.clone() for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d)]
    network(5 + torch.rand(2, 1, 8, 8, 8))
    after = [m.running_mean for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d)]
    assert all(torch.equal(a, b) for a, b in zip(means, after, strict=True))


def test_what_is_seen_of_an_image_does_not_depend_on_the_others_in_the_batch(own: Path) -> None:
    network = features.load(own)
    x = torch.rand(3, 1, 8, 8, 8)
    for together, alone in zip(network(x), network(x[1:2]), strict=True):
        assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_weights_come_back_within_half_precision(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = Features(width=4)
    back = features.load(features.save(network, tmp_path / "w.safetensors"))
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, back.state_dict()[name], rtol=2**-10, atol=1e-6), name


def test_the_shipped_one_is_small_carded_and_no_method() -> None:
    path, _ = registry.shipped(features.NAME)
    assert path.stat().st_size < 2 * 2**20
    assert features.load().settings == json.loads(registry.read_header(path)["settings"])
    card = path.with_suffix(".md").read_text().lower()
    assert all(word in card for word in ("trained on", "measured", "licence", "limits", "step"))
    assert features.NAME not in {method.name for method in registry.methods()}


def test_weights_of_a_super_resolver_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsCorrupt, match="'lean', not of a feature network"):
        features.load(registry.save(Lean(4, 1, (2,)), tmp_path / "lean.safetensors"))


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    save_file({"w": torch.zeros(2)}, tmp_path / "any.safetensors")
    with pytest.raises(WeightsCorrupt, match="does not say"):
        features.load(tmp_path / "any.safetensors")


@pytest.mark.parametrize(
    ("settings", "named"), [('{"width": 8}', "size mismatch"), ('{"depth": 3}', "depth"), ("{", "feature network")]
)
def test_settings_that_do_not_fit_the_weights_are_refused(own: Path, settings: str, named: str) -> None:
    save_file(load_file(own), own, metadata={"architecture": features.NAME, "settings": settings})
    with pytest.raises(WeightsCorrupt, match=named):
        features.load(own)


@pytest.mark.parametrize(("change", "named"), [("lacks", "lacks levels.0.0.weight"), ("more", "has other besides")])
def test_weights_that_lack_a_layer_or_have_one_more_are_refused(own: Path, change: str, named: str) -> None:
    tensors = load_file(own)
    if change == "lacks":
        del tensors["levels.0.0.weight"]
    else:
        tensors["other"] = torch.zeros(1)
    save_file(tensors, own, metadata={"architecture": features.NAME, "settings": '{"width": 4}'})
    with pytest.raises(WeightsCorrupt, match=named):
        features.load(own)


def test_missing_files_and_pickles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        features.load(tmp_path / "none.safetensors")
    torch.save({"w": torch.zeros(2)}, tmp_path / "model.pth")
    with pytest.raises(UnsafeWeights):
        features.load(tmp_path / "model.pth")


def test_an_entry_that_the_manifest_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="'features'"):
        registry.shipped("features", tmp_path)
