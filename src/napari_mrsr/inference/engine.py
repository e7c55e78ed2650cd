"""From a volume of thick slices to tiles of thin ones, in the order that the viewer needs.

1. A **preview**: the slice on screen, with as much surrounding as can be had within about a second and a half. It is
   close to the result, not equal, and is replaced (``Tile.preview``).
2. **Tiles**, full in depth along the super-resolved axis and with an exact halo in plane, nearest to the slice on
   screen first, there thin and then growing. Together they equal the network on the whole volume to 1e-5.

A network that sharpens in plane has the factor 1: it is given frames that were already interpolated to the fine grid,
``axis`` is their slice axis, and tiles are cut at multiples of its stride. One that looks at every slice by itself is
given whole slices, the one on screen first, then as many at once as take a second: no preview, and no halo.

Air is left to interpolation. Stop is asked before every layer of the network and within large ones; where that cannot
be, tiles are no larger than what a layer does in half a second. Where memory runs out, tiles are halved, and in the end
the CPU takes over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.inference import devices
from napari_mrsr.inference.backends import Backend, choose_backend, for_whole_volume
from napari_mrsr.inference.boxes import Box
from napari_mrsr.inference.job import Job, threads_for
from napari_mrsr.inference.runner import Floats, Interrupted
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks.network import Network

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Tile:
    """A finished part of the fine volume.

    Parameters
    ----------
    where
        Three slices: the place in the fine grid, in the caller's own order of axes.
    array
        Values there, shape ``(echo, ...)``, float32.
    done
        Part of the work that is done, 0 to 1.
    preview
        The slice on screen with a short surrounding; an exact tile replaces it later.
    """

    where: tuple[slice, slice, slice]
    array: Floats
    done: float
    preview: bool = False

    def write(self, result: npt.NDArray[Any]) -> None:
        """Write the tile into the fine volume ``(echo, i, j, k)``."""
        result[(slice(None), *self.where)] = self.array


@dataclass
class Kept:
    """What runs a network, from one volume of a series to the next; not for two threads at once."""

    backend: Backend | None = None
    settled: bool = False


def stream(
    model: Network,
    array: npt.NDArray[Any],
    *,
    factor: int,
    axis: int,
    device: str = "auto",
    precision: str = "auto",
    first: Sequence[int] | None = None,
    stop: Callable[[], bool] | None = None,
    tile: int | tuple[int, int] | None = None,
    air: bool = True,
    threads: int | None = None,
    within: tuple[slice, slice, slice] | None = None,
    scale: float | None = None,
    kept: Kept | None = None,
) -> Iterator[Tile]:
    """Super-resolve one axis of a volume, or sharpen its plane, tile by tile.

    Parameters
    ----------
    model
        A super-resolver in the sense of :mod:`napari_mrsr.networks`.
    array
        Thick slices, or frames on the fine grid; shape ``(echo, i, j, k)``, finite.
    factor
        Fine slices for each thick one; 1 for a network in plane.
    axis
        0, 1 or 2: the axis to be super-resolved; for a network in plane the slice axis.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
    precision
        ``"auto"`` (the fastest that passes its check), ``"fp32"``, ``"bf16"`` or ``"int8"``.
    first
        What is on screen: ``(axis, index)`` of a slice, or one index along each axis, in the fine grid.
    stop
        Asked before every layer; once it answers True the stream ends, what was yielded stays good.
    tile
        Largest core of a tile in plane, voxels; by default what memory and a quick Stop allow.
    air
        Leave voxels without any signal within the network's reach to interpolation.
    threads
        CPU threads; by default what torch is set to.
    within
        Compute this part of the plane only, as it is in the whole volume; along ``axis`` it is always everything.
    scale
        What the network divides by; by default :func:`~napari_mrsr.inference.scale.common_scale` of the array. The
        frames of a series share one, so that they do not flicker.
    kept
        Filled by the first volume of a series, so that the next ones need not prepare the network again.

    Yields
    ------
    Tile
        Disjoint and together the whole fine volume, but for previews, which come first.

    Raises
    ------
    BadParameter
        The network was not made for this factor or number of echoes, or a parameter is impossible.
    OutOfMemory
        Even the smallest tile does not fit on the CPU.
    """
    where = devices.choose(device)
    check(model, array, factor, axis)
    x = np.moveaxis(array, axis + 1, -1)
    shown = _coarse(first, array, factor, axis)
    unit = common_scale(array) if scale is None else scale
    kept = Kept() if kept is None else kept
    if kept.backend is None:
        with threads_for(threads):
            kept.backend = choose_backend(model, x, factor, unit, where, precision)

    def settle(first_choice: Backend, voxels: float) -> Backend:
        if not kept.settled:
            with threads_for(threads):
                kept.backend = for_whole_volume(first_choice, model, x, factor, unit, precision, voxels)
            kept.settled = True
        return kept.backend or first_choice

    slicewise = getattr(model, "slicewise", False)
    job = Job(kept.backend, x, factor, unit, model.halo, stop, threads, settle, model.stride, slicewise)
    part = None if within is None else _part(within, array, axis)
    try:
        for box, values, done, early in job.run(shown, tile, air, part):
            yield Tile(_place(box, factor, axis), np.moveaxis(values, -1, axis + 1), done, early)
    except Interrupted:
        log.info("stopped")
    kept.backend = job.backend  # it may have moved to the CPU


def run(
    model: Network,
    array: npt.NDArray[Any],
    *,
    factor: int,
    axis: int,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> Floats:
    """Super-resolve one axis of a volume; parameters as :func:`stream`.

    Parameters
    ----------
    progress
        Told the part that is done, 0 to 1.

    Returns
    -------
    ndarray
        float32, ``factor`` times as many samples along the axis.

    Raises
    ------
    Stopped
        ``stop`` answered True.
    """
    check(model, array, factor, axis)
    shape = list(array.shape)
    shape[axis + 1] *= factor
    result = np.empty(shape, np.float32)
    done = 0.0
    for tile in stream(model, array, factor=factor, axis=axis, stop=stop, **options):
        tile.write(result)
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1:
        raise Stopped("was stopped before the end")
    return result


def check(model: Network, array: npt.NDArray[Any], factor: int, axis: int) -> None:
    """Raise BadParameter unless the network can super-resolve this array."""
    if array.ndim != 4:
        raise BadParameter(
            f"an array of {array.ndim} dimensions is not (echo, i, j, k)",
            remedy="give four dimensions, one volume as (1, i, j, k)",
        )
    if axis not in (0, 1, 2):
        raise BadParameter(f"axis {axis} is not 0, 1 or 2", remedy="choose 0, 1 or 2")
    if factor not in model.factors:
        raise BadParameter(
            f"factor {factor} is not one that the network was made for ({', '.join(map(str, model.factors))})",
            remedy="give one of them or an interpolation as method",
        )
    echoes = model.echoes
    if echoes is not None and echoes != array.shape[0]:
        raise BadParameter(
            f"the network was made for {echoes} volumes, not {array.shape[0]}",
            remedy="give that many volumes, or take another method",
        )


def _part(within: tuple[slice, slice, slice], array: npt.NDArray[Any], axis: int) -> Box:
    """Return a part of the plane as a box of the coarse grid, the super-resolved axis last."""
    spans = [within[a].indices(array.shape[a + 1])[:2] for a in range(3) if a != axis]
    if any(stop <= start for start, stop in spans):
        raise BadParameter(
            f"the part {within} of a volume of {array.shape[1:]} is empty", remedy="give a part with voxels"
        )
    (i, m), (j, n) = spans
    return Box((i, j, 0), (m, n, array.shape[axis + 1]))


def _place(box: Box, factor: int, axis: int) -> tuple[slice, slice, slice]:
    """Place of a coarse box in the fine grid, in the caller's order of axes."""
    slices = [*box.slices[:2], slice(box.low[2] * factor, box.high[2] * factor)]
    slices.insert(axis, slices.pop())
    return (slices[0], slices[1], slices[2])


def _coarse(
    first: Sequence[int] | None, array: npt.NDArray[Any], factor: int, axis: int
) -> tuple[int | None, int | None, int | None]:
    """Return what is on screen as an index of the coarse grid along each axis, the super-resolved one last."""
    index: list[int | None] = [None, None, None]
    if first is not None:
        if len(first) == 2 and first[0] in (0, 1, 2):
            index[first[0]] = int(first[1])
        elif len(first) == 3:
            index = [int(i) for i in first]
        else:
            raise BadParameter(
                f"{first} is neither (axis, index) nor an index along each axis", remedy="give one of these"
            )
    for a, at in enumerate(index):
        if at is not None:
            at = at // factor if a == axis else at
            index[a] = min(max(at, 0), array.shape[a + 1] - 1)
    index.append(index.pop(axis))
    return (index[0], index[1], index[2])


def estimate_seconds(model: Network, array: npt.NDArray[Any], **options: Any) -> float:
    """Return how long :func:`run` will take, s; see :func:`napari_mrsr.inference.estimate.estimate_seconds`."""
    from napari_mrsr.inference.estimate import estimate_seconds as of

    return of(model, array, **options)
