"""A trained dictionary at work on a scan: the tiles it finishes, and how long it will take."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference.engine import Tile
from napari_mrsr.interpolation.dictionaries import FACTOR, Planes, refine

#: Planes timed for an estimate, and how long at least, s.
PROBED, PROBE_SECONDS = 4, 0.3


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
    if within is not None:
        yield from _part(method, array, within, axis=axis, stop=stop, threads=threads)
        return
    across = [a for a in range(3) if a != axis]
    turned = array.transpose(0, across[0] + 1, across[1] + 1, axis + 1)
    back = np.argsort([*across, axis])
    done = 0
    blocks = refine(method, turned, threads=threads or cores(), stop=stop, first=_row(first, across[0]))
    for rows, values in blocks:
        done += rows.stop - rows.start
        where = [slice(0, turned.shape[2])] * 3
        where[across[0]], where[axis] = rows, slice(0, values.shape[3])
        restored = np.ascontiguousarray(values.transpose(0, *(int(a) + 1 for a in back)))
        yield Tile((where[0], where[1], where[2]), restored, done / turned.shape[1])


def _part(
    method: Planes,
    array: npt.NDArray[Any],
    within: tuple[slice, slice, slice],
    *,
    axis: int,
    stop: Callable[[], bool] | None,
    threads: int | None,
) -> Iterator[Tile]:
    """Super-resolve a part of the plane: it is cut with the margin that a value depends on, which is then taken off."""
    cut, own = [], []
    for a in range(3):
        n = array.shape[a + 1]
        start, end = (0, n) if a == axis else within[a].indices(n)[:2]
        cut.append(slice(max(0, start - method.margin), min(n, end + method.margin)))
        own.append((start, FACTOR * n if a == axis else end))
    whole = np.prod([end - start for start, end in own])
    done = 0.0
    for tile in stream(method, array[(slice(None), *cut)], axis=axis, stop=stop, threads=threads):
        low = [w.start + c.start for w, c in zip(tile.where, cut, strict=True)]
        high = [a + n for a, n in zip(low, tile.array.shape[1:], strict=True)]
        there = [slice(max(a, start), min(b, end)) for a, b, (start, end) in zip(low, high, own, strict=True)]
        if all(t.stop > t.start for t in there):
            inside = tuple(slice(t.start - a, t.stop - a) for t, a in zip(there, low, strict=True))
            done += np.prod([t.stop - t.start for t in there])
            yield Tile((there[0], there[1], there[2]), tile.array[(slice(None), *inside)], float(done / whole))


def estimate_seconds(method: Planes, array: npt.NDArray[Any], *, axis: int, threads: int | None = None) -> float:
    """Return how long :func:`stream` will take, s: a few planes from the middle are timed."""
    turned = np.moveaxis(array, axis + 1, -1)
    middle = turned.shape[1] // 2
    probe = turned[0, middle : middle + PROBED].astype(np.float32)
    began, planes = time.perf_counter(), 0
    while time.perf_counter() - began < PROBE_SECONDS:
        method.residual(probe)
        planes += len(probe)
    rate = planes * probe[0].size / (time.perf_counter() - began)
    both_families = 2.0 * array.size
    return float(both_families / rate / (threads or cores()))


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
