"""Paper 4 as a study: T1 and T2 from three weighted images, by networks taught with and without the edge loss.

Heads whose T1 and T2 are known (:mod:`.heads`), or a reader's own with measured maps, are mapped by every way
(:mod:`.ways`) and judged slice by slice (:mod:`.measures`), tissue by tissue (:mod:`.regions`), by their borders
(:mod:`.borders`) and under conditions that training never had (:mod:`.conditions`).

Source
------
Qiu S, Christodoulou AG, Xie Y, Li D. Hybrid supervised and self-supervised deep learning for quantitative mapping from
weighted images using low-resolution labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.brain_maps.conditions import CONDITIONS, NOMINAL
from napari_mrsr.studies.brain_maps.head_scored import Scored, score
from napari_mrsr.studies.brain_maps.heads import Head
from napari_mrsr.studies.brain_maps.ways import Way
from napari_mrsr.studies.cohort import CohortOf
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import Progress, over_subjects, told_of
from napari_mrsr.studies.writing import Figure, Study

NAME = "brain-maps"
#: So many heads are shown.
MOST_FIGURES = 4
#: Conditions that training never had; under these networks alone are scored, on so many slices at most.
ALTERED = {one.name for one in CONDITIONS if one.name != NOMINAL}
ALTERED_SLICES = 40


@dataclass(frozen=True)
class Settings:
    """How the study is done.

    Parameters
    ----------
    slices
        So many sagittal slices of each head at most, evenly spaced; None for all, and for :data:`ALTERED_SLICES` under
        conditions that training never had.
    figures
        Whether figures are drawn.
    """

    slices: int | None = None
    figures: bool = True


def run(
    cohort: CohortOf[Head],
    ways: Sequence[Way],
    settings: Settings | None = None,
    *,
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
        Heads under conditions; they are made or read one at a time.
    ways
        What is scored (:func:`.ways.chosen`).
    settings
        How.
    left_out
        Ways that are not there, and why, to be said on the page.
    kept, progress, stop, provenance
        As in every study (:mod:`napari_mrsr.studies.running`).

    Raises
    ------
    NothingToRead
        The cohort is empty, or no head of it could be used.
    BadParameter
        Nothing is to be scored.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr.studies.brain_maps import captions, tables

    how = settings or Settings()
    if not ways:
        raise BadParameter("no way is to be scored", remedy="name one")
    refused = dict(left_out or {})
    drawn: dict[str, Figure] = {}

    def use(head: Head, name: str, told: Progress) -> Scored:
        usual = head.condition not in ALTERED
        mine = ways if usual else [way for way in ways if way.trained] or ways
        few = how.slices if usual else min(how.slices or ALTERED_SLICES, ALTERED_SLICES)
        found = score(head, mine, kept or Kept(), slices=few, told=told, refused=refused, stop=stop)
        if how.figures and head.condition not in drawn and len(drawn) < MOST_FIGURES and _worth(head, drawn):
            drawn[head.condition] = _figure(head, found)
        # Pictures are of use to figures alone.
        return replace(found, shown={})

    used, skipped = over_subjects(cohort, use, progress)
    heads = len({one.about["subject"] for one in used})
    using = {name: about for one in used for name, about in one.using.items()}
    return Study(
        NAME,
        "T1 and T2 of the brain from weighted images",
        captions.lead(cohort.name, len(used), len(cohort.entries), heads, refused),
        tables.tables(used),
        tuple(drawn.values()) if how.figures else (),
        provenance=told_of(cohort, {"Scans": len(used), "Heads": heads}, asdict(how), using, refused, provenance),
        skipped=skipped,
    )


def _worth(head: Head, drawn: Mapping[str, Figure]) -> bool:
    """Tell whether a head is to be shown: the first one, and the first under each condition that gives it a lesion."""
    from napari_mrsr.studies.brain_maps.head_scored import LESION

    return not drawn or bool((head.tissues == LESION).any())


def _figure(head: Head, found: Scored) -> Figure:
    from napari_mrsr.studies.brain_maps import figures

    caption = (
        f"{head.name}, sagittal: T1 and T2 by every way and as they are, their differences from the truth, and the "
        "images that they were found from. Where there is no true value nothing is judged."
    )
    return figures.of_head(f"maps_{_file_name(f'{head.subject} {head.condition}')}", caption, found.shown)


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
