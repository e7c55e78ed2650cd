r"""What one planning scan teaches, and what of it is held out.

The scan is its own truth: what the centre of its k-space shows of it, beside it
(:mod:`~napari_mrsr.training.in_plane`). In plane everything is degraded slice by slice, so slices that are held out
leave nothing in the others.

**Held out** are the slices at one end, an eighth of all: at that end where the degraded picture has lost more. Patches
are as deep as they are wide, so a block in the middle would leave too little to either side. The slice beside it does
not teach either, because neighbours share what lies between them. What is judged is the middle of these slices in
plane, with a few neighbours as surrounding; only the held-out slices count.

**A region** is a part of the volume that teaches. It is cut out of the whole after it was degraded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.errors import BadParameter, ConstantImage
from napari_mrsr.interpolation.one_axis import Interpolation
from napari_mrsr.scan import Scan
from napari_mrsr.training.in_plane import Array, PlaneSampling, PlaneSource, cut, draw, starts
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.schedules import LEAST_PATCH

#: First and last voxel (exclusive) along each axis, as the file stores them.
Region = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

#: Fewest slices that can teach and be held out.
LEAST_SLICES = 8
#: Share of the slices that is held out, and how many at least.
SHARE, LEAST_HELD_OUT = 8, 2
#: Slices around the held-out ones that the network sees, and voxels of all cases together.
SURROUNDING, CASE_VOXELS = 4, 300_000
#: Fewest voxels along an axis in plane.
LEAST_WIDTH = 16


@dataclass(frozen=True, eq=False)
class Case:
    """What is judged: seen and sharp ``(i, j, k)``, and which slices of it count."""

    fraction: float
    seen: Array
    sharp: Array
    counted: slice


@dataclass(frozen=True, eq=False)
class PlanningPairs:
    """Pairs of one planning scan.

    Parameters
    ----------
    sources
        What teaches, each volume once.
    cases
        What is judged, one for each share of k-space.
    sampling
        How patches are cut.
    held_out
        Slices that were held out.
    """

    sources: tuple[PlaneSource, ...]
    cases: tuple[Case, ...]
    sampling: PlaneSampling
    held_out: int

    @property
    def grids(self) -> list[list[npt.NDArray[np.int64]]]:
        """Where patches begin, for each volume."""
        return [starts(source.array.shape, self.patch, self.sampling.stride) for source in self.sources]

    @property
    def patch(self) -> tuple[int, int, int]:
        """Voxels of a patch."""
        return self.sampling.patch

    @property
    def patches(self) -> int:
        """Patches of one epoch: all places, at every share of k-space."""
        return len(self.sampling.fractions) * sum(prod(len(axis) for axis in grid) for grid in self.grids)

    def anywhere(self, seed: int, number: int) -> Batch:
        """Return a batch of patches drawn anywhere; the same for the same seed and number."""
        return draw(self.sources, self.sampling, seed, number)

    def epoch(self, seed: int) -> Iterator[Batch]:
        """Yield every patch once, in an order that follows from the seed; the last batch may be smaller."""
        order = np.random.default_rng([seed, 0]).permutation(self.patches)
        for n in range(0, len(order), self.sampling.batch):
            yield self.at(order[n : n + self.sampling.batch])

    def at(self, numbers: Sequence[int] | npt.NDArray[np.int64]) -> Batch:
        """Return the patches of these numbers, 0 to ``patches - 1``."""
        seen, sharp = [], []
        for number in numbers:
            source, fraction, where = self._place(int(number))
            seen.append(cut(source.seen(fraction, self.sampling.interpolation), where, self.patch))
            sharp.append(cut(source.array, where, self.patch))
        return Batch(torch.from_numpy(np.stack(seen)[:, None]), torch.from_numpy(np.stack(sharp)[:, None]), 1)

    def _place(self, number: int) -> tuple[PlaneSource, float, tuple[int, int, int]]:
        number, level = divmod(number, len(self.sampling.fractions))
        for source, grid in zip(self.sources, self.grids, strict=True):
            counts = tuple(len(axis) for axis in grid)
            if number < prod(counts):
                i, j, k = (int(axis[n]) for axis, n in zip(grid, np.unravel_index(number, counts), strict=True))
                return source, self.sampling.fractions[level], (i, j, k)
            number -= prod(counts)
        raise IndexError(number)


def planning_pairs(
    scan: Scan,
    sampling: PlaneSampling,
    *,
    region: Region | None = None,
    hold_out: int | None = None,
) -> PlanningPairs:
    """Cut a planning scan into what teaches and what is held out.

    Parameters
    ----------
    scan
        Fine in plane; each of its volumes is divided by its own maximum.
    sampling
        Patches, and shares of k-space.
    region
        The part that teaches; held-out slices are those of the whole scan.
    hold_out
        Slices to hold out; 0 holds out none, and what is judged then has taught.

    Raises
    ------
    BadParameter
        The scan has too few slices or pixels, or the region is no part of it.
    ConstantImage
        There is nothing to learn from.
    AmbiguousAxis
        The slice axis cannot be told.
    """
    axis = scan.find_slice_axis()
    n = scan.shape[axis]
    _check(scan, axis, hold_out)
    if region is not None:
        _check_region(region, scan)
    window = [slice(*part) for part in region] if region is not None else [slice(None)] * 3
    window = [w for a, w in enumerate(window) if a != axis] + [window[axis]]
    held = max(LEAST_HELD_OUT, n // SHARE) if hold_out is None else hold_out
    sources, cases = [], []
    for number in range(scan.volumes):
        whole = _source(scan, number, axis)
        fraction = min(sampling.fractions)
        lost = np.abs(whole.array - whole.seen(fraction, sampling.interpolation)).mean((0, 1))
        first = n - held if lost[n - max(held, 1) :].sum() >= lost[: max(held, 1)].sum() else 0
        block = slice(first, first + held)
        teaches = slice(0, n) if held == 0 else slice(0, first - 1) if first else slice(held + 1, n)
        sources.append(_part(whole, (window[0], window[1], _both(window[2], teaches, n)), sampling))
        judged = block if held else slice(n // 2 - 1, n // 2 + 1)
        cases += [
            _case(whole, f, sampling.interpolation, judged, len(sampling.fractions) * scan.volumes)
            for f in sampling.fractions
        ]
    deepest = min(source.array.shape[2] for source in sources)
    i, j, k = (min(size, n) for size, n in zip(sampling.patch, (*sources[0].array.shape[:2], deepest), strict=True))
    return PlanningPairs(tuple(sources), tuple(cases), replace(sampling, patch=(i, j, k)), held)


def _check(scan: Scan, axis: int, hold_out: int | None) -> None:
    n = scan.shape[axis]
    if n < LEAST_SLICES or (hold_out is not None and not 0 <= hold_out <= n // 2):
        few = "too few to learn from" if n < LEAST_SLICES else f"of which {hold_out} cannot be held out"
        raise BadParameter(f"has {n} slices, {few}", where=scan.where, remedy="give a planning scan of more slices")
    plane = tuple(size for a, size in enumerate(scan.shape) if a != axis)
    if min(plane) < LEAST_WIDTH:
        raise BadParameter(
            f"has {plane[0]} x {plane[1]} pixels, too few to learn from",
            where=scan.where,
            remedy="use the network as it is",
        )
    for volume in scan.array:
        if not np.ptp(np.nan_to_num(np.asarray(volume, np.float32), posinf=0, neginf=0)) > 0:
            raise ConstantImage(
                "has the same value everywhere: nothing can be learned", where=scan.where, remedy="give another scan"
            )


def _check_region(region: Region, scan: Scan) -> None:
    axis = scan.find_slice_axis()
    for a, ((first, last), n) in enumerate(zip(region, scan.shape, strict=True)):
        least = LEAST_PATCH[2 if a == axis else 0]
        if not 0 <= first < last <= n or last - first < least:
            raise BadParameter(
                f"region {first}:{last} along axis {a} is no part of {n} voxels, or has fewer than {least}",
                where=scan.where,
                remedy="give FIRST:LAST for each axis, as 64:192,48:144,0:40",
            )


def _source(scan: Scan, number: int, axis: int) -> PlaneSource:
    array = np.nan_to_num(np.asarray(scan.array[number], np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    turned = np.ascontiguousarray(np.moveaxis(array, axis, -1))
    return PlaneSource(scan.names[number], "", turned / turned.max())


def _both(one: slice, other: slice, n: int) -> slice:
    """Return what two slices of ``n`` have in common."""
    a, b, _ = one.indices(n)
    c, d, _ = other.indices(n)
    if min(b, d) <= max(a, c):
        raise BadParameter(
            "nothing of the region is left when slices are held out", remedy="give a region of more slices"
        )
    return slice(max(a, c), min(b, d))


def _part(source: PlaneSource, where: tuple[slice, slice, slice], sampling: PlaneSampling) -> PlaneSource:
    """Return a part of a source, as seen in the whole."""
    seen = {
        (fraction, str(sampling.interpolation)): source.seen(fraction, sampling.interpolation)[where]
        for fraction in sampling.fractions
    }
    return replace(source, array=source.array[where], _inputs=seen)


def _case(source: PlaneSource, fraction: float, how: Interpolation, block: slice, cases: int) -> Case:
    """Cut the middle of the held-out slices and their surrounding, from a multiple of 4 on, as tiles are."""
    n = source.array.shape[2]
    first, last = max(0, block.start - SURROUNDING) // 4 * 4, min(n, block.stop + SURROUNDING)
    side = (CASE_VOXELS / (cases * (last - first))) ** 0.5
    window = []
    for size in source.array.shape[:2]:
        wide = min(size, max(LEAST_WIDTH, int(side)))
        low = (size - wide) // 2 // 4 * 4
        window.append(slice(low, low + wide))
    where = (window[0], window[1], slice(first, last))
    seen = source.seen(fraction, how)[where].astype(np.float32)
    return Case(fraction, seen, source.array[where], slice(block.start - first, block.stop - first))
