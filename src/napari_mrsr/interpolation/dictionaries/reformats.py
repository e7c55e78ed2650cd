"""From planes to a volume: both families of reformat planes through the slice axis, averaged, block by block.

A learned dictionary knows planes of the slice axis and one in-plane axis. A volume has two such families, slice by i
and slice by j; each gives what is missing from the cubic interpolation, and their mean is added to it. Blocks of a few
rows are finished one after another, with the margin a value depends on, so that they equal the whole volume and Stop
is heard early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation.dictionaries.anchored import FACTOR
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import along

Floats = npt.NDArray[np.float32]

#: Rows of a block, without its margins.
ROWS = 32
#: Planes that a thread takes at a time; Stop is asked for between.
TOGETHER = 8


class Planes(Protocol):
    """What gives the residual of thick planes, shape ``(plane, row, slice)``, on twice as many slices."""

    @property
    def margin(self) -> int:
        """In-plane samples to either side that a value depends on."""

    def residual(self, planes: npt.NDArray[Any]) -> Floats:
        """Return what is missing from the cubic interpolation, shape ``(plane, row, 2 * slice)``."""


def refine(
    method: Planes,
    volumes: npt.NDArray[Any],
    *,
    threads: int = 1,
    stop: Callable[[], bool] | None = None,
    first: int | None = None,
    rows: int = ROWS,
) -> Iterator[tuple[slice, Floats]]:
    """Super-resolve the last axis of some volumes twofold, a block of rows at a time.

    Parameters
    ----------
    method
        A trained dictionary.
    volumes
        Shape ``(echo, i, j, k)``, thick slices along k; any scale.
    threads
        Planes worked on at a time.
    stop
        Asked before every few planes; once True the blocks end early.
    first
        Row whose block comes first, then those nearest to it.
    rows
        Rows of a block.

    Yields
    ------
    slice, ndarray
        Place along i, and the values there, shape ``(echo, rows, j, 2 * k)``.

    Raises
    ------
    BadParameter
        The array is not four-dimensional, or has fewer than two slices.
    """
    if volumes.ndim != 4 or min(volumes.shape) < 1 or volumes.shape[3] < 2:
        raise BadParameter(f"an array of shape {volumes.shape} has no slices to look between", remedy="give 2 or more")
    length = volumes.shape[1]
    starts = range(0, length, rows)
    order = starts if first is None else sorted(starts, key=lambda start: abs(start + rows // 2 - first))
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for start in order:
            own = slice(start, min(start + rows, length))
            block = [_block(pool, method, volume, own, stop) for volume in volumes]
            done = [one for one in block if one is not None]
            if len(done) < len(block):
                return
            yield own, np.stack(done)


def _block(
    pool: ThreadPoolExecutor, method: Planes, volume: npt.NDArray[Any], own: slice, stop: Callable[[], bool] | None
) -> Floats | None:
    """Return the fine values of some rows of one volume; None once it was asked to stop."""
    low, high = max(0, own.start - method.margin), min(len(volume), own.stop + method.margin)
    thick = volume[low:high].astype(np.float32)
    inside = slice(own.start - low, own.stop - low)
    across_i = _in_parallel(pool, method, thick.transpose(1, 0, 2), stop)
    across_j = None if across_i is None else _in_parallel(pool, method, thick[inside], stop)
    if across_i is None or across_j is None:
        return None
    values = along.apply(matrix("tricubic", volume.shape[2], FACTOR * volume.shape[2]), thick[inside], 2)
    values += 0.5 * across_i.transpose(1, 0, 2)[inside]
    values += 0.5 * across_j
    return values


def _in_parallel(
    pool: ThreadPoolExecutor, method: Planes, planes: Floats, stop: Callable[[], bool] | None
) -> Floats | None:
    """Residual of all planes, a few to each thread; None once it was asked to stop."""

    def part(start: int) -> Floats | None:
        return None if stop is not None and stop() else method.residual(planes[start : start + TOGETHER])

    with threadpool_limits(1, user_api="blas"):  # the planes share the cores already
        found = list(pool.map(part, range(0, len(planes), TOGETHER)))
    done = [one for one in found if one is not None]
    return np.concatenate(done) if len(done) == len(found) else None
