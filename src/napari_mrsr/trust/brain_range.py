"""Whether three weighted images of a brain are like those that taught a mapping network, and what it does if not.

A network reads T1 and T2 from contrast alone, so it takes the timings of its training for granted. What a header says
is held against them; where they differ by more than :data:`TOLERANCE` a line says of which image, by how much, and what
it does to the maps. The direction is told where it follows from the equations: of a T2w of shorter TE less signal has
decayed, and T2 reads too long.

The echo time of a FLAIR is not compared. A long train of varying angles has an echo time in its header (352 ms in paper
4) that is not what weighs T2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_mrsr.errors import BadParameter, MissingParameter, WeightsCorrupt
from napari_mrsr.mapping.brain import BrainScans
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.scan import Scan

#: Relative difference of a timing from training beyond which the maps are not to be trusted.
TOLERANCE = 0.15
#: What of each header is looked at, what it is called, and its unit.
_TIMINGS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "T1w": (
        ("repetition_time", "TR", "ms"),
        ("inversion_time", "TI", "ms"),
        ("flip_angle", "flip angle", "degrees"),
    ),
    "T2w": (("repetition_time", "TR", "ms"), ("echo_time", "TE", "ms")),
    "FLAIR": (("repetition_time", "TR", "ms"), ("inversion_time", "TI", "ms")),
}
#: What each does to the maps where it is unlike the training; of the TE of T2w see :func:`effect`.
_EFFECTS: Mapping[tuple[str, str], str] = {
    ("T1w", "repetition_time"): "T1 may be wrong, most where it is long",
    ("T1w", "inversion_time"): "T1w has another contrast, and T1 may be wrong",
    ("T1w", "flip_angle"): "T1 may be wrong",
    ("T2w", "repetition_time"): "T2 may be wrong where T1 is long",
    ("FLAIR", "repetition_time"): "fluid may be nulled otherwise, and maps near it be wrong",
    ("FLAIR", "inversion_time"): "fluid may be nulled otherwise, and maps near it be wrong",
}
#: Difference of field strength that counts, T.
FIELD = 0.3
#: Slices so many times thicker than the largest voxel of the training are told.
THICK = 2.0
#: Where each contrast stands in the conditions.
SEQUENCES: Mapping[str, str] = {"T1w": "mprage", "T2w": "tse", "FLAIR": "flair"}


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
            remedy="give them (--t1w-ti 900), put them into the JSON sidecars, or assume those in brackets (--assume)",
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
    """Return how images, by contrast, are unlike the training, and what it does to the maps, one line each."""
    lines = []
    for one in header_timings(images, conditions):
        if one.found is not None and abs(one.found - one.nominal) > max(TOLERANCE, conditions.spread) * one.nominal:
            told = f"{one.found:g} {one.unit}, the training {one.nominal:g}"
            lines.append(f"{one.contrast} has a {one.label} of {told}: {effect(one)}")
    return [*lines, *_field(images, conditions), *_voxels(images, conditions)]


def effect(timing: Timing) -> str:
    """Return what a timing unlike that of the training does to the maps.

    Examples
    --------
    What has decayed less looks like a longer T2:

    >>> effect(Timing("T2w", "echo_time", "TE", "ms", 93.0, 62.0))
    'T2 may read too long, by about 50 %'
    """
    if (timing.contrast, timing.entry) == ("T2w", "echo_time") and timing.found:
        times = timing.nominal / timing.found
        return f"T2 may read too {'long' if times > 1 else 'short'}, by about {100 * abs(times - 1):.0f} %"
    return _EFFECTS[timing.contrast, timing.entry]


def _field(images: Mapping[str, Scan], conditions: MapConditions) -> list[str]:
    fields = {scan.acquisition.field_strength for scan in images.values()} - {None}
    known = sorted(value for value in fields if value is not None)
    if all(abs(value - conditions.field_strength) <= FIELD for value in known):
        return []
    told = ", ".join(f"{value:g}" for value in known)
    trained = conditions.field_strength
    shorter = all(value < trained for value in known)
    how = "shorter there, and may read too long" if shorter else "another there, and may be wrong"
    return [f"the scans are at {told} T, the training at {trained:g} T: T1 differs; it is {how}"]


def _voxels(images: Mapping[str, Scan], conditions: MapConditions) -> list[str]:
    if not images:
        return []
    low, high = conditions.voxel
    one, other, thick = sorted(next(iter(images.values())).spacing)
    lines = []
    if one < low or other > high:
        seen = "edges and small structures look otherwise, and maps there may be wrong"
        lines.append(f"voxels of {one:g} x {other:g} mm in a slice, the training {low:g} to {high:g} mm: {seen}")
    if thick > THICK * high:
        mixed = "voxels mix more tissue than there, and values at borders are of mixtures"
        lines.append(f"slices of {thick:g} mm, the training up to {high:g} mm: {mixed}")
    return lines
