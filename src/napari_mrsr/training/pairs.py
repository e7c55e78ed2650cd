r"""Pairs of thick and thin slices, made as they are needed.

A patch is cut with a margin of half the slice profile, its chosen axis turned to the last place, and multiplied by the
operator of thick slices along that axis: exactly what the whole volume would have given there. Patches start on a grid
of stride 16, jittered by less than a stride where the recipe says so.

Every batch follows from ``(seed, step)`` alone, so that training resumed at a step sees what it would have seen.

Augmentation (each before the slices are made thick, so that thick and thin belong together): flips, in-plane
transposition, intensity scale, gamma (another contrast), a slope of the receiving and transmitting coils (B1, and what
B0 leaves of it), white noise that enters both, other slice profiles and gaps. A scan of one contrast serves as a pair
of echoes by a second gamma.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.training.sources import TrainingSource

Array = npt.NDArray[np.float32]

#: What may be changed about a patch before its slices are made thick.
Augmentation = Literal["contrast", "shading", "noise", "profile"]
AUGMENTATIONS: tuple[Augmentation, ...] = get_args(Augmentation)
#: Fine samples to either side that the longest slice profile reaches (the 49-tap FIR).
MARGIN = thick_slices.FIR_ORDER // 2
#: Profiles of augmented batches, each with equal probability.
PROFILES: tuple[thick_slices.Profile, ...] = ("fir",) * 7 + ("box", "gap", "gaussian")
#: Largest change of sensitivity from the middle of a patch to its end: of all echoes, and of one against the other.
SHADING, SHADING_APART = 0.3, 0.05
#: Stride of the grid of patches, fine voxels (paper 1).
STRIDE = 16


@dataclass(frozen=True)
class Sampling:
    """How patches are drawn.

    Parameters
    ----------
    in_plane
        Patch size across the slice axis, voxels.
    slices
        Thick slices of a patch.
    batch
        Patches of a batch.
    factors, echoes
        What a batch may be made for, each with equal probability unless repeated.
    jitter
        Shift patches off the stride grid.
    augment
        All of :data:`AUGMENTATIONS` (True), none (False), or those named.
    """

    in_plane: int = 32
    slices: int = 16
    batch: int = 16
    factors: tuple[int, ...] = (2,)
    echoes: tuple[int, ...] = (1, 2)
    jitter: bool = True
    augment: bool | tuple[Augmentation, ...] = True

    def changes(self, what: Augmentation) -> bool:
        """Tell whether an augmentation takes place."""
        return self.augment if isinstance(self.augment, bool) else what in self.augment


@dataclass(frozen=True)
class Batch:
    """Thick and thin patches, ``(batch, echo, i, j, k)`` and ``(batch, echo, i, j, factor * k)``."""

    thick: Tensor
    thin: Tensor
    factor: int


def draw(sources: Sequence[TrainingSource], sampling: Sampling, seed: int, step: int) -> Batch:
    """Return the batch of a step; the same for the same seed and step."""
    rng = np.random.default_rng([seed, step])
    factor = int(rng.choice(sampling.factors))
    echoes = int(rng.choice(sampling.echoes))
    weights = np.array([source.weight for source in sources])
    chosen = rng.choice(len(sources), size=sampling.batch, p=weights / weights.sum())
    patches = np.stack([_patch(sources[n], sampling, factor, echoes, rng) for n in chosen])
    thin = torch.from_numpy(patches)
    profile: thick_slices.Profile = "fir"
    if sampling.changes("shading"):
        thin = thin * _shading(rng, thin)
    if sampling.changes("noise"):
        thin = thin + _noise(rng, thin)
    if sampling.changes("profile"):
        profile = PROFILES[int(rng.integers(len(PROFILES)))]
    matrix = torch.from_numpy(_segment(sampling.slices, factor, profile))
    thick = thin @ matrix.T
    return Batch(thick, thin[..., MARGIN : MARGIN + factor * sampling.slices].contiguous(), factor)


def _segment(slices: int, factor: int, profile: thick_slices.Profile) -> Array:
    """Operator of thick slices on a segment with its margins, shape ``(slices, factor * slices + 2 * MARGIN)``."""
    taps = thick_slices.profile_taps(factor, profile)
    half = len(taps) // 2
    matrix = np.zeros((slices, factor * slices + 2 * MARGIN), np.float32)
    for k in range(slices):
        centre = MARGIN + factor * k
        matrix[k, centre - half : centre + half + 1] = taps
    return matrix


def _patch(source: TrainingSource, sampling: Sampling, factor: int, echoes: int, rng: np.random.Generator) -> Array:
    """Cut one patch with margins, its slice axis last, shape ``(echo, i, j, factor * slices + 2 * MARGIN)``."""
    axis = int(rng.choice(source.axes))
    size = [sampling.in_plane] * 3
    size[axis] = factor * sampling.slices
    volumes = _choose_volumes(source.array.shape[0], echoes, rng)
    for _ in range(8):
        index = []
        for a, n in enumerate(source.array.shape[1:]):
            last = max(0, n - size[a])
            start = min(
                int(rng.integers(last // STRIDE + 1)) * STRIDE + (int(rng.integers(STRIDE)) if sampling.jitter else 0),
                last,
            )
            margin = MARGIN if a == axis else 0
            index.append(along.reflect(np.arange(start - margin, start + size[a] + margin), n))
        patch = source.array[np.ix_(np.array(volumes), *index)]
        if patch[0].mean() > 0.04:  # mostly air teaches little
            break
    patch = np.moveaxis(patch, axis + 1, -1)
    if rng.random() < 0.5:
        patch = patch.swapaxes(1, 2)
    flips = tuple(a for a in (1, 2, 3) if rng.random() < 0.5)
    patch = np.flip(patch, flips) if flips else patch
    if sampling.changes("contrast"):
        patch = _other_contrast(patch, repeated=len(set(volumes)) < len(volumes), rng=rng)
    return np.ascontiguousarray(patch, dtype=np.float32)


def _choose_volumes(available: int, echoes: int, rng: np.random.Generator) -> list[int]:
    if available >= echoes:
        return sorted(int(v) for v in rng.choice(available, size=echoes, replace=False))
    return [int(v) for v in rng.integers(available, size=echoes)]


def _other_contrast(patch: Array, *, repeated: bool, rng: np.random.Generator) -> Array:
    """Scale the patch, and change its contrast by a gamma; volumes that stand twice must differ."""
    scale = np.float32(rng.uniform(0.6, 1.4))
    if not repeated and rng.random() < 0.5:
        return patch * scale
    gamma = np.asarray(rng.uniform(0.6, 1.8, size=patch.shape[0]))
    gain = np.asarray(rng.uniform(0.4, 1.0, size=patch.shape[0])) if repeated else np.ones(patch.shape[0])
    result = [g * np.clip(p, 0, None) ** np.float32(e) for g, p, e in zip(gain, patch, gamma, strict=True)]
    return (np.stack(result) * scale).astype(np.float32)


def _shading(rng: np.random.Generator, like: Tensor) -> Tensor:
    """Return smooth gains of half of the patches, 1 for the others: a coil's slope over a patch is close to straight.

    Shape that of ``like``; the slope along each axis is one for all echoes and, a sixth as steep, one for each.
    """
    batch, echoes, *grid = like.shape
    shaded = (rng.random((batch, 1, 1, 1, 1)) < 0.5).astype(np.float32)
    exponent = np.zeros(like.shape, np.float32)
    for axis, n in enumerate(grid):
        slope = rng.uniform(-SHADING, SHADING, (batch, 1)) + rng.uniform(-SHADING_APART, SHADING_APART, (batch, echoes))
        line = np.linspace(-1, 1, n, dtype=np.float32).reshape([n if a == axis else 1 for a in range(3)])
        exponent += slope.astype(np.float32)[:, :, None, None, None] * line
    return torch.from_numpy(np.exp(exponent * shaded))


def _noise(rng: np.random.Generator, like: Tensor) -> Tensor:
    """White noise of up to 3 % of the range in half of the patches; it enters thick and thin slices alike."""
    sigma = rng.uniform(0, 0.03, size=(like.shape[0], 1, 1, 1, 1)) * (rng.random((like.shape[0], 1, 1, 1, 1)) < 0.5)
    return torch.from_numpy((rng.standard_normal(like.shape, dtype=np.float32) * sigma).astype(np.float32))
