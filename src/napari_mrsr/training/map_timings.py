"""Timings of the images that teach, by their headers: those of each subject, and those that stand for all.

A network is not told the timings of what it sees, so one cohort needs timings that are alike: what a run is for are
their medians, with the largest relative difference from them. The edge loss need not take medians: where a subject's
timings differ, its images are synthesised with its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.mprage import MprageTimings
from napari_mrsr.scan import Scan

#: By sequence of the conditions: the contrast, and what of its header counts.
HEADERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "mprage": ("T1w", ("repetition_time", "inversion_time", "flip_angle")),
    "tse": ("T2w", ("repetition_time", "echo_time")),
    "flair": ("FLAIR", ("repetition_time", "inversion_time")),
}
#: Relative difference from the median beyond which one network cannot serve all; below which timings are the same.
WIDEST, SAME = 0.25, 0.01
#: Echoes behind TE of a train that is longer than the one assumed.
LATER = 3

#: Timings by sequence and name, of one subject.
Timings = Mapping[tuple[str, str], float]


def of_headers(images: Mapping[str, Scan]) -> tuple[Timings, list[str]]:
    """Return the timings that the headers of a subject state, and the names of those that they lack."""
    found: dict[tuple[str, str], float] = {}
    lacking = []
    for sequence, (contrast, names) in HEADERS.items():
        acquisition = images[contrast].acquisition
        for name in names:
            times = acquisition.echo_times
            value = (times[0] if times else None) if name == "echo_time" else getattr(acquisition, name)
            if value is None:
                lacking.append(f"{name.replace('_', ' ')} of {contrast}")
            else:
                found[sequence, name] = float(value)
    return found, lacking


def common(subjects: Mapping[str, Timings], nominal: MapConditions) -> tuple[MapConditions, list[str]]:
    """Return conditions with the medians and the spread of some subjects' timings, and what is to be said.

    Raises
    ------
    BadParameter
        A subject is too unlike the others.

    Examples
    --------
    >>> subjects = {"a": {("tse", "echo_time"): 90.0}, "b": {("tse", "echo_time"): 100.0}}
    >>> conditions, _ = common(subjects, MapConditions())
    >>> conditions.tse.echo_time, round(conditions.spread, 3)
    (95.0, 0.053)
    """
    keys = sorted({key for timings in subjects.values() for key in timings})
    middles = {key: median(timings[key] for timings in subjects.values() if key in timings) for key in keys}
    spread = 0.0
    for name, timings in subjects.items():
        for (sequence, entry), value in timings.items():
            middle = middles[sequence, entry]
            off = abs(value / middle - 1) if middle > 0 else math.inf
            if not off <= WIDEST:
                what = f"{entry.replace('_', ' ')} of {HEADERS[sequence][0]}"
                raise BadParameter(
                    f"{name}: {what} is {value:g}, where the median of all is {middle:g}",
                    remedy=f"train on subjects of one protocol (within {100 * WIDEST:.0f} %), the others by themselves",
                )
            spread = max(spread, off)
    conditions, lines = own(middles, nominal)
    return replace(conditions, spread=spread), lines


def own(timings: Timings, nominal: MapConditions) -> tuple[MapConditions, list[str]]:
    """Return conditions with a subject's timings; where a sequence cannot be so, its nominal ones, and a line."""
    found, lines = nominal, []
    for sequence, (contrast, names) in HEADERS.items():
        before = getattr(nominal, sequence)
        changes: dict[str, Any] = {name: timings[sequence, name] for name in names if (sequence, name) in timings}
        if not changes:
            continue
        if sequence == "tse" and changes.get("echo_time", 0) > before.echo_spacing * (before.pulses + 0.5):
            changes["pulses"] = round(changes["echo_time"] / before.echo_spacing) + LATER
            lines.append(f"TE {changes['echo_time']:g} ms of T2w: a train of {changes['pulses']} echoes is assumed")
        if sequence == "mprage" and (spacing := _fitting(before, changes)) < before.echo_spacing:
            changes["echo_spacing"] = spacing
            lines.append(f"TR and TI of T1w are short: an echo spacing of {spacing:g} ms is assumed")
        try:
            found = replace(found, **{sequence: replace(before, **changes)})
        except BadParameter as error:
            lines.append(f"{contrast} is synthesised with the timings of Table 1: {error.what}")
    return found, lines


def protocols(
    subjects: Mapping[str, Timings], conditions: MapConditions
) -> tuple[dict[str, int], Sequence[MapConditions]]:
    """Return the number of each subject's protocol, 0 for that of the run, and the conditions of 1, 2, ..."""
    numbers: dict[str, int] = {}
    others: list[MapConditions] = []
    for name, timings in subjects.items():
        mine, _ = own(timings, conditions)
        known = [conditions, *others]
        same = [n for n, one in enumerate(known) if _alike(one, mine)]
        numbers[name] = same[0] if same else len(known)
        others += [] if same else [mine]
    return numbers, others


def _alike(one: MapConditions, other: MapConditions) -> bool:
    return all(
        math.isclose(getattr(getattr(one, sequence), name), getattr(getattr(other, sequence), name), rel_tol=SAME)
        for sequence, (_, names) in HEADERS.items()
        for name in names
    )


def _fitting(train: MprageTimings, changes: Mapping[str, float]) -> float:
    """Return the echo spacing, ms, at which a train fits between its inversions."""
    tr = changes.get("repetition_time", train.repetition_time)
    ti = changes.get("inversion_time", train.inversion_time)
    room = min(ti / max(train.centre - 1, 1), (tr - ti) / max(train.echoes - train.centre, 1))
    return min(train.echo_spacing, math.floor(10 * room) / 10)
