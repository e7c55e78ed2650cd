"""One volume on its way through one network: which tiles, what in each of them, and what to do when memory runs out."""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr import interpolation
from napari_mrsr.errors import OutOfMemory
from napari_mrsr.inference import devices, preview
from napari_mrsr.inference.air import signal_mask
from napari_mrsr.inference.backends import Backend
from napari_mrsr.inference.boxes import SMALLEST, Box, Triple, least_redundant, plan, whole_slices
from napari_mrsr.inference.runner import Floats, Interrupted
from napari_mrsr.sampling import along

log = logging.getLogger(__name__)

#: Time that one layer of a tile may take where it cannot be interrupted, s.
LAYER_SECONDS = 0.5
#: Time that a tile may take while somebody watches, s.
TILE_SECONDS = 8.0
#: Time that a batch of slices may take, which can be parted anywhere, s.
SLICES_SECONDS = 1.0
#: Share of the free memory that a tile's activations may take, and their limit on the CPU, bytes.
MEMORY_SHARE, MEMORY_LIMIT = 0.4, 2.6e9


class Job:
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
        stride: int = 1,
        slicewise: bool = False,
    ) -> None:
        self.backend, self.x, self.factor, self.scale = backend, x, factor, scale
        self.halo, self.stride, self.slicewise = halo, stride, slicewise
        self.surrounding: Triple = (halo, halo, 0 if slicewise else halo)
        self.stop = stop or (lambda: False)
        self.threads = threads
        self.settle = settle
        self.shape: Triple = x.shape[1:]

    def run(
        self,
        shown: Sequence[int | None],
        tile: int | tuple[int, int] | None,
        air: bool,
        part: Box | None = None,
    ) -> Iterator[tuple[Box, Floats, float, bool]]:
        """Yield box, values, part done, and whether it is a preview; only boxes of ``part`` where one is given."""
        mask = signal_mask(self.x, self.scale, self.surrounding) if air else np.ones(self.shape, bool)
        if self.stop():
            raise Interrupted
        # a slice that needs no other comes first as it is, without a preview
        early = (shown[0], shown[1], None) if self.slicewise else shown
        for core in preview.boxes(early, mask, self.backend.rate, self.backend.cost.operations, self.halo):
            i, j, k = core.context
            yield core.box, self.network(core.box, (i, j, 0 if self.slicewise else k)), 0.0, True
        whole = part or Box((0, 0, 0), self.shape)
        seen = whole.grown(self.surrounding, self.shape, self.stride).shape
        self.backend = self.settle(self.backend, float(np.count_nonzero(mask[whole.slices])))
        watched = any(at is not None for at in shown)
        side: tuple[int, int] | Triple
        if tile is not None:
            side = (tile, tile) if isinstance(tile, int) else tile
        elif self.slicewise:
            side = slices_core(self.backend, seen, self.reach)
        else:
            side = core_side(self.backend, seen, self.reach, watched=watched)
        thin = max(SMALLEST, min(side[:2]) // 4)
        boxes = plan(whole.shape, side, first=shown, thin=(thin, thin, 1))
        queue = deque(box.moved(whole.low) for box in boxes)
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
        """Return the values of a box: the network where there is signal, elsewhere interpolation."""
        signal = mask[box.slices]
        if signal.all():
            return self.network(box, self.surrounding)
        values = self.interpolated(box)
        if signal.any():
            work = box.bounds(signal)
            inner = (slice(None), *work.inside(box, self.factor))
            there = np.repeat(mask[work.slices], self.factor, axis=2)
            values[inner] = np.where(there, self.network(work, self.surrounding), values[inner])
        return values

    def interpolated(self, box: Box) -> Floats:
        """Return a box by interpolation along the last axis; with a factor of 1 that is what was given."""
        coarse = np.array(self.x[(slice(None), *box.slices)], dtype=np.float32)
        if self.factor == 1:
            return coarse
        n = self.shape[2]
        values: Floats = along.apply(interpolation.matrix("keys", n, n * self.factor), coarse, -1)
        return values

    @property
    def reach(self) -> int:
        """Voxels around a core that a tile is cut with at most."""
        return self.halo + self.stride - 1

    def network(self, box: Box, context: int | Triple) -> Floats:
        """Return the network's values in a box, cut with a surrounding."""
        outer = box.grown(context, self.shape, self.stride)
        x = np.asarray(self.x[(slice(None), *outer.slices)], dtype=np.float32) / np.float32(self.scale)
        with threads_for(self.threads):
            y = self.backend(x, self.stop)
        return y[(slice(None), *box.inside(outer, self.factor))] * np.float32(self.scale)

    def smaller(self, box: Box, queue: deque[Box]) -> deque[Box]:
        """Return a queue of smaller boxes after memory ran out, or move to the CPU."""
        gc.collect()
        halves = box.halves(self.slicewise)
        if halves is not None and max(halves[0].shape[:2]) >= SMALLEST:
            log.warning("out of memory: tiles of %s voxels are halved", "x".join(map(str, box.shape)))
            limit = halves[0].voxels
            parts: deque[Box] = deque(halves)
            for other in queue:
                parts.extend((other.halves(self.slicewise) or (other,)) if other.voxels > limit else (other,))
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
    voxels = _allowed(backend)
    if watched:
        voxels = min(voxels, TILE_SECONDS * backend.rate / backend.cost.operations)
    return least_redundant(shape, halo, voxels)


def slices_core(backend: Backend, shape: Triple, halo: int) -> Triple:
    """Return how many slices, or which part of one, a network of slices is given at once; parameters as above."""
    i, j, k = whole_slices(shape, halo, _allowed(backend))
    quick = SLICES_SECONDS * backend.rate / backend.cost.operations
    return i, j, max(1, min(k, int(quick // (i * j))))


def _allowed(backend: Backend) -> float:
    """Return the coarse voxels of a tile that memory and a quick Stop allow."""
    memory = MEMORY_SHARE * devices.free_memory(backend.device)
    if backend.device.type == "cpu":
        memory = min(memory, MEMORY_LIMIT)
    voxels = memory / backend.bytes_per_voxel
    if not backend.interruptible:
        voxels = min(voxels, LAYER_SECONDS * backend.rate / backend.cost.largest_layer)
    return voxels


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
