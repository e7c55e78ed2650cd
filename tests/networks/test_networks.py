"""The networks are what they say: parameter counts, geometry, exact halos, echo symmetry, weight transfer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.interpolation import interpolate
from napari_mrsr.networks.lean import Lean
from napari_mrsr.networks.mrsr import Mrsr
from napari_mrsr.networks.upsampling import cubic, shuffle_last_axis


def trained(network: nn.Module) -> nn.Module:
    """Give every layer weights, so that nothing is zero by construction."""
    torch.manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d):
            nn.init.normal_(layer.weight, std=0.08)
    return network.eval()


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_cubic_in_the_network_equals_the_classical_one_inside(factor: int) -> None:
    x = torch.rand(1, 2, 3, 4, 12)
    expected = interpolate(x.numpy(), "keys", factor, axis=2)
    inside = slice(2 * factor, -3 * factor)
    np.testing.assert_allclose(cubic(x, factor).numpy()[..., inside], expected[..., inside], atol=1e-6)


def test_pixel_shuffle_interleaves_the_phases_of_each_echo() -> None:
    x = torch.arange(2 * 3 * 2, dtype=torch.float32).reshape(1, 6, 1, 1, 2)
    fine = shuffle_last_axis(x, 3)
    assert fine.shape == (1, 2, 1, 1, 6)
    assert fine[0, 0, 0, 0].tolist() == [0, 2, 4, 1, 3, 5]


@pytest.mark.parametrize(
    "network", [Lean(8, 2), Lean(8, 2, separable=True), Mrsr(2, 8, 4)], ids=["lean", "separable", "mrsr"]
)
@pytest.mark.parametrize("factor", [2, 3])
def test_an_untrained_network_is_cubic_interpolation(network: nn.Module, factor: int) -> None:
    x = torch.rand(1, 2, 6, 5, 7)
    torch.testing.assert_close(network(x, factor), cubic(x, factor))


@pytest.mark.parametrize(
    "network", [Lean(8, 2), Lean(8, 2, separable=True), Mrsr(1, 6, 5)], ids=["lean", "separable", "mrsr"]
)
@pytest.mark.parametrize("axis", [2, 3, 4])
@torch.inference_mode()
def test_a_tile_with_its_halo_equals_the_whole(network: nn.Module, axis: int) -> None:
    network, halo, factor = trained(network), int(network.halo), 2
    shape = [1, 1, 9, 9, 9]
    shape[axis] = 4 * halo + 6
    x = torch.rand(shape)
    whole = network(x, factor)
    core = slice(2 * halo, 2 * halo + 6)
    tile = network(x.narrow(axis, core.start - halo, 6 + 2 * halo), factor)
    f = factor if axis == 4 else 1
    torch.testing.assert_close(
        tile.narrow(axis, halo * f, 6 * f), whole.narrow(axis, core.start * f, 6 * f), atol=1e-5, rtol=0
    )


def test_published_network_has_the_published_number_of_weights() -> None:
    assert sum(p.numel() for p in Mrsr(echoes=1).parameters()) == 1_995_329
    assert len(Mrsr(echoes=2).convolutions) == 20


def test_separable_kernels_take_12_of_27_taps_in_the_trunk_and_say_so_in_their_file() -> None:
    whole, parted = Lean(16, 2), Lean(16, 2, separable=True)
    taps = [sum(p.numel() for n, p in net.trunk.named_parameters() if n.endswith("weight")) for net in (whole, parted)]
    assert taps[1] * 27 == taps[0] * 12
    assert parted.settings["separable"] is True
    assert "separable" not in whole.settings  # files of the usual network stay readable by older versions


def test_lean_treats_echoes_alike_in_any_number_and_order() -> None:
    network = trained(Lean(8, 2))
    x = torch.rand(1, 3, 6, 6, 6)
    with torch.inference_mode():
        fine = network(x, 2)
        turned = network(x.flip(1), 2).flip(1)
    torch.testing.assert_close(turned, fine, atol=1e-6, rtol=0)


@pytest.mark.parametrize("divide", [True, False])
def test_transfer_to_two_equal_echoes_gives_each_the_single_result_when_divided(divide: bool) -> None:
    single = trained(Mrsr(1, 8, 4))
    dual = single.for_echoes(2, divide=divide).eval()
    x = torch.rand(1, 1, 6, 6, 6)
    with torch.inference_mode():
        expected, both = single(x, 2), dual(x.repeat(1, 2, 1, 1, 1), 2)
    same = torch.allclose(both, expected.expand_as(both), atol=1e-5)
    assert same is divide
    assert not torch.allclose(expected, cubic(x, 2), atol=1e-3)


def test_transfer_starts_from_a_single_contrast_only() -> None:
    with pytest.raises(ValueError, match="single contrast"):
        Mrsr(2, 8, 4).for_echoes(2)
