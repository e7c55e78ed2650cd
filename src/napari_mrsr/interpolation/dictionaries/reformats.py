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

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.interpolation.dictionaries.anchored import FACTOR
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import along

Floats = npt.NDArray[np.float32]

#: Planes that a thread takes at a time.
TOGETHER = 8

Stop = Callable[[], bool]


class Planes(Protocol):
    """What gives the residual of thick planes, shape ``(plane, row, slice)``, on twice as many slices."""

    @property
    def margin(self) -> int:
        """In-plane samples to either side that a value depends on."""

    @property
    def block(self) -> int:
        """Rows that are finished together; the margins of a block are the dearer the fewer they are."""

    @property
    def probe(self) -> int:
        """Rows of a plane that are timed for an estimate."""

    def at_scale(self, scale: float) -> Planes:
        """Return the method for a scan of this scale (:func:`napari_mrsr.inference.scale.common_scale`)."""

    def residual(self, planes: npt.NDArray[Any], rows: slice = slice(None), stop: Stop | None = None) -> Floats:
        """Return what is missing from the cubic interpolation in some rows, shape ``(plane, rows, 2 * slice)``.

        Raises
        ------
        Stopped
            ``stop`` answered True.
        """


def refine(
    method: Planes,
    volumes: npt.NDArray[Any],
    *,
    threads: int = 1,
    stop: Stop | None = None,
    first: int | None = None,
    rows: int | None = None,
    within: tuple[slice, slice] | None = None,
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
        Asked before every few planes at least; once True the blocks end early.
    first
        Row whose block comes first, then those nearest to it.
    rows
        Rows of a block; by default what suits the method.
    within
        Rows and columns to compute, as they are in the whole volume; by default all.

    Yields
    ------
    slice, ndarray
        Place along i, and the values there, shape ``(echo, rows, columns, 2 * k)``.

    Raises
    ------
    BadParameter
        The array is not four-dimensional, or has fewer than two slices.
    """
    if volumes.ndim != 4 or min(volumes.shape) < 1 or volumes.shape[3] < 2:
        raise BadParameter(f"an array of shape {volumes.shape} has no slices to look between", remedy="give 2 or more")
    begin, end, _ = (slice(None) if within is None else within[0]).indices(volumes.shape[1])
    columns = slice(*(slice(None) if within is None else within[1]).indices(volumes.shape[2])[:2])
    size = rows or method.block
    starts = range(begin, end, size)
    order = starts if first is None else sorted(starts, key=lambda start: abs(start + size // 2 - first))
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for start in order:
            own = slice(start, min(start + size, end))
            try:
                block = [_block(pool, method, volume, own, columns, stop) for volume in volumes]
            except Stopped:
                return
            yield own, np.stack(block)


def _block(
    pool: ThreadPoolExecutor,
    method: Planes,
    volume: npt.NDArray[Any],
    rows: slice,
    columns: slice,
    stop: Stop | None,
) -> Floats:
    """Return the fine values of some rows and columns of one volume."""
    (above, i), (left, j) = (
        _around(part, n, method.margin) for part, n in zip((rows, columns), volume.shape, strict=False)
    )
    across_i = _in_parallel(pool, method, volume[above, columns].transpose(1, 0, 2), i, stop)
    across_j = _in_parallel(pool, method, volume[rows, left], j, stop)
    thick = volume[rows, columns].astype(np.float32)
    values = along.apply(matrix("tricubic", volume.shape[2], FACTOR * volume.shape[2]), thick, 2)
    values += 0.5 * across_i.transpose(1, 0, 2)
    values += 0.5 * across_j
    return values


def _around(part: slice, length: int, margin: int) -> tuple[slice, slice]:
    """Return a part with the margin that there is on either side, and where the part lies in that."""
    low = max(0, part.start - margin)
    return slice(low, min(length, part.stop + margin)), slice(part.start - low, part.stop - low)


def _in_parallel(
    pool: ThreadPoolExecutor, method: Planes, planes: npt.NDArray[Any], rows: slice, stop: Stop | None
) -> Floats:
    """Residual of some rows of all planes, a few planes to each thread."""

    def part(start: int) -> Floats:
        if stop is not None and stop():
            raise Stopped("was stopped before the end")
        return method.residual(planes[start : start + TOGETHER].astype(np.float32), rows, stop)

    with threadpool_limits(1, user_api="blas"):  # the planes share the cores already
        return np.concatenate(list(pool.map(part, range(0, len(planes), TOGETHER))))
