"""The page of a study in Markdown: tables rounded for reading, figures with their captions.

All digits stand in the CSV files beside it (:mod:`napari_mrsr.studies.writing`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: What stands in a cell that has no value.
NO_VALUE = "-"


@dataclass(frozen=True, eq=False)
class StudyTable:
    """A table of a study.

    Parameters
    ----------
    name
        Of the CSV file, without suffix: ``"t2"``.
    frame
        Rows and columns as they are shown; the index is left out. Numbers keep all digits in the file.
    caption
        What a reader must know: what was compared, in which unit, and what it does not mean.
    decimals
        Digits after the point on the page: for all columns, or by column.
    on_page
        False for a long table that stands in its file alone.
    """

    name: str
    frame: pd.DataFrame
    caption: str
    decimals: int | Mapping[str, int] = 2
    on_page: bool = True


@dataclass(frozen=True)
class Figure:
    """A figure of a study: ``draw`` is given the PNG file to write."""

    name: str
    caption: str
    draw: Callable[[Path], None]


def page(
    title: str, lead: str, tables: Sequence[StudyTable], figures: Sequence[Figure], *, static: str = "", level: int = 1
) -> str:
    """Return the Markdown page of a study.

    Parameters
    ----------
    title, lead, tables, figures
        As for :func:`napari_mrsr.studies.writing.write_study`.
    static
        What stands before the names of the figures' files: ``"../_static/"``.
    level
        Of the headline, where the page is a part of another.
    """
    parts = [f"{'#' * level} {title}", lead]
    for table in tables:
        if table.on_page:
            parts += [table.caption, markdown(table)]
    for figure in figures:
        parts += [f"![{figure.caption}]({static}{figure.name}.png)", f"*{figure.caption}*"]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown(table: StudyTable) -> str:
    """Return a table as Markdown, its numbers rounded for reading.

    Examples
    --------
    >>> import pandas as pd
    >>> print(markdown(StudyTable("t", pd.DataFrame({"layer": ["deep"], "T2 [ms]": [31.26]}), "", 1)))
    | layer | T2 [ms] |
    |---|---|
    | deep | 31.3 |
    """
    frame = table.frame
    lines = ["| " + " | ".join(map(str, frame.columns)) + " |", "|---" * len(frame.columns) + "|"]
    digits = [
        table.decimals if isinstance(table.decimals, int) else table.decimals.get(str(column), 2)
        for column in frame.columns
    ]
    for row in frame.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value, d) for value, d in zip(row, digits, strict=True)) + " |")
    return "\n".join(lines)


def _cell(value: Any, decimals: int) -> str:
    """Return a value as text: numbers rounded, infinite as a sign, NaN and None as no value."""
    if isinstance(value, str):
        return value.replace("|", "\\|")
    if isinstance(value, Integral):
        return str(value)
    if not isinstance(value, Real):
        return NO_VALUE
    number = float(value)
    if math.isnan(number):
        return NO_VALUE
    return ("∞" if number > 0 else "-∞") if math.isinf(number) else f"{number:.{decimals}f}"
