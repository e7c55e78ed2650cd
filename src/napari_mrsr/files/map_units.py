"""The unit of a map of T1 or T2: what the sidecar says, else what the values can only be.

BIDS has relaxation times in seconds; MR-Multitasking and this package write ms; MP2RAGE reconstructions write ms or
microseconds, often with no unit at all. The three differ by factors of a thousand, and the brain's values do not: the
median over the head tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

#: ms in each unit.
UNITS: Mapping[str, float] = {"ms": 1.0, "s": 1000.0, "us": 0.001}
#: Between which the median over a head lies, whatever its age and field, ms.
MEDIANS: Mapping[str, tuple[float, float]] = {"T1": (300.0, 3000.0), "T2": (20.0, 400.0)}
_SPELT = {
    "ms": "ms", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "us": "us", "µs": "us", "μs": "us", "usec": "us", "microsecond": "us", "microseconds": "us",
}  # fmt: skip


def unit_of(stated: str, quantity: str, values: npt.NDArray[np.floating]) -> tuple[str, str]:
    """Return the unit of a map, and a line about it (empty where the sidecar says it).

    Parameters
    ----------
    stated
        As the sidecar has it; ``""`` or ``"a.u."`` where it says nothing.
    quantity
        ``"T1"`` or ``"T2"``.
    values
        Of the head, positive, in the unit that is asked for.

    Raises
    ------
    BadParameter
        There is no value, or the median is no head's in the stated unit, or in any.

    Examples
    --------
    >>> unit_of("", "T1", np.array([0.8, 1.1, 1.4]))
    ('s', 'no unit is stated: taken as s, median 1.1')
    >>> unit_of("ms", "T1", np.array([800.0, 1100.0, 1400.0]))
    ('ms', '')
    """
    if not values.size:
        raise BadParameter(f"has no {quantity} in the head", remedy="give a map of the same person, in the same place")
    median, (low, high) = float(np.median(values)), MEDIANS[quantity]
    fitting = [unit for unit, factor in UNITS.items() if low <= factor * median <= high]
    unit = _SPELT.get(stated.strip().lower())
    if unit is None:
        if len(fitting) != 1:
            raise BadParameter(
                f"has a median of {median:.4g} in the head, which is no {quantity} in ms, s or us",
                remedy='give a map of the head, with "Units" in its sidecar',
            )
        said = f"{stated!r} is no unit of time" if stated not in ("", "a.u.") else "no unit is stated"
        return fitting[0], f"{said}: taken as {fitting[0]}, median {median:.4g}"
    if unit not in fitting:
        also = f" (in {fitting[0]} it would be one)" if fitting else ""
        raise BadParameter(
            f"has a median of {median:.4g} {unit} in the head, where {quantity} is {low:g} to {high:g} ms{also}",
            remedy='mend "Units" in the sidecar' if fitting else f"give the map of {quantity}",
        )
    return unit, ""
