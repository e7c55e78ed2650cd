"""How far T2 of the super-resolved echoes, thickened again, lies from T2 of the acquired ones, region by region.

The map comes from :func:`napari_mrsr.trust.trust`. Its median over a region says whether the mean that a table tells
was changed by the method; its interquartile range is mostly noise, because single voxels scatter by several ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_mrsr.roi.region import values_in
from napari_mrsr.scan import Scan


@dataclass(frozen=True)
class Rethickened:
    """The difference of T2 in a region: median and interquartile range in ms, over ``n`` voxels; NaN without any."""

    median: float
    iqr: float
    n: int


def rethickened(difference: Scan, region: Scan) -> Rethickened:
    """Return the difference in a region.

    Parameters
    ----------
    difference
        T2 of the re-thickened echoes minus T2 of the acquired ones, ms, NaN where either is.
    region
        From :func:`napari_mrsr.roi.region.regions_of`.

    Examples
    --------
    >>> ramp = Scan(np.arange(5.0).reshape(1, 5, 1, 1), np.eye(4), axis="map", unit="ms")
    >>> rethickened(ramp, Scan(np.ones((1, 5, 1, 1), np.uint8), np.eye(4), axis="label"))
    Rethickened(median=2.0, iqr=2.0, n=5)
    """
    values = values_in(difference, region)
    values = values[np.isfinite(values)]
    if not values.size:
        return Rethickened(np.nan, np.nan, 0)
    low, middle, high = np.percentile(values, (25, 50, 75))
    return Rethickened(float(middle), float(high - low), values.size)
