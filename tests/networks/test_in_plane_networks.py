"""The networks in plane: their size, where they start, how far they look, and that tiles pool as the whole does."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_mrsr.networks import registry
from napari_mrsr.networks.circle import Circle
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.networks.critics import CircleCritic, CpceCritic
from napari_mrsr.networks.network import Network
from napari_mrsr.networks.swift import Swift
from napari_mrsr.networks.unet import Unet, to_multiples

SMALL = [
    Unet(features=3),
    Swift(features=3, blocks=1),
    Swift(features=3, blocks=2),
    Cpce(features=3),
    Circle(features=20),
    Circle(features=20, doubling=True),
]
NAMES = ["unet", "swift-1", "swift-2", "cpce", "circle", "circle-doubling"]


def alive(network: Network) -> Network:
    """Return the network with positive weights: then every value that may matter does, and no gradient cancels."""
    torch.manual_seed(0)
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.01, 0.1)
    return network.double()


def test_the_published_network_has_the_published_size() -> None:
    assert sum(p.numel() for p in Unet().parameters()) == 5_418_177


@pytest.mark.parametrize("network", SMALL, ids=NAMES)
def test_the_halo_is_how_far_a_value_depends_on_the_input(network: Network) -> None:
    network = alive(network)
    side, reach = 2 * (network.halo + 5), 0
    for at in range(side // 2, side // 2 + 4):  # every place within a pooled block
        x = torch.rand(1, 1, side, 12, 4, dtype=torch.double, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x)[0, 0, at, 4, 2], x)
        touched = torch.nonzero(gradient[0, 0].sum(dim=(1, 2))).flatten()
        reach = max(reach, at - int(touched.min()), int(touched.max()) - at)
    assert reach == network.halo


@pytest.mark.parametrize("network", SMALL, ids=NAMES)
def test_a_tile_at_a_multiple_of_the_stride_is_the_whole(network: Network) -> None:
    network = alive(network)
    margin = -(-network.halo // network.stride) * network.stride
    x = torch.rand(1, 1, 2 * margin + 17, 11, 6, dtype=torch.double)
    whole = network(x)
    begin = network.stride
    tile = network(x[:, :, begin:])  # its far end is the volume's, and no multiple of the stride
    torch.testing.assert_close(tile[:, :, margin:], whole[:, :, begin + margin :])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("unet", {"features": 4}),
        ("swift", {"features": 4}),
        ("cpce", {"features": 4, "shortcut": True}),
        ("circle", {"features": 20}),
    ],
)
def test_an_untrained_network_gives_its_input_back(name: str, settings: dict[str, object]) -> None:
    network = registry.build(name, settings)
    picture = torch.rand(2, 3, 9, 6, 5)
    torch.testing.assert_close(network(picture, 1), picture)


@pytest.mark.parametrize("network", SMALL, ids=NAMES)
def test_frames_do_not_look_at_each_other(network: Network) -> None:
    network = alive(network)
    frames = torch.rand(1, 2, 12, 12, 4, dtype=torch.double)
    torch.testing.assert_close(network(frames)[:, 1:], network(frames[:, 1:]))


def test_the_published_generators_have_the_published_sizes() -> None:
    assert sum(p.numel() for p in Cpce().parameters()) == 62_016
    assert sum(block[0].out_channels for block in Circle().blocks) == 423


@pytest.mark.parametrize("shape", [(3, 5), (1, 1), (9, 30), (17, 8)])
@pytest.mark.parametrize("network", SMALL, ids=NAMES)
def test_odd_and_tiny_matrices_keep_their_shape(network: Network, shape: tuple[int, int]) -> None:
    picture = torch.rand(1, 1, *shape, 2).to(next(network.parameters()).dtype)
    assert network(picture).shape == picture.shape


@pytest.mark.parametrize("critic", [CpceCritic(4, 8), CircleCritic(4, 8)], ids=["cpce", "circle"])
def test_a_critic_judges_every_patch_by_itself(critic: nn.Module) -> None:
    patches = torch.rand(3, 1, 64, 64)
    torch.testing.assert_close(critic(patches)[1:2], critic(patches[1:2]))


def test_a_short_axis_is_reflected_as_often_as_need_be() -> None:
    line = torch.arange(2.0).reshape(1, 1, 2, 1, 1)
    assert to_multiples(line, (7, 1, 1)).flatten().tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert to_multiples(torch.ones(1, 1, 1, 1, 1), (4, 1, 1)).shape[2] == 4


def test_a_dead_coarse_level_is_told_and_drawn_anew_without_another_result() -> None:
    torch.manual_seed(3)
    network, picture = Swift(features=4, blocks=2), torch.rand(1, 1, 16, 12, 6)
    assert not network.is_dead(picture)
    with torch.no_grad():
        network.tail.weight.normal_()
        network.body[-1][-1].bias.fill_(-1e3)  # whatever comes, nothing is above 0
    before = network(picture)
    assert network.is_dead(picture)
    network.revive()
    assert not network.is_dead(picture)
    torch.testing.assert_close(network(picture), before)
    network(picture).sum().backward()
    assert network.rise.weight.grad.abs().sum() > 0
