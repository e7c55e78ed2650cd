"""``napari-mrsr evaluate dess-quality`` and ``dess-t2``: which knees, which methods, and where T2 is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli.options import check_choice
from napari_mrsr.errors import EchoesNeeded

if TYPE_CHECKING:
    from napari_mrsr.studies import dess_t2
    from napari_mrsr.studies.cohort import Cohort
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.running import Progress
    from napari_mrsr.studies.writing import Study

NAMES = QUALITY, T2 = "dess-quality", "dess-t2"
#: Phantoms where no data are given.
PHANTOMS = {QUALITY: 10, T2: 5}


@dataclass(frozen=True)
class Asked:
    """What the shell was asked for.

    Parameters
    ----------
    study
        One of :data:`NAMES`.
    data, layout
        A folder of knees and how it is laid out; None for phantoms.
    phantoms, noise
        How many, and whether with noise.
    whole
        Whether whole volumes are scored (dess-quality).
    methods
        Names, or None for all.
    region, published, average
        Where T2 is compared, whether only as published, and what is averaged over the pair of slices (dess-t2).
    """

    study: str
    data: Path | None
    layout: str
    phantoms: int | None
    noise: bool
    whole: bool
    methods: Sequence[str] | None
    region: str | None
    published: bool
    average: str
    device: str
    figures: bool


def run(asked: Asked, kept: Kept, told: Progress, about: dict[str, Any]) -> Study:
    """Do what was asked for; whatever is impossible is refused before anything is computed."""
    from napari_mrsr.studies import dess_quality, dess_t2, running

    running.choose(asked.methods)
    knees = cohort(asked)
    if asked.study == T2:
        return dess_t2.run(knees, asked.methods, _settings(asked), kept=kept, progress=told, provenance=about)
    how = dess_quality.Settings(device=asked.device, figures=asked.figures)
    how = replace(how, planes=None) if asked.whole else how
    return dess_quality.run(knees, asked.methods, how, kept=kept, progress=told, provenance=about)


def cohort(asked: Asked) -> Cohort:
    """Return whose knees are evaluated.

    Raises
    ------
    NothingToRead
        The folder is laid out in no way that is known.
    EchoesNeeded
        T2 is asked for of echoes that were combined.
    """
    from napari_mrsr.studies import layouts

    check_choice("--layout", asked.layout, ("auto", *layouts.LAYOUTS))
    if asked.data is None:
        count = asked.phantoms or PHANTOMS[asked.study]
        if asked.study == T2:
            return layouts.phantoms.t2_cohort(count)
        return layouts.phantoms.quality_cohort(count, asked.noise, whole=asked.whole)
    found = layouts.find_cohort(asked.data, None if asked.layout == "auto" else asked.layout)
    if asked.study == T2 and found.origin["layout"] == layouts.oai.NAME:
        raise EchoesNeeded(
            layouts.oai.COMBINED, where=asked.data, remedy="T2 needs both; use evaluate dess-quality for this cohort"
        )
    return found


def _settings(asked: Asked) -> dess_t2.Settings:
    """Return how T2 is compared, with the T1 that the tissue of the region has."""
    from napari_mrsr.physics.tissues import TISSUES, tissue_of
    from napari_mrsr.studies import dess_t2

    how = dess_t2.Settings(published=asked.published, device=asked.device)
    t2 = replace(how.t2, average="maps" if asked.average == "maps" else "echoes")
    if asked.region is not None:
        tissue = tissue_of(asked.region)
        if tissue not in (None, "cartilage"):
            t2 = replace(t2, t1=TISSUES[tissue].t1)
        how = replace(how, region=asked.region)
    return replace(how, t2=t2)
