"""How tables write a measure: its column among the scores, its title, its digits, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A measure.

    Parameters
    ----------
    name
        Of the column of scores.
    title, digits, factor
        What tables call it, its digits, and what it is multiplied by.
    better
        ``"higher"``, ``"lower"``, or ``"nearer 1"``.
    fidelity
        Whether the paper judges by it.
    """

    name: str
    title: str
    digits: int
    better: str = "higher"
    factor: float = 1.0
    fidelity: bool = True
