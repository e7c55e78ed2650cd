r"""The front door of mapping the brain: T1w, T2w and FLAIR go in; T1, T2 and M0 come out, with what to check them by.

The images are checked (:mod:`napari_mrsr.mapping.brain`), each is divided by its own scale
(:mod:`~napari_mrsr.networks.head_scale`), and a network maps them slice by slice. From the maps, signal equations make
the T1w and T2w images anew; what these are above the acquired ones, at the gain :math:`g = \langle \hat s, s \rangle /
\langle \hat s, \hat s \rangle` over the head, tells where the maps do not explain the images.

A voxel has no T1, or no T2, where there is no signal or where the value lies outside of what the network was trained
for: it is NaN with a reason. T2 of fluid, far longer than the echo times, is not determined by these images.

Maps are estimated from three weighted images by what a network has seen of others: research use, derived, not measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, MissingParameter, Stopped, WeightsCorrupt
from napari_mrsr.mapping.brain import CONTRASTS, BrainMaps, BrainScans, together
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.networks.head_scale import head_level, head_scale
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.planes import NEARLY_CUBES, PLANES, planes_of
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.networks.mapper import Mapper

__all__ = ["STEP", "BrainJob", "Plane", "finish", "map_brain", "plan", "run"]

#: Name of the step in the history of every map.
STEP = "maps of the brain"
RESEARCH = "research use, derived: estimated by a network from weighted images, not measured"
Plane = Literal["auto", "sagittal", "coronal", "axial"]
#: Relative difference of a timing from training beyond which the maps are not to be trusted.
TOLERANCE = 0.15
#: What of each header is looked at, what it is called, and its unit; and where the contrast stands in the conditions.
_TIMINGS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "T1w": (
        ("repetition_time", "TR", "ms"),
        ("inversion_time", "TI", "ms"),
        ("flip_angle", "flip angle", "degrees"),
    ),
    "T2w": (("repetition_time", "TR", "ms"), ("echo_time", "TE", "ms")),
    "FLAIR": (("repetition_time", "TR", "ms"), ("inversion_time", "TI", "ms")),
}
SEQUENCES: Mapping[str, str] = {"T1w": "mprage", "T2w": "tse", "FLAIR": "flair"}
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Timing:
    """A timing that the maps need: of which image, its name in an acquisition and for people, its unit.

    ``nominal`` is that of the training, ``found`` that of the header, None where it has none.
    """

    contrast: str
    entry: str
    label: str
    unit: str
    nominal: float
    found: float | None

    @property
    def words(self) -> str:
        """What it is, with that of the training: ``TI of T1w (900 ms)``."""
        return f"{self.label} of {self.contrast} ({self.nominal:g} {self.unit})"


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
    Stopped
        ``stop`` answered True.
    """
    job = plan(t1w, t2w, flair, weights=weights, plane=plane, assume=assume)
    maps, done = empty(job), 0.0
    for tile in run(job, device=device, precision=precision, threads=threads, stop=stop):
        tile.write(maps)
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1 and job.inside.any():
        raise Stopped("was stopped before the end", where=job.scans.t1w.where)
    return finish(job, maps)


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
    one, two, three = (head_scale(scan.array[0], conditions.percentile) for scan in scans.by_name.values())
    levels = [head_level(scan.array[0]) for scan in scans.by_name.values()]
    inside = np.logical_or.reduce([volume > level for volume, level in zip(scans.stacked, levels, strict=True)])
    warnings = (*scans.warnings, *told, *out_of_range(scans.by_name, conditions))
    return BrainJob(
        scans, which, network, conditions, timings, normal_of(scans.t1w, plane), (one, two, three), inside, warnings
    )


def conditions_of(settings: Mapping[str, Any], which: str | Path) -> MapConditions:
    """Return what weights hold good for, from the settings of their network.

    Raises
    ------
    WeightsCorrupt
        The settings do not say it.
    """
    try:
        return MapConditions.read(settings["conditions"])
    except (TypeError, KeyError, ValueError, BadParameter) as error:
        raise WeightsCorrupt(
            f"does not say what it was trained for ({error})",
            where=which if isinstance(which, Path) else None,
            remedy="use a file made by napari-mrsr train brain-maps",
        ) from error


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
    images = job.scans.stacked / np.array(job.scales, np.float32)[:, None, None, None]
    yield from stream(
        job.network,
        images,
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
    synthesised, difference, misfit = synthesise(job, maps)
    parameters = {
        "weights": job.weights.name if isinstance(job.weights, Path) else job.weights,
        "plane": _plane_name(job.scans.t1w, job.normal),
        "scales": list(job.scales),
        "t1_range": list(c.t1),
        "t2_range": list(c.t2),
        "misfit": misfit,
        "use": RESEARCH,
    }
    base = replace(
        job.scans.t1w,
        sources=tuple(source for scan in job.scans.by_name.values() for source in scan.sources),
        warnings=job.warnings,
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
        synthesised,
        difference,
        misfit,
        job.warnings,
    )


def synthesise(job: BrainJob, maps: Floats) -> tuple[dict[str, Scan], dict[str, Scan], dict[str, float]]:
    """Return T1w and T2w as the maps explain them, what these are above the acquired ones, and the misfit in %."""
    inside = job.inside & np.isfinite(maps).all(axis=0)
    t1, t2, m0 = (maps[n][inside] for n in range(3))
    signals = {
        "T1w": np.abs(mprage_signal(t1, job.timings.mprage, m0=m0)),
        "T2w": np.abs(tse_signal(t1, t2, job.timings.tse, m0=m0)),
    }
    synthesised, difference, misfit = {}, {}, {}
    for name, signal in signals.items():
        scan = job.scans.by_name[name]
        acquired = scan.array[0][inside].astype(np.float64)
        gain = float(signal @ acquired / max(float(signal @ signal), 1e-30))
        made = np.zeros(scan.shape, np.float32)
        made[inside] = gain * signal
        apart = np.where(inside, made - scan.array[0], 0).astype(np.float32)
        parameters = {"from": "T1, T2 and M0", "gain": gain, "use": RESEARCH}
        synthesised[name] = scan.after("synthesised from maps", made, parameters=parameters)
        difference[name] = scan.after("synthesised less acquired", apart, parameters=parameters)
        middle = float(np.median(np.abs(apart[inside]))) if inside.any() else math.nan
        misfit[name] = round(100 * middle / job.scales[CONTRASTS.index(name)], 2)
    return synthesised, difference, misfit


def _reasons(values: Floats, inside: npt.NDArray[np.bool_], within: tuple[float, float]) -> npt.NDArray[np.uint8]:
    low, high = within
    known = np.isfinite(values)
    reason = np.full(values.shape, Reason.OK, np.uint8)
    reason[known & ((values < low) | (values > high))] = Reason.OUT_OF_RANGE
    reason[~known | ~inside] = Reason.AIR
    return reason


# -- what the headers say ------------------------------------------------------------------------------
def timings_of(scans: BrainScans, conditions: MapConditions, *, assume: bool) -> tuple[MapConditions, list[str]]:
    """Return the conditions with the timings of the scans, and a line for each that was assumed.

    Raises
    ------
    MissingParameter
        A header lacks a timing and none is to be assumed.
    """
    lines: list[str] = []
    changes: dict[str, dict[str, float]] = {}
    missing: list[str] = []
    for one in header_timings(scans.by_name, conditions):
        if one.found is None:
            missing.append(one.words)
        else:
            changes.setdefault(SEQUENCES[one.contrast], {})[one.entry] = one.found
    if missing and not assume:
        raise MissingParameter(
            f"headers lack {', '.join(missing)}",
            where=scans.t1w.where,
            remedy="put them into the JSON sidecars, or assume those of the training, in brackets (--assume)",
        )
    lines += [f"{one} was assumed, as in the training" for one in missing]
    timings = conditions
    for sequence, given in changes.items():
        try:
            timings = replace(timings, **{sequence: replace(getattr(conditions, sequence), **given)})
        except BadParameter as error:
            if sequence != "flair":
                lines.append(f"images are synthesised with the timings of the training: {error.what}")
    return timings, lines


def header_timings(images: Mapping[str, Scan], conditions: MapConditions) -> list[Timing]:
    """Return every timing that matters, of the images that are there, by contrast."""
    return [
        Timing(name, entry, label, unit, getattr(getattr(conditions, SEQUENCES[name]), entry), _header(scan, entry))
        for name, scan in images.items()
        for entry, label, unit in _TIMINGS[name]
    ]


def _header(scan: Scan, entry: str) -> float | None:
    if entry == "echo_time":
        times = scan.acquisition.echo_times
        return float(times[0]) if times else None
    value = getattr(scan.acquisition, entry)
    return None if value is None else float(value)


def out_of_range(images: Mapping[str, Scan], conditions: MapConditions) -> list[str]:
    """Return in which ways images, by contrast, are unlike the training, one line each."""
    lines = []
    for one in header_timings(images, conditions):
        if one.found is not None and abs(one.found - one.nominal) > max(TOLERANCE, conditions.spread) * one.nominal:
            told = f"{one.found:g} {one.unit}, the training {one.nominal:g}"
            lines.append(f"{one.contrast} has a {one.label} of {told}: maps may be wrong")
    fields = {scan.acquisition.field_strength for scan in images.values()} - {None}
    if any(abs(value - conditions.field_strength) > 0.3 for value in fields if value is not None):
        told = ", ".join(f"{value:g}" for value in sorted(value for value in fields if value is not None))
        lines.append(f"the scans are at {told} T, the training at {conditions.field_strength:g} T: T1 differs")
    low, high = conditions.voxel
    sides = sorted(next(iter(images.values())).spacing)[:2] if images else [low, high]
    if sides[0] < low or sides[1] > high:
        size = " x ".join(f"{side:g}" for side in sides)
        lines.append(f"voxels of {size} mm in a slice: the training had {low:g} to {high:g} mm")
    return lines


# -- planes ----------------------------------------------------------------------------------------------
def normal_of(scan: Scan, plane: Plane) -> int:
    """Return the voxel axis across which slices of a plane are cut.

    Examples
    --------
    >>> normal_of(Scan(np.zeros((8, 9, 10)), np.eye(4)), "sagittal")
    0
    """
    if plane != "auto":
        return planes_of(scan)[plane]
    spacing = np.array(scan.spacing)
    return int(spacing.argmax()) if spacing.max() > NEARLY_CUBES * spacing.min() else planes_of(scan)["sagittal"]


def seen_as(scan: Scan, normal: int) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return the voxel axes in the order of the patient's (right, front, up), the normal last, and which run backwards.

    Examples
    --------
    >>> seen_as(Scan(np.zeros((8, 9, 10)), np.diag([-1, -1, 1, 1])), 0)
    ((1, 2, 0), (True, False, True))
    """
    across = planes_of(scan)
    in_plane = [across[name] for name in PLANES if across[name] != normal]
    one, two, three = (*in_plane, normal)
    world = {axis: PLANES.index(name) for name, axis in across.items()}
    a, b, c = (bool(scan.affine[world[axis], axis] < 0) for axis in (one, two, three))
    return (one, two, three), (a, b, c)


def _plane_name(scan: Scan, normal: int) -> str:
    return next(name for name, axis in planes_of(scan).items() if axis == normal)
