"""Losses by frequency: what single waves and single voxels of error cost, in closed form."""

from __future__ import annotations

import math

import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.training import losses

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


@pytest.mark.parametrize("name", list(losses.LOSSES))
def test_no_error_costs_nothing_and_its_gradient_is_finite(name: str) -> None:
    sharp = torch.rand(1, 2, 3, 3, SLICES, requires_grad=True)
    loss = losses.find(name)(sharp, sharp.detach().clone())
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
    assert sharp.grad is not None
    assert torch.isfinite(sharp.grad).all()


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(BadParameter, match="perceptual"):
        losses.find("perceptual")
