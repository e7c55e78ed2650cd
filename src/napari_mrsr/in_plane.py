"""The front door in plane: frames of which only the centre of k-space was acquired go in, and sharp ones come out.

One frame or a whole dynamic series, the visible frame first. A classical method interpolates on the exact grid; a
network is given what its own interpolation makes of a frame
(:attr:`~napari_mrsr.networks.network.Network.interpolation`) and runs through :mod:`napari_mrsr.inference.engine`. All
frames share one intensity scale, the maximum of the series, so that still tissue does not flicker. The first voxel
stays where it was; voxels become smaller over the same field of view.

What was not acquired is estimated: research use, derived. A slice that a frame lacks stays empty.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, et al. Fine-tuning deep learning model parameters for improved super-resolution
of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from napari_mrsr import interpolation
from napari_mrsr.choice import finite
from napari_mrsr.errors import Stopped
from napari_mrsr.frames import check_series, dropped_slices, visible_first
from napari_mrsr.in_plane_choice import Plane, PlaneJob, choose_method, fraction_of, plan
from napari_mrsr.interpolation import back_projection
from napari_mrsr.interpolation.one_axis import Interpolation
from napari_mrsr.networks import registry
from napari_mrsr.networks.made_by import STEP
from napari_mrsr.planes import across
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.networks.network import Network

__all__ = [
    "STEP",
    "PlaneJob",
    "check_series",
    "choose_method",
    "estimate_seconds",
    "finish",
    "plan",
    "run",
    "sharpen",
    "stream",
]

#: What every result says of itself.
RESEARCH = "research use, derived: what lies beyond the acquired k-space is estimated, not measured"
Floats = npt.NDArray[np.float32]


def sharpen(
    scan: Scan,
    *,
    method: str = "auto",
    matrix: Plane | None = None,
    like: Scan | None = None,
    weights: str | Path | None = None,
    consistency: str = "none",
    plane: str | int | None = None,
    orientations: int = 1,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Scan:
    """Sharpen every frame of a scan in plane.

    Parameters
    ----------
    scan
        One frame, or frames of a series.
    method
        ``"nearest"``, ``"trilinear"``, ``"tricubic"``, ``"area"``, ``"fourier"``, ``"ibp"``, ``"swift"``, ``"unet"``,
        or ``"auto"``: the best network whose weights are there, else ``"fourier"``.
    matrix
        Fine samples along the two in-plane axes, in the order of the axes. By default the matrix that the scan had
        before the centre of its k-space was cut out by :func:`napari_mrsr.sampling.degrade`, else twice its own.
    like
        A scan on the grid to reach, in place of ``matrix``: same slices, first voxel and orientation.
    weights
        A file of weights to take in place of the shipped ones, as fine-tuned on the planning scan.
    consistency
        ``"none"``, or ``"hard"``: a network's result keeps the measured centre of k-space, approximately, since
        magnitude images have lost their phase (:mod:`napari_mrsr.inference.measured_centre`).
    plane
        The plane to sharpen, ``"axial"``, ``"coronal"``, ``"sagittal"`` or the voxel axis across it. By default that of
        the slices; where voxels are cubes axial planes, with a warning.
    orientations
        3: a network's results over the planes across every axis are put together, against stripes from slice to slice;
        three times as long (:mod:`napari_mrsr.inference.orientations`). Of thicker slices thinner ones are made, so
        that voxels become cubes.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    precision
        ``"auto"``, ``"fp32"`` or ``"bf16"``.
    threads
        CPU threads.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Returns
    -------
    Scan
        float32, as many frames; first voxel where the scan has its first voxel.

    Raises
    ------
    BadParameter
        A parameter is impossible, the method was made for slices, or voxels are too far from cubes for three
        orientations.
    UnknownMethod, WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the registry says.
    GeometryMismatch
        ``like`` is not a finer grid of the same slices and field of view, as a planning scan in another pose is not.
    ConstantImage
        The scan shows nothing.
    Stopped
        ``stop`` answered True.

    Examples
    --------
    >>> low = Scan(
    ...     np.random.default_rng(0).random((3, 8, 6, 4), np.float32), np.diag([4, 4, 4, 1]), "time", slice_axis=2
    ... )
    >>> sharpen(low, method="fourier", matrix=(32, 24))
    <Scan signal [a.u.] 3 time 32x24x4 at 1x1x4 mm>
    """
    job = plan(
        scan,
        method=method,
        matrix=matrix,
        like=like,
        weights=weights,
        consistency=consistency,
        plane=plane,
        orientations=orientations,
    )
    options: dict[str, Any] = {"device": device, "precision": precision, "threads": threads, "stop": stop}
    array = np.empty((scan.volumes, *job.shape_from(scan.shape)), np.float32)
    done = 0.0
    for n, tile in run(scan, job, **options):
        tile.write(array[n : n + 1])
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1:
        raise Stopped("was stopped before the end", where=scan.where)
    result = finish(scan, array, job, device=device, precision=precision)
    return result if like is None else replace(result, affine=like.affine)


def stream(
    scan: Scan,
    *,
    method: str = "auto",
    matrix: Plane | None = None,
    like: Scan | None = None,
    weights: str | Path | None = None,
    consistency: str = "none",
    plane: str | int | None = None,
    orientations: int = 1,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
    first: tuple[int, int] | None = None,
) -> Iterator[tuple[int, Tile]]:
    """Sharpen frame by frame and tile by tile, what is on screen first.

    Parameters and errors as for :func:`sharpen`, and

    Parameters
    ----------
    first
        Frame and slice on screen: that frame comes first, then the others in order from it. Of a network's first frame
        that slice comes first, as a preview that exact tiles replace.

    Yields
    ------
    int, Tile
        The frame, and a part of it: ``tile.write(array[n : n + 1])`` puts it into the result. ``tile.done`` is the part
        of the whole series; a frame is complete before the next one begins. Ends early once ``stop`` answers True. The
        scan of the finished array is ``finish(scan, array, plan(...))``.
    """
    job = plan(
        scan,
        method=method,
        matrix=matrix,
        like=like,
        weights=weights,
        consistency=consistency,
        plane=plane,
        orientations=orientations,
    )
    yield from run(scan, job, device=device, precision=precision, threads=threads, stop=stop, first=first)


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
    """Do what was planned, tile by tile; parameters as for :func:`stream`."""
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


def finish(
    scan: Scan, array: npt.NDArray[Any], job: PlaneJob, *, device: str = "auto", precision: str = "auto"
) -> Scan:
    """Return the finished array as a scan, with what was done to it."""
    affine = np.array(scan.affine)
    for axis, size in job.refined.items():
        affine[:3, axis] *= scan.shape[axis] / size
    parameters: dict[str, Any] = {
        "method": job.method.name,
        "plane": list(job.plane),
        "matrix": list(job.matrix),
        "fraction": round(fraction_of(job, scan.shape), 6),
        "frames": scan.volumes,
        "use": RESEARCH,
    }
    if job.trained is not None:
        file = job.weights or job.method.file
        parameters |= {
            "weights": None if file is None else file.name,
            "sha256": job.method.sha256 if job.weights is None else None,
            "consistency": job.consistency,
            "orientations": job.orientations,
            "scale": series_scale(scan),
            "device": device,
            "precision": precision,
        }
    tuned = registry.fine_tuning_of(job.weights) if job.weights is not None else None
    if tuned is not None:
        parameters["fine_tuned"] = tuned
    if job.outside:
        parameters["outside"] = list(job.outside)
    warnings = tuple(dict.fromkeys((*scan.warnings, *job.warnings)))
    return scan.after(STEP, array, parameters=parameters, affine=affine, warnings=warnings)


def estimate_seconds(scan: Scan, job: PlaneJob, *, device: str = "auto", precision: str = "auto") -> float:
    """Return how long a job will take, s, from a probe on the middle frame; 0 for a classical method."""
    if job.trained is None:
        return 0.0
    from napari_mrsr.inference.engine import estimate_seconds as of

    network: Network = registry.load(job.trained)
    middle = scan.volumes // 2
    x = to_grid(finite(scan.array[middle : middle + 1]), job, network.interpolation or "trilinear")
    options: dict[str, Any] = {"device": device, "precision": precision, "scale": series_scale(scan), "air": False}
    return scan.volumes * job.orientations * of(network, x, factor=1, axis=job.axis, **options)


# -- how it is done --------------------------------------------------------------------------------
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
