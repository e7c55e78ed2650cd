"""One subject: its networks fine-tuned on its planning scan, and all its frames found again by every method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from napari_mrsr.errors import MrsrError, NothingToRead, Stopped
from napari_mrsr.metrics.flicker import flicker
from napari_mrsr.phantoms.abdomen.grids import Vector
from napari_mrsr.physics.acquisition_time import Encoding, encoding_of
from napari_mrsr.scan import Scan
from napari_mrsr.studies.dynamic.frames import Found
from napari_mrsr.studies.dynamic.interpolations import Floats, Way
from napari_mrsr.studies.dynamic.networks import Trainable
from napari_mrsr.studies.dynamic.pictures import Pictures, shown_frames, shown_slice
from napari_mrsr.studies.dynamic.series import SeriesFound
from napari_mrsr.studies.dynamic.still import Still, still_voxels
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import Progress
from napari_mrsr.training.planning_scan import check_planning
from napari_mrsr.training.same_subject import mismatch

#: What the reference would score if it had no noise.
NOISE_FREE = "noise-free truth"

Stop = Callable[[], bool] | None


@dataclass(frozen=True)
class Plan:
    """What is done with every subject.

    Parameters
    ----------
    interpolations, networks
        The methods.
    levels
        Shares of k-space.
    frames
        So many at most; None for all.
    fine_tuning
        Whether networks are also fine-tuned on the planning scan.
    """

    interpolations: Sequence[Way]
    networks: Sequence[Trainable]
    levels: Sequence[float]
    frames: int | None = None
    fine_tuning: bool = True


@dataclass(frozen=True, eq=False)
class Scored:
    """What came of one subject.

    Parameters
    ----------
    rows
        ``subject``, ``level``, ``method``, ``kind``, ``frame``, ``ssim``, ``psnr``, ``sd``, ``seconds``.
    flicker
        ``subject``, ``level``, ``method``, ``flicker``.
    about
        Row of the table of subjects.
    encoding
        What was encoded, for acquisition times, and the field of view (mm); None where it is not known.
    fine_tuned
        How networks were fine-tuned, by what tables call them.
    pictures
        Slices for the figures; None where none were asked for.
    """

    rows: list[dict[str, Any]]
    flicker: list[dict[str, Any]]
    about: dict[str, Any]
    encoding: tuple[Encoding, Vector] | None
    fine_tuned: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: Pictures | None = None


def score(
    subject: DynamicSubject,
    plan: Plan,
    kept: Kept,
    *,
    told: Progress,
    refused: dict[str, str],
    stop: Stop = None,
    pictures: bool = False,
) -> Scored:
    """Score all methods on all frames of a subject.

    Parameters
    ----------
    subject
        Whose frames.
    plan
        What is done.
    kept
        Where scores are kept.
    told
        Told the part that is done, 0 to 1, and what is done next.
    refused
        Takes down why a method was not run, by subject and method.
    stop
        Asked before every frame.
    pictures
        Whether slices are remembered for the figures.

    Raises
    ------
    ConstantImage
        A frame shows nothing.
    NothingToRead
        No method could be run.
    Stopped
        ``stop`` answered True.
    """
    subject = first_frames(subject, plan.frames)
    still = still_voxels(subject)
    taught = 0.5 if plan.fine_tuning and plan.networks and subject.planning is not None else 0.0
    ways, how_taught = methods(subject, plan, lambda part, what: told(taught * part, what), refused, stop)
    if not ways:
        name, why = next(iter(refused.items()))
        raise NothingToRead(f"no method can be run: {name}: {why}", remedy="name other methods")
    at = shown_slice(subject) if pictures else None
    seen = shown_frames(subject.dynamic.volumes) if pictures else ()
    series = SeriesFound(subject, still, at, seen, kept, stop)
    rows: list[dict[str, Any]] = []
    steadiness: list[dict[str, Any]] = []
    found: dict[tuple[float, str, int], Found] = {}
    steps = [(level, way) for level in plan.levels for way in ways]
    for done, (level, way) in enumerate(steps):

        def share(part: float, done: int = done, level: float = level, way: Way = way) -> None:
            told(taught + (1 - taught) * (done + part) / len(steps), f"{subject.name}: {way.name}, {100 * level:g} %")

        frames_found = series.found(way, level, share)
        rows += [_row(subject.name, level, way, number, one) for number, one in enumerate(frames_found)]
        unsteady = flicker([one.still for one in frames_found])
        steadiness.append({"subject": subject.name, "level": level, "method": way.name, "flicker": unsteady})
        found |= {(level, way.name, n): one for n, one in enumerate(frames_found) if one.picture is not None}
    shown = Pictures(subject, at, tuple(plan.levels), seen, tuple(ways), found) if at is not None else None
    return Scored(rows, steadiness, _about(subject, still), encoding(subject), how_taught, shown)


def first_frames(subject: DynamicSubject, count: int | None) -> DynamicSubject:
    """Return the subject with its first frames only."""
    if count is None or count >= subject.dynamic.volumes:
        return subject

    def cut(scan: Scan) -> Scan:
        return replace(scan, array=scan.array[:count], names=scan.names[:count])

    return replace(
        subject,
        dynamic=cut(subject.dynamic),
        labels=None if subject.labels is None else subject.labels[:count],
        noiseless=None if subject.noiseless is None else cut(subject.noiseless),
    )


def methods(
    subject: DynamicSubject, plan: Plan, told: Progress, refused: dict[str, str], stop: Stop
) -> tuple[list[Way], dict[str, dict[str, Any]]]:
    """Return the methods of a subject, networks fine-tuned on its planning scan among them, and how they were."""
    ways: list[Way] = list(plan.interpolations)
    how: dict[str, dict[str, Any]] = {}
    for number, network in enumerate(plan.networks):
        ways.append(network.main())
        if not plan.fine_tuning:
            continue
        label = f"{subject.name}: fine-tuning {network.name}"
        if subject.planning is None:
            refused[label] = "there is no planning scan"
            continue

        def share(part: float, number: int = number, label: str = label) -> None:
            told((number + part) / len(plan.networks), label)

        share(0.0)
        try:
            said = check_planning(subject.planning, subject.dynamic)
            way, told_of_it = network.fine_tuned(subject.planning, share, stop)
        except Stopped:
            raise
        except MrsrError as error:
            refused[label] = error.line
        else:
            ways.append(way)
            how[network.name] = {**told_of_it, "notes": [*said, *mismatch(told_of_it, subject.dynamic)]}
    if subject.noiseless is not None and subject.noiseless is not subject.dynamic:
        ways.append(Way(NOISE_FREE, "limit", partial(_noise_free, subject.noiseless)))
    return ways, how


def encoding(subject: DynamicSubject) -> tuple[Encoding, Vector] | None:
    """Return what a subject's frames encoded and their field of view, by the protocol or else by the header."""
    protocol = subject.protocol
    if protocol is not None:
        over = protocol.phase_oversampling, protocol.slice_oversampling
        part = protocol.phase_resolution, protocol.slice_resolution
        whole = Encoding(protocol.repetition_time, protocol.matrix, *over, *part, protocol.grappa)
        return whole, protocol.field_of_view
    try:
        found, _ = encoding_of(subject.dynamic)
    except MrsrError:
        return None
    by_size = {n: n * s for n, s in zip(subject.dynamic.shape, subject.dynamic.spacing, strict=True)}
    readout, phase, slices = (by_size[n] for n in found.matrix)
    return found, (readout, phase, slices)


def _noise_free(clean: Scan, coarse: Scan, like: Scan, first: int) -> Iterator[tuple[int, Floats]]:
    """Give the frames without noise."""
    for number in range(first, clean.volumes):
        yield number, np.asarray(clean.array[number], np.float32)


def _row(name: str, level: float, way: Way, number: int, one: Found) -> dict[str, Any]:
    return {
        "subject": name,
        "level": level,
        "method": way.name,
        "kind": way.kind,
        "network": way.network,
        "frame": number + 1,
        "ssim": one.score.ssim,
        "psnr": one.score.psnr,
        "sd": one.score.sd,
        "seconds": one.seconds,
    }


def _about(subject: DynamicSubject, still: Still) -> dict[str, Any]:
    values = np.stack([still.of(volume) for volume in subject.dynamic.array])
    planning = subject.planning
    return {
        "subject": subject.name,
        "frames": subject.dynamic.volumes,
        "matrix": "x".join(map(str, subject.dynamic.shape)),
        "voxels [mm]": "x".join(f"{s:.3g}" for s in subject.dynamic.spacing),
        "planning matrix": "-" if planning is None else "x".join(map(str, planning.shape)),
        "still voxels": len(still.index),
        "SD over time x1000": 1e3 * flicker(values),
        "notes": "; ".join((still.said, *subject.notes, *subject.dynamic.warnings)),
    }
