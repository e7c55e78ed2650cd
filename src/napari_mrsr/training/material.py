"""What a run learns from and is judged by: slices made thick, or planes seen through the centre of their k-space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.interpolation.one_axis import Interpolation
from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.training import in_plane, pairs
from napari_mrsr.training.in_plane import PlaneSampling, PlaneSource
from napari_mrsr.training.pairs import Batch, Sampling
from napari_mrsr.training.sources import TrainingSource
from napari_mrsr.training.validation import Case, Score, psnr, score


class Verdict(Protocol):
    """How a network did on one case; ``str()`` puts it in words."""

    @property
    def name(self) -> str:
        """Of the case."""


class Material(Protocol):
    """What the loop asks of it."""

    @property
    def names(self) -> list[str]:
        """What teaches."""

    @property
    def judges(self) -> bool:
        """Whether there is anything to be judged by."""

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of a step, the same for the same seed and step."""

    def scores(self, network: Network) -> tuple[Verdict, ...]:
        """Judge a network on what never teaches."""


@dataclass(frozen=True)
class Slices:
    """Thick and thin slices of scans (:mod:`~napari_mrsr.training.pairs`)."""

    sources: Sequence[TrainingSource]
    sampling: Sampling
    cases: Sequence[Case] = ()

    @property
    def names(self) -> list[str]:
        """What teaches."""
        return [source.name for source in self.sources]

    @property
    def judges(self) -> bool:
        """Whether there is anything to be judged by."""
        return bool(self.cases)

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of a step."""
        return pairs.draw(self.sources, self.sampling, seed, step)

    def scores(self, network: Network) -> tuple[Score, ...]:
        """Judge a network on the cases."""
        return tuple(score(network, case) for case in self.cases)


@dataclass(frozen=True)
class Planes:
    """Volumes and what the centre of their k-space shows (:mod:`~napari_mrsr.training.in_plane`)."""

    sources: Sequence[PlaneSource]
    sampling: PlaneSampling
    held_out: Sequence[PlaneSource] = ()

    @property
    def names(self) -> list[str]:
        """What teaches."""
        return [source.name for source in self.sources]

    @property
    def about(self) -> dict[str, str]:
        """What weights trained on it say of it in their header."""
        return registry.about_contrasts(source.contrast for source in self.sources)

    @property
    def judges(self) -> bool:
        """Whether there is anything to be judged by."""
        return bool(self.held_out)

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of a step."""
        return in_plane.draw(self.sources, self.sampling, seed, step)

    def scores(self, network: Network) -> tuple[Score, ...]:
        """Judge a network on the middle of each volume that is held out, at every share of k-space."""
        return tuple(
            plane_score(network, source, fraction, self.sampling.interpolation)
            for source in self.held_out
            for fraction in self.sampling.fractions
        )


#: Slices in the middle of a volume that are scored.
SCORED_SLICES = 16


def plane_score(network: Network, source: PlaneSource, fraction: float, interpolation: Interpolation) -> Score:
    """Score a network in plane: PSNR over the range of the middle slices, and the gain over zero-filling, dB."""
    k = source.array.shape[2]
    middle = slice(max(0, (k - SCORED_SLICES) // 2), (k + SCORED_SLICES) // 2)
    sharp = source.array[..., middle]
    sharpened = apply(network, in_plane.degraded(sharp, fraction, interpolation))
    zero_filled = in_plane.degraded(sharp, fraction, "fourier")
    ours = psnr(sharp[None], sharpened[None])
    return Score(
        f"{source.name} {100 * fraction:g} %", ours, ours - psnr(sharp[None], zero_filled[None]), "zero-filling"
    )


def apply(network: Network, seen: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Run a network in plane on a volume ``(i, j, k)`` that was interpolated for it."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(seen)[None, None].to(device), 1)[0, 0].float().cpu().numpy())
