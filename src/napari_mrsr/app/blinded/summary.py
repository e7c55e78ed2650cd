"""What came out of blinded readings: the key is opened, scores get their methods, and readers are held together.

One reading gives mean scores and signed rank tests; two of the same cases give their weighted kappa as well. The
definitions stand in :mod:`napari_mrsr.metrics.reading`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.app.blinded import files as blinded_files
from napari_mrsr.app.blinded.reading import Reading
from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics import reading as statistics

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Summary:
    """The tables of one or two readings.

    Attributes
    ----------
    scores
        Every score with its method: reader, case, method, criterion, score.
    means
        Count, mean, SD and median per criterion and method.
    tests
        Pairs of methods per criterion.
    agreement
        Weighted kappa per criterion; None for one reading, or two of different cases.
    notes
        What must be known with the figures, one line each.
    """

    scores: pd.DataFrame
    means: pd.DataFrame
    tests: pd.DataFrame
    agreement: pd.DataFrame | None
    notes: tuple[str, ...]

    def by_method(self) -> pd.DataFrame:
        """Return mean ± SD, a row per criterion and a column per method."""
        text = [f"{m:.1f}" if n < 2 else f"{m:.1f} ± {s:.1f}" for m, s, n in self.means[["mean", "sd", "n"]].to_numpy()]
        wide = self.means.assign(text=text).pivot_table(
            index="criterion", columns="method", values="text", aggfunc="first", sort=False
        )
        return wide.loc[self.means.criterion.unique(), self.means.method.unique()]

    def pairs(self) -> pd.DataFrame:
        """Return the tests in a few narrow columns; a p that could not be small is not shown as one."""
        t = self.tests
        few = t.differing < statistics.LEAST
        return t.assign(
            pair=t["test"] + " - " + t["reference"],
            diff=t.difference.map("{:+.1f}".format),
            p=t.p.map("{:.3f}".format).mask(few, "too few"),
            Holm=t.p_holm.map("{:.3f}".format).mask(few, ""),
            cases=t.differing.astype(str) + " of " + t.n.astype(str),
        ).set_index("criterion")[["pair", "diff", "p", "Holm", "cases"]]

    def write(self, folder: str | PathLike[str], stem: str) -> list[Path]:
        """Write the tables as CSV beside each other and return their paths.

        Raises
        ------
        OutputNotWritable
            The folder is missing, read-only or full.
        """
        from napari_mrsr.files import atomic_path

        tables = {"scores": self.scores, "means": self.means, "tests": self.tests, "kappa": self.agreement}
        written = []
        for name, table in tables.items():
            if table is None:
                continue
            path = Path(folder) / f"{stem}_{name}.csv"
            with atomic_path(path) as hidden:
                table.to_csv(hidden, index=False)
            written.append(path)
        return written


def summarise(paths: Sequence[str | PathLike[str]]) -> Summary:
    """Return the summary of one reading, or of two.

    Parameters
    ----------
    paths
        The CSV of each, with its key beside it.

    Raises
    ------
    BadParameter
        No reading or more than two, one twice, or no score at all.
    NothingToRead, UnreadableFile
        A file or a key is missing or is no reading.
    """
    import pandas as pd

    if not 1 <= len(paths) <= 2:
        raise BadParameter(f"{len(paths)} readings cannot be summarised", remedy="choose one, or two of the same cases")
    readings = [blinded_files.read(path) for path in paths]
    if len({r.number for r in readings}) < len(readings):
        raise BadParameter(f"reading {readings[0].number} was chosen twice", remedy="choose two different readings")
    tables = [r.unblinded() for r in readings]
    scores = pd.concat(tables, ignore_index=True)
    if scores.empty:
        raise BadParameter("nothing is scored yet", where=Path(paths[0]), remedy="score a case first")
    notes = [_counted(r) for r in readings]
    agreement = None
    if len(tables) == 2:
        try:
            agreement = statistics.reader_agreement(*tables)
        except BadParameter as error:
            notes.append(f"no kappa: {error.what}")
    tests = statistics.method_tests(scores)
    few = int(tests.differing.lt(statistics.LEAST).sum())
    if few:
        notes.append(
            f"{few} of {len(tests)} tests rest on fewer than {statistics.LEAST} cases that differ: too few for p < 0.05"
        )
    if agreement is not None and agreement.kappa_quadratic.isna().any():
        notes.append("kappa is not defined where both readers gave one and the same score throughout")
    return Summary(scores, statistics.mean_scores(scores), tests, agreement, tuple(notes))


def _counted(reading: Reading) -> str:
    open_cases = sum(bool(reading.missing(case)) for case in reading.cases)
    text = f"{reading.reader}: {len(reading.cases)} case{'' if len(reading.cases) == 1 else 's'}"
    return text + (f", {open_cases} of them not scored to the end" if open_cases else "")
