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
    >>> print(mean, mean + 1)
    38.25 ± 0.13 39.249
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
        """Return a value with its standard error: as many decimals as its error needs, two at least."""
        if not math.isfinite(value):
            return cls(value, "–")
        if not math.isfinite(error):
            return cls(value, f"{value:.2f}")
        return cls(value, f"{value:.2f} ± {error:.2f}", error)

    def __str__(self) -> str:
        return self.text
