r"""What a wrong T1 or flip angle would do to the T2 that is read, where the truth is not known.

:mod:`~napari_mrsr.mapping.bias` starts from the actual T2. A map holds the *reading*; if everything else is as assumed,
reading and actual T2 belong together one to one, and what an error does at that T2 is looked up over the reading::

    reading(T2) = T2 + bias(T2; as assumed)
    change(reading) = bias(T2; T1 + 100 ms, or B1 - 10 %) - bias(T2; as assumed)

A change of +1 ms says: if the tissue's T1 is 100 ms longer than assumed, T2 is read 1 ms too long here.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.bias import bias
from napari_mrsr.physics.dess import DessSequence

#: Errors that are looked at: what is added to T1, ms, and what B1 is multiplied with.
ERRORS = MappingProxyType({"t1_longer": (100.0, 1.0), "b1_lower": (0.0, 0.9)})
#: What they are called.
WORDS = MappingProxyType({"t1_longer": "T1 is 100 ms longer", "b1_lower": "B1 is 10 % low"})

_Curve = npt.NDArray[np.float64]


def changes(
    reading: npt.ArrayLike,
    sequence: DessSequence,
    *,
    t1: float = 1200.0,
    method: Literal["analytic", "epg"] = "analytic",
) -> dict[str, npt.NDArray[np.float64]]:
    """Return by how much T2 is read too long, ms, for each of :data:`ERRORS` by itself.

    Parameters
    ----------
    reading
        T2 as a map holds it, ms, any shape.
    sequence
        The acquisition with the assumed diffusivity.
    t1
        Assumed T1, ms.
    method
        The estimator that made the map.

    Returns
    -------
    dict
        By name of the error, each of the shape of ``reading``; NaN beyond 2 to 150 ms.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> {name: f"{change:+.1f} ms" for name, change in changes(35.7, qdess).items()}
    {'t1_longer': '+0.6 ms', 'b1_lower': '-2.0 ms'}
    """
    at, curves = _curves(sequence, float(t1), method)
    read = np.asarray(reading, dtype=np.float64)
    return {name: np.interp(read, at, curve, left=np.nan, right=np.nan) for name, curve in curves.items()}


@lru_cache(maxsize=64)
def _curves(sequence: DessSequence, t1: float, method: Literal["analytic", "epg"]) -> tuple[_Curve, dict[str, _Curve]]:
    """Return readings in rising order, and what each error does there."""
    t2 = np.geomspace(2.0, 150.0, 120)
    own = bias(t2, sequence, t1=t1, method=method)
    reading = t2 + own
    found = {
        name: bias(t2, sequence, t1=t1, method=method, actual_t1=t1 + longer, actual_b1=b1) - own
        for name, (longer, b1) in ERRORS.items()
    }
    known = np.isfinite(reading) & (reading > 0)
    last = int(np.argmax(~(np.diff(reading[known], prepend=0.0) > 0))) or int(known.sum())  # rises up to here
    return reading[known][:last], {name: curve[known][:last] for name, curve in found.items()}
