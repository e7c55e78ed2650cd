"""Hybrid against supervised, as paper 4 tests them, and every network against the literature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies import paired_tests
from napari_mrsr.studies.brain_maps.measures import COLUMNS, MAPS, PUBLISHED
from napari_mrsr.studies.brain_maps.ways import HYBRID, LITERATURE, SUPERVISED

if TYPE_CHECKING:
    import pandas as pd

#: What tells one slice from another.
SLICE = ["subject", "head", "slice"]


def comparisons(names: list[str]) -> list[tuple[str, str]]:
    """Return which way is compared with which: others with supervised training, and networks with the literature.

    Examples
    --------
    >>> comparisons(["literature", "supervised", "hybrid"])
    [('hybrid', 'supervised'), ('supervised', 'literature'), ('hybrid', 'literature')]
    """
    networks = [name for name in names if name != LITERATURE]
    base = SUPERVISED if SUPERVISED in networks else HYBRID if HYBRID in networks else None
    found = [(name, base) for name in networks if base is not None and name != base]
    return found + [(name, LITERATURE) for name in networks if LITERATURE in names]


def tests(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every comparison in every measure, T1 then T2; of one condition."""
    import pandas as pd

    found = []
    for of in MAPS:
        part = frame[frame["map"] == of]
        pairs = comparisons(list(dict.fromkeys(part["method"])))
        found.append(paired_tests.outcomes(part, SLICE, COLUMNS, pairs).assign(map=of))
    return pd.concat(found, ignore_index=True)


def in_short(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the published measures for reading, hybrid against supervised first."""
    import pandas as pd

    found = []
    for of in MAPS:
        part = outcomes[outcomes["map"] == of] if len(outcomes) else outcomes
        short = paired_tests.in_short(part, PUBLISHED)
        if len(short):
            short.insert(0, "map", of)
        found.append(short)
    rows = pd.concat(found, ignore_index=True)
    if not len(rows):
        return rows
    return rows.sort_values("against", key=lambda names: names == LITERATURE, kind="stable")
