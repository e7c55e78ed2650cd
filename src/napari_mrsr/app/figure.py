"""A number as a cell of a table shows it: with its error, or a word in its place."""

from __future__ import annotations

import math


class Figure(float):
    """A number that is shown as a text of its own, and sorted as the number.

    Parameters
    ----------
    value
        The number; NaN where only the text is known.
    text
        What the cell shows.
    error
        Its standard error, copied beside it for a spreadsheet; NaN where it is not known.

    Examples
    --------
    >>> mean = Figure.with_error(38.249, 0.126)
    >>> print(mean, "|", mean + 1, "|", Figure.with_error(38.249, 0.063))
    38.2 ± 0.1 | 39.249 | 38.25 ± 0.06
    >>> print(Figure(float("nan"), "too short"))
    too short
    """

    text: str
    error: float

    def __new__(cls, value: float, text: str, error: float = math.nan) -> Figure:
        """Make a number that knows its text."""
        made = super().__new__(cls, value)
        made.text, made.error = text, error
        return made

    @classmethod
    def with_error(cls, value: float, error: float) -> Figure:
        """Return a value with its standard error: two decimals, one where the error has no use for the second."""
        if not math.isfinite(value):
            return cls(value, "–")
        if not math.isfinite(error):
            return cls(value, f"{value:.2f}")
        decimals = 1 if error >= 0.095 else 2
        return cls(value, f"{value:.{decimals}f} ± {error:.{decimals}f}", error)

    def __str__(self) -> str:
        return self.text
