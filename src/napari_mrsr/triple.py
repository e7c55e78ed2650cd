"""Three values, one for each axis of a volume, as a tuple of which three is known to the type checker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Value = TypeVar("Value")


def triple(values: Iterable[Value]) -> tuple[Value, Value, Value]:
    """Return the three values of an iterable.

    Raises
    ------
    ValueError
        There are not three.

    Examples
    --------
    >>> triple(2 * n for n in (1, 2, 3))
    (2, 4, 6)
    """
    i, j, k = values
    return i, j, k
