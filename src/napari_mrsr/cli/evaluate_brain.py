"""``napari-mrsr evaluate brain-sr``: which heads, which planes, which methods, and which weights hold out whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli.options import check_choice
from napari_mrsr.errors import BadParameter, NothingToRead

if TYPE_CHECKING:
    from napari_mrsr.studies.brain_cohort import BrainCohort, BrainEntry, BrainScan
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.running import Progress
    from napari_mrsr.studies.writing import Study

NAME = "brain-sr"


@dataclass(frozen=True)
class Asked:
    """What the shell was asked for.

    Parameters
    ----------
    data
        A folder of heads, or one scan.
    layout
        How it is laid out: one layout is known.
    methods
        Names, or ``NAME=FILE`` for weights; None for all.
    folds
        ``SUBJECT=NAME=FILE`` or ``SUBJECT=FOLDER``.
    planes, slices
        Which slices.
    lesions
        ``SUBJECT=FILE`` or ``SUBJECT=X,Y,Z``.
    centre_kept
        Whether networks are scored a second time with the measured centre of k-space.
    """

    data: Path | None
    layout: str
    methods: Sequence[str] | None
    folds: Sequence[str]
    planes: str
    slices: int | None
    lesions: Sequence[str]
    centre_kept: bool
    device: str
    figures: bool


def run(asked: Asked, kept: Kept, told: Progress, about: dict[str, Any]) -> Study:
    """Do what was asked for; whatever is impossible is refused before anything is computed."""
    from napari_mrsr.studies.brain import study
    from napari_mrsr.studies.brain.folds import read_folds
    from napari_mrsr.studies.brain.methods import chosen
    from napari_mrsr.studies.brain.planes import names_of

    check_choice("--layout", asked.layout, ("auto", "brains"))
    if asked.data is None:
        raise BadParameter(f"{NAME} is done on real heads", remedy="give a folder of them with --data")
    names_of(asked.planes)
    folds = read_folds(asked.folds)
    ways, left_out = chosen(asked.methods, folds, device=asked.device, centre_kept=asked.centre_kept)
    heads = cohort(asked.data, asked.lesions)
    _check_subjects([fold.subject for fold in folds], asked.data, heads)
    how = study.Settings(asked.planes, asked.slices, figures=asked.figures)
    return study.run(
        heads, ways, how, folds=folds, left_out=left_out, kept=kept, progress=told, provenance=about
    )  # fmt: skip


def cohort(data: Path, lesions: Sequence[str] = ()) -> BrainCohort:
    """Return whose heads are evaluated, with lesions as given.

    Raises
    ------
    NothingToRead
        There is no scan.
    BadParameter
        A lesion is given in neither form, or for nobody.
    """
    from napari_mrsr.studies.brain.lesion_marks import Mark, read_marks
    from napari_mrsr.studies.layouts.brains import find_brains

    found = find_brains(data)
    marks = read_marks(lesions)
    known = {entry.name for entry in found.entries}
    for name in marks:
        if name not in known:
            raise BadParameter(f"--lesion {name} is no scan of {data}", remedy=f"choose of {', '.join(sorted(known))}")

    def marked(entry: BrainEntry, mark: Mark) -> BrainEntry:
        def load() -> BrainScan:
            one = entry.load()
            lesion, note = mark.of(one.scan)
            return replace(one, lesion=lesion, notes=(*one.notes, note))

        return replace(entry, load=load)

    entries = tuple(marked(one, marks[one.name]) if one.name in marks else one for one in found.entries)
    return replace(found, entries=entries)


def _check_subjects(subjects: Sequence[str], data: Path, heads: BrainCohort) -> None:
    """Refuse a fold for nobody: its weights would be left unused, and the subject scored by others."""
    from napari_mrsr.studies.layouts.brains import subjects_of

    known = subjects_of(heads)
    for one in subjects:
        if one not in known:
            raise NothingToRead(
                f"holds no subject {one!r}, for whom there is a fold", where=data,
                remedy=f"choose of {', '.join(sorted(known))}",
            )  # fmt: skip
