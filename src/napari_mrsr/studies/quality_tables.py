"""Scores as tables: as published, the gain over interpolation, the tests, the times, and every score for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_mrsr.metrics.agreement import Summary
from napari_mrsr.studies.comparisons import LEAST, compare
from napari_mrsr.studies.scoring import NOISE_LIMIT
from napari_mrsr.studies.writing import StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: What is compared with all others: the published network, and the default of this package.
REFERENCES = ("mrsr", "lean")
#: Over what the gain is counted.
INTERPOLATION = "tricubic"
#: Column of the scores, its name in the tables, factor and digits.
METRICS = (
    ("ssim", "SSIM", 1.0, 4),
    ("psnr", "pSNR [dB]", 1.0, 2),
    ("rmse", "RMSE x1000", 1e3, 2),
    ("mse", "MSE x1000", 1e3, 3),
)


def tables(scores: Sequence[dict[str, Any]], slabs: Sequence[dict[str, Any]]) -> tuple[StudyTable, ...]:
    """Return the tables of the study.

    Parameters
    ----------
    scores
        Rows with ``subject``, ``method``, ``image``, ``ssim``, ``psnr``, ``rmse``, ``mse``, ``seconds``.
    slabs
        A row per subject.
    """
    import pandas as pd

    frame = pd.DataFrame(list(scores))
    outcomes = compared(frame)
    notes = " ".join(f"{note}." for note in dict.fromkeys(outcomes["note"]) if note)
    noted = any(row["notes"] for row in slabs)
    found = [
        StudyTable("table1", table1(frame), _caption(frame)),
        StudyTable(
            "tests",
            in_short(outcomes),
            "Each method against another over the subjects: mean difference, method minus reference, and p of the "
            "Mann-Whitney test, as published, and of the paired Wilcoxon test; not corrected for their number. All "
            f"metrics are in tests_all.csv. {notes}".strip(),
        ),
        StudyTable("tests_all", outcomes, "All tests.", on_page=False),
        StudyTable("times", times(frame), "Time for the slab and what each method needs around it, all volumes.", 1),
        StudyTable("slabs", pd.DataFrame(list(slabs)), "What was scored, in voxels of the scan.", on_page=noted),
        StudyTable("scores", frame, "Every score; RMSE and MSE on the scale 0 to 1.", on_page=False),
    ]
    if INTERPOLATION in set(frame["method"]):
        caption = f"Gain over {INTERPOLATION}, mean ± SD over the subjects."
        found.insert(1, StudyTable("gain", gain(frame), caption))
    return tuple(table for table in found if not table.frame.empty)


def table1(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean ± SD over the subjects, methods in columns; * where Mann-Whitney against MRSR says p < 0.05."""
    import pandas as pd

    methods = list(dict.fromkeys(frame["method"]))
    methods.sort(key=lambda name: name == NOISE_LIMIT)
    rows = []
    for column, title, factor, digits in METRICS:
        for image in dict.fromkeys(frame["image"]):
            values = pivot(frame, column, image)
            row = {"metric": title, "image": image}
            for method in methods:
                cell = mean_sd(values[method].dropna().to_numpy() * factor, digits)
                starred = method not in (REFERENCES[0], NOISE_LIMIT) and REFERENCES[0] in values
                if starred and compare(values[REFERENCES[0]], values[method]).significant:
                    cell += " *"
                row[method] = cell
            rows.append(row)
    return pd.DataFrame(rows)


def gain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by how much pSNR and SSIM of each method exceed those of tricubic interpolation."""
    import pandas as pd

    methods = [m for m in dict.fromkeys(frame["method"]) if m not in (INTERPOLATION, NOISE_LIMIT)]
    rows = []
    for column, title, factor, digits in METRICS[:2]:
        for image in dict.fromkeys(frame["image"]):
            values = pivot(frame, column, image)
            over = {m: ((values[m] - values[INTERPOLATION]).dropna() * factor).to_numpy() for m in methods}
            rows.append({"metric": title, "image": image, **{m: mean_sd(v, digits, "+") for m, v in over.items()}})
    return pd.DataFrame(rows)


def compared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every method against each of the references."""
    import pandas as pd

    methods = [m for m in dict.fromkeys(frame["method"]) if m != NOISE_LIMIT]
    rows = []
    for reference in (r for r in REFERENCES if r in methods):
        for column, title, factor, _ in METRICS:
            for image in dict.fromkeys(frame["image"]):
                values = pivot(frame, column, image)
                for method in methods:
                    if method == reference:
                        continue
                    outcome = compare(values[reference] * factor, values[method] * factor)
                    rows.append(
                        {
                            "metric": title,
                            "image": image,
                            "method": method,
                            "against": reference,
                            "n": outcome.n,
                            "difference": outcome.difference,
                            "p Mann-Whitney": outcome.mann_whitney,
                            "p Wilcoxon": outcome.wilcoxon,
                            "note": outcome.note,
                        }
                    )
    columns = "metric image method against n difference", "p Mann-Whitney", "p Wilcoxon", "note"
    return pd.DataFrame(rows, columns=[*columns[0].split(), *columns[1:]])


def in_short(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of SSIM and pSNR with methods in columns: difference, then p Mann-Whitney and p Wilcoxon."""
    import pandas as pd

    rows = []
    for _, title, _, digits in METRICS[:2]:
        part = outcomes[outcomes["metric"] == title]
        for (against, image), group in part.groupby(["against", "image"], sort=False):
            row = {"metric": title, "image": image, "against": against}
            for one in group.to_dict("records"):
                row[one["method"]] = (
                    f"{one['difference']:+.{digits}f} ({p(one['p Mann-Whitney'])}, {p(one['p Wilcoxon'])})"
                )
            rows.append(row)
    return pd.DataFrame(rows).fillna("")


def p(value: float | None) -> str:
    """Return a p value as text.

    Examples
    --------
    >>> p(0.0123), p(1e-5), p(None)
    ('0.012', '<0.001', '-')
    """
    if value is None or value != value:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def times(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds per subject of each method."""
    import pandas as pd

    once = frame.drop_duplicates(["subject", "method"]).dropna(subset=["seconds"])
    rows = [
        {
            "method": method,
            "subjects": len(part),
            "mean [s]": part["seconds"].mean(),
            "largest [s]": part["seconds"].max(),
        }
        for method, part in once.groupby("method", sort=False)
    ]
    return pd.DataFrame(rows)


def pivot(frame: pd.DataFrame, column: str, image: str) -> pd.DataFrame:
    """Return one metric of one image, subjects by methods."""
    return frame[frame["image"] == image].pivot_table(
        index="subject", columns="method", values=column, sort=False, dropna=False
    )


def mean_sd(values: Any, digits: int, sign: str = "") -> str:
    """Return mean ± SD (ddof 1) as text.

    Examples
    --------
    >>> mean_sd([1.0, 2.0, 3.0], 1), mean_sd([-0.01], 1), mean_sd([], 1)
    ('2.0 ± 1.0', '0.0', '-')
    """
    if len(values) == 0:
        return "-"
    if len(values) == 1:
        return f"{float(values[0]):{sign}z.{digits}f}"
    summary = Summary.of(values)
    return f"{summary.mean:{sign}z.{digits}f} ± {summary.sd:.{digits}f}"


def _caption(frame: pd.DataFrame) -> str:
    count = frame["subject"].nunique()
    over = "of one subject" if count == 1 else f"mean ± SD over {count} subjects"
    text = f"Image quality, {over}, on images scaled to 0 to 1."
    if REFERENCES[0] in set(frame["method"]) and count >= LEAST:
        text += " * p < 0.05 against mrsr (Mann-Whitney, as published)."
    text += " What the paper prints as RMSE x 1000 is MSE x 1000."
    if NOISE_LIMIT in set(frame["method"]):
        text += " Noise limit: a reconstruction whose only error is the noise that thick slices no longer hold."
    return text
