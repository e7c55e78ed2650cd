"""Table 1 of Chaudhari et al. (PREDICTIVE 2018): image quality of super-resolved DESS against the acquired scan.

Every scan is made twice as thick by the published filter, super-resolved by every method on the same fixed slab
(:mod:`napari_mrsr.studies.slab`), and compared with the scan as acquired (:mod:`napari_mrsr.studies.scoring`). Methods
are compared over the subjects with the published one and with the default of this package
(:mod:`napari_mrsr.studies.comparisons`). A subject that cannot be used is named and left out.

The row that the paper calls RMSE x 1000 agrees with its own pSNR only as MSE x 1000; both are given, under their names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import NothingToRead
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Cohort, Subject
from napari_mrsr.studies.kept import Kept, fingerprint
from napari_mrsr.studies.running import Progress, about, choose, over_methods, over_subjects, told_of
from napari_mrsr.studies.scoring import NOISE_LIMIT, noise_limit, ranges_of, score
from napari_mrsr.studies.slab import PLANES, Slab, cartilage_slab, whole_volume
from napari_mrsr.studies.writing import Figure, Study

if TYPE_CHECKING:
    from napari_mrsr.networks.registry import Method

#: How many times thicker slices are made where nothing else is said.
FACTOR = 2


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


@dataclass(frozen=True)
class SubjectScores:
    """Rows of one subject: a score for each method and image, and where its slab lies."""

    scores: list[dict[str, Any]]
    slab: dict[str, Any]


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
        Names, in the order of the table; by default :data:`~napari_mrsr.studies.running.METHODS` as far as they
        are installed.
    settings
        How.
    kept, progress, stop, provenance
        As in every study (:mod:`napari_mrsr.studies.running`).

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
    refused: dict[str, str] = {}
    shown: list[Figure] = []

    def use(subject: Subject, name: str, told: Progress) -> SubjectScores:
        measured = _measure(subject, name, chosen, how, kept or Kept(), told, refused, stop)
        if how.figures and not shown:
            told(1.0, f"{name}: figures")
            shown.extend(figures(subject, chosen, how, kept, stop))
        return measured

    used, skipped = over_subjects(cohort, use, progress)
    scores = [row for one in used for row in one.scores]
    if not scores:
        name, why = next(iter(refused.items()))
        raise NothingToRead(f"no method can be scored on {cohort.name}: {name}: {why}", remedy="name other methods")
    return Study(
        "dess-quality",
        "Image quality of super-resolved DESS",
        _lead(cohort, how, len(used), refused),
        tables(scores, [one.slab for one in used]),
        tuple(shown),
        provenance=told_of(
            cohort,
            {"Subjects": len(used)},
            {**asdict(how), "profile": "fir", "consistency": "wiener"},
            {method.name: about(method) for method in chosen},
            refused,
            provenance,
        ),
        skipped=skipped,
    )


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
    kept: Kept,
    told: Progress,
    refused: dict[str, str],
    stop: Callable[[], bool] | None,
) -> SubjectScores:
    """Score all methods on one subject."""
    from napari_mrsr.inference import engine  # noqa: F401  torch is loaded before the first method is timed
    from napari_mrsr.studies.reconstruct import reconstruct
    from napari_mrsr.superres import retrospective, whole_slices

    slices = subject.scan.find_slice_axis()
    slab = whole_volume(subject) if how.planes is None else cartilage_slab(subject, how.planes)
    ranges = ranges_of(subject.scan)
    thick = retrospective(subject.scan, how.factor, slices)
    reference = slab.crop(whole_slices(subject.scan, how.factor, slices))
    images = images_of(subject.scan)
    identity = fingerprint(subject.scan)

    def scored(method: Method, share: Callable[[float], None]) -> dict[str, Any]:
        def make() -> dict[str, Any]:
            began = time.perf_counter()
            test = reconstruct(
                thick, method.name, how.factor, slices, slab, device=how.device, stop=stop, progress=share
            )
            seconds = time.perf_counter() - began
            return {"scores": [asdict(one) for one in score(reference, test, ranges)], "seconds": seconds}

        what = {
            "study": "dess-quality", "scan": identity, "method": method.name, "sha256": method.sha256,
            "factor": how.factor, "device": how.device, "slab": [slab.axis, slab.start, slab.stop],
        }  # fmt: skip
        return kept.get(what, make)

    results = over_methods(methods, subject, name, scored, told=told, refused=refused)
    limit = noise_limit(subject, slab, reference, ranges, how.factor)
    if limit is not None:
        results[NOISE_LIMIT] = {"scores": [asdict(one) for one in limit], "seconds": float("nan")}
    rows = [
        {"subject": name, "method": method, "image": image, **one, "seconds": result["seconds"]}
        for method, result in results.items()
        for image, one in zip(images, result["scores"], strict=True)
    ]
    return SubjectScores(rows if results.keys() - {NOISE_LIMIT} else [], _slab_row(name, slab, subject))


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


def _lead(cohort: Cohort, how: Settings, used: int, refused: Mapping[str, str]) -> str:
    part = "the whole volume" if how.planes is None else f"a slab of {how.planes} reformat planes"
    lines = [
        f"{cohort.name}: {used} of {len(cohort.entries)} subjects. Slices made {how.factor} times thicker by the "
        f"published 48th-order filter, super-resolved and compared with the scan as acquired, on {part}. "
        "Trained methods with their default Wiener data consistency. Research use: results are derived, not acquired."
    ]
    if refused:
        told = "; ".join(f"{name} ({why})" for name, why in refused.items())
        lines.append(f"Not scored: {told}.")
    return "\n\n".join(lines)
