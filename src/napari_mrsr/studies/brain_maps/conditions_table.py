"""How maps bear what training never had: errors under every condition, and how much they are changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies.brain_maps.conditions import NOMINAL
from napari_mrsr.studies.pages import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

#: Tissue whose bias is told: there is most of it, and its values differ least from place to place.
STEADY = "white matter"


def main_condition(frame: pd.DataFrame) -> str:
    """Return the condition that the other tables are of: the nominal one, or the first."""
    every = list(dict.fromkeys(frame["condition"]))
    return NOMINAL if NOMINAL in every else every[0]


def errors_by_condition(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the MPE of every network, mean over heads, and its change from the main condition on the same slices."""
    return _table(frame, "mpe", ["subject", "slice"], "MPE", "{:.2f}", " ({:+.2f})")


def bias_by_condition(tissues: pd.DataFrame) -> pd.DataFrame:
    """Return the bias in white matter likewise: what a change of the scanner does to a number in a follow-up."""
    part = tissues[tissues["tissue"] == STEADY] if len(tissues) else tissues
    return _table(part, "bias", ["subject"], "bias", "{:+.1f}", " ({:+.1f})")


def _table(frame: pd.DataFrame, column: str, key: list[str], title: str, shown: str, changed: str) -> pd.DataFrame:
    """Return a column by condition, map and method: mean over heads of their means, and its change."""
    import pandas as pd

    if not len(frame):
        return frame
    main = main_condition(frame)
    wide = frame.pivot_table(index=["condition", *key], columns=["method", "map"], values=column, sort=False)
    order = list(dict.fromkeys(zip(frame["method"], frame["map"], strict=True)))
    usual = wide.loc[main]
    rows = []
    for condition in dict.fromkeys(frame["condition"]):
        here = wide.loc[condition]
        row: dict[str, object] = {
            "condition": condition,
            "heads": here.index.get_level_values("subject").nunique(),
        }
        for pair in order:
            own = here[pair].dropna()
            mean = _over_heads(own)
            text = shown.format(mean) if mean == mean else NO_VALUE
            change = _over_heads((own - usual[pair]).dropna())
            if condition != main and change == change:
                text += changed.format(change)
            row[f"{pair[0]}: {pair[1]} {title} [%]"] = text
        rows.append(row)
    return pd.DataFrame(rows)


def _over_heads(values: pd.Series) -> float:
    """Return the mean over heads of the means of their slices; NaN where there is none."""
    return float(values.groupby(level="subject").mean().mean()) if len(values) else float("nan")
