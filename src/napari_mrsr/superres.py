"""The front door: a scan goes in with thick slices and comes out with thin ones.

A classical method is interpolation on the exact grid, as :mod:`napari_mrsr.interpolation` gives it, nothing added. A
network or a dictionary runs through :mod:`napari_mrsr.inference`, and its result is then held to what was measured
(:mod:`napari_mrsr.inference.consistency`). Every result is a guess about what was not measured: research use, derived.
See :mod:`napari_mrsr.trust`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr import interpolation
from napari_mrsr.choice import Job, choose_method, finite, plan
from napari_mrsr.errors import Stopped
from napari_mrsr.networks import dictionary_files, registry
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.trust import Trust, trust

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile

__all__ = [
    "STEP",
    "Job",
    "Trust",
    "choose_method",
    "finish",
    "plan",
    "retrospective",
    "stream",
    "super_resolve",
    "trust",
]

#: Name of the step in the history of a result.
STEP = "super-resolution"
#: What every result says of itself.
RESEARCH = "research use, derived: thin slices are estimated, not measured"


def super_resolve(
    scan: Scan,
    *,
    method: str = "auto",
    factor: int = 2,
    axis: int | None = None,
    like: Scan | None = None,
    consistency: str = "wiener",
    device: str = "auto",
    weights: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
    precision: str = "auto",
    threads: int | None = None,
) -> Scan:
    """Super-resolve a scan.

    Parameters
    ----------
    scan
        Echoes or contrasts of one grid; their ratio is kept.
    method
        A name from :func:`napari_mrsr.networks.registry.methods`, or ``"auto"``.
    factor
        Fine slices for each acquired one.
    axis
        Voxel axis; by default the scan's slice axis. Given, it is used even where it is not the coarsest.
    like
        A scan on the grid to reach, in place of ``factor`` and ``axis``: the axes whose matrix differs are
        super-resolved.
    consistency
        How a trained method's result is held to the acquired slices: ``"wiener"``, ``"hard"`` or ``"none"``. Classical
        methods are left as they are.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    weights
        A file of weights to take in place of the shipped ones.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.
    precision
        ``"auto"``, ``"fp32"``, ``"bf16"`` or ``"int8"``.
    threads
        CPU threads.

    Returns
    -------
    Scan
        float32; first voxel where the scan has its first voxel.

    Raises
    ------
    AmbiguousAxis
        No axis was given and the scan's slice axis cannot be told.
    BadParameter
        A parameter is impossible, or the method does not know the factor.
    UnknownMethod, WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the registry says.
    GeometryMismatch
        ``like`` is not a finer grid over the same field of view.
    ConstantImage
        The scan shows nothing.
    Stopped
        ``stop`` answered True.

    Examples
    --------
    >>> thick = Scan(np.random.default_rng(0).random((1, 4, 4, 3), np.float32), np.diag([0.5, 0.5, 3.0, 1]))
    >>> super_resolve(thick, method="tricubic")
    <Scan signal [a.u.] 1 contrast 4x4x6 at 0.5x0.5x1.5 mm>
    """
    jobs = plan(scan, method=method, factor=factor, axis=axis, like=like, consistency=consistency, weights=weights)
    result = scan
    for number, job in enumerate(jobs):
        array = np.empty((scan.volumes, *job.shape_from(result.shape)), np.float32)
        done = 0.0
        tiles = _tiles(result, job, device, precision, None, stop, threads)
        for tile in tiles:
            tile.write(array)
            done = tile.done
            if progress is not None:
                progress((number + done) / len(jobs))
        if done < 1:
            raise Stopped("was stopped before the end", where=scan.where)
        result = finish(result, array, job, device, precision)
    return result if like is None else replace(result, affine=like.affine)


def stream(
    scan: Scan,
    *,
    method: str = "auto",
    factor: int = 2,
    axis: int | None = None,
    consistency: str = "wiener",
    device: str = "auto",
    weights: str | Path | None = None,
    first: Sequence[int] | None = None,
    stop: Callable[[], bool] | None = None,
    precision: str = "auto",
    threads: int | None = None,
    within: tuple[slice, slice, slice] | None = None,
) -> Iterator[Tile]:
    """Super-resolve one axis of a scan tile by tile, what is on screen first.

    Parameters as for :func:`super_resolve`, and

    Parameters
    ----------
    first
        ``(axis, index)`` of the slice on screen, or one index along each axis, in the fine grid.
    within
        Compute this part of the plane only, as it is in the whole volume; along the axis it is always everything.

    Yields
    ------
    Tile
        ``tile.write(array)`` puts it into the result; ends early once ``stop`` answers True. The scan of the finished
        array is ``finish(scan, array, plan(...)[0], ...)``.
    """
    (job,) = plan(scan, method=method, factor=factor, axis=axis, consistency=consistency, weights=weights)
    yield from _tiles(scan, job, device, precision, first, stop, threads, within)


def retrospective(scan: Scan, factor: int = 2, axis: int | None = None) -> Scan:
    """Return the scan as thick slices would have shown it, to be super-resolved and compared with :func:`whole_slices`.

    Raises
    ------
    AmbiguousAxis
        No axis was given and the scan's slice axis cannot be told.
    BadParameter
        The factor is impossible, or the scan has too few slices for it.

    Examples
    --------
    >>> thin = Scan(np.random.default_rng(0).random((1, 4, 4, 9), np.float32), np.diag([1, 1, 0.7, 1]), slice_axis=2)
    >>> retrospective(thin), super_resolve(retrospective(thin), method="tricubic").same_grid(whole_slices(thin))
    (<Scan signal [a.u.] 1 contrast 4x4x4 at 1x1x1.4 mm>, True)
    """
    return degrade(whole_slices(scan, factor, axis), factor=factor, axis=axis)


def whole_slices(scan: Scan, factor: int = 2, axis: int | None = None) -> Scan:
    """Return the scan without the last slices that fill no thick slice of their own."""
    axis = scan.find_slice_axis() if axis is None else axis
    spare = scan.shape[axis] % factor
    if not spare:
        return scan
    kept = np.take(scan.array, np.arange(scan.shape[axis] - spare), axis=axis + 1)
    return scan.after("cut to whole slices", kept, parameters={"axis": axis, "slices": spare})


def finish(scan: Scan, array: npt.NDArray[Any], job: Job, device: str = "auto", precision: str = "auto") -> Scan:
    """Return the finished array as a scan, with what was done to it."""
    affine = np.array(scan.affine)
    affine[:3, job.axis] *= scan.shape[job.axis] / job.size
    parameters: dict[str, Any] = {
        "method": job.method.name,
        "factor": job.factor if job.factor is not None else job.size / scan.shape[job.axis],
        "axis": job.axis,
        "use": RESEARCH,
    }
    if job.method.kind != "classical":
        parameters |= {
            "weights": job.weights.name if job.weights else (job.method.file.name if job.method.file else None),
            "sha256": job.method.sha256 if job.weights is None else None,
            "consistency": job.consistency,
            "penalties": list(job.penalties),
            "device": device,
            "precision": precision,
        }
    if job.outside:
        parameters["outside"] = list(job.outside)
    adapted = registry.adaptation_of(job.weights) if job.weights is not None else None
    if adapted is not None:
        parameters["adapted"] = adapted
    acquisition = scan.acquisition
    if scan.slice_axis == job.axis and acquisition.slice_thickness is not None:
        spacing = scan.spacing[job.axis] * scan.shape[job.axis] / job.size
        acquisition = replace(acquisition, slice_thickness=round(spacing, 6), slice_gap=0.0)
    warnings = tuple(dict.fromkeys((*scan.warnings, *job.warnings)))
    return scan.after(STEP, array, parameters=parameters, affine=affine, acquisition=acquisition, warnings=warnings)


# -- how it is done --------------------------------------------------------------------------------
def _tiles(
    scan: Scan,
    job: Job,
    device: str,
    precision: str,
    first: Sequence[int] | None,
    stop: Callable[[], bool] | None,
    threads: int | None,
    within: tuple[slice, slice, slice] | None = None,
) -> Iterator[Tile]:
    from napari_mrsr.inference.consistency import correct

    array = finite(scan.array)
    if job.method.kind == "classical":
        yield from _classical(array, job, stop, within)
        return
    assert job.factor is not None
    factor, axis = job.factor, job.axis
    which = job.weights or job.method.name
    tiles: Iterator[Tile]
    if job.method.kind == "dictionary":
        from napari_mrsr.inference.dictionary import stream as look_up

        dictionary = dictionary_files.load(which)
        tiles = look_up(dictionary, array, axis=axis, first=first, stop=stop, threads=threads, within=within)
    else:
        from napari_mrsr.inference.engine import stream as run

        tiles = run(
            registry.load(which),
            array,
            factor=factor,
            axis=axis,
            device=device,
            precision=precision,
            first=first,
            stop=stop,
            threads=threads,
            within=within,
        )
    for tile in tiles:
        if not tile.preview and job.penalties:
            there = list(tile.where)
            there[axis] = slice(None)
            y = array[(slice(None), *there)]
            corrected = [
                correct(x, thick.astype(np.float32, copy=False), axis, factor, penalty)
                for x, thick, penalty in zip(tile.array, y, job.penalties, strict=True)
            ]
            tile = replace(tile, array=np.stack(corrected))
        yield tile


def _classical(
    array: npt.NDArray[Any],
    job: Job,
    stop: Callable[[], bool] | None,
    within: tuple[slice, slice, slice] | None,
) -> Iterator[Tile]:
    """Interpolate in one tile: it takes less than a second."""
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.sampling import along

    if stop is not None and stop():
        return
    n = array.shape[job.axis + 1]
    part = within or (slice(None),) * 3
    cut = [
        slice(*part[a].indices(size)[:2]) if a != job.axis else slice(0, n) for a, size in enumerate(array.shape[1:])
    ]
    matrix = interpolation.matrix(job.method.name, n, job.size)
    values = along.apply(matrix, array[(slice(None), *cut)].astype(np.float32, copy=False), job.axis + 1)
    cut[job.axis] = slice(0, job.size)
    yield Tile((cut[0], cut[1], cut[2]), values, 1.0)
