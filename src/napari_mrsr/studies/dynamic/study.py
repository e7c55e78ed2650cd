"""Paper 3 as a study: every frame of every subject from less k-space, found again by every method, and compared.

Each frame is taken to the central k-space of its slices (:class:`~napari_mrsr.sampling.KSpaceCentre`), interpolated or
super-resolved, and compared with itself as acquired (:mod:`~napari_mrsr.studies.dynamic.frames`). Networks are scored
twice: after the main training, and fine-tuned on the subject's own planning scan
(:mod:`~napari_mrsr.studies.dynamic.networks`).

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, et al. Fine-tuning deep learning model parameters for improved super-resolution
of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.dynamic.interpolations import INTERPOLATIONS, USUAL, Way
from napari_mrsr.studies.dynamic.networks import Trainable
from napari_mrsr.studies.dynamic.subject import Plan, Scored, score
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicSubject
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import Progress, over_subjects, told_of
from napari_mrsr.studies.writing import Figure, Study

#: Shares of k-space of the paper.
LEVELS = (0.25, 0.1, 0.0625)


@dataclass(frozen=True)
class Settings:
    """How the study is done.

    Parameters
    ----------
    levels
        Shares of k-space.
    frames
        So many frames of each subject at most; None for all.
    fine_tuning
        Whether networks are fine-tuned on the planning scan.
    figures
        Whether figures are drawn: of the first subject, and of all over time.
    """

    levels: tuple[float, ...] = LEVELS
    frames: int | None = None
    fine_tuning: bool = True
    figures: bool = True


def run(
    cohort: DynamicCohort,
    networks: Sequence[Trainable] = (),
    settings: Settings | None = None,
    *,
    interpolations: Sequence[str] = USUAL,
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
    networks
        Those that are scored, after the main training and fine-tuned.
    settings
        How.
    interpolations
        Names of :data:`~napari_mrsr.studies.dynamic.interpolations.INTERPOLATIONS`.
    kept, progress, stop, provenance
        As in every study (:mod:`napari_mrsr.studies.running`).

    Raises
    ------
    NothingToRead
        The cohort is empty, or no subject of it could be used.
    BadParameter
        Nothing is to be scored, or an interpolation is not known.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr.studies.dynamic import figures, over_time, tables

    how = settings or Settings()
    plan = Plan(chosen(interpolations), networks, how.levels, how.frames, how.fine_tuning)
    if not plan.interpolations and not networks:
        raise BadParameter("no method is to be scored", remedy="name one")
    refused: dict[str, str] = {}
    shown: list[Figure] = []

    def use(subject: DynamicSubject, name: str, told: Progress) -> Scored:
        wanted = how.figures and not shown
        found = score(subject, plan, kept or Kept(), told=told, refused=refused, stop=stop, pictures=wanted)
        if found.pictures is not None:
            shown.extend(figures.figures(found.pictures))
        # Pictures hold all frames of a subject; what the figures need of them is cut out by now.
        return replace(found, pictures=None)

    used, skipped = over_subjects(cohort, use, progress)
    rows = [row for one in used for row in one.rows]
    return Study(
        "dynamic",
        "Dynamic MRI from the centre of k-space, fine-tuned on the planning scan",
        tables.lead(cohort.name, len(used), len(cohort.entries), how.levels, refused),
        tables.tables(used),
        (*over_time.figures(rows), *shown) if how.figures else (),
        provenance={
            **told_of(
                cohort,
                {"Subjects": len(used)},
                asdict(how),
                {row["method"]: row["kind"] for row in rows},
                refused,
                provenance,
            ),
            "FineTuned": {one.about["subject"]: one.fine_tuned for one in used},
        },
        skipped=skipped,
    )


def chosen(names: Sequence[str]) -> list[Way]:
    """Return interpolations by name; raises BadParameter for one that is not known or stands twice."""
    unknown = next((name for name in names if name not in INTERPOLATIONS), None)
    if unknown is not None:
        raise BadParameter(f"no interpolation {unknown!r}", remedy=f"choose of {'; '.join(INTERPOLATIONS)}")
    if len(set(names)) < len(names):
        raise BadParameter("an interpolation stands twice", remedy="name each once")
    return [INTERPOLATIONS[name] for name in names]
