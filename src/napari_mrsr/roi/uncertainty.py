r"""What noise alone does to the mean of a map in a region.

With the standard deviation sigma_i of each of the n valid voxels (:mod:`napari_mrsr.mapping.uncertainty`) the mean has
the standard error ::

    SE = sqrt(c * sum(sigma_i ^ 2)) / n

c is the number of voxels that share their noise: 1 where each voxel was measured by itself; where the scanner filled
the matrix with zeros the correlation sums to the factor along each axis, and c is their product (2 x 2 in plane: 4).
It cannot be seen in the map and is to be given. The formula holds for regions that are large beside the correlation.

It is small: 500 voxels of 3 ms give 0.13 ms. How regions are drawn (about 1.3 ms), what is assumed of T1 and B1
(:mod:`napari_mrsr.mapping.bias`) and people weigh more; none of them is in SE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.mapping.uncertainty import LARGEST_SPREAD
from napari_mrsr.roi.grid import label_array, resample_labels
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Columns of :func:`uncertainty`, in order.
COLUMNS = ("label", "name", "n", "mean", "standard_error", "mean_sigma", "undetermined_percent")


def uncertainty(
    map: Scan, sigma: Scan, labels: Scan, *, correlated: float = 1.0, names: Mapping[int, str] | None = None
) -> pd.DataFrame:
    """Return the standard error that noise alone gives the mean of a map in every label.

    Parameters
    ----------
    map, sigma
        One volume each on one grid: the map, and the standard deviation of each voxel in its unit.
    labels
        One volume of whole numbers, 0 is no label; on any grid.
    correlated
        Voxels that share their noise, at least 1.
    names
        Name of each label.

    Returns
    -------
    pandas.DataFrame
        One row per label, columns :data:`COLUMNS`: ``n`` voxels with value and sigma; ``mean_sigma`` of one voxel as a
        root mean square; ``undetermined_percent`` of the voxels have a sigma beyond 0.3 of their value.
        ``attrs["correlated"]`` and ``attrs["warnings"]`` go with it.

    Raises
    ------
    BadParameter
        ``correlated`` is below 1, or the units differ.
    GeometryMismatch
        Sigma is not on the grid of the map.

    Examples
    --------
    >>> t2 = Scan(np.full((1, 10, 10, 5), 35.0), np.eye(4), axis="map", unit="ms")
    >>> sd = Scan(np.full((1, 10, 10, 5), 3.0), np.eye(4), axis="map", unit="ms")
    >>> painted = Scan(np.ones((1, 10, 10, 5), np.uint8), np.eye(4), axis="label")
    >>> print(f"{uncertainty(t2, sd, painted)['standard_error'].item():.2f} ms")
    0.13 ms
    """
    import pandas as pd

    if not (np.isfinite(correlated) and correlated >= 1):
        raise BadParameter(f"{correlated:g} voxels that share their noise", remedy="give 1 or more")
    if map.shape != sigma.shape or not map.same_grid(sigma):
        raise GeometryMismatch("sigma is not on the grid of the map", where=sigma.where, remedy="map T2 again")
    if map.unit != sigma.unit:
        raise BadParameter(
            f"sigma is in {sigma.unit or 'no unit'}, the map in {map.unit or 'no unit'}", remedy="give both in ms"
        )
    regions = resample_labels(labels, map)
    painted = label_array(regions)
    values, spread = map.array[0], sigma.array[0]
    valid = np.isfinite(values) & np.isfinite(spread)
    rows = []
    for label in np.unique(painted[painted > 0]):
        here = valid & (painted == label)
        n = int(here.sum())
        v, s = values[here].astype(np.float64), spread[here].astype(np.float64)
        rows.append(
            {
                "label": int(label),
                "name": (names or {}).get(int(label), f"label {label}"),
                "n": n,
                "mean": float(v.mean()) if n else np.nan,
                "standard_error": float(np.sqrt(correlated * (s**2).sum()) / n) if n else np.nan,
                "mean_sigma": float(np.sqrt((s**2).mean())) if n else np.nan,
                "undetermined_percent": float(100 * (s > LARGEST_SPREAD * v).mean()) if n else np.nan,
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["correlated"] = correlated
    table.attrs["warnings"] = regions.warnings[len(labels.warnings) :]
    table.attrs["quantity"], table.attrs["unit"] = map.quantity, map.unit
    return table
