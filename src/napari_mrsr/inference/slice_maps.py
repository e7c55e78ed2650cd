"""A mapping network on a volume, slice by slice in batches: what is on screen first, asked to stop between batches.

Slices are whole but for a frame of air that no voxel of the head sees: maps are those of whole slices. bfloat16 halves
the time where a CPU has products for it; the maps themselves are always made in single precision
(:meth:`napari_mrsr.networks.mapper.Mapper.plane`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.inference import devices
from napari_mrsr.inference.engine import Tile
from napari_mrsr.inference.job import threads_for
from napari_mrsr.inference.precision import check_name, has_bfloat16_products, has_fast_bfloat16
from napari_mrsr.networks.mapper import Mapper

#: Voxels of a batch of slices.
BATCH_VOXELS = 150_000


def stream(
    network: Mapper,
    images: Sequence[npt.NDArray[Any]],
    scales: Sequence[float],
    *,
    order: tuple[int, int, int],
    mirrored: tuple[bool, bool, bool],
    inside: npt.NDArray[np.bool_],
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    first: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Tile]:
    """Map a volume, batch by batch of slices.

    Parameters
    ----------
    network
        The network.
    images, scales
        T1w, T2w and FLAIR, each ``(i, j, k)``, and what each is divided by. What is not finite or below zero counts as
        zero. Nothing is copied but the slices of a batch.
    order, mirrored
        Voxel axes in the order in which the network sees them, that across the slices last, and which of them run
        backwards: so that maps do not depend on how a volume lies in memory.
    inside
        Where maps are wanted, ``(i, j, k)``: slices and frames of air are left out.
    device, precision, threads
        As in :func:`napari_mrsr.inference.engine.stream`; int8 is not known here.
    first
        Slice on screen: its batch comes first, then the others outwards from it.
    stop
        Asked before every batch; once it answers True the stream ends.

    Yields
    ------
    Tile
        T1, T2 (ms) and M0 of some slices, in the caller's order of axes. What no tile covers is air.

    Raises
    ------
    BadParameter
        No such device or precision.
    """
    check_name(precision)
    place = devices.choose(device)
    network = network.to(place).eval()
    if place.type == "cpu":
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    low = precision == "bf16" or (precision == "auto" and (has_fast_bfloat16(place) or has_bfloat16_products(place)))
    back = tuple(slice(None, None, -1) if turned else slice(None) for turned in mirrored)
    seen = [image.transpose(order)[back] for image in images]
    mask = inside.transpose(order)[back]
    frame = _frame(mask, network.halo, network.stride)
    wanted = np.flatnonzero(mask.any(axis=(0, 1)))
    if not len(wanted):
        return
    voxels = (frame[0].stop - frame[0].start) * (frame[1].stop - frame[1].start)
    if first is not None and mirrored[2]:
        first = mask.shape[2] - 1 - first
    batches = _batches(int(wanted[0]), int(wanted[-1]) + 1, max(1, BATCH_VOXELS // voxels), first)
    n, last = network.neighbours, mask.shape[2] - 1
    for done, (begin, end) in enumerate(batches, start=1):
        if stop is not None and stop():
            return
        around = np.clip(np.arange(begin - n, end + n), 0, last)
        part = torch.from_numpy(_scaled([image[frame][..., around] for image in seen], scales))
        with (
            threads_for(threads),
            torch.inference_mode(),
            torch.autocast(place.type, dtype=torch.bfloat16, enabled=low),
        ):
            maps = network(part[None].to(place))[0].float().cpu().numpy()
        yield _tile(maps, (*frame, slice(begin, end)), order, mirrored, mask.shape, done / len(batches))


def _scaled(images: Sequence[npt.NDArray[Any]], scales: Sequence[float]) -> npt.NDArray[np.float32]:
    """Return images divided by their scales as one array, without what is not finite or below zero."""
    x = np.stack(images).astype(np.float32)
    np.nan_to_num(x, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.maximum(x, 0, out=x)
    x /= np.asarray(scales, np.float32)[:, None, None, None]
    return x


def _tile(
    maps: npt.NDArray[np.float32],
    seen: tuple[slice, slice, slice],
    order: tuple[int, int, int],
    mirrored: tuple[bool, bool, bool],
    shape: tuple[int, ...],
    done: float,
) -> Tile:
    """Return maps as the network sees them as a tile in the caller's order of axes."""
    where = [slice(0)] * 3
    for axis, turned, part, n in zip(order, mirrored, seen, shape, strict=True):
        where[axis] = slice(n - part.stop, n - part.start) if turned else part
    back = tuple(slice(None, None, -1) if turned else slice(None) for turned in mirrored)
    values = maps[(slice(None), *back)].transpose(0, *(order.index(axis) + 1 for axis in range(3)))
    return Tile((where[0], where[1], where[2]), np.ascontiguousarray(values), done)


def _frame(mask: npt.NDArray[np.bool_], halo: int, stride: int) -> tuple[slice, slice]:
    """Return the part of the plane that is seen from the mask in any slice, from a multiple of the stride on."""
    found = []
    for axis in (0, 1):
        there = np.flatnonzero(mask.any(axis=tuple(a for a in (0, 1, 2) if a != axis)))
        low, high = (int(there[0]), int(there[-1]) + 1) if len(there) else (0, 1)
        found.append(slice(max(0, low - halo) // stride * stride, min(mask.shape[axis], high + halo)))
    return found[0], found[1]


def _batches(begin: int, end: int, size: int, first: int | None) -> list[tuple[int, int]]:
    """Return runs of slices, that with the slice on screen first, then outwards from it.

    Examples
    --------
    >>> _batches(2, 9, 3, 7)
    [(5, 8), (8, 9), (2, 5)]
    """
    runs = [(n, min(n + size, end)) for n in range(begin, end, size)]
    if first is None:
        return runs
    return sorted(runs, key=lambda run: abs((run[0] + run[1] - 1) / 2 - first))
