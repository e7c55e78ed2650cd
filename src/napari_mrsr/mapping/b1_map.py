"""A map of B1: the flip angle that was reached over the one that was asked for."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.scan import Scan

#: Relative flip angles that a scanner may reach.
B1_RANGE = (0.3, 1.8)


def relative_flip(scan: Scan, b1: Scan) -> npt.NDArray[np.float32]:
    """Return relative flip angles ``(i, j, k)``, NaN where they are impossible.

    Raises
    ------
    GeometryMismatch
        The map is not on the grid of the scan.
    BadParameter
        Its median is no relative flip angle, as of a map in per cent or in degrees.
    """
    if not scan.same_grid(b1):
        raise GeometryMismatch("the B1 map is not on the grid of the scan", where=b1.where, remedy="resample it first")
    values: npt.NDArray[np.float32] = b1.array[0].astype(np.float32)
    inside = values[np.isfinite(values) & (values > 0)]
    middle = float(np.median(inside)) if inside.size else math.nan
    if not B1_RANGE[0] <= middle <= B1_RANGE[1]:
        raise BadParameter(
            f"the B1 map has a median of {middle:g}",
            where=b1.where,
            remedy="scale it so that 1.0 is the nominal flip angle",
        )
    values[~((values >= B1_RANGE[0]) & (values <= B1_RANGE[1]))] = np.nan
    return values
