r"""What the noise of the acquired echoes does to the mean T2 of a region after super-resolution.

The background of a super-resolved scan tells nothing of the noise in its tissue, and its voxels share noise: twice as
many slices hold no more measurement. But the mean of a region can be followed back to what was acquired. Let ::

    x = B y        B: interpolation along the axis, y the acquired echoes with noise sigma in each voxel

    mean T2 = 1/n sum_i T2(x1_i, x2_i)

    d mean / d y_e,t = 1/n sum_i B_it h_e,i        h_e,i = +-dT2/dln(S2/S1) / x_e,i, 0 outside the region

    SE^2 = c sigma^2 sum over echoes e and acquired voxels t of (d mean / d y_e,t)^2

The adjoint of B takes h back to the acquired slices, where every voxel has noise of its own (but for the c that share
it, :mod:`napari_mrsr.mapping.shared_noise`). For low signal ``1/x`` is ``SD(ln M)/sigma`` as everywhere
(:mod:`napari_mrsr.mapping.log_noise`).

For a classical method B is its own matrix, and SE is exact but for the derivative. A trained method is cubic
interpolation and a correction, held to the measurement by consistency; B is that of the cubic spline. What the network
makes of noise beyond that is not in it. Because the result, thickened again, must give back what was measured, little
of a region's mean can hide there (``benchmarks/region_errors.py``).

Voxels that noise pushes over a limit of the map, of fluid above all, come and go, and take their long T2 into the mean
and out of it. That is no part of a derivative, and not in SE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.interpolation import METHODS, matrix
from napari_mrsr.mapping.log_noise import log_deviation
from napari_mrsr.mapping.noise import Noise
from napari_mrsr.mapping.uncertainty import dess_step, per_log_ratio
from napari_mrsr.roi.grid import Box, resample_labels
from napari_mrsr.roi.region import around, regions_of
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

#: What stands for the linear part of a trained method.
LINEAR_PART = "tricubic"
#: Columns of :func:`carried_noise`, in order.
COLUMNS = ("label", "n", "standard_error", "n_effective")


def carried_noise(
    map: Scan, refined: Scan, labels: Scan, noise: Noise, *, axis: int, acquired_slices: int, method: str,
    correlated: float = 1.0,
) -> pd.DataFrame:  # fmt: skip
    """Return the standard error that the acquired noise gives the mean T2 of each label of a super-resolved map.

    Parameters
    ----------
    map
        T2 of the super-resolved echoes, ms.
    refined
        These echoes, S1 and S2, on the grid of the map.
    labels
        One volume of whole numbers, 0 is no label; on any grid.
    noise
        Of the acquired echoes.
    axis
        Voxel axis that was refined.
    acquired_slices
        Slices along it that were acquired.
    method
        Of super-resolution.
    correlated
        Acquired voxels that share their noise, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row per label: ``n`` voxels with a value, ``standard_error`` in ms, and ``n_effective``, the number of
        acquired voxels of the same noise and T2 whose mean would have that error.

    Raises
    ------
    BadParameter
        The map was not made from two echoes of DESS.
    GeometryMismatch
        The map is not on the grid of the echoes.
    """
    import pandas as pd

    step = dess_step(map)
    if step is None or refined.volumes != 2:
        raise BadParameter("the T2 map was not made from DESS", where=map.where, remedy="map T2 of both echoes")
    if map.shape != refined.shape:
        raise GeometryMismatch(
            "the T2 map is not on the grid of the super-resolved echoes", where=map.where, remedy="map T2 again"
        )
    kind = method if method in METHODS else LINEAR_PART
    b = matrix(kind, acquired_slices, refined.shape[axis])
    rows = []
    for label, where, inside in _regions(map, labels):
        grows = per_log_ratio(map.array[0][where][inside].astype(np.float64), step)
        n, carried, alone = grows.size, 0.0, 0.0
        for echo in refined.array:
            per_sigma = grows * log_deviation(echo[where][inside], noise)
            h = np.zeros(inside.shape)
            h[inside] = per_sigma
            carried += float((along.apply(np.ascontiguousarray(b[where[axis]].T), h, axis) ** 2).sum())
            alone += float((per_sigma**2).sum())
        carried *= correlated
        rows.append(
            {
                "label": label,
                "n": n,
                "standard_error": float(np.sqrt(carried)) / n if n else np.nan,
                "n_effective": alone * n / carried if carried > 0 else np.nan,
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["correlated"] = correlated
    return table


def _regions(map: Scan, labels: Scan) -> Iterator[tuple[int, Box, npt.NDArray[np.bool_]]]:
    """Yield each label with the part of the map that it reaches and, there, its voxels that have a value."""
    for label, region in regions_of(labels).items():
        part = around(map, region)
        if part is not None:
            first = np.rint(np.linalg.solve(map.affine, part.affine)[:3, 3]).astype(int)
            i, j, k = (slice(int(a), int(a) + n) for a, n in zip(first, part.shape, strict=True))
            inside = (resample_labels(region, part).array[0] == label) & np.isfinite(part.array[0])
            yield label, (i, j, k), inside
