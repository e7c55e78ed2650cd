r"""Thick and thin slices made from one scan alone: its sharp in-plane axes teach what lies between its thick slices.

A 2-D scan is fine in plane (spacing :math:`s_x`) and coarse between slices (:math:`s_z`); wanted are slices d times
finer. An in-plane axis is taken as if it were the slice axis: low-passed and thinned out to every m-th sample,

.. math:: m = \max(1, \mathrm{round}(s_z / (d\, s_x))),

so that its samples lie as far apart as the fine slices will, then made d times thicker by the published FIR. What a
network learns from such pairs it has seen at the size of structures that it will be asked for. This is the
self-supervision of SMORE (Zhao et al., IEEE TMI 2021;40:805), here of a network that comes trained.

**The other axes of a patch.** One is the other in-plane axis, one the slice axis, both as they are. The slices lie
further apart than in the real task, where all axes but one are fine; interpolated to make up for it they teach a
smoothness between neighbours that is not there, and truth was lost by it on phantoms.

**Which axes may teach.** Those clearly finer than the slices that hold what they claim up to the edge of the band that
is used, which is 1/m of theirs: a scan zero-filled twofold in plane still teaches where m is 2
(:func:`napari_mrsr.training.full_band.band_ratio`). That anatomy looks alike along all axes is an assumption.

**Held out.** A block of slices in the middle. No patch reaches it, nor the slice on either side of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.training.along_slices import acquired_slices
from napari_mrsr.training.full_band import LEAST_RATIO, band_ratio
from napari_mrsr.training.pairs import MARGIN, Batch

Array = npt.NDArray[np.float32]

#: The slice spacing over that of an axis from which that axis can teach.
LEAST_FINER = 1.2
#: Fewest slices, of which the held-out block takes a fifth but at least :data:`LEAST_BLOCK`.
LEAST_SLICES = 8
LEAST_BLOCK = 2
#: Fewest thick samples along a teaching axis.
LEAST_LENGTH = 12
#: Fewest voxels along the other in-plane axis.
LEAST_WIDTH = 8
#: Voxels of all held-out cases together, thick samples times echoes: what is looked at every few steps.
HELD_OUT_VOXELS = 150_000
#: Mean of a patch below which it is mostly air, and how often another is drawn then.
AIR, TRIES = 0.04, 8


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices with a teaching axis turned last, low-passed along it: ``(echo, i, slice, k)``, values 0 to about 1."""

    array: Array
    step: int
    weight: float


@dataclass(frozen=True)
class Patches:
    """Size of a batch: patches, voxels along the other in-plane axis and the slice axis, thick samples."""

    batch: int = 4
    wide: int = 32
    deep: int = 16
    slices: int = 16

    def fit(self, echoes: int) -> int:
        """Return how many patches keep a step of so many echoes as long as one of two."""
        return max(1, round(self.batch * 2 / echoes))


@dataclass(frozen=True, eq=False)
class OwnSlices:
    """What one scan teaches, and what of it is held out.

    Parameters
    ----------
    stacks
        What patches are drawn from.
    held_out
        Fine blocks ``(echo, i, j, k)``, a whole number of thick samples along the last axis.
    factor
        Fine samples for each thick one.
    axes
        The axes that teach.
    left_out
        Why others do not, one line each.
    acquired
        The slices themselves, to be made thicker and found again (:mod:`.along_slices`); None where there are too few.
    """

    stacks: tuple[Stack, ...]
    held_out: tuple[Array, ...]
    factor: int
    axes: tuple[int, ...]
    left_out: tuple[str, ...]
    acquired: Array | None = None

    def draw(self, patches: Patches, seed: int, number: int) -> Batch:
        """Return a batch; the same for the same seed and number."""
        rng = np.random.default_rng([seed, number])
        weights = np.array([stack.weight for stack in self.stacks])
        chosen = rng.choice(
            len(self.stacks), size=patches.fit(self.stacks[0].array.shape[0]), p=weights / weights.sum()
        )
        sizes = self._sizes(patches)
        thin = torch.from_numpy(np.stack([self._patch(self.stacks[n], sizes, rng) for n in chosen]))
        thick = thin @ torch.from_numpy(segment(sizes[2], self.factor)).T
        return Batch(thick, thin[..., MARGIN : MARGIN + self.factor * sizes[2]].contiguous(), self.factor)

    def _sizes(self, patches: Patches) -> tuple[int, int, int]:
        """Patch size that every stack can give: across, slices, thick samples."""
        wide = min(patches.wide, *(s.array.shape[1] for s in self.stacks))
        deep = min(patches.deep, *(s.array.shape[2] for s in self.stacks))
        slices = min(patches.slices, *(s.array.shape[3] // (s.step * self.factor) for s in self.stacks))
        return wide, deep, slices

    def _patch(self, stack: Stack, sizes: tuple[int, int, int], rng: np.random.Generator) -> Array:
        wide, deep, slices = sizes
        _, n_wide, n_slices, n_long = stack.array.shape
        length = self.factor * slices + 2 * MARGIN
        for _ in range(TRIES):
            i = int(rng.integers(n_wide - wide + 1))
            j = int(rng.integers(n_slices - deep + 1))
            k = int(rng.integers(max(1, n_long - stack.step * self.factor * slices)))
            index = along.reflect(k + stack.step * (np.arange(length) - MARGIN), n_long)
            patch = stack.array[:, i : i + wide, j : j + deep][..., index]
            if patch[0].mean() > AIR:
                break
        flips = tuple(a for a in (1, 2, 3) if rng.random() < 0.5)
        return np.ascontiguousarray(np.flip(patch, flips) if flips else patch, dtype=np.float32)


def segment(slices: int, factor: int) -> Array:
    """Return the FIR of thick slices on a segment with margins, ``(slices, factor * slices + 2 * MARGIN)``."""
    whole = thick_slices.profile_taps(factor, "fir")
    half = len(whole) // 2
    matrix = np.zeros((slices, factor * slices + 2 * MARGIN), np.float32)
    for k in range(slices):
        centre = MARGIN + factor * k
        matrix[k, centre - half : centre + half + 1] = whole
    return matrix


def own_slices(scan: Scan, *, axis: int, factor: int) -> OwnSlices:
    """Cut a scan into what it teaches and what is held out.

    Parameters
    ----------
    scan
        Slices coarse along ``axis`` and fine in plane.
    axis
        The axis to be super-resolved later.
    factor
        How many times finer it shall become.

    Raises
    ------
    BadParameter
        No in-plane axis is finer than the slices, or holds the detail that its spacing claims; or the scan is too
        small.
    """
    array = np.nan_to_num(np.asarray(scan.array, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    scan = replace(scan, array=array / np.float32(common_scale(array)))
    axes, left_out = _teaching_axes(scan, axis, factor)
    n = scan.shape[axis]
    if n < LEAST_SLICES:
        raise BadParameter(
            f"has {n} slices, too few to hold some out", where=scan.where, remedy="use the network as it is"
        )
    block = max(LEAST_BLOCK, n // 5)
    start = (n - block) // 2
    stacks, held_out = [], []
    for a in axes:
        step = _step(scan, axis, a, factor)
        turned = np.moveaxis(scan.array, (axis + 1, a + 1), (2, 3))
        low = along.apply(_low_pass(turned.shape[3], step), turned, 3)
        for part in (low[:, :, : start - 1], low[:, :, start + block + 1 :]):
            stacks.append(Stack(part, step, float(part[0].size)))
        held_out.append(_block(low[:, :, start : start + block], step, factor, len(axes)))
    acquired = acquired_slices(scan, axis, factor)
    return OwnSlices(tuple(stacks), tuple(held_out), factor, axes, left_out, acquired)


def _teaching_axes(scan: Scan, axis: int, factor: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the axes that teach, and why others do not; refuse where none does."""
    plane = tuple(a for a in range(3) if a != axis)
    coarse = scan.spacing[axis]
    finer = [a for a in plane if coarse >= LEAST_FINER * scan.spacing[a]]
    if not finer:
        raise BadParameter(
            f"has {coarse:g} mm slices and {min(scan.spacing[a] for a in plane):g} mm pixels: "
            "in plane it is not finer, so it cannot teach",
            where=scan.where,
            remedy="use the network as it is",
        )
    left_out = [f"axis {a} is not finer than the slices" for a in plane if a not in finer]
    wide = [a for a in finer if _is_wide_enough(scan, axis, a, factor)]
    if not wide:
        raise BadParameter(
            f"has {scan.shape[plane[0]]} x {scan.shape[plane[1]]} pixels, too few to learn from",
            where=scan.where,
            remedy="use the network as it is",
        )
    full = [a for a in wide if band_ratio(scan, a, edge=1 / _step(scan, axis, a, factor)) >= LEAST_RATIO]
    if not full:
        raise BadParameter(
            "is zero-filled or interpolated in plane: its pixels hold less detail than their spacing says",
            where=scan.where,
            remedy="use the network as it is",
        )
    left_out += [f"axis {a} is too short" for a in finer if a not in wide]
    left_out += [f"axis {a} is zero-filled or interpolated" for a in wide if a not in full]
    return tuple(full), tuple(left_out)


def _is_wide_enough(scan: Scan, axis: int, a: int, factor: int) -> bool:
    other = 3 - axis - a
    return scan.shape[a] >= LEAST_LENGTH * factor * _step(scan, axis, a, factor) and scan.shape[other] >= LEAST_WIDTH


def _step(scan: Scan, axis: int, a: int, factor: int) -> int:
    """Return m: every m-th sample of an axis lies about as far apart as the fine slices will."""
    return max(1, round(scan.spacing[axis] / (factor * scan.spacing[a])))


def _low_pass(n: int, step: int) -> npt.NDArray[np.float64]:
    """Return the FIR before thinning out to every ``step``-th sample, at every sample, so that any may come first."""
    if step == 1:
        return np.eye(n)
    taps = thick_slices.profile_taps(step, "fir")
    result = np.zeros((n, n))
    rows = np.arange(n)[:, None]
    np.add.at(result, (rows, along.reflect(rows + np.arange(len(taps)) - len(taps) // 2, n)), taps)
    return result


def _block(low: Array, step: int, factor: int, cases: int) -> Array:
    """Cut the middle of the held-out slices, thinned out, small enough to be looked at every few steps."""
    fine = low[..., ::step]
    limit = HELD_OUT_VOXELS / (cases * fine.shape[0])
    deep = min(fine.shape[2], 16)
    long = min(fine.shape[3] // factor, 48)
    wide = min(fine.shape[1], max(LEAST_WIDTH, int(limit / (deep * long))))
    sizes = (wide, deep, factor * long)
    where = tuple(slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(fine.shape[1:], sizes, strict=True))
    return np.ascontiguousarray(fine[(slice(None), *where)], dtype=np.float32)
