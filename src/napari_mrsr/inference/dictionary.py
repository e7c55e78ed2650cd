"""A trained dictionary at work on a scan: the tiles it finishes, and how long it will take."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference.engine import Tile
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.interpolation.dictionaries import Planes, refine

#: Pieces of planes timed for an estimate at least, and how long at least, s.
PIECES, PROBE_SECONDS = 12, 0.3


def stream(
    method: Planes,
    array: npt.NDArray[Any],
    *,
    axis: int,
    first: Sequence[int] | None = None,
    stop: Callable[[], bool] | None = None,
    threads: int | None = None,
    within: tuple[slice, slice, slice] | None = None,
) -> Iterator[Tile]:
    """Super-resolve one axis of a scan twofold, block by block.

    Parameters
    ----------
    method
        A trained dictionary.
    array
        Shape ``(echo, i, j, k)``; each echo is looked up by the same dictionary, on the scale it has.
    axis
        0, 1 or 2.
    first
        ``(axis, index)`` of the slice on screen, or one index along each axis, in the fine grid.
    stop
        Asked every few planes.
    threads
        CPU threads; by default all that this process may use.
    within
        Compute this part of the plane only, as it is in the whole volume; along ``axis`` it is always everything.

    Yields
    ------
    Tile
        All fine slices of some rows, in the scan's own order of axes.
    """
    across = [a for a in range(3) if a != axis]
    asked = [slice(None)] * 3 if within is None else within
    part = [slice(*asked[a].indices(array.shape[a + 1])[:2]) for a in across]
    if part[0].stop - part[0].start < part[1].stop - part[1].start:  # blocks along the longer side: progress is finer
        across, part = across[::-1], part[::-1]
    turned = array.transpose(0, across[0] + 1, across[1] + 1, axis + 1)
    back = np.argsort([*across, axis])
    done = 0
    blocks = refine(
        method.at_scale(common_scale(array)),
        turned,
        threads=threads or cores(),
        stop=stop,
        first=_row(first, across[0]),
        within=(part[0], part[1]),
    )
    for rows, values in blocks:
        done += rows.stop - rows.start
        where = [slice(0, values.shape[3])] * 3
        where[across[0]], where[across[1]] = rows, part[1]
        restored = np.ascontiguousarray(values.transpose(0, *(int(a) + 1 for a in back)))
        yield Tile((where[0], where[1], where[2]), restored, done / (part[0].stop - part[0].start))


def estimate_seconds(
    method: Planes,
    array: npt.NDArray[Any],
    *,
    axis: int,
    threads: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return how long :func:`stream` will take, s: pieces of planes from all over the volume are timed.

    By the clock on the wall, so with whatever else this computer does at the moment.
    """
    turned = np.moveaxis(array, axis + 1, -1)
    scaled = method.at_scale(common_scale(array))
    echoes, planes, rows, _ = turned.shape
    rng = np.random.default_rng(0)
    size = min(method.probe, rows)
    seconds, samples = 0.0, 0
    while seconds < PROBE_SECONDS:
        places = zip(*(rng.integers(n, size=PIECES) for n in (echoes, planes, rows - size + 1)), strict=True)
        pieces = np.stack([turned[e, plane, row : row + size] for e, plane, row in places]).astype(np.float32)
        began = clock()
        scaled.residual(pieces)
        seconds += clock() - began
        samples += pieces.size
    # Of the two families of planes, one is computed with the margins of its blocks.
    both_families = array.size * (2 + method.margin / method.block)
    return float(both_families * seconds / samples / (threads or cores()))


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _row(first: Sequence[int] | None, axis: int) -> int | None:
    """Return the row that is on screen; None where the slice shown cuts through all rows."""
    if first is None:
        return None
    if len(first) == 3:
        return int(first[axis])
    return int(first[1]) if first[0] == axis else None
