"""One method against another: networks over zero-filling and bicubic interpolation, GANs over their twins, and tests.

Slices are what the paper pooled; the subjects are what another person's result can be told from
(:mod:`napari_mrsr.studies.clustered`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies.brain.measures import COLUMNS, Column
from napari_mrsr.studies.brain.methods import BASE, NETWORKS, TITLES, TWIN
from napari_mrsr.studies.clustered import Compared, compare
from napari_mrsr.studies.quality_tables import mean_sd, p

if TYPE_CHECKING:
    import pandas as pd

#: What every other method is compared with, as far as they were run.
REFERENCES = (BASE, TITLES["tricubic"])
#: What tells one slice from another.
SLICE = ["subject", "scan", "plane", "slice"]


def comparisons(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return which method is compared with which: what was trained with the references, GANs with their twins."""
    kinds = frame.drop_duplicates("method")
    every = list(kinds["method"])
    trained = list(kinds[kinds["trained"]]["method"])
    found = [(one, other) for one in trained for other in REFERENCES if other in every]
    found += [(one, TWIN.format(one)) for one in NETWORKS if {one, TWIN.format(one)} <= set(every)]
    if set(NETWORKS) <= set(every):
        found.append((NETWORKS[0], NETWORKS[1]))
    if not trained:
        found += [(one, BASE) for one in every if one != BASE and BASE in every]
    return found


def paired(frame: pd.DataFrame, column: str, reference: str, test: str) -> tuple[pd.Series, pd.Series]:
    """Return the scores of two methods for the slices that both have."""
    wide = frame.pivot_table(index=SLICE, columns="method", values=column, sort=False)
    both = wide[[reference, test]].dropna()
    return both[reference], both[test]


def outcome(frame: pd.DataFrame, column: str, reference: str, test: str) -> Compared | None:
    """Return how two methods compare; None where no slice has both."""
    x, y = paired(frame, column, reference, test)
    if not len(x):
        return None
    return compare(list(x.index.get_level_values("subject")), x, y)


def tests(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every comparison in every measure."""
    import pandas as pd

    rows = []
    for column in COLUMNS:
        if column.name not in frame:
            continue
        for test, reference in comparisons(frame):
            one = outcome(frame, column.name, reference, test)
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


def in_short(outcomes: pd.DataFrame, names: tuple[str, ...] = ("ssim", "psnr", "head_psnr")) -> pd.DataFrame:
    """Return the tests for reading."""
    import pandas as pd

    by_name = {column.name: column for column in COLUMNS}
    rows = []
    for name in names:
        part = outcomes[outcomes["column"] == name] if len(outcomes) else outcomes
        rows += [_row(one, by_name[name]) for one in part.to_dict("records")]
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


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what every method gains over zero-filling, mean ± SD over the slices."""
    import pandas as pd

    rows = []
    for method in dict.fromkeys(frame["method"]):
        if method == BASE or BASE not in set(frame["method"]):
            continue
        row = {"method": method}
        for column in COLUMNS[:4]:
            x, y = paired(frame, column.name, BASE, method)
            row[column.title] = mean_sd(((y - x) * column.factor).to_numpy(), column.digits, "+")
        rows.append(row)
    return pd.DataFrame(rows)
