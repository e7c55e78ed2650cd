"""One scan: its slices taken to the central quarter of their k-space, and found again by every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_mrsr.errors import MrsrError, NothingToRead, Stopped
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain.folds import Fold
from napari_mrsr.studies.brain.found import Floats, Found
from napari_mrsr.studies.brain.head import head_of
from napari_mrsr.studies.brain.lesion import Seen
from napari_mrsr.studies.brain.methods import Stop, Way, seen_before
from napari_mrsr.studies.brain.planes import ACQUIRED, Stack, stacks
from napari_mrsr.studies.brain.stack_found import StackFound
from napari_mrsr.studies.brain_cohort import BrainScan
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import Progress
from napari_mrsr.training.full_band import true_band

#: Share of k-space of paper 2: half the lines of both axes.
KSPACE = 0.25


@dataclass(frozen=True)
class Plan:
    """What is done with every scan.

    Parameters
    ----------
    ways
        The methods.
    folds
        Weights that hold out subjects, to know who may be scored by what.
    planes, slices
        Which slices: see :func:`.planes.stacks`.
    kspace
        Share of k-space that is kept.
    """

    ways: Sequence[Way]
    folds: Sequence[Fold] = ()
    planes: str = ACQUIRED
    slices: int | None = None
    kspace: float = KSPACE


@dataclass(frozen=True, eq=False)
class Shown:
    """One slice of a stack as the truth and every method show it."""

    name: str
    stack: Stack
    number: int
    pictures: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class Scored:
    """What came of one scan.

    Parameters
    ----------
    rows
        ``subject``, ``scan``, ``plane``, ``slice``, ``method``, ``trained``, and the columns of the measures.
    lesions
        By method, what the slices show of the lesion; the first plane only.
    stacks
        ``scan``, ``plane``, ``method``, ``slices``, ``seconds``, ``flicker``, ``change``.
    about
        Row of the table of scans.
    using
        By method, all that its results depend on: weights and their sha256.
    shown
        Slices for the figures, one a plane.
    """

    rows: list[dict[str, Any]]
    lesions: dict[str, list[Seen]]
    stacks: list[dict[str, Any]]
    about: dict[str, Any]
    using: dict[str, dict[str, Any]] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)


def score(
    subject: BrainScan, plan: Plan, kept: Kept, *, told: Progress, refused: dict[str, str], stop: Stop = None
) -> Scored:
    """Score all methods on the slices of a scan.

    Parameters
    ----------
    subject
        Which scan.
    plan
        What is done.
    kept
        Where scores are kept.
    told
        Told the part that is done, 0 to 1, and what is done next.
    refused
        Takes down why a method was not run, by scan and method.
    stop
        Asked before every method.

    Raises
    ------
    BadParameter
        No slice holds a head.
    NothingToRead
        No method could be run.
    Stopped
        ``stop`` answered True.
    """
    head = head_of(subject.scan.array[0])
    found = stacks(subject.scan, head, plan.planes, most=plan.slices, lesion=subject.lesion)
    rows: list[dict[str, Any]] = []
    lesions: dict[str, list[Seen]] = {}
    of_stacks: list[dict[str, Any]] = []
    using: dict[str, dict[str, Any]] = {}
    shown: list[Shown] = []
    steps = len(found) * len(plan.ways)
    for n, stack in enumerate(found):
        at = shown_slice(stack)
        run = StackFound(subject.subject, stack, plan.kspace, at, kept, stop)
        pictures: dict[str, Floats] = {}
        for m, way in enumerate(plan.ways):
            label = f"{subject.name}: {way.name}, {stack.plane}"
            why = seen_before(way, subject.subject, plan.folds)
            if why:
                refused[f"{subject.name}: {way.name}"] = why
                continue

            def share(part: float, done: int = n * len(plan.ways) + m, label: str = label) -> None:
                told((done + part) / steps, label)

            share(0.0)
            try:
                one = run.found(way, share)
            except Stopped:
                raise
            except MrsrError as error:
                refused[f"{subject.name}: {way.name}"] = error.line
                continue
            using[way.name] = way.depends_on(subject.subject)
            rows += list(_rows(subject, stack, way, one))
            of_stacks.append(_of_stack(subject, stack, way, one))
            pictures[way.name] = one.picture
            if n == 0:
                lesions[way.name] = [s for s in one.lesion if s is not None]
        shown.append(Shown(subject.name, stack, at, pictures))
    if not rows:
        name, why = next(iter(refused.items()))
        raise NothingToRead(f"no method can be run: {name}: {why}", remedy="name other methods")
    return Scored(rows, lesions, of_stacks, _about(subject, found), using, shown)


def shown_slice(stack: Stack) -> int:
    """Return the number of the slice that figures show: that with most of the lesion, else the one in the middle."""
    across = tuple(a for a in range(3) if a != stack.axis)
    if stack.lesion is not None and stack.lesion.any():
        return int(stack.lesion.sum(axis=across).argmax())
    return len(stack.indices) // 2


def _rows(subject: BrainScan, stack: Stack, way: Way, one: Found) -> Any:
    for number, index in enumerate(stack.indices):
        yield {
            "subject": subject.subject,
            "scan": subject.name,
            "plane": stack.plane,
            "slice": index,
            "method": way.name,
            "trained": way.trained,
            **{name: values[number] for name, values in one.scores.items()},
        }


def _of_stack(subject: BrainScan, stack: Stack, way: Way, one: Found) -> dict[str, Any]:
    return {
        "scan": subject.name,
        "plane": stack.plane,
        "method": way.name,
        "slices": len(stack.indices),
        "seconds": one.seconds,
        "flicker": one.flicker[0],
        "change": one.flicker[1],
    }


def _about(subject: BrainScan, found: Sequence[Stack]) -> dict[str, Any]:
    scan = subject.scan
    return {
        "scan": subject.name,
        "subject": subject.subject,
        "matrix": "x".join(map(str, scan.shape)),
        "voxels [mm]": "x".join(f"{s:.3g}" for s in scan.spacing),
        "slices scored": ", ".join(f"{len(one.indices)} {one.plane}" for one in found),
        "lesion [ml]": np.nan if subject.lesion is None else float(subject.lesion.sum() * scan.voxel_volume / 1000),
        "notes": "; ".join((*subject.notes, *_of_band(scan, found[0].axis), *scan.warnings)),
    }


def _of_band(scan: Scan, axis: int) -> tuple[str, ...]:
    """Return that a scan is itself filled with zeros: part of its detail was never there to be found."""
    share = true_band(scan, axis)
    return (f"holds detail up to {100 * share:.0f} % of its band in plane",) if share < 1 else ()
