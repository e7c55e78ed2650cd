"""Paper 2 as a study: slices of heads from the central quarter of their k-space, found again by every method.

Every slice is taken to the centre of its k-space (:class:`~napari_mrsr.sampling.KSpaceCentre`), interpolated or
super-resolved, and compared with itself as acquired (:mod:`.scores`). Networks were trained on other subjects: shipped
ones on those that their cards name, and for each fold on all but the one it is scored on (:mod:`.folds`).

Source
------
Lyu Q, You C, Shan H, Wang G. Super-resolution MRI through deep learning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.brain.folds import Fold
from napari_mrsr.studies.brain.methods import Way
from napari_mrsr.studies.brain.planes import ACQUIRED, names_of
from napari_mrsr.studies.brain.scan_scored import KSPACE, Plan, Scored, score
from napari_mrsr.studies.brain_cohort import BrainCohort, BrainScan
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import Progress, over_subjects, told_of
from napari_mrsr.studies.writing import Figure, Study

NAME = "brain-sr"
#: So many scans are shown.
MOST_FIGURES = 6


@dataclass(frozen=True)
class Settings:
    """How the study is done.

    Parameters
    ----------
    planes
        ``"acquired"``, ``"all"``, or names with commas between.
    slices
        So many of each plane at most, evenly spaced; None for all.
    kspace
        Share of k-space that is kept.
    figures
        Whether figures are drawn.
    """

    planes: str = ACQUIRED
    slices: int | None = None
    kspace: float = KSPACE
    figures: bool = True


def run(
    cohort: BrainCohort,
    ways: Sequence[Way],
    settings: Settings | None = None,
    *,
    folds: Sequence[Fold] = (),
    left_out: Mapping[str, str] | None = None,
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
    ways
        What is scored (:func:`.methods.chosen`).
    settings
        How.
    folds
        Weights that hold out subjects: on these no other network is scored.
    left_out
        Methods that are not there, and why, to be said on the page.
    kept, progress, stop, provenance
        As in every study (:mod:`napari_mrsr.studies.running`).

    Raises
    ------
    NothingToRead
        The cohort is empty, or no scan of it could be used.
    BadParameter
        Nothing is to be scored, or no plane of a name.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr.studies.brain import figures, tables

    how = settings or Settings()
    names_of(how.planes)
    if not ways:
        raise BadParameter("no method is to be scored", remedy="name one")
    plan = Plan(ways, folds, how.planes, how.slices, how.kspace)
    refused = dict(left_out or {})
    drawn: list[Figure] = []

    def use(subject: BrainScan, name: str, told: Progress) -> Scored:
        found = score(subject, plan, kept or Kept(), told=told, refused=refused, stop=stop)
        if how.figures and found.shown and len(drawn) < MOST_FIGURES:
            drawn.extend(figures.of_scan(found.shown[0]))
        # Stacks hold whole scans; what the figures need of them is cut out by now.
        return replace(found, shown=[])

    used, skipped = over_subjects(cohort, use, progress)
    return Study(
        NAME,
        "Brain slices from the centre of k-space, by GAN-CPCE and GAN-CIRCLE",
        tables.lead(cohort.name, len(used), len(cohort.entries), how.kspace, refused),
        tables.tables(used),
        (*figures.overall([row for one in used for row in one.rows]), *drawn) if how.figures else (),
        provenance=told_of(
            cohort,
            {"Scans": len(used)},
            asdict(how),
            {one.about["scan"]: one.using for one in used},
            refused,
            provenance,
        ),
        skipped=skipped,
    )
