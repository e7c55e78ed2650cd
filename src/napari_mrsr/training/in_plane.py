r"""Pairs for networks that sharpen in plane: a volume, and what the centre of its k-space shows of it.

The whole volume is degraded, not the patch, since every voxel of a plane enters its k-space: the central share is kept
(:class:`~napari_mrsr.sampling.KSpaceCentre`), its magnitude taken, and interpolated back to the grid as the network
wants it. Patches are cut from both alike.

As published (Sarasaen et al., section 2.3): patches of 24 x 24 x 24 voxels on a grid of stride 12, 12 and 6 along the
slices, each volume divided by its own maximum. A recipe may ask for other sizes, for other intensities, and for
mirrored and transposed patches. The last only where the input is zero-filled: what is interpolated otherwise depends on
where the coarse samples lie, and mirroring moves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.interpolation import matrix
from napari_mrsr.interpolation.one_axis import Interpolation
from napari_mrsr.sampling import KSpaceCentre, along
from napari_mrsr.training.pairs import Batch

Array = npt.NDArray[np.float32]

#: Shares of k-space of the paper.
FRACTIONS = (0.25, 0.1, 0.0625)
#: Patch and stride as published, voxels in plane, in plane, and along the slices.
PATCH, STRIDE = (24, 24, 24), (12, 12, 6)
#: Mean of a patch, of its volume's maximum, below which it shows air.
AIR = 0.02
#: Patches that are looked at before one with mostly air is taken.
TRIES = 8


@dataclass(frozen=True, eq=False)
class PlaneSource:
    """A volume to learn from.

    Parameters
    ----------
    name, subject
        Of the volume and of whom it shows: what is held out is held out by subject.
    array
        Shape ``(i, j, k)``, slices along k, divided by its own maximum.
    weight
        How often it is drawn beside others; by its number of voxels if not given.
    contrast
        As :func:`napari_mrsr.contrast.contrast_of` names it; empty where it is not known.
    """

    name: str
    subject: str
    array: Array
    weight: float | None = None
    contrast: str = ""
    _inputs: dict[tuple[float, str], Array] = field(default_factory=dict, repr=False)

    def seen(self, fraction: float, interpolation: Interpolation) -> Array:
        """Return what the centre of k-space shows, interpolated to the volume's grid; kept after the first time."""
        key = (fraction, interpolation)
        if key not in self._inputs:
            self._inputs[key] = degraded(self.array, fraction, interpolation).astype(np.float16)
        return self._inputs[key]


def degraded(array: Array, fraction: float, interpolation: Interpolation) -> Array:
    """Return what a share of the k-space of the first two axes shows of ``(..., i, j, k)``, on the same grid.

    Examples
    --------
    >>> flat = np.ones((32, 24, 2), np.float32)
    >>> np.allclose(degraded(flat, 0.0625, "trilinear"), 1)
    True
    """
    n = array.ndim
    centre = KSpaceCentre(array.shape, fraction, (n - 3, n - 2))
    coarse = np.abs(centre(array)).astype(np.float32)
    for axis in (n - 3, n - 2):
        coarse = along.apply(matrix(interpolation, coarse.shape[axis], array.shape[axis]), coarse, axis)
    return np.asarray(coarse, np.float32)


@dataclass(frozen=True)
class PlaneSampling:
    """How patches are drawn.

    Parameters
    ----------
    interpolation
        How the network wants its input.
    patch, stride
        Voxels in plane, in plane, and along the slices; patches begin on the grid of the strides.
    batch
        Patches of a step.
    fractions
        Shares of k-space, each with equal probability.
    vary
        Other intensities, and mirrored and transposed patches where the input is zero-filled.
    """

    interpolation: Interpolation
    patch: tuple[int, int, int] = PATCH
    stride: tuple[int, int, int] = STRIDE
    batch: int = 16
    fractions: tuple[float, ...] = FRACTIONS
    vary: bool = False


def starts(shape: Sequence[int], patch: Sequence[int], stride: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Return where patches begin along each axis; the last one ends where the volume does.

    Examples
    --------
    >>> [list(map(int, one)) for one in starts((40, 24, 30), (24, 24, 24), (12, 12, 6))]
    [[0, 12, 16], [0], [0, 6]]
    """
    found = []
    for n, size, step in zip(shape, patch, stride, strict=True):
        last = max(0, n - size)
        grid = np.arange(0, last + 1, step)
        found.append(grid if grid[-1] == last else np.append(grid, last))
    return found


def draw(sources: Sequence[PlaneSource], sampling: PlaneSampling, seed: int, step: int) -> Batch:
    """Return the batch of a step, the same for the same seed and step: ``(batch, 1, i, j, k)`` seen, and as it was."""
    rng = np.random.default_rng([seed, step])
    sizes = np.array([source.weight or source.array.size for source in sources], dtype=np.float64)
    chosen = rng.choice(len(sources), size=sampling.batch, p=sizes / sizes.sum())
    pairs = []
    for n in chosen:
        source = sources[int(n)]
        fraction = float(rng.choice(sampling.fractions))
        where = _place(source.array, sampling, rng)
        seen = source.seen(fraction, sampling.interpolation)
        pair = np.stack([cut(volume, where, sampling.patch) for volume in (seen, source.array)])
        pairs.append(_varied(pair, rng, turn=sampling.interpolation == "fourier") if sampling.vary else pair)
    both = torch.from_numpy(np.stack(pairs, axis=1)[:, :, None])
    return Batch(both[0], both[1], 1)


def _varied(pair: Array, rng: np.random.Generator, *, turn: bool) -> Array:
    """Return a pair at another intensity, mirrored and transposed."""
    pair = pair * np.float32(rng.uniform(0.6, 1.4))
    if turn:
        mirrored = tuple(axis for axis in (1, 2, 3) if rng.random() < 0.5)
        pair = np.flip(pair, mirrored) if mirrored else pair
        if pair.shape[1] == pair.shape[2] and rng.random() < 0.5:
            pair = pair.swapaxes(1, 2)
    return np.ascontiguousarray(pair)


def _place(array: Array, sampling: PlaneSampling, rng: np.random.Generator) -> tuple[int, int, int]:
    grid = starts(array.shape, sampling.patch, sampling.stride)
    where = (0, 0, 0)
    for _ in range(TRIES):
        i, j, k = (int(rng.choice(one)) for one in grid)
        where = (i, j, k)
        if cut(array, where, sampling.patch).mean() > AIR:
            break
    return where


def cut(array: npt.NDArray[np.floating], where: tuple[int, int, int], patch: tuple[int, int, int]) -> Array:
    """Cut a patch; a volume that is smaller is continued by reflection at its far end."""
    index = [along.reflect(np.arange(a, a + size), n) for a, size, n in zip(where, patch, array.shape, strict=True)]
    inside = all(a + size <= n for a, size, n in zip(where, patch, array.shape, strict=True))
    if inside:
        i, j, k = (slice(a, a + size) for a, size in zip(where, patch, strict=True))
        return np.asarray(array[i, j, k], np.float32)
    return np.asarray(array[np.ix_(*index)], np.float32)
