"""Table 1 of Chaudhari et al. (PREDICTIVE 2018): image quality of super-resolved DESS against the acquired scan.

Every scan is made twice as thick by the published filter, super-resolved by every method on the same fixed slab
(:mod:`napari_mrsr.studies.slab`), and compared with the scan as acquired (:mod:`napari_mrsr.studies.scoring`). Methods
are compared over the subjects with the published one and with the default of this package
(:mod:`napari_mrsr.studies.comparisons`). A subject that cannot be used is named and left out.

The row that the paper calls RMSE x 1000 agrees with its own pSNR only as MSE x 1000; both are given, under their names.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead, Stopped
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Cohort, Subject
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.scoring import NOISE_LIMIT, noise_limit, ranges_of, score
from napari_mrsr.studies.slab import PLANES, Slab, cartilage_slab, whole_volume
from napari_mrsr.studies.writing import Figure, Study

if TYPE_CHECKING:
    from napari_mrsr.networks.registry import Method

#: The methods of the table, in its order, as far as they are installed; the first four are published.
METHODS = ("mrsr", "tricubic", "fourier", "scsr", "lean", "aplus")
FACTOR = 2

#: Told the part done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Settings:
    """How the study is done.

    Parameters
    ----------
    planes
        Planes of the slab; None: the whole volume.
    factor
        How many times thicker the slices are made.
    device
        Where networks run.
    figures
        Whether the first subject is shown: a coronal and an axial reformat, which are computed for it.
    """

    planes: int | None = PLANES
    factor: int = FACTOR
    device: str = "auto"
    figures: bool = True


@dataclass
class Found:
    """What was measured so far: rows of scores, one line per slab, and who was left out."""

    scores: list[dict[str, Any]] = field(default_factory=list)
    slabs: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def run(
    cohort: Cohort,
    methods: Sequence[str] | None = None,
    settings: Settings | None = None,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Study:
    """Do the study.

    Parameters
    ----------
    cohort
        Whose scans; they are read one at a time.
    methods
        Names, in the order of the table; by default :data:`METHODS` as far as they are installed.
    settings
        How.
    kept
        Where scores are kept, so that an interrupted study goes on where it was.
    progress
        Told the part that is done, 0 to 1, and what is done next.
    stop
        Asked whether to stop.
    provenance
        What else is to be written down: the command.

    Raises
    ------
    NothingToRead
        The cohort is empty, or no subject of it could be used.
    UnknownMethod
        No method of a name.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr.studies.quality_tables import tables

    chosen = choose(methods)
    how = settings or Settings()
    if not cohort.entries:
        raise NothingToRead(f"the cohort {cohort.name!r} holds no subject")
    found = Found()
    shown: tuple[Figure, ...] = ()
    for number, entry in enumerate(cohort.entries):

        def told(part: float, what: str, number: int = number) -> None:
            if progress is not None:
                progress((number + part) / len(cohort.entries), what)

        told(0.0, entry.name)
        try:
            subject = entry.load()
            _measure(subject, entry.name, chosen, how, found, kept or Kept(), told, stop)
            if how.figures and not shown:
                told(1.0, f"{entry.name}: figures")
                shown = figures(subject, chosen, how, kept, stop)
        except Stopped:
            raise
        except (MrsrError, OSError) as error:
            found.skipped[entry.name] = error.line if isinstance(error, MrsrError) else str(error)
            found.scores = [row for row in found.scores if row["subject"] != entry.name]
            found.slabs = [row for row in found.slabs if row["subject"] != entry.name]
        else:
            told(1.0, f"{entry.name} done")
    used = len(found.slabs)
    if not found.scores:
        first = next(iter({**found.skipped, **found.refused}.items()), ("", "no method was scored"))
        raise NothingToRead(
            f"none of the {len(cohort.entries)} subjects of {cohort.name} can be used: {first[0]}: {first[1]}"
        )
    return Study(
        "dess-quality",
        "Image quality of super-resolved DESS",
        _lead(cohort, how, used, found),
        tables(found.scores, found.slabs),
        shown,
        provenance={
            **(provenance or {}),
            "Cohort": {"Name": cohort.name, "Subjects": used, **cohort.origin},
            "Settings": {**asdict(how), "profile": "fir", "consistency": "wiener"},
            "Methods": {method.name: about(method) for method in chosen},
            "Refused": found.refused,
        },
        skipped=found.skipped,
    )


def choose(names: Sequence[str] | None) -> list[Method]:
    """Return the methods of some names, or those of the table that are installed.

    Raises
    ------
    UnknownMethod
        No method of a name.
    BadParameter
        A name stands twice, or there is none.
    """
    from napari_mrsr.networks import registry

    if names is None:
        known = {method.name for method in registry.methods()}
        names = [name for name in METHODS if name in known]
    if not names or len(set(names)) < len(names):
        raise BadParameter("a method stands twice" if names else "no method is to be scored", remedy="name each once")
    return [registry.find(name) for name in names]


def about(method: Method) -> dict[str, Any]:
    """Return what the provenance says of a method."""
    return {"kind": method.kind, "weights": method.file.name if method.file else None, "sha256": method.sha256}


def figures(
    subject: Subject, methods: Sequence[Method], how: Settings, kept: Kept | None, stop: Callable[[], bool] | None
) -> tuple[Figure, ...]:
    """Return figures like 3 and 4 of the paper: one coronal and one axial reformat, with their differences."""
    from napari_mrsr.studies.examples import reformat
    from napari_mrsr.studies.figures import reformats

    found = []
    for across in ("second", "first"):
        example = reformat(subject, methods, across, factor=how.factor, kept=kept, device=how.device, stop=stop)
        if example.rows[0].results:
            caption = (
                f"{example.plane.capitalize()} reformat of {subject.name}: as acquired, and found again from slices "
                f"{how.factor} times thicker; underneath, method minus acquired."
            )
            found.append(reformats(f"{example.plane}_reformat", caption, example.rows))
    return tuple(found)


def images_of(scan: Scan) -> tuple[str, ...]:
    """Return what the tables call the volumes: the two echoes S1 and S2 whatever their times, else by their names."""
    if scan.volumes == 2 and (scan.axis == "echo" or scan.acquisition.sequence == "DESS"):
        return "S1", "S2"
    return ("image",) if scan.volumes == 1 else scan.names


def _measure(
    subject: Subject,
    name: str,
    methods: Sequence[Method],
    how: Settings,
    found: Found,
    kept: Kept,
    told: Progress,
    stop: Callable[[], bool] | None,
) -> None:
    """Score all methods on one subject."""
    from napari_mrsr.inference import engine  # noqa: F401  torch is loaded before the first method is timed
    from napari_mrsr.superres import retrospective, whole_slices

    slices = subject.scan.find_slice_axis()
    slab = whole_volume(subject) if how.planes is None else cartilage_slab(subject, how.planes)
    ranges = ranges_of(subject.scan)
    thick = retrospective(subject.scan, how.factor, slices)
    reference = slab.crop(whole_slices(subject.scan, how.factor, slices))
    images = images_of(subject.scan)
    identity = hashlib.sha256(np.ascontiguousarray(subject.scan.array).data).hexdigest()
    found.slabs.append(_slab_row(name, slab, subject))
    limit = noise_limit(subject, slab, reference, ranges, how.factor)
    if limit is not None:
        found.scores += [
            {"subject": name, "method": NOISE_LIMIT, "image": image, **asdict(one), "seconds": float("nan")}
            for image, one in zip(images, limit, strict=True)
        ]
    for number, method in enumerate(methods):
        part, share = number / len(methods), 1 / len(methods)
        told(part, f"{name}: {method.name}")
        if method.echoes not in (None, subject.scan.volumes):
            found.refused[method.name] = f"made for {method.echoes} echoes, not {subject.scan.volumes}"
            continue

        def make(method: Method = method, part: float = part, share: float = share) -> dict[str, Any]:
            from napari_mrsr.studies.reconstruct import reconstruct

            began = time.perf_counter()
            test = reconstruct(
                thick, method.name, how.factor, slices, slab, device=how.device, stop=stop,
                progress=lambda done: told(part + share * done, f"{name}: {method.name}"),
            )  # fmt: skip
            seconds = time.perf_counter() - began
            return {"scores": [asdict(one) for one in score(reference, test, ranges)], "seconds": seconds}

        what = {
            "study": "dess-quality", "scan": identity, "method": method.name, "sha256": method.sha256,
            "factor": how.factor, "device": how.device, "slab": [slab.axis, slab.start, slab.stop],
        }  # fmt: skip
        result = kept.get(what, make)
        found.scores += [
            {"subject": name, "method": method.name, "image": image, **one, "seconds": result["seconds"]}
            for image, one in zip(images, result["scores"], strict=True)
        ]


def _slab_row(name: str, slab: Slab, subject: Subject) -> dict[str, Any]:
    spacing = "x".join(f"{s:g}" for s in subject.scan.spacing)
    return {
        "subject": name,
        "voxels [mm]": spacing,
        "axis": slab.axis,
        "first plane": slab.start,
        "planes": slab.planes,
        "cartilage voxels": slab.voxels,
        "notes": "; ".join((*slab.notes, *subject.scan.warnings)),
    }


def _lead(cohort: Cohort, how: Settings, used: int, found: Found) -> str:
    part = "the whole volume" if how.planes is None else f"a slab of {how.planes} reformat planes"
    lines = [
        f"{cohort.name}: {used} of {len(cohort.entries)} subjects. Slices made {how.factor} times thicker by the "
        f"published 48th-order filter, super-resolved and compared with the scan as acquired, on {part}. "
        "Trained methods with their default Wiener data consistency. Research use: results are derived, not acquired."
    ]
    if found.refused:
        told = "; ".join(f"{name} ({why})" for name, why in found.refused.items())
        lines.append(f"Not scored: {told}.")
    return "\n\n".join(lines)
