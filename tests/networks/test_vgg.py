"""VGG-19: its layers as published and as torchvision names them, and which files it is read from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from napari_mrsr.errors import BadParameter, MrsrError, UnsafeWeights, WeightsCorrupt, WeightsMissing
from napari_mrsr.networks import features, registry, vgg
from napari_mrsr.networks.lean import Lean
from napari_mrsr.networks.vgg import Vgg19

#: Convolutions in torchvision's ``vgg19().features`` (0.29), and what each takes and gives (Simonyan 2014, table 1, E).
CONVOLUTIONS = {
    0: (3, 64), 2: (64, 64),
    5: (64, 128), 7: (128, 128),
    10: (128, 256), 12: (256, 256), 14: (256, 256), 16: (256, 256),
    19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512),
    28: (512, 512), 30: (512, 512), 32: (512, 512), 34: (512, 512),
}  # fmt: skip
#: Parameters of the whole VGG-19 as torchvision states them, and of its three fully-connected layers.
PARAMETERS = 143_667_240
CLASSIFIER = (512 * 7 * 7 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    """Weights drawn at random, in half precision: a file of 40 MB is enough."""
    torch.manual_seed(0)
    return {name: tensor.half() for name, tensor in Vgg19().state_dict().items()}


@pytest.fixture(scope="module")
def classified(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same with a classifier behind it, as in the files that can be had."""
    return {**tensors, "classifier.0.weight": torch.zeros(2, 3), "classifier.0.bias": torch.zeros(2)}


# -- the network -----------------------------------------------------------------------------------
def test_names_and_shapes_are_those_of_torchvision() -> None:
    expected = {}
    for number, (taken, given) in CONVOLUTIONS.items():
        expected |= {f"features.{number}.weight": (given, taken, 3, 3), f"features.{number}.bias": (given,)}
    assert {name: tuple(tensor.shape) for name, tensor in Vgg19().state_dict().items()} == expected


def test_it_has_the_published_number_of_parameters_less_the_classifier() -> None:
    assert sum(p.numel() for p in Vgg19().parameters()) == PARAMETERS - CLASSIFIER == 20_024_384


def test_it_is_sixteen_convolutions_with_the_largest_of_four_kept_between_blocks() -> None:
    network = Vgg19()
    grey = torch.rand(2, 1, 32, 48)
    x = torch.cat([(grey - m) / s for m, s in zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)], dim=1)
    state = network.state_dict()
    for number in CONVOLUTIONS:
        if number in (5, 10, 19, 28):
            x = functional.max_pool2d(x, 2, 2)
        x = functional.conv2d(x, state[f"features.{number}.weight"], state[f"features.{number}.bias"], padding=1)
        x = x.clamp_min(0)
    torch.testing.assert_close(network(grey), x)
    assert x.shape == (2, 512, 2, 3)


def test_a_picture_too_small_to_be_halved_four_times_is_refused() -> None:
    with pytest.raises(BadParameter, match="at least 16 pixels"):
        Vgg19()(torch.rand(1, 1, 64, 15))


# -- files -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_all_three_kinds_of_file_give_the_same_frozen_network(
    kind: str, tensors: dict[str, Tensor], classified: dict[str, Tensor], tmp_path: Path
) -> None:
    path = tmp_path / ("vgg19.safetensors" if kind == "safetensors" else "vgg19.pth")
    if kind == "safetensors":
        save_file(classified, path)
    else:
        torch.save(classified, path, _use_new_zipfile_serialization=kind == "zip")
    assert vgg.is_vgg(path)
    network = vgg.load(path)
    assert not any(p.requires_grad for p in network.parameters())
    assert all(torch.equal(network.state_dict()[name], tensor.float()) for name, tensor in tensors.items())


def without(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in tensors.items() if key != name}


def other_networks(tensors: dict[str, Tensor]) -> dict[str, tuple[dict[str, Tensor], str]]:
    """Return what looks like VGG-19 and is not, with what is said of it."""
    return {
        "vgg16": (without(tensors, "features.16.weight"), "lacks features.16.weight"),
        "with normalisation": ({**tensors, "features.1.running_mean": torch.zeros(64)}, "running_mean besides"),
        "grey": ({**tensors, "features.0.weight": torch.zeros(64, 1, 3, 3)}, "features.0.weight is 64x1x3x3"),
        "not finite": ({**tensors, "features.2.bias": torch.full((64,), torch.nan)}, "not finite"),
        "empty": ({"w": torch.zeros(1)}, "lacks features.0.weight"),
    }


@pytest.mark.parametrize("which", ["vgg16", "with normalisation", "grey", "not finite", "empty"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_another_network_is_refused_in_one_line(
    which: str, suffix: str, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    content, named = other_networks(tensors)[which]
    path = tmp_path / f"other{suffix}"
    (torch.save if suffix == ".pth" else save_file)(content, path)  # type: ignore[operator]
    with pytest.raises(WeightsCorrupt, match=named) as caught:
        vgg.load(path)
    assert "\n" not in caught.value.line


class Runs:
    """What a pickle may hold besides tensors."""

    def __reduce__(self) -> tuple[object, ...]:
        return (open, ("/nowhere/ran", "w"))


@pytest.mark.parametrize("content", [{"features.0.weight": Runs()}, Runs(), torch.nn.Linear(2, 2)])
def test_a_file_that_would_run_code_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "vgg19.pth")
    with pytest.raises(UnsafeWeights, match="may run code"):
        vgg.load(tmp_path / "vgg19.pth")


@pytest.mark.parametrize("size", [9, 100, 5000])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_is_refused(size: int, zipped: bool, tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "w", _use_new_zipfile_serialization=zipped)
    (tmp_path / "cut.pth").write_bytes((tmp_path / "w").read_bytes()[:size])
    with pytest.raises(MrsrError) as caught:
        vgg.load(tmp_path / "cut.pth")
    assert isinstance(caught.value, (WeightsCorrupt, UnsafeWeights))
    assert "\n" not in caught.value.line


def test_what_is_no_table_of_tensors_no_weights_or_not_there_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(WeightsCorrupt, match="no table"):
        vgg.load(tmp_path / "list.pth")
    (tmp_path / "text.pth").write_text("vgg19")
    with pytest.raises(WeightsCorrupt):
        vgg.load(tmp_path / "text.pth")
    for missing in (vgg.load, vgg.is_vgg):
        with pytest.raises(WeightsMissing):
            missing(tmp_path / "none.pth")


def test_our_own_networks_are_told_apart_from_it(tmp_path: Path) -> None:
    ours = (
        features.save(features.Features(width=4), tmp_path / "features.safetensors"),
        registry.save(Lean(4, 1, (2,)), tmp_path / "lean.safetensors"),
    )
    assert not any(vgg.is_vgg(path) for path in ours)
