r"""T1, T2 and M0 of a voxel that holds several tissues, and of thick slices across them.

A mixture has no single T1; what a map shows depends on how it was measured. Here a mixture is what one saturation
recovery and one echo would tell of it. With shares f of tissues k,

.. math:: M_0 = \sum f_k M_{0k}, \quad
          A = \sum f_k M_{0k} e^{-t_1 / T_{1k}}, \quad B = \sum f_k M_{0k} e^{-t_2 / T_{2k}}, \quad
          T_1 = \frac{t_1}{\ln (M_0 / A)}, \quad T_2 = \frac{t_2}{\ln (M_0 / B)}

with :math:`t_1` = 1500 ms and :math:`t_2` = 80 ms, about where tissues of the brain differ most. M0, A and B are
linear: averaging them over a thick slice is what averaging its signals does, and a mixture of mixtures does not depend
on the order in which it was mixed. Averaging T1 itself has neither property.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]

#: Time of the saturation recovery and of the echo, ms.
RECOVERY, ECHO = 1500.0, 80.0
#: M0 below which there is too little signal for a T1 or a T2.
FAINTEST = 0.03


class Maps(NamedTuple):
    """T1 and T2, ms, NaN where there is no signal; and M0, water being 1."""

    t1: Array
    t2: Array
    m0: Array


def moments(t1: Array, t2: Array, m0: Array) -> Array:
    """Return M0, A and B, stacked along a new first axis; zero where M0 is zero or a time is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.stack([m0, m0 * np.exp(-RECOVERY / t1), m0 * np.exp(-ECHO / t2)])
    return np.asarray(np.nan_to_num(parts, nan=0.0), parts.dtype)


def read(parts: Array) -> Maps:
    """Return the maps that M0, A and B tell.

    Examples
    --------
    >>> half = 0.5 * moments(*np.array([[838.0, 4000.0], [74.0, 1800.0], [0.7, 1.0]])).sum(axis=1)
    >>> [round(float(value), 2) for value in read(half)]
    [2003.79, 226.42, 0.85]
    """
    m0, a, b = parts
    seen = m0 > FAINTEST
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t1 = np.where(seen, RECOVERY / np.log(m0 / a), np.nan)
        t2 = np.where(seen, ECHO / np.log(m0 / b), np.nan)
    return Maps(t1.astype(parts.dtype), t2.astype(parts.dtype), np.asarray(m0))
