"""Losses: what waves, single voxels, blur and noise cost, by closed forms and by another program for SSIM."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from napari_mrsr.errors import BadParameter, WeightsMissing
from napari_mrsr.networks import features
from napari_mrsr.phantoms.abdomen import abdomen
from napari_mrsr.training import by_recipe, losses, recipes
from napari_mrsr.training.perceptual import perceptual

SLICES = 16


def image(line: torch.Tensor) -> torch.Tensor:
    """Return a batch whose every line along the slices is this one."""
    return line.expand(2, 1, 3, 4, SLICES)


def test_an_offset_is_one_frequency_and_an_impulse_is_all_of_them() -> None:
    nothing = image(torch.zeros(SLICES))
    offset, impulse = image(torch.full((SLICES,), 0.3)), image(torch.eye(SLICES)[5] * 0.3)
    by_frequency = losses.find("l1+frequency")
    assert float(by_frequency(offset, nothing)) == pytest.approx(0.3 + 0.1 * 0.3 / math.sqrt(SLICES), rel=1e-5)
    assert float(by_frequency(impulse, nothing)) == pytest.approx(
        0.3 / SLICES + 0.1 * 0.3 / math.sqrt(SLICES), rel=1e-5
    )


def test_the_focal_loss_of_a_wave_is_its_power() -> None:
    wave = 0.2 * torch.cos(2 * math.pi * 3 * torch.arange(SLICES) / SLICES)
    expected = float(wave.abs().mean()) + losses.FOCAL * 0.2**2 / 2
    assert float(losses.find("l1+focal")(image(wave), image(torch.zeros(SLICES)))) == pytest.approx(expected, rel=1e-4)


def test_the_focal_loss_minds_the_worst_frequency_most() -> None:
    def focal(line: torch.Tensor) -> float:
        nothing = image(torch.zeros(SLICES))
        return float(losses.find("l1+focal")(image(line), nothing) - losses.find("l1")(image(line), nothing))

    t = 2 * math.pi * torch.arange(SLICES) / SLICES
    one = math.sqrt(2) * torch.cos(3 * t)
    spread = torch.cos(2 * t) + torch.cos(5 * t + 1)
    uneven = 1.2 * torch.cos(2 * t) + math.sqrt(2 - 1.44) * torch.cos(5 * t)
    assert focal(one) == pytest.approx(focal(spread), rel=1e-4)  # both have the power 1, each at its own maximum
    assert focal(uneven) < focal(one)


@pytest.fixture(scope="module")
def own_features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feature network of a user's own, with weights as they are drawn."""
    torch.manual_seed(0)
    return features.save(features.Features(width=4), tmp_path_factory.mktemp("own") / "features.safetensors")


@pytest.fixture
def found(own_features: Path) -> Callable[[str], losses.Loss]:
    def find(name: str) -> losses.Loss:
        return losses.find(name, features=own_features if name in losses.THROUGH_FEATURES else None)

    return find


#: Of VGG-19 in test_vgg_loss.py: its pictures are larger, and its weights are nobody's to ship.
HERE = [name for name in losses.LOSSES if name != "vgg"]


@pytest.mark.parametrize("name", HERE)
def test_no_error_costs_nothing_and_its_gradient_is_finite(name: str, found: Callable[[str], losses.Loss]) -> None:
    sharp = torch.rand(1, 2, 4, 5, SLICES, requires_grad=True)
    loss = found(name)(sharp, sharp.detach().clone())
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
    assert sharp.grad is not None
    assert torch.isfinite(sharp.grad).all()


@pytest.mark.parametrize("name", HERE)
def test_a_step_down_the_gradient_makes_it_smaller(name: str, found: Callable[[str], losses.Loss]) -> None:
    torch.manual_seed(1)
    thin = torch.rand(2, 1, 12, 12, 12)
    sharp = (thin + 0.1 * torch.randn_like(thin)).requires_grad_()
    loss = found(name)(sharp, thin)
    (slope,) = torch.autograd.grad(loss, sharp)
    with torch.no_grad():
        after = found(name)(sharp - 0.2 * slope / slope.norm(), thin)
    assert float(after) < float(loss.detach())


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(BadParameter, match="perceptual"):
        losses.find("lpips")


def test_a_feature_network_for_a_loss_that_needs_none_is_refused(own_features: Path) -> None:
    with pytest.raises(BadParameter, match="no feature network"):
        losses.find("ssim", features=own_features)


def test_a_recipe_refuses_a_loss_before_it_makes_anything_to_learn_from(own_features: Path, tmp_path: Path) -> None:
    for loss, through in (("lpips", None), ("vgg", None), ("l1", own_features)):
        with pytest.raises(BadParameter):
            by_recipe.train("lean", out=tmp_path / "run", phantoms=10_000, loss=loss, features=through)
    with pytest.raises(WeightsMissing):
        by_recipe.train(
            "lean", out=tmp_path, phantoms=10_000, loss="perceptual", features=tmp_path / "none.safetensors"
        )
    assert not (tmp_path / "run").exists()


def test_a_recipe_with_features_of_ones_own_can_be_written_down(own_features: Path) -> None:
    told = recipes.describe(replace(recipes.find("abdomen"), features=own_features))
    assert json.loads(json.dumps(told))["features"] == str(own_features)


# -- structural similarity ---------------------------------------------------------------------------------------------
def test_dissimilarity_is_what_scikit_image_says_of_similarity() -> None:
    rng = np.random.default_rng(2)
    thin = gaussian_filter(rng.random((24, 18, 11)), 1.0).astype(np.float32)
    sharp = (thin + 0.05 * rng.standard_normal(thin.shape)).astype(np.float32)
    _, similar = structural_similarity(
        thin, sharp, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    ours = losses.find("ssim")(torch.from_numpy(sharp)[None, None], torch.from_numpy(thin)[None, None])
    assert float(ours) == pytest.approx(1 - similar.mean(), abs=2e-5)


def test_dissimilarity_of_a_batch_is_the_mean_of_its_volumes() -> None:
    torch.manual_seed(3)
    thin, sharp = torch.rand(2, 3, 12, 11, 7), torch.rand(2, 3, 12, 11, 7)
    one_by_one = [
        float(losses.find("ssim")(sharp[b : b + 1, v : v + 1], thin[b : b + 1, v : v + 1]))
        for b in range(2)
        for v in range(3)
    ]
    assert float(losses.find("ssim")(sharp, thin)) == pytest.approx(np.mean(one_by_one), rel=1e-5)


def test_dissimilarity_of_two_offsets_is_its_luminance_term() -> None:
    x, y = torch.full((1, 1, 12, 12, 12), 0.5), torch.full((1, 1, 12, 12, 12), 0.7)
    luminance = (2 * 0.5 * 0.7 + 1e-4) / (0.5**2 + 0.7**2 + 1e-4)
    assert float(losses.find("ssim")(x, y)) == pytest.approx(1 - luminance, abs=1e-3)


# -- perceptual --------------------------------------------------------------------------------------------------------
def test_the_perceptual_loss_is_the_sum_of_the_mean_differences_of_three_levels(own_features: Path) -> None:
    network = features.load(own_features)
    torch.manual_seed(4)
    sharp, thin = torch.rand(2, 1, 8, 8, 8), torch.rand(2, 1, 8, 8, 8)
    expected = 0.0
    for one, other in zip(network(sharp), network(thin), strict=True):
        expected += float((one - other).abs().sum()) / one.numel()
    assert float(losses.find("perceptual", features=own_features)(sharp, thin)) == pytest.approx(expected, rel=0.02)


def test_volumes_are_looked_at_one_by_one(own_features: Path) -> None:
    look = losses.find("perceptual", features=own_features)
    torch.manual_seed(5)
    sharp, thin = torch.rand(1, 2, 8, 8, 8), torch.rand(1, 2, 8, 8, 8)
    apart = [float(look(sharp[:, v : v + 1], thin[:, v : v + 1])) for v in range(2)]
    assert float(look(sharp, thin)) == pytest.approx(np.mean(apart), rel=1e-3)


def test_the_gradient_reaches_the_image_and_not_the_feature_network(own_features: Path) -> None:
    look = perceptual(own_features)
    before = {name: tensor.clone() for name, tensor in look.network.state_dict().items()}
    sharp, thin = torch.rand(1, 1, 8, 8, 8, requires_grad=True), torch.rand(1, 1, 8, 8, 8)
    look(sharp, thin).backward()  # type: ignore[no-untyped-call]
    assert sharp.grad is not None
    assert float(sharp.grad.abs().max()) > 0
    assert all(p.grad is None for p in look.network.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in look.network.state_dict().items())


def test_l1_and_perceptual_is_their_weighted_sum(own_features: Path) -> None:
    torch.manual_seed(6)
    sharp, thin = torch.rand(1, 1, 8, 8, 8), torch.rand(1, 1, 8, 8, 8)
    look = float(losses.find("perceptual", features=own_features)(sharp, thin))
    both = float(losses.find("l1+perceptual", features=own_features)(sharp, thin))
    assert both == pytest.approx(float((sharp - thin).abs().mean()) + losses.PERCEPTUAL * look, rel=1e-4)


def test_through_the_shipped_features_a_wider_blur_and_stronger_noise_cost_more() -> None:
    phantom = abdomen(21, shape=(64, 48, 16), frames=1, noise=False)
    image = phantom.scan.array[0] / phantom.scan.array.max()
    noise = np.random.default_rng(7).standard_normal(image.shape)
    look = losses.find("perceptual")

    def cost(changed: np.ndarray) -> float:
        both = [torch.from_numpy(x.astype(np.float32))[None, None] for x in (changed, image)]
        return float(look(*both))

    assert 0 < cost(gaussian_filter(image, 0.5)) < cost(gaussian_filter(image, 1)) < cost(gaussian_filter(image, 2))
    assert 0 < cost(image + 0.01 * noise) < cost(image + 0.03 * noise)
