"""The perceptual loss of GAN-CPCE: its closed form, what its gradient reaches, and how a file of VGG-19 is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from napari_mrsr.errors import BadParameter, WeightsCorrupt
from napari_mrsr.networks import features, vgg
from napari_mrsr.training import losses
from napari_mrsr.training.perceptual import Perceptual, ThroughVgg, perceptual


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-19 with weights as they are drawn, of a size that keeps its features alive (He et al.)."""
    torch.manual_seed(0)
    network = vgg.Vgg19()
    for layer in network.features:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save({name: tensor.half() for name, tensor in network.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def look(own: Path) -> losses.Loss:
    return losses.find("vgg", features=own)


def test_it_is_the_squared_norm_over_the_number_of_features(own: Path, look: losses.Loss) -> None:
    torch.manual_seed(1)
    sharp, thin = torch.rand(2, 1, 32, 48, 3), torch.rand(2, 1, 32, 48, 3)
    network, total = vgg.load(own), 0.0
    with torch.no_grad():
        for b in range(2):
            for k in range(3):
                one, other = (network(x[b, :, None, :, :, k]) for x in (sharp, thin))
                total += float(torch.linalg.vector_norm(one - other) ** 2) / (2 * 3 * 512)
    assert float(look(sharp, thin)) == pytest.approx(total / 6, rel=1e-4)


def test_more_slices_and_more_volumes_cost_as_much_as_one(look: losses.Loss) -> None:
    torch.manual_seed(2)
    sharp, thin = torch.rand(1, 1, 32, 32, 1), torch.rand(1, 1, 32, 32, 1)
    more = [x.repeat(2, 3, 1, 1, 4) for x in (sharp, thin)]
    assert float(look(*more)) == pytest.approx(float(look(sharp, thin)), rel=1e-4)


def test_no_error_costs_nothing_and_a_step_down_the_gradient_costs_less(look: losses.Loss) -> None:
    torch.manual_seed(3)
    thin = torch.rand(1, 1, 32, 32, 2)
    assert float(look(thin.clone(), thin)) == 0
    sharp = (thin + 0.1 * torch.randn_like(thin)).requires_grad_()
    before = look(sharp, thin)
    (slope,) = torch.autograd.grad(before, sharp)
    with torch.no_grad():
        after = look(sharp - 0.1 * slope / slope.norm(), thin)
    assert float(after) < float(before.detach())


def test_the_gradient_reaches_the_image_and_not_vgg(own: Path) -> None:
    through = losses.find("vgg", features=own)
    assert isinstance(through, ThroughVgg)
    sharp = torch.rand(1, 1, 16, 16, 1, requires_grad=True)
    through(sharp, torch.rand(1, 1, 16, 16, 1)).backward()  # type: ignore[no-untyped-call]
    assert sharp.grad is not None
    assert float(sharp.grad.abs().max()) > 0
    assert all(p.grad is None for p in through.network.parameters())


def test_the_file_says_which_network_a_perceptual_loss_looks_through(own: Path, tmp_path: Path) -> None:
    ours = features.save(features.Features(width=4), tmp_path / "features.safetensors")
    assert isinstance(perceptual(own), ThroughVgg)
    assert isinstance(losses.find("perceptual", features=own), ThroughVgg)
    assert isinstance(perceptual(ours), Perceptual)
    assert isinstance(perceptual(), Perceptual)


def test_beside_l1_it_is_weighted_as_any_perceptual_loss(own: Path, look: losses.Loss) -> None:
    torch.manual_seed(4)
    sharp, thin = torch.rand(1, 1, 16, 16, 2), torch.rand(1, 1, 16, 16, 2)
    both = float(losses.find("l1+perceptual", features=own)(sharp, thin))
    alone = float((sharp - thin).abs().mean())
    assert both == pytest.approx(alone + losses.PERCEPTUAL * float(look(sharp, thin)), rel=1e-4)


def test_without_a_file_or_with_another_one_it_is_refused(tmp_path: Path, look: losses.Loss) -> None:
    with pytest.raises(BadParameter, match="not shipped"):
        losses.find("vgg")
    ours = features.save(features.Features(width=4), tmp_path / "features.safetensors")
    with pytest.raises(WeightsCorrupt, match=r"holds no VGG-19"):
        losses.find("vgg", features=ours)
    with pytest.raises(BadParameter, match="16 pixels"):
        look(torch.rand(1, 1, 12, 32, 4), torch.rand(1, 1, 12, 32, 4))
