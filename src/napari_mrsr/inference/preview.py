"""The slice on screen first, with as much surrounding as there is time for.

An exact slice needs the network's whole halo on both sides, tens of slices for one. What lies far away matters little
though, so the slice comes first with a short surrounding, and exact tiles replace it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference.boxes import Box, Triple, equal_cuts

#: Time for one block of a preview, s.
SECONDS = 1.2
#: Shortest surrounding, coarse voxels: what cubic interpolation needs.
SHORTEST = 2


@dataclass(frozen=True)
class Preview:
    """A box one coarse voxel thick and the surrounding that it is cut with along each axis."""

    box: Box
    context: Triple


def boxes(
    shown: Sequence[int | None], mask: npt.NDArray[np.bool_], rate: float, operations: float, halo: int
) -> Iterator[Preview]:
    """Yield the slices on screen as blocks, from the middle outwards; nothing where there is no signal.

    Parameters
    ----------
    shown
        Coarse index along each axis, None for an axis in the screen's plane.
    mask
        Where there is signal.
    rate
        Operations per second.
    operations
        Per voxel.
    halo
        What would be exact.
    """
    voxels = SECONDS * rate / operations
    for axis, at in enumerate(shown):
        if at is None:
            continue
        plane = np.take(mask, at, axis=axis)
        if not plane.any():
            continue
        others = [a for a in range(3) if a != axis]
        spans = []
        for a in (0, 1):
            there = np.flatnonzero(plane.any(axis=1 - a))
            spans.append((int(there[0]), int(there[-1]) + 1))
        area = (spans[0][1] - spans[0][0]) * (spans[1][1] - spans[1][0])
        reach = int(min(halo, max(SHORTEST, (voxels / area - 1) // 2)))
        side = max(16, int(np.sqrt(voxels / (2 * reach + 1))) - 2 * reach)
        if area * (2 * reach + 1) <= voxels:
            side = 1 << 30
        context = [reach, reach, reach]
        cuts = [[low + c for c in equal_cuts(high - low, side)] for low, high in spans]
        middle = [(low + high) / 2 for low, high in spans]
        blocks = [
            ((a, b), (c, d))
            for a, b in zip(cuts[0], cuts[0][1:], strict=False)
            for c, d in zip(cuts[1], cuts[1][1:], strict=False)
        ]
        blocks.sort(key=lambda block: sum(((a + b) / 2 - m) ** 2 for (a, b), m in zip(block, middle, strict=True)))
        for block in blocks:
            low, high = [at] * 3, [at + 1] * 3
            for a, (begin, end) in zip(others, block, strict=True):
                low[a], high[a] = begin, end
            yield Preview(
                Box((low[0], low[1], low[2]), (high[0], high[1], high[2])), (context[0], context[1], context[2])
            )
