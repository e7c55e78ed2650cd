"""Heads with measured maps, of which some teach and others judge (:mod:`napari_mrsr.files.own_maps`).

Held out are persons, not scans. What is wrong with a file stops the run, since nobody wants to find out later that a
head was missing; a head that lacks a file is left out, and said.

What is trained for is taken from the data: timings (:mod:`~napari_mrsr.training.map_timings`), and values, voxels and
field strength (:mod:`~napari_mrsr.training.own_conditions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_mrsr.errors import BadParameter, NothingToRead
from napari_mrsr.files.own_layout import MAPS, OwnFiles, find
from napari_mrsr.files.own_maps import read
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.training.map_material import MapSource
from napari_mrsr.training.map_timings import Timings, common, of_headers, protocols
from napari_mrsr.training.own_conditions import Met, of_heads
from napari_mrsr.training.own_head import normal_of, of_head

#: One fold of many, counted from 1.
Fold = tuple[int, int]


@dataclass(frozen=True, eq=False)
class OwnCohort:
    """What own maps teach.

    Parameters
    ----------
    teaching, judging
        Heads, held out by person.
    conditions
        What a network that learns from them holds good for.
    others
        Conditions of the protocols 1, 2, ... of the heads; 0 is ``conditions``.
    untaught
        Maps that no head has.
    """

    teaching: list[MapSource]
    judging: list[MapSource]
    conditions: MapConditions
    others: Sequence[MapConditions] = ()
    untaught: tuple[str, ...] = ()


def gather(
    places: Sequence[Path],
    nominal: MapConditions,
    *,
    fold: Fold | None = None,
    validate: Sequence[Path] = (),
    label_axis: str | int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> OwnCohort:
    """Read the heads of some folders.

    Parameters
    ----------
    places
        Folders of heads that teach.
    nominal
        Timings where headers have none, and the ranges of values at most.
    fold
        Which persons of them judge, and do not teach.
    validate
        Folders of heads that judge.
    label_axis
        As of :func:`napari_mrsr.files.own_maps.read`.
    report
        Told what teaches, what is left out, and what is odd.

    Raises
    ------
    NothingToRead
        No head is complete.
    BadParameter
        There is no such fold, a person would teach and judge, or a head does not fit.
    GeometryMismatch
        Images of a head lie on different grids, or its maps elsewhere.
    """
    here = list(_complete(places, report))
    if not here:
        raise NothingToRead(
            "no head with T1w, T2w, FLAIR and a map of T1 or T2",
            where=places[0] if places else None,
            remedy="name files as in sub-01/sub-01_T1map.nii.gz",
        )
    apart = _held_out(here, fold)
    judges = list(_complete(validate, report))
    shared = {one.subject for one in here} & {one.subject for one in judges}
    if shared:
        raise BadParameter(
            f"{', '.join(sorted(shared))} would teach and judge",
            where=validate[0],
            remedy="give other persons to --validate, or name them otherwise",
        )
    taught, judging = list[MapSource](), list[MapSource]()
    timings, met = dict[str, Timings](), list[Met]()
    for files in (*here, *judges):
        head = read(files, label_axis=label_axis)
        judge = files in judges or files.subject in apart
        report(f"{head.name}: {', '.join(head.maps)}, {'held out' if judge else 'teaches'}")
        for line in head.lines:
            report(f"{head.name}: {line}")
        source = of_head(head, nominal.percentile, report)
        if judge:
            judging.append(source)
            continue
        stated, lacking = of_headers(head.images)
        if lacking:
            report(f"{head.name}: headers lack {', '.join(lacking)}: those of the others are taken, or of Table 1")
        taught.append(source)
        timings[head.name] = stated
        met.append(Met.of(list(head.images.values()), normal_of(head.images["T1w"], head.coarse)[0]))
    conditions, lines = common(timings, nominal)
    numbers, others = protocols(timings, conditions)
    for line in lines:
        report(line)
    if others:
        report(f"{len({*numbers.values()})} protocols: the edges of each head are synthesised with its own")
    taught = [replace(one, protocol=numbers[one.name]) for one in taught]
    conditions, untaught = of_heads(conditions, taught, met, report)
    own = {
        "heads": len(taught),
        "persons": len({one.subject for one in taught}),
        "labels": {name: sum(bool(np.isfinite(one.labels[n]).any()) for one in taught) for n, name in enumerate(MAPS)},
        "protocols": len({*numbers.values()}),
    }
    conditions = replace(conditions, trained={**nominal.trained, "own maps": own})
    return OwnCohort(taught, judging, conditions, others, untaught)


def with_made(own: OwnCohort, nominal: MapConditions) -> MapConditions:
    """Return what a network holds good for that learned from made heads too: what these teach, at the own timings."""
    mine = own.conditions
    sides = (min(mine.voxel[0], nominal.voxel[0]), max(mine.voxel[1], nominal.voxel[1]))
    return replace(mine, t1=nominal.t1, t2=nominal.t2, voxel=sides, spread=max(mine.spread, nominal.spread))


def _complete(places: Sequence[Path], report: Callable[[str], None]) -> Iterator[OwnFiles]:
    seen = set[str]()
    for place in places:
        for files in find(place):
            if files.missing:
                report(f"{files.name} {files.missing}: left out")
                continue
            name = f"{place.name} {files.name}" if files.name in seen else files.name
            seen.add(name)
            yield replace(files, name=name)


def _held_out(heads: Sequence[OwnFiles], fold: Fold | None) -> set[str]:
    persons = sorted({one.subject for one in heads})
    if fold is None:
        return set()
    number, count = fold
    if not 1 <= number <= count or not 2 <= count <= len(persons):
        raise BadParameter(
            f"fold {number}/{count} of {len(persons)} persons is impossible",
            remedy=f"give 1/{max(2, min(4, len(persons)))}, say, and maps of at least two persons",
        )
    return set(persons[number - 1 :: count])
