"""``napari-mrsr evaluate brain-maps``: which heads under which conditions, and which weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli.options import check_choice
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.studies.brain_maps.heads import Head
    from napari_mrsr.studies.cohort import CohortOf
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.running import Progress
    from napari_mrsr.studies.writing import Study

NAME = "brain-maps"
#: Phantoms where neither data nor a number of them are given, and seed of the first.
PHANTOMS, FIRST = 3, 41
#: What stands for the conditions of the short and of the long run.
SHORT, ALL = "short", "all"


@dataclass(frozen=True)
class Asked:
    """What the shell was asked for.

    Parameters
    ----------
    data
        A folder of heads with measured maps, or one with ``brain/vfa``; phantoms where None.
    layout
        How it is laid out: one layout is known.
    phantoms
        How many, instead of data.
    methods
        Names, or ``NAME=FILE`` for weights; None for all.
    supervised, hybrid
        Files or names of weights in place of the shipped ones.
    conditions
        ``"nominal"``, ``"short"``, ``"all"``, or names with commas between.
    slices
        So many of each head.
    """

    data: Path | None
    layout: str
    phantoms: int | None
    methods: Sequence[str] | None
    supervised: str | None
    hybrid: str | None
    conditions: str
    slices: int | None
    device: str
    figures: bool


def run(asked: Asked, kept: Kept, told: Progress, about: dict[str, Any]) -> Study:
    """Do what was asked for; whatever is impossible is refused before anything is computed."""
    from napari_mrsr.studies.brain_maps import study, ways

    check_choice("--layout", asked.layout, ("auto", "own-maps"))
    heads = cohort(asked)
    files = {ways.SUPERVISED: asked.supervised, ways.HYBRID: asked.hybrid}
    chosen, left_out = ways.chosen(
        asked.methods, files={name: file for name, file in files.items() if file}, device=asked.device
    )
    how = study.Settings(asked.slices, asked.figures)
    return study.run(heads, chosen, how, left_out=left_out, kept=kept, progress=told, provenance=about)


def cohort(asked: Asked) -> CohortOf[Head]:
    """Return whose heads are evaluated: a reader's own, phantoms, or these and what ``brain/vfa`` of a folder gives.

    Raises
    ------
    NothingToRead
        There is no head with images and maps in the folder.
    BadParameter
        A condition is not known, or conditions are asked for of heads that were scanned.
    """
    from napari_mrsr.studies.brain_maps import heads
    from napari_mrsr.studies.brain_maps.conditions import NOMINAL
    from napari_mrsr.studies.brain_maps.own_heads import own_cohort

    seeds = range(FIRST, FIRST + (asked.phantoms or PHANTOMS))
    if asked.data is not None and (asked.data / heads.VFA).is_dir():
        subjects = heads.subjects_of(asked.data, phantoms=seeds)
        return heads.cohort(names_of(asked.conditions), subjects=subjects)
    if asked.data is not None:
        if asked.conditions != NOMINAL:
            raise BadParameter(
                "--conditions are for phantoms: heads that were scanned have their own", remedy="leave it out"
            )
        return own_cohort(asked.data)
    return heads.cohort(names_of(asked.conditions), subjects=heads.subjects_of(phantoms=seeds))


def names_of(text: str) -> list[str]:
    """Return the conditions of a text.

    Examples
    --------
    >>> names_of("nominal, plaques")
    ['nominal', 'plaques']
    >>> len(names_of("short")) < len(names_of("all"))
    True
    """
    from napari_mrsr.studies.brain_maps import conditions

    if text == SHORT:
        return list(conditions.SHORT)
    if text == ALL:
        return [one.name for one in conditions.CONDITIONS]
    return [name.strip() for name in text.split(",") if name.strip()]
