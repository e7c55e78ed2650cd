"""One method against another: what networks gain over interpolation, fine-tuning over main training, and the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies.clustered import compare
from napari_mrsr.studies.quality_tables import mean_sd, p

if TYPE_CHECKING:
    import pandas as pd

#: Over what gains are counted.
BASE = "trilinear"
#: Column of the scores, its name in the tables, factor and digits.
METRICS = (("ssim", "SSIM", 1.0, 4), ("psnr", "PSNR [dB]", 1.0, 2), ("sd", "diff SD x1000", 1e3, 2))


def name_of(level: float) -> str:
    """Return what tables call a share of k-space.

    Examples
    --------
    >>> name_of(0.0625)
    '6.25 %'
    """
    return f"{100 * level:g} %"


def comparisons(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return which method is compared with which: both states of each network with trilinear, then with each other."""
    kinds = frame.drop_duplicates("method")
    found = []
    for _, part in kinds[kinds["network"].notna()].groupby("network", sort=False):
        names = dict(zip(part["kind"], part["method"], strict=True))
        if BASE in set(kinds["method"]):
            found += [(names[kind], BASE) for kind in ("main training", "fine-tuned") if kind in names]
        if {"main training", "fine-tuned"} <= set(names):
            found.append((names["fine-tuned"], names["main training"]))
    return found


def paired(
    frame: pd.DataFrame, column: str, reference: str, test: str, level: float | None
) -> tuple[pd.Series, pd.Series]:
    """Return the scores of two methods for the same volumes, of one share of k-space or of all."""
    part = frame if level is None else frame[frame["level"] == level]
    wide = part.pivot_table(index=["subject", "level", "frame"], columns="method", values=column, sort=False)
    both = wide[[reference, test]].dropna()
    return both[reference], both[test]


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what networks gain over trilinear interpolation, and fine-tuning over the main training."""
    import pandas as pd

    rows = []
    for test, reference in comparisons(frame):
        row = {"method": test, "over": reference}
        for level in sorted(frame["level"].unique(), reverse=True):
            for column, title, _, digits in METRICS[:2]:
                x, y = paired(frame, column, reference, test, level)
                row[f"{name_of(level)}: {title}"] = mean_sd((y - x).to_numpy(), digits, "+")
        rows.append(row)
    return pd.DataFrame(rows)


def tests(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every comparison for each share of k-space and for all of them together."""
    import pandas as pd

    levels = sorted(frame["level"].unique(), reverse=True)
    rows = []
    for column, title, _, _ in METRICS[:2]:
        for test, reference in comparisons(frame):
            for level in [*levels, *([None] if len(levels) > 1 else [])]:
                x, y = paired(frame, column, reference, test, level)
                if not len(x):
                    continue
                one = compare(list(x.index.get_level_values("subject")), x, y)
                rows.append(
                    {
                        "metric": title,
                        "method": test,
                        "against": reference,
                        "k-space": "all" if level is None else name_of(level),
                        "pairs": one.pairs,
                        "gain": one.gain,
                        "p paired t": one.t,
                        "p Wilcoxon": one.wilcoxon,
                        "subjects": one.subjects,
                        "subjects' gains": "; ".join(f"{gain:+.4f}" for gain in one.gains),
                        "subjects favoured": one.favoured,
                        "p t over subjects": one.t_subjects,
                        "smallest p of signs": one.smallest,
                    }
                )
    return pd.DataFrame(rows)


def in_short(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of SSIM for reading."""
    import pandas as pd

    rows = [
        {
            "method": one["method"],
            "against": one["against"],
            "k-space": one["k-space"],
            "gain": f"{one['gain']:+.4f}",
            "over subject x time: n": one["pairs"],
            "p (paired t, Wilcoxon)": f"{p(one['p paired t'])}, {p(one['p Wilcoxon'])}",
            "over subjects: gains": one["subjects' gains"],
            "favoured": f"{one['subjects favoured']} of {one['subjects']}",
            "p (paired t; least of signs)": f"{p(one['p t over subjects'])}; {one['smallest p of signs']:.3g}",
        }
        for one in outcomes.to_dict("records")
        if one["metric"] == METRICS[0][1]
    ]
    return pd.DataFrame(rows)
