r"""T2 from the ratio of the two echoes of DESS without bias, by inverting the exact signals in a table.

For one sequence, T1, diffusivity and flip angle the ratio S2/S1 grows with T2 alone, so that a table of ratios at
known T2, read backwards, gives T2. Read as rate over the logarithm of the ratio it is almost a straight line --
exactly one, ``1/T2 = -(ln(ratio/k) + c1) / (2 (TR - TE1))``, but for the higher orders that
:mod:`napari_mrsr.mapping.sveinsson` neglects -- and linear interpolation between 512 entries errs by less than 0.001
ms from 10 to 100 ms.

With a map of B1 there is a table every 0.01 in B1, and the two rates next to a voxel's B1 are interpolated linearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.physics import epg
from napari_mrsr.physics.dess import DessSequence

#: T2 of the first entry, ms; the last one is T1, which no T2 of tissue exceeds.
SHORTEST_T2 = 0.5
#: Number of entries, in geometric progression of T2.
ENTRIES = 512
#: Distance in B1 from one table to the next.
B1_STEP = 0.01


@dataclass(frozen=True, eq=False)
class RatioTable:
    """Rates 1/T2 over ln(S2/S1), for one sequence, T1 and flip angle.

    Parameters
    ----------
    log_ratio
        ln(S2/S1), ascending.
    rate
        1/T2, 1/ms, descending.
    """

    log_ratio: npt.NDArray[np.float64]
    rate: npt.NDArray[np.float64]

    def rates(self, log_ratio: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return 1/T2 in 1/ms; infinite below the table, NaN above it."""
        rate: npt.NDArray[np.float64] = np.interp(log_ratio, self.log_ratio, self.rate, left=np.inf, right=np.nan)
        return rate


@lru_cache(maxsize=512)
def ratio_table(sequence: DessSequence, t1: float, b1: float = 1.0) -> RatioTable:
    """Return the table of a sequence.

    Parameters
    ----------
    sequence
        The acquisition, with the diffusivity of the tissue.
    t1
        Assumed T1, ms.
    b1
        Actual over nominal flip angle.
    """
    t2 = np.geomspace(SHORTEST_T2, t1, ENTRIES)
    first, second = epg.dess_signals(t1, t2, sequence, b1=b1)
    log_ratio = np.log(second / first)
    rising = np.flatnonzero(np.diff(log_ratio) <= 0)
    last = rising[0] + 1 if rising.size else ENTRIES  # past its maximum a ratio has two T2: take the short one
    return RatioTable(log_ratio[:last], 1 / t2[:last])


def t2(ratio: npt.ArrayLike, sequence: DessSequence, *, t1: float, b1: npt.ArrayLike | None = None) -> npt.NDArray[Any]:
    """Return T2 in ms for ratios S2/S1; NaN where no T2 has such a ratio.

    Parameters
    ----------
    ratio
        S2/S1, any shape.
    sequence
        The acquisition, with the diffusivity of the tissue.
    t1
        Assumed T1, ms.
    b1
        Actual over nominal flip angle, of a shape that broadcasts with ``ratio``.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> print(f"{t2(0.304072, qdess, t1=1200.0):.3f}")
    35.000
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(np.asarray(ratio, dtype=np.float64))
        return 1 / rates(log_ratio, sequence, t1=t1, b1=b1)


def rates(
    log_ratio: npt.NDArray[Any], sequence: DessSequence, *, t1: float, b1: npt.ArrayLike | None = None
) -> npt.NDArray[np.float64]:
    """Return 1/T2 in 1/ms for logarithms of S2/S1, with the tables next to the B1 of each voxel."""
    if b1 is None:
        return ratio_table(sequence, t1).rates(log_ratio)
    log_ratio, b1 = np.broadcast_arrays(log_ratio, b1)
    result = np.full(log_ratio.shape, np.nan)
    position = np.asarray(b1, dtype=np.float64) / B1_STEP
    possible = (
        np.isfinite(position) & (position >= 1) & (position * B1_STEP * sequence.flip_angle < 180 - 2 * B1_STEP * 180)
    )
    row = np.where(possible, np.floor(np.where(possible, position, 0)), 0).astype(np.intp)
    for below in np.unique(row[possible]):
        here = possible & (row == below)
        weight = position[here] - below
        low, high = (ratio_table(sequence, t1, round(n * B1_STEP, 6)) for n in (int(below), int(below) + 1))
        result[here] = (1 - weight) * low.rates(log_ratio[here]) + weight * high.rates(log_ratio[here])
    return result
