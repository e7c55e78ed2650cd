r"""The front door of mapping the brain: T1w, T2w and FLAIR go in; T1, T2 and M0 come out, with what to check them by.

The images are checked (:mod:`napari_mrsr.mapping.brain`), each is divided by its own scale
(:mod:`~napari_mrsr.networks.head_scale`), and a network maps them slice by slice. From the maps, signal equations make
the T1w and T2w images anew; what these are above the acquired ones, at a gain that fits the head, tells where the maps
do not explain the images (:mod:`~napari_mrsr.mapping.brain_synthesis`).

A voxel has no T1, or no T2, where there is no signal or where the value lies outside of what the network was trained
for: it is NaN with a reason. T2 of fluid, far longer than the echo times, is not determined by these images.

Maps are estimated from three weighted images by what a network has seen of others: research use, derived, not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.mapping.brain import CONTRASTS, BrainMaps, BrainScans, together
from napari_mrsr.mapping.brain_classes import brain_classes
from napari_mrsr.mapping.brain_synthesis import synthesise
from napari_mrsr.mapping.brain_tissue_check import check_tissues
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.networks.brain_slices import Plane, normal_of, plane_name, seen_as
from napari_mrsr.networks.head_scale import head_level, head_scale
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.planes import PLANES
from napari_mrsr.scan import Scan
from napari_mrsr.trust.brain_contrast import contrast_lines
from napari_mrsr.trust.brain_intervals import calibrations_of
from napari_mrsr.trust.brain_range import Timing, conditions_of, header_timings, out_of_range, timings_of
from napari_mrsr.trust.brain_second_look import with_uncertainty

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.networks.mapper import Mapper

__all__ = [
    "STEP",
    "BrainJob",
    "Plane",
    "Timing",
    "calibrations_of",
    "conditions_of",
    "empty",
    "finish",
    "header_timings",
    "map_brain",
    "normal_of",
    "out_of_range",
    "plan",
    "run",
    "with_uncertainty",
]

#: Name of the step in the history of every map.
STEP = "maps of the brain"
RESEARCH = "research use, derived: estimated by a network from weighted images, not measured"
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BrainJob:
    """What was decided before anything is computed.

    Parameters
    ----------
    scans
        The three images.
    weights
        Name of shipped weights, or a file.
    network, conditions
        The network, and what it holds good for.
    timings
        Those of the scans that the images are synthesised with: the conditions, changed by the headers.
    normal
        Voxel axis across which slices are cut.
    scales, inside
        What each image is divided by, and where the head is.
    warnings
        One line each.
    """

    scans: BrainScans
    weights: str | Path
    network: Mapper
    conditions: MapConditions
    timings: MapConditions
    normal: int
    scales: tuple[float, float, float]
    inside: npt.NDArray[np.bool_]
    warnings: tuple[str, ...]


def map_brain(
    t1w: Scan | None,
    t2w: Scan | None,
    flair: Scan | None,
    *,
    weights: str | Path | None = None,
    plane: Plane = "auto",
    assume: bool = False,
    uncertainty: bool = False,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> BrainMaps:
    """Map T1, T2 and M0 of a brain.

    Parameters
    ----------
    t1w, t2w, flair
        One volume each, of one person, on one grid.
    weights
        Name of shipped weights, or a file of one's own; the shipped hybrid ones if not given.
    plane
        In which slices are cut: ``"sagittal"``, ``"coronal"``, ``"axial"``, or ``"auto"``: as in training (sagittal),
        but that of the acquisition where its slices are thick.
    assume
        Take the timings of the training where a header has none.
    uncertainty
        Look a second time, for the half-width of the interval of each voxel of T1 and T2.
    device, precision, threads
        As in :func:`napari_mrsr.superres.super_resolve`.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Returns
    -------
    BrainMaps
        Maps, reasons, synthesised images and their differences, and what a reader must know.

    Raises
    ------
    ScanMissing, WrongDimensions, MixedPatients, GeometryMismatch, ConstantImage, BadParameter
        The images do not fit together, or a parameter is impossible.
    MissingParameter
        A header lacks a timing.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The weights cannot be read.
    NotCalibrated
        ``uncertainty`` was asked for, and is not known of these weights.
    Stopped
        ``stop`` answered True.
    """
    job = plan(t1w, t2w, flair, weights=weights, plane=plane, assume=assume)
    calibrations = calibrations_of(job.weights) if uncertainty else None
    looks = 1 if calibrations is None else 2
    maps, done = empty(job), 0.0
    for tile in run(job, device=device, precision=precision, threads=threads, stop=stop):
        tile.write(maps)
        done = tile.done
        if progress is not None:
            progress(done / looks)
    if done < 1 and job.inside.any():
        raise Stopped("was stopped before the end", where=job.scans.t1w.where)
    found = finish(job, maps)
    if calibrations is None:
        return found

    def second(part: float) -> None:
        if progress is not None:
            progress((1 + part) / looks)

    return with_uncertainty(
        job, maps, found, calibrations, device=device, precision=precision, threads=threads, progress=second, stop=stop
    )


def plan(
    t1w: Scan | None,
    t2w: Scan | None,
    flair: Scan | None,
    *,
    weights: str | Path | None = None,
    plane: Plane = "auto",
    assume: bool = False,
) -> BrainJob:
    """Decide what is to be done, and refuse what cannot be; parameters and errors as for :func:`map_brain`."""
    if plane not in ("auto", *PLANES):
        raise BadParameter(f"no plane {plane!r}", remedy=f"choose one of auto, {', '.join(PLANES)}")
    scans = together(t1w, t2w, flair)
    from napari_mrsr.networks.mapper import HYBRID, load

    which = HYBRID if weights is None else weights
    network = load(which)
    conditions = conditions_of(network.settings, which)
    timings, told = timings_of(scans, conditions, assume=assume)
    one, two, three = (head_scale(image, conditions.percentile) for image in scans.arrays)
    levels = [(image, head_level(image)) for image in scans.arrays]
    inside = np.logical_or.reduce([(image > level) & (image < np.inf) for image, level in levels])
    inside &= np.logical_and.reduce([np.isfinite(image) for image in scans.arrays])  # of one registered, some may lack
    warnings = (*scans.warnings, *told, *out_of_range(scans.by_name, conditions))
    return BrainJob(
        scans, which, network, conditions, timings, normal_of(scans.t1w, plane), (one, two, three), inside, warnings
    )


def run(
    job: BrainJob,
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    first: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Tile]:
    """Do what was planned, some slices at a time (:func:`napari_mrsr.inference.slice_maps.stream`).

    ``tile.write(maps)`` puts a tile into the array of :func:`empty`, which :func:`finish` turns into maps.
    """
    from napari_mrsr.inference.slice_maps import stream

    order, mirrored = seen_as(job.scans.t1w, job.normal)
    yield from stream(
        job.network,
        job.scans.arrays,
        job.scales,
        order=order,
        mirrored=mirrored,
        inside=job.inside,
        device=device,
        precision=precision,
        threads=threads,
        first=first,
        stop=stop,
    )


def empty(job: BrainJob) -> Floats:
    """Return the array that tiles are written into: NaN, ``(3, i, j, k)``."""
    return np.full((len(CONTRASTS), *job.scans.t1w.shape), np.nan, np.float32)


def finish(job: BrainJob, maps: Floats) -> BrainMaps:
    """Return what the network said as maps with their reasons, and the images that they explain."""
    c = job.conditions
    reasons = [_reasons(maps[n], job.inside, within) for n, within in ((0, c.t1), (1, c.t2))]
    t1, t2 = (np.where(reason == Reason.OK, maps[n], np.nan) for n, reason in enumerate(reasons))
    m0 = np.where(reasons[0] == Reason.OK, maps[2], np.nan)
    scales = dict(zip(CONTRASTS, job.scales, strict=True))
    shown = synthesise(job.scans.by_name, maps, job.inside, timings=job.timings, scales=scales, use=RESEARCH)
    classes = brain_classes(job.scans.arrays, job.scans.t1w.affine)
    tissues = check_tissues(classes, t1, t2, _field(job))
    contrast = contrast_lines(job.scans.by_name, classes, c)
    warnings = (*job.warnings, *contrast, *(one.words for one in tissues if one.outside))
    parameters = {
        "weights": job.weights.name if isinstance(job.weights, Path) else job.weights,
        "plane": plane_name(job.scans.t1w, job.normal),
        "scales": list(job.scales),
        "t1_range": list(c.t1),
        "t2_range": list(c.t2),
        "misfit": dict(shown.misfit),
        "use": RESEARCH,
    }
    base = replace(
        job.scans.t1w,
        sources=tuple(source for scan in job.scans.by_name.values() for source in scan.sources),
        warnings=warnings,
    )

    def as_map(values: npt.NDArray[Any], name: str, unit: str, kind: str = "map") -> Scan:
        changes = {"axis": kind, "names": (name,), "quantity": name, "unit": unit}
        return base.after(STEP, values, parameters=parameters, **changes)

    return BrainMaps(
        as_map(t1, "T1", "ms"),
        as_map(t2, "T2", "ms"),
        as_map(m0, "M0", ""),
        as_map(reasons[0], "reason", "", "label"),
        as_map(reasons[1], "reason", "", "label"),
        shown.images,
        shown.difference,
        shown.misfit,
        warnings,
        tissues,
    )


def _field(job: BrainJob) -> float:
    """Return the field strength of the scans, T; that of the training where no header says it."""
    known = [scan.acquisition.field_strength for scan in job.scans.by_name.values()]
    return next((value for value in known if value is not None), job.conditions.field_strength)


def _reasons(values: Floats, inside: npt.NDArray[np.bool_], within: tuple[float, float]) -> npt.NDArray[np.uint8]:
    low, high = within
    known = np.isfinite(values)
    reason = np.full(values.shape, Reason.OK, np.uint8)
    reason[known & ((values < low) | (values > high))] = Reason.OUT_OF_RANGE
    reason[~known | ~inside] = Reason.AIR
    return reason
