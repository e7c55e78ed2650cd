"""The adversarial game: its terms in closed form, its steps reproducible, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.networks import registry
from napari_mrsr.networks.circle import Circle
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.networks.critics import CircleCritic, CpceCritic
from napari_mrsr.training import circle_terms, wasserstein
from napari_mrsr.training.adversarial import run
from napari_mrsr.training.adversarial_recipes import AdversarialRecipe
from napari_mrsr.training.games import CircleGame, CircleWeights, CpceGame, slices
from napari_mrsr.training.in_plane import PlaneSampling, PlaneSource
from napari_mrsr.training.material import Planes


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def mean_critic(x: Tensor) -> Tensor:
    return x.flatten(1).mean(dim=1)


def test_the_penalty_looks_at_one_sample_at_a_time() -> None:
    """A critic that multiplies sample n by its own number has that number as its slope there."""
    real, made = torch.rand(2, 3, 1, 4, 5)
    slopes = torch.tensor([1.0, 2.0, 4.0])

    def critic(x: Tensor) -> Tensor:
        return slopes * x[:, 0, 1, 2]

    penalty = wasserstein.gradient_penalty(critic, real, made, torch.rand(3))
    assert float(penalty) == pytest.approx((0 + 1 + 9) / 3)


def test_a_critic_earns_by_telling_real_from_made() -> None:
    real, made = torch.full((2, 1, 4, 4), 0.9), torch.full((2, 1, 4, 4), 0.2)
    slope = (1 / 16) * 4  # the mean of 16 voxels: each counts a sixteenth, and their root sum of squares a quarter
    loss = wasserstein.critic_loss(mean_critic, real, made, torch.rand(2))
    assert float(loss) == pytest.approx(0.2 - 0.9 + wasserstein.PENALTY * (slope - 1) ** 2, abs=1e-5)
    assert float(wasserstein.generator_loss(mean_critic, made)) == pytest.approx(-0.2)


def test_no_gradient_of_the_critics_reaches_the_generator() -> None:
    game = CpceGame(Cpce(4), functional.l1_loss, CpceCritic(4, 8))
    x = torch.rand(1, 1, 64, 64, 2)
    game.critic_loss(x, x, torch.rand(2)).backward()
    assert all(p.grad is None for p in game.generators.parameters())
    assert any(p.grad is not None for p in game.critics.parameters())


def test_a_picture_that_comes_back_costs_no_cycle() -> None:
    x, y = torch.rand(2, 1, 1, 6, 6, 2)
    assert float(circle_terms.cycle(x, x, y, y)) == 0
    assert float(circle_terms.cycle(x, x + 0.5, y, y - 0.25)) == pytest.approx(0.75)
    assert float(circle_terms.identity(x, x, y, y + 0.5)) == pytest.approx(0.5)


def test_total_variation_of_a_step_is_its_height_over_the_width() -> None:
    step = torch.zeros(1, 1, 9, 9, 1)
    step[:, :, 4:] = 2.0
    assert float(circle_terms.total_variation(step)) == pytest.approx(2.0 / 8, rel=1e-3)


def test_what_is_missing_counts_with_one_minus_tau() -> None:
    y = torch.rand(1, 1, 8, 8, 2)
    flat = torch.zeros_like(y)
    found = circle_terms.joint_sparsity(y, flat, tau=0.25)
    assert float(found) == pytest.approx(0.75 * float(circle_terms.total_variation(y)), abs=1e-4)


def test_slices_become_pictures_in_order() -> None:
    x = torch.arange(2 * 3 * 3 * 4.0).reshape(2, 1, 3, 3, 4)
    pictures = slices(x)
    assert pictures.shape == (8, 1, 3, 3)
    assert torch.equal(pictures[5, 0], x[1, 0, :, :, 1])


def test_unpaired_training_does_not_ask_for_the_truth() -> None:
    """With another person's sharp picture the terms of G on x stay the same."""
    game = CircleGame(Circle(20), Circle(20), CircleWeights(supervised=0), (CircleCritic(4, 8), CircleCritic(4, 8)))
    x, y = torch.rand(2, 1, 1, 64, 64, 1)
    terms = game.generator_terms(x, y)
    assert "supervised" not in terms
    others = game.generator_terms(x, torch.rand_like(y))
    torch.testing.assert_close(terms["sparsity"], others["sparsity"])
    paired = CircleGame(Circle(20), Circle(20), None, (CircleCritic(4, 8), CircleCritic(4, 8)))
    assert "supervised" in paired.generator_terms(x, y)


def planes() -> Planes:
    rng = np.random.default_rng(0)
    coarse = rng.random((2, 12, 12, 3)).astype(np.float32)
    taught, judge = (np.kron(volume, np.ones((6, 6, 1), np.float32)) for volume in coarse)
    sampling = PlaneSampling("fourier", patch=(64, 64, 1), stride=(1, 1, 1), batch=1, fractions=(0.25,))
    return Planes([PlaneSource("a", "a", taught)], sampling, [PlaneSource("b", "b", judge)])


def small_game(kind: str) -> CpceGame | CircleGame:
    torch.manual_seed(0)
    if kind == "cpce":
        return CpceGame(Cpce(6, shortcut=True), functional.l1_loss, CpceCritic(2, 4))
    return CircleGame(Circle(20), Circle(20), None, (CircleCritic(2, 4), CircleCritic(2, 4)))


@pytest.mark.parametrize("kind", ["cpce", "circle"])
def test_a_resumed_game_is_the_same_bit_for_bit(kind: str, tmp_path: Path) -> None:
    def play(out: Path, steps: int) -> dict[str, Tensor]:
        recipe = AdversarialRecipe(steps=steps, critic_steps=1, last_rate=1e-4)
        return registry.load(run(recipe, small_game(kind), planes(), out=out).weights).state_dict()

    whole = play(tmp_path / "whole", 2)
    play(tmp_path / "parts", 1)
    parts = play(tmp_path / "parts", 2)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_the_generator_learns_what_the_perceptual_term_says(tmp_path: Path) -> None:
    """With a critic that says nothing the game is plain training, and beats zero-filling."""

    class Silent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            return (0 * self.unused * x).flatten(1).sum(dim=1)

    game = CpceGame(Cpce(8, shortcut=True), functional.l1_loss, Silent())
    recipe = AdversarialRecipe(steps=80, critic_steps=1, learning_rate=2e-3, averaging=0.9)
    played = run(recipe, game, planes(), out=tmp_path)
    assert played.scores[0].gain > 0.05
    assert (tmp_path / "training.csv").read_text().count("perceptual") == 4
