"""One method against another, slice by slice: the tests that papers print, and beside them what subjects say.

Slices are what papers pool; subjects are what another person's result can be told from
(:mod:`napari_mrsr.studies.clustered`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from napari_mrsr.studies.clustered import Compared, compare
from napari_mrsr.studies.measured import Column
from napari_mrsr.studies.quality_tables import p

if TYPE_CHECKING:
    import pandas as pd


def paired(
    frame: pd.DataFrame, key: Sequence[str], column: str, reference: str, test: str
) -> tuple[pd.Series, pd.Series]:
    """Return the scores of two methods for the slices that both have.

    Parameters
    ----------
    frame
        Scores with ``method``, the columns of ``key``, and ``column``.
    key
        Columns that tell one slice from another, ``"subject"`` among them.
    column
        Which score.
    reference, test
        The methods.
    """
    wide = frame.pivot_table(index=list(key), columns="method", values=column, sort=False)
    both = wide[[reference, test]].dropna()
    return both[reference], both[test]


def outcome(frame: pd.DataFrame, key: Sequence[str], column: str, reference: str, test: str) -> Compared | None:
    """Return how two methods compare; None where no slice has both."""
    x, y = paired(frame, key, column, reference, test)
    if not len(x):
        return None
    return compare(list(x.index.get_level_values("subject")), x, y)


def outcomes(
    frame: pd.DataFrame, key: Sequence[str], columns: Iterable[Column], pairs: Iterable[tuple[str, str]]
) -> pd.DataFrame:
    """Return every comparison (a method, and what it is compared with) in every measure that was taken."""
    import pandas as pd

    rows = []
    every = list(pairs)
    for column in columns:
        if column.name not in frame:
            continue
        for test, reference in every:
            one = outcome(frame, key, column.name, reference, test)
            if one is None:
                continue
            rows.append(
                {
                    "measure": column.title,
                    "column": column.name,
                    "method": test,
                    "against": reference,
                    "slices": one.pairs,
                    "worth": one.effective,
                    "difference": one.gain,
                    "p paired t": one.t,
                    "p Wilcoxon": one.wilcoxon,
                    "subjects": one.subjects,
                    "subjects' differences": "; ".join(f"{gain:+.4f}" for gain in one.gains),
                    "subjects favoured": one.favoured if column.better == "higher" else one.subjects - one.favoured,
                    "low": one.interval[0],
                    "high": one.interval[1],
                    "p t over subjects": one.t_subjects,
                    "p Wilcoxon over subjects": one.wilcoxon_subjects,
                    "smallest p of signs": one.smallest,
                }
            )
    return pd.DataFrame(rows)


def in_short(found: pd.DataFrame, columns: Iterable[Column]) -> pd.DataFrame:
    """Return some measures of :func:`outcomes` for reading."""
    import pandas as pd

    rows = []
    for column in columns:
        part = found[found["column"] == column.name] if len(found) else found
        rows += [_row(one, column) for one in part.to_dict("records")]
    return pd.DataFrame(rows)


def _row(one: dict[str, object], column: Column) -> dict[str, object]:
    def show(value: object) -> str:
        return "-" if value is None or value != value else f"{column.factor * float(str(value)):+.{column.digits}f}"

    def chance(name: str) -> str:
        return p(float(str(one[name])))

    worth = float(str(one["worth"]))
    return {
        "measure": column.title,
        "method": one["method"],
        "against": one["against"],
        "difference": show(one["difference"]),
        "over slices: n (worth)": f"{one['slices']}" + (f" ({worth:.0f})" if worth == worth else ""),
        "p as if independent (t, Wilcoxon)": f"{chance('p paired t')}, {chance('p Wilcoxon')}",
        "over subjects: better in": f"{one['subjects favoured']} of {one['subjects']}",
        "95 % interval": f"{show(one['low'])} to {show(one['high'])}",
        "p over subjects (t, Wilcoxon; least)": (
            f"{chance('p t over subjects')}, {chance('p Wilcoxon over subjects')}; {one['smallest p of signs']:.3g}"
        ),
    }
