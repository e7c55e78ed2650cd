"""Who plays against whom, and for what: GAN-CPCE (one generator, one critic) and GAN-CIRCLE (two of each)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from napari_mrsr.networks.circle import Circle
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.networks.critics import CircleCritic, CpceCritic
from napari_mrsr.networks.network import Network
from napari_mrsr.training import circle_terms, wasserstein
from napari_mrsr.training.losses import Loss

#: Weight of the perceptual term of GAN-CPCE through VGG-19 (Shan et al. 2018).
VGG = 0.1
#: The same through our own feature network, whose differences are some hundred times smaller. The slope of a critic is
#: held to 1; that of this term is then about 6 on what the L1 twin makes of brains (0.1 would leave it 160 times weaker
#: than the critic, and the picture to the critic's taste).
PERCEPTUAL = 100.0
#: Weights of the cycle, identity and joint sparsifying terms of GAN-CIRCLE (You et al. 2020), and tau.
CYCLE, IDENTITY, SPARSITY, TAU = 1.0, 0.5, 0.001, 0.5
#: Weight of the distance to the truth in paired training, which paper 2 does not give: its slope is then about 3.
SUPERVISED = 200.0

Terms = dict[str, Tensor]


class Game(Protocol):
    """What the adversarial loop asks of it."""

    generators: nn.ModuleDict
    critics: nn.ModuleDict

    @property
    def network(self) -> Network:
        """The generator that sharpens: what is shipped."""

    def critic_loss(self, x: Tensor, y: Tensor, mix: Tensor) -> Tensor:
        """Return what the critics are to make small, for coarse and sharp ``(batch, 1, i, j, k)``."""

    def generator_terms(self, x: Tensor, y: Tensor) -> Terms:
        """Return the weighted terms whose sum the generators are to make small."""


def slices(x: Tensor) -> Tensor:
    """Return the slices of ``(batch, 1, i, j, k)`` as pictures ``(batch * k, 1, i, j)``."""
    return x.permute(0, 4, 1, 2, 3).flatten(0, 1)


class CpceGame:
    """One generator against one critic, and a perceptual term that holds it to its own truth.

    Parameters
    ----------
    generator
        What is trained.
    perceptual
        How differently two stacks of slices look (:mod:`napari_mrsr.training.perceptual`).
    critic
        By default the published one.
    weight
        Of the perceptual term.
    """

    def __init__(
        self, generator: Cpce, perceptual: Loss, critic: nn.Module | None = None, weight: float = PERCEPTUAL
    ) -> None:
        self.generators = nn.ModuleDict({"sharpen": generator})
        self.critics = nn.ModuleDict({"sharp": critic or CpceCritic()})
        self.network: Network = generator
        self.perceptual, self.weight = perceptual, weight

    def critic_loss(self, x: Tensor, y: Tensor, mix: Tensor) -> Tensor:
        """Return what the critic is to make small."""
        with torch.no_grad():
            made = self.network(x, 1)
        return wasserstein.critic_loss(self.critics["sharp"], slices(y), slices(made), mix)

    def generator_terms(self, x: Tensor, y: Tensor) -> Terms:
        """Return the adversarial and the perceptual term."""
        made = self.network(x, 1)
        return {
            "adversarial": wasserstein.generator_loss(self.critics["sharp"], slices(made)),
            "perceptual": self.weight * self.perceptual(made, y),
        }


@dataclass(frozen=True)
class CircleWeights:
    """Weights of the terms; ``supervised`` is that of the distance to the truth, 0 for unpaired training."""

    cycle: float = CYCLE
    identity: float = IDENTITY
    sparsity: float = SPARSITY
    supervised: float = SUPERVISED
    tau: float = TAU


class CircleGame:
    """Two generators, there and back, each against a critic of its own.

    Parameters
    ----------
    there, back
        G, which sharpens and is shipped, and F, which coarsens.
    weights
        Of the terms. Unpaired (``supervised`` 0): x and y of a batch may show different people, and what is missing
        from G(x) is not known: its total variation is left out.
    critics
        Of sharp and of coarse pictures; by default the published ones.
    """

    def __init__(
        self,
        there: Circle,
        back: Circle,
        weights: CircleWeights | None = None,
        critics: tuple[nn.Module, nn.Module] | None = None,
    ) -> None:
        sharp, coarse = critics or (CircleCritic(), CircleCritic())
        self.generators = nn.ModuleDict({"sharpen": there, "coarsen": back})
        self.critics = nn.ModuleDict({"sharp": sharp, "coarse": coarse})
        self.network: Network = there
        self.back = back
        self.weights = weights or CircleWeights()

    def critic_loss(self, x: Tensor, y: Tensor, mix: Tensor) -> Tensor:
        """Return what both critics are to make small, added together."""
        with torch.no_grad():
            made, coarsened = self.network(x, 1), self.back(y, 1)
        sharp = wasserstein.critic_loss(self.critics["sharp"], slices(y), slices(made), mix)
        return sharp + wasserstein.critic_loss(self.critics["coarse"], slices(x), slices(coarsened), mix)

    def generator_terms(self, x: Tensor, y: Tensor) -> Terms:
        """Return the adversarial, cycle, identity and joint sparsifying terms, and the distance to the truth."""
        w = self.weights
        made, coarsened = self.network(x, 1), self.back(y, 1)
        terms = {
            "adversarial": wasserstein.generator_loss(self.critics["sharp"], slices(made))
            + wasserstein.generator_loss(self.critics["coarse"], slices(coarsened)),
            "cycle": w.cycle * circle_terms.cycle(x, self.back(made, 1), y, self.network(coarsened, 1)),
            "identity": w.identity * circle_terms.identity(x, self.back(x, 1), y, self.network(y, 1)),
        }
        if not w.supervised:
            return terms | {"sparsity": w.sparsity * w.tau * circle_terms.total_variation(made)}
        missed = nn.functional.l1_loss(made, y) + nn.functional.l1_loss(coarsened, x)
        return terms | {
            "sparsity": w.sparsity * circle_terms.joint_sparsity(y, made, w.tau),
            "supervised": w.supervised * missed,
        }
