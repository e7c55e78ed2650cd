r"""What a picture shows of a needle: how deep its shadow is, how wide, and how bright its rim.

Of a frame with the needle, :math:`s`, and the same frame without it, :math:`s_0`, both found by one method, the profile
at distance d from the needle is

.. math:: P(d) = \sum s \,/ \sum s_0

over the voxels of the body at that distance: anatomy, coil and noise cancel. *Contrast* is :math:`1 - P` in the
innermost bin with a voxel, *width* the diameter at which :math:`1 - P` is half of it, *rim* the largest :math:`P - 1`
outside. What a method shows of a needle where there is none is :math:`1 - \sum s_0 / \sum x_0` in the innermost bin,
:math:`x_0` being the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

#: Width of a bin and the largest distance, mm.
STEP, REACH = 1.0, 16.0


@dataclass(frozen=True)
class Shadow:
    """A needle as a picture shows it: contrast, width (mm; NaN where there is none) and rim."""

    contrast: float
    width: float
    rim: float


def bins(distance: npt.ArrayLike, body: npt.ArrayLike, step: float = STEP) -> npt.NDArray[np.int64]:
    """Return the bin of every voxel; -1 outside the body and beyond the reach."""
    d = np.asarray(distance, np.float64)
    number = (d // step).astype(np.int64)
    return np.where(np.asarray(body, bool) & (d < REACH), number, -1)


def sums(volume: npt.ArrayLike, number: npt.NDArray[np.int64], step: float = STEP) -> Values:
    """Return the sum of a volume over each bin."""
    inside = number >= 0
    values = np.asarray(volume, np.float64)[inside]
    return np.bincount(number[inside], weights=values, minlength=round(REACH / step)).astype(np.float64)


def shadow(profile: npt.ArrayLike, step: float = STEP) -> Shadow:
    """Return what a profile says.

    Parameters
    ----------
    profile
        P in bins of ``step`` mm from the needle outwards; NaN where no voxel lies.
    step
        Width of a bin, mm.

    Examples
    --------
    >>> shadow([0.2, 0.2, 0.6, 1.0, 1.05, 1.0])
    Shadow(contrast=0.8, width=5.0, rim=0.05)
    """
    values = np.asarray(profile, np.float64)
    there = np.isfinite(values)
    depth, middle = 1 - values[there], (np.flatnonzero(there) + 0.5) * step
    if not depth.size:
        return Shadow(float("nan"), float("nan"), float("nan"))
    deepest, width, edge = float(depth[0]), float("nan"), 1
    below = np.flatnonzero(depth < deepest / 2 + 1e-12)
    if deepest > 0 and below.size:
        edge = int(below[0])
        a, b = depth[edge - 1], depth[edge]
        part = (a - deepest / 2) / (a - b)
        width = round(2 * float(middle[edge - 1] + part * (middle[edge] - middle[edge - 1])), 6)
    outside = -depth[edge:]
    return Shadow(round(deepest, 6), width, round(max(0.0, float(outside.max())) if outside.size else 0.0, 6))
