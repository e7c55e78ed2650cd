"""From a volume of thick slices to tiles of thin ones, in the order that the viewer needs.

1. A **preview**: the slice on screen, with as much surrounding as can be had within about a second and a half. It is
   close to the result, not equal, and is replaced (``Tile.preview``).
2. **Tiles**, full in depth along the super-resolved axis and with an exact halo in plane, nearest to the slice on
   screen first, there thin and then growing. Together they equal the network on the whole volume to 1e-5.

Air is left to interpolation. Stop is asked before every layer of the network and within large ones; where that cannot
be, tiles are no larger than what a layer does in half a second. Where memory runs out, tiles are halved, and in the end
the CPU takes over.
"""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from napari_mrsr import interpolation
from napari_mrsr.errors import BadParameter, OutOfMemory, Stopped
from napari_mrsr.inference import devices, preview
from napari_mrsr.inference.air import signal_mask
from napari_mrsr.inference.backends import Backend, choose_backend, for_whole_volume
from napari_mrsr.inference.boxes import SMALLEST, Box, Triple, least_redundant, plan
from napari_mrsr.inference.runner import Floats, Interrupted
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.sampling import along

log = logging.getLogger(__name__)

#: Time that one layer of a tile may take where it cannot be interrupted, s.
LAYER_SECONDS = 0.5
#: Time that a tile may take while somebody watches, s.
TILE_SECONDS = 8.0
#: Share of the free memory that a tile's activations may take, and their limit on the CPU, bytes.
MEMORY_SHARE, MEMORY_LIMIT = 0.4, 2.6e9


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


def stream(
    model: nn.Module,
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
) -> Iterator[Tile]:
    """Super-resolve one axis of a volume, tile by tile.

    Parameters
    ----------
    model
        A super-resolver in the sense of :mod:`napari_mrsr.networks`.
    array
        Thick slices, shape ``(echo, i, j, k)``, finite.
    factor
        Fine slices for each thick one.
    axis
        0, 1 or 2: the axis to be super-resolved.
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
    scale = common_scale(array)
    with threads_for(threads):
        backend = choose_backend(model, x, factor, scale, where, precision)

    def settle(first_choice: Backend, voxels: float) -> Backend:
        with threads_for(threads):
            return for_whole_volume(first_choice, model, x, factor, scale, precision, voxels)

    job = _Job(backend, x, factor, scale, int(model.halo), stop, threads, settle)  # type: ignore[arg-type]
    try:
        for box, values, done, early in job.run(shown, tile, air):
            yield Tile(_place(box, factor, axis), np.moveaxis(values, -1, axis + 1), done, early)
    except Interrupted:
        log.info("stopped")


def run(
    model: nn.Module,
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


def check(model: nn.Module, array: npt.NDArray[Any], factor: int, axis: int) -> None:
    """Raise BadParameter unless the network can super-resolve this array."""
    if array.ndim != 4:
        raise BadParameter(f"an array of {array.ndim} dimensions is not (echo, i, j, k)")
    if axis not in (0, 1, 2):
        raise BadParameter(f"axis {axis} is not 0, 1 or 2")
    factors: tuple[int, ...] = tuple(model.factors)  # type: ignore[arg-type]
    if factor not in factors:
        raise BadParameter(
            f"factor {factor} is not one that the network was made for ({', '.join(map(str, factors))})",
            remedy="give one of them or an interpolation as method",
        )
    echoes: int | None = model.echoes  # type: ignore[assignment]
    if echoes is not None and echoes != array.shape[0]:
        raise BadParameter(f"the network was made for {echoes} volumes, not {array.shape[0]}")


class _Job:
    """One volume on its way through one network; the super-resolved axis is the last."""

    def __init__(
        self,
        backend: Backend,
        x: npt.NDArray[Any],
        factor: int,
        scale: float,
        halo: int,
        stop: Callable[[], bool] | None,
        threads: int | None,
        settle: Callable[[Backend, float], Backend],
    ) -> None:
        self.backend, self.x, self.factor, self.scale, self.halo = backend, x, factor, scale, halo
        self.stop = stop or (lambda: False)
        self.threads = threads
        self.settle = settle
        self.shape: Triple = x.shape[1:]

    def run(
        self, shown: Sequence[int | None], tile: int | tuple[int, int] | None, air: bool
    ) -> Iterator[tuple[Box, Floats, float, bool]]:
        """Yield box, values, part done, and whether it is a preview."""
        mask = signal_mask(self.x, self.scale, self.halo) if air else np.ones(self.shape, bool)
        if self.stop():
            raise Interrupted
        for core in preview.boxes(shown, mask, self.backend.rate, self.backend.cost.operations, self.halo):
            yield core.box, self.network(core.box, core.context), 0.0, True
        self.backend = self.settle(self.backend, float(np.count_nonzero(mask)))
        side = (
            (tile, tile)
            if isinstance(tile, int)
            else tile or core_side(self.backend, self.shape, self.halo, watched=any(at is not None for at in shown))
        )
        queue = deque(plan(self.shape, side, first=shown, thin=max(SMALLEST, min(side) // 4)))
        total = sum(self._work(mask, box) for box in queue)
        done = 0.0
        while queue:
            box = queue.popleft()
            if self.stop():
                raise Interrupted
            try:
                values = self.tile(box, mask)
            except Exception as error:
                if not devices.is_out_of_memory(error):
                    raise
                queue = self.smaller(box, queue)
                continue
            done += self._work(mask, box)
            yield box, values, done / total if queue else 1.0, False

    def _work(self, mask: npt.NDArray[np.bool_], box: Box) -> float:
        """Cost of a box: the network costs about a thousand times what interpolation does."""
        return float(np.count_nonzero(mask[box.slices])) + 1e-3 * box.voxels

    def tile(self, box: Box, mask: npt.NDArray[np.bool_]) -> Floats:
        """Return the values of a full-depth box: the network where there is signal, elsewhere interpolation."""
        signal = mask[box.slices]
        if signal.all():
            return self.network(box, self.halo)
        coarse = np.asarray(self.x[(slice(None), *box.slices)], dtype=np.float32)
        n = self.shape[2]
        values: Floats = along.apply(interpolation.matrix("keys", n, n * self.factor), coarse, -1)
        if signal.any():
            work = box.bounds(signal)
            inner = (slice(None), *work.inside(box, self.factor))
            there = np.repeat(mask[work.slices], self.factor, axis=2)
            values[inner] = np.where(there, self.network(work, self.halo), values[inner])
        return values

    def network(self, box: Box, context: int | Triple) -> Floats:
        """Return the network's values in a box, cut with a surrounding."""
        outer = box.grown(context, self.shape)
        x = np.asarray(self.x[(slice(None), *outer.slices)], dtype=np.float32) / np.float32(self.scale)
        with threads_for(self.threads):
            y = self.backend(x, self.stop)
        return y[(slice(None), *box.inside(outer, self.factor))] * np.float32(self.scale)

    def smaller(self, box: Box, queue: deque[Box]) -> deque[Box]:
        """Return a queue of smaller boxes after memory ran out, or move to the CPU."""
        gc.collect()
        halves = box.halves()
        if halves is not None and max(halves[0].shape[:2]) >= SMALLEST:
            log.warning("out of memory: tiles of %s voxels are halved", "x".join(map(str, box.shape)))
            limit = halves[0].voxels
            parts: deque[Box] = deque(halves)
            for other in queue:
                parts.extend((other.halves() or (other,)) if other.voxels > limit else (other,))
            return parts
        if self.backend.device.type == "cpu":
            raise OutOfMemory(
                "needs more memory than there is, even for the smallest tile", remedy="close other programs"
            )
        log.warning("out of memory on %s: the CPU takes over", self.backend.device)
        self.backend = self.backend.on_cpu()
        return deque([box, *queue])


def core_side(backend: Backend, shape: Triple, halo: int, *, watched: bool = False) -> tuple[int, int]:
    """Return the core in plane of least redundancy that memory and a quick Stop allow.

    Parameters
    ----------
    backend
        What runs the network.
    shape
        The coarse grid, the super-resolved axis last.
    halo
        Coarse voxels around a core.
    watched
        Somebody watches: tiles appear every few seconds.
    """
    memory = MEMORY_SHARE * devices.free_memory(backend.device)
    if backend.device.type == "cpu":
        memory = min(memory, MEMORY_LIMIT)
    voxels = memory / backend.bytes_per_voxel
    if not backend.interruptible:
        voxels = min(voxels, LAYER_SECONDS * backend.rate / backend.cost.largest_layer)
    if watched:
        voxels = min(voxels, TILE_SECONDS * backend.rate / backend.cost.operations)
    return least_redundant(shape, halo, voxels)


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
            raise BadParameter(f"{first} is neither (axis, index) nor an index along each axis")
    for a, at in enumerate(index):
        if at is not None:
            at = at // factor if a == axis else at
            index[a] = min(max(at, 0), array.shape[a + 1] - 1)
    index.append(index.pop(axis))
    return (index[0], index[1], index[2])


@contextmanager
def threads_for(count: int | None) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        if count is not None:
            torch.set_num_threads(before)


def estimate_seconds(model: nn.Module, array: npt.NDArray[Any], **options: Any) -> float:
    """Return how long :func:`run` will take, s; see :func:`napari_mrsr.inference.estimate.estimate_seconds`."""
    from napari_mrsr.inference.estimate import estimate_seconds as of

    return of(model, array, **options)
