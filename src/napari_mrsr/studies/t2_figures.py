"""The figures of the study of T2: how methods agree with the acquired slices over the subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_mrsr.studies.agreement_table import LEAST
from napari_mrsr.studies.writing import Figure

if TYPE_CHECKING:
    from napari_mrsr.studies.dess_t2 import Settings, SubjectValues


def figures(subjects: Sequence[SubjectValues], how: Settings) -> tuple[Figure, ...]:
    """Return the figures; none of too few subjects."""
    from napari_mrsr.studies import t2_tables
    from napari_mrsr.studies.bland_altman import bland_altman

    if len(subjects) < LEAST:
        return ()
    frame = t2_tables.values_frame(subjects, how)
    shown = []
    for comparison in how.comparisons:
        part = frame[(frame["comparison"] == comparison) & (frame["layer"] == "whole")]
        pairs = {
            name: (one["acquired"].to_numpy(), one["t2"].to_numpy())
            for name in t2_tables.methods_of(part)
            if len(one := t2_tables.values_of(part, "whole", name)) >= LEAST
        }
        if not pairs:
            continue
        caption = (
            f"Bland-Altman plots, {t2_tables.TITLES[comparison].lower()}: a point per subject; bias (line) and 95 % "
            "limits of agreement (broken)."
        )
        shown.append(bland_altman(f"t2_{comparison}_bland_altman", caption, pairs))
    return tuple(shown)
