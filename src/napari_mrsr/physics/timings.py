"""What every sequence's timings have in common: they are finite numbers of at least 0."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from napari_mrsr.errors import BadParameter


def check_finite(timings: Any, sequence: str) -> None:
    """Refuse timings, a dataclass, that are negative or no numbers.

    Raises
    ------
    BadParameter
        One of them is.
    """
    for one in fields(timings):
        value = getattr(timings, one.name)
        if not (math.isfinite(value) and value >= 0):
            raise BadParameter(
                f"{one.name.replace('_', ' ')} {value:g} of {sequence} is not a finite number of at least 0",
                remedy="give times in ms and angles in degrees",
            )
