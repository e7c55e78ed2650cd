"""Adam goes on with training's moments, or with estimated ones."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from napari_mrsr.networks.unet import Unet
from napari_mrsr.training import checkpoint
from napari_mrsr.training.adam_moments import difference, moments, restore, tensors_of
from napari_mrsr.training.losses import find
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.tuner import Tuner


def batches(count: int, seed: int = 0) -> list[Batch]:
    generator = torch.Generator().manual_seed(seed)
    sharp = torch.rand((count, 2, 1, 12, 12, 4), generator=generator)
    return [Batch(0.8 * one + 0.05, one, 1) for one in sharp]


def tuner(network: nn.Module) -> Tuner:
    return Tuner(network, [], torch.device("cpu"), find("l1"), 0.0)


@pytest.fixture
def trained() -> Tuner:
    """A network after some steps of training, and the optimizer that took them."""
    torch.manual_seed(0)
    own = tuner(Unet(features=2))
    for batch in batches(30):
        own.step(batch, 1e-3)
    return own


def test_a_restored_optimizer_steps_as_training_would_have_gone_on(trained, tmp_path) -> None:
    parameters = {name: p.detach().clone() for name, p in trained.network.named_parameters()}
    folder = checkpoint.save(tmp_path / "checkpoint", tensors_of(trained.optimizer, trained.network), {})
    later = tuner(copy.deepcopy(trained.network))
    assert restore(later.optimizer, later.network, checkpoint.load(folder)[0]) == len(parameters)
    for batch in batches(3, seed=1):
        trained.step(batch, 1e-6)
        later.step(batch, 1e-6)
    pairs = zip(trained.network.parameters(), later.network.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_without_them_the_first_step_is_another(trained) -> None:
    later = tuner(copy.deepcopy(trained.network))
    (batch,) = batches(1, seed=1)
    trained.step(batch, 1e-3)
    later.step(batch, 1e-3)
    pairs = zip(trained.network.parameters(), later.network.parameters(), strict=True)
    assert not all(torch.equal(one, other) for one, other in pairs)


def test_a_checkpoint_of_another_network_gives_nothing(trained) -> None:
    tensors = tensors_of(trained.optimizer, trained.network)
    other = tuner(Unet(features=4))
    assert restore(other.optimizer, other.network, tensors) == 1  # the bias of the last layer alone has one shape


def test_steps_at_rate_zero_estimate_the_moments_and_move_nothing(trained) -> None:
    later = tuner(copy.deepcopy(trained.network))
    before = copy.deepcopy(later.network.state_dict())
    for batch in batches(30, seed=2):
        later.step(batch, 0.0)
    assert all(torch.equal(before[name], value) for name, value in later.network.state_dict().items())
    few = tuner(copy.deepcopy(trained.network))
    few.step(batches(1, seed=2)[0], 0.0)
    true = moments(trained.optimizer, trained.network)
    many, one = (difference(moments(t.optimizer, t.network), true) for t in (later, few))
    assert many.direction > one.direction
    assert many.direction > 0.5


def test_moments_are_those_of_constant_gradients() -> None:
    layer = nn.Linear(3, 1, bias=False)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.0)
    x = torch.tensor([1.0, 2.0, -3.0])
    for _ in range(7):
        optimizer.zero_grad()
        layer(x).sum().backward()
        optimizer.step()
    mean, size = moments(optimizer, layer)
    torch.testing.assert_close(mean.float(), x)
    torch.testing.assert_close(size.float(), x.abs())
    same = difference((mean, size), (mean, size))
    assert (same.mean, same.size, same.scale) == (0.0, 0.0, 1.0)
    assert same.direction == pytest.approx(1.0)
