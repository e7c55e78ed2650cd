"""Frame by frame in plane: how what was planned is done, the visible frame first.

A classical method interpolates on the exact grid; a network is given what its own interpolation makes of a frame
(:attr:`~napari_mrsr.networks.network.Network.interpolation`) and runs through :mod:`napari_mrsr.inference.engine`. All
frames share one intensity scale, the maximum of the series, so that still tissue does not flicker. A slice that a frame
lacks stays empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from napari_mrsr import interpolation
from napari_mrsr.choice import finite
from napari_mrsr.frames import dropped_slices, visible_first
from napari_mrsr.in_plane.choice import PlaneJob
from napari_mrsr.interpolation import back_projection
from napari_mrsr.interpolation.one_axis import Interpolation
from napari_mrsr.networks import registry
from napari_mrsr.planes import across
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile

Floats = npt.NDArray[np.float32]


def run(
    scan: Scan,
    job: PlaneJob,
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
    first: tuple[int, int] | None = None,
) -> Iterator[tuple[int, Tile]]:
    """Do what was planned, tile by tile; parameters as for :func:`napari_mrsr.in_plane.stream`."""
    from napari_mrsr.inference.engine import Kept
    from napari_mrsr.inference.engine import stream as through
    from napari_mrsr.inference.orientations import stream_three

    if job.orientations == 3:
        through = partial(stream_three, measured=scan.shape)
    scan = across(scan, job.axis)
    lacking: dict[int, list[int]] = {}
    for n, k in dropped_slices(scan):
        lacking.setdefault(n, []).append(k)
    order = visible_first(scan.volumes, None if first is None else first[0])
    if job.trained is None:
        yield from _interpolated(scan, job, order, lacking, stop)
        return
    network, kept = registry.load(job.trained), Kept()
    scale = series_scale(scan)
    for number, n in enumerate(order):
        if stop is not None and stop():
            return
        coarse = finite(scan.array[n : n + 1])
        x = to_grid(coarse, job, network.interpolation or "trilinear")
        shown = (job.axis, first[1]) if first is not None and number == 0 else None
        # air is sharpened like the rest: what counts as air would differ from frame to frame, and flicker
        tiles = through(
            network,
            x,
            factor=1,
            axis=job.axis,
            device=device,
            precision=precision,
            first=shown,
            stop=stop,
            air=False,
            threads=threads,
            scale=scale,
            kept=kept,
        )
        if job.consistency == "hard":
            tiles = _held(tiles, x.shape, coarse, job)
        for tile in tiles:
            part = replace(tile, done=(number + tile.done) / scan.volumes)
            yield n, _emptied(part, scan, n, job, lacking.get(n, []))


def series_scale(scan: Scan) -> float:
    """Return what a network divides all frames by: the largest value of the series; 1 where nothing is positive."""
    largest = max(float(finite(volume).max()) for volume in scan.array)
    return largest if largest > 0 else 1.0


def to_grid(frames: npt.NDArray[Any], job: PlaneJob, method: Interpolation) -> Floats:
    """Interpolate ``(frame, i, j, k)`` to the fine grid."""
    result = frames.astype(np.float32, copy=False)
    if method == "ibp":  # its residual is one of the plane, not of one axis after the other
        sizes = {axis + 1: size for axis, size in zip(job.plane, job.matrix, strict=True)}
        return back_projection.refine(result, sizes)
    for axis, size in job.refined.items():
        if size != result.shape[axis + 1]:
            result = along.apply(interpolation.matrix(method, result.shape[axis + 1], size), result, axis + 1)
    return result


def _interpolated(
    scan: Scan, job: PlaneJob, order: Iterator[int], lacking: dict[int, list[int]], stop: Callable[[], bool] | None
) -> Iterator[tuple[int, Tile]]:
    """Interpolate each frame in one tile: it takes less than a second."""
    from napari_mrsr.inference.engine import Tile

    method = cast("Interpolation", job.method.name)
    for number, n in enumerate(order):
        if stop is not None and stop():
            return
        values = to_grid(finite(scan.array[n : n + 1]), job, method)
        i, j, k = (slice(0, size) for size in values.shape[1:])
        tile = Tile((i, j, k), values, (number + 1) / scan.volumes)
        yield n, _emptied(tile, scan, n, job, lacking.get(n, []))


def _held(tiles: Iterator[Tile], shape: tuple[int, ...], y: npt.NDArray[Any], job: PlaneJob) -> Iterator[Tile]:
    """Hold a frame to its measured centre: whole slices as they come, else all at the end.

    Every voxel of a slice enters its k-space, none of another slice does. Previews pass.
    """
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.inference.measured_centre import hold

    axes = tuple(a - 3 for a in job.refined)
    y = y.astype(np.float32, copy=False)
    array: Floats | None = None
    done = 0.0
    for tile in tiles:
        if tile.preview:
            yield tile
        elif all(tile.array.shape[a] == shape[a] for a in axes):
            here = y[(slice(None),) * (job.axis + 1) + (tile.where[job.axis],)]
            yield replace(tile, array=hold(tile.array, here, axes))
        else:
            array = np.empty(shape, np.float32) if array is None else array
            tile.write(array)
            done = tile.done
    if array is not None and done == 1:
        i, j, k = (slice(0, size) for size in shape[1:])
        yield Tile((i, j, k), hold(array, y, axes), 1.0)


def _emptied(tile: Tile, scan: Scan, n: int, job: PlaneJob, slices: list[int]) -> Tile:
    """Return a tile whose dropped slices are as empty as they were: what was not acquired is not made up."""
    place = tile.where[job.axis]
    begin, end, _ = place.indices(scan.shape[job.axis])
    here = [k for k in slices if begin <= k < end]
    if not here:
        return tile
    array = tile.array.copy()
    for k in here:
        where: list[Any] = [slice(None)] * 4
        where[job.axis + 1] = k - begin
        acquired = np.take(scan.array[n], k, axis=job.axis)
        array[tuple(where)] = 0 if acquired.dtype.kind != "f" or np.isfinite(acquired).any() else np.nan
    return replace(tile, array=array)
