"""How maps bear what training never had: errors under every condition, and how much they are changed by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.studies.brain_maps.heads import NOMINAL

if TYPE_CHECKING:
    import pandas as pd

#: Tissue whose bias is told: there is most of it, and its values differ least from place to place.
STEADY = "white matter"


def main_condition(frame: pd.DataFrame) -> str:
    """Return the condition that the other tables are of: the nominal one, or the first."""
    every = list(dict.fromkeys(frame["condition"]))
    return NOMINAL if NOMINAL in every else every[0]


def errors_by_condition(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the MPE of every network, mean over heads, and its change from the main condition of the same heads."""
    means = frame.groupby(["condition", "subject", "map", "method"], sort=False)["mpe"].mean()
    return _table(means, frame, "MPE", "{:.2f} ({:+.2f})", "{:.2f}")


def bias_by_condition(tissues: pd.DataFrame) -> pd.DataFrame:
    """Return the bias in white matter likewise: what a change of the scanner does to a number in a follow-up."""
    part = tissues[tissues["tissue"] == STEADY]
    means = part.groupby(["condition", "subject", "map", "method"], sort=False)["bias"].mean()
    return _table(means, part, "bias", "{:+.1f} ({:+.1f})", "{:+.1f}")


def _table(means: pd.Series, frame: pd.DataFrame, title: str, both: str, alone: str) -> pd.DataFrame:
    import pandas as pd

    if not len(frame):
        return pd.DataFrame()
    main = main_condition(frame)
    columns = list(dict.fromkeys(zip(frame["method"], frame["map"], strict=True)))
    rows: list[Mapping[str, object]] = []
    for condition in dict.fromkeys(frame["condition"]):
        here = means[condition]
        row: dict[str, object] = {"condition": condition, "heads": here.index.get_level_values("subject").nunique()}
        for method, of in columns:
            own = _by_subject(here, of, method)
            usual = _by_subject(means[main], of, method).reindex(own.index)
            change = float((own - usual).mean()) if len(own) else np.nan
            if not len(own):
                text = "-"
            elif condition == main or np.isnan(change):
                text = alone.format(float(own.mean()))
            else:
                text = both.format(float(own.mean()), change)
            row[f"{method}: {of} {title} [%]"] = text
        rows.append(row)
    return pd.DataFrame(rows)


def _by_subject(means: pd.Series, of: str, method: str) -> pd.Series:
    levels = means.index
    return means[(levels.get_level_values("map") == of) & (levels.get_level_values("method") == method)].droplevel(
        ["map", "method"]
    )
