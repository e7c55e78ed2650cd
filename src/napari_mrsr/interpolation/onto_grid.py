r"""A map on the grid of another scan: trilinear, and NaN stays where it is.

Where a map has no value it must not pull its neighbours towards anything: of the eight voxels about a place only those
with a value count, with their weights made whole,

.. math:: v = \sum_n w_n v_n \Big/ \sum_n w_n \quad \text{over those with a value},

and a place has a value where they have at least half of the weight. Beyond the middles of a map's outermost voxels, but
within these voxels, their value holds; beyond the voxels there is none. Grids may lie in any way to each other: only
the affines count, so that a first voxel stays on a first voxel where they say so.

Slices of 3.5 mm come out as paper 4 has them, interpolated to 1 mm. A map that is finer than the other grid is read at
the places of that grid, not averaged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.scan import Scan

#: Share of the weight that must have a value.
ENOUGH = 0.5


def onto_grid(scan: Scan, like: Scan) -> Scan:
    """Return a scan on the grid of another, NaN where it has no value there.

    Parameters
    ----------
    scan
        Maps; NaN where they have no value.
    like
        The scan whose grid is wanted.

    Raises
    ------
    GeometryMismatch
        They do not overlap.

    Examples
    --------
    >>> thick = Scan(np.arange(3.0)[None, None].repeat(4, 0).repeat(4, 1), np.diag([1, 1, 4.0, 1]))
    >>> fine = Scan(np.zeros((4, 4, 9)), np.eye(4))
    >>> onto_grid(thick, fine).array[0, 0, 0].tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0]
    """
    if scan.same_grid(like):
        return scan
    from scipy.ndimage import affine_transform

    matrix = np.linalg.inv(scan.affine) @ like.affine
    inside = _inside(matrix, scan.shape, like.shape)
    if not inside.any():
        raise GeometryMismatch(
            f"does not overlap {like.where or 'the other scan'}",
            where=scan.where,
            remedy="give maps and images of one scanner frame",
        )

    def at(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return np.asarray(
            affine_transform(
                values.astype(np.float32), matrix[:3, :3], matrix[:3, 3], like.shape,
                np.float32, order=1, mode="nearest", prefilter=False,
            )
        )  # fmt: skip

    found = np.empty((scan.volumes, *like.shape), np.float32)
    for n, volume in enumerate(scan.array):
        known = np.isfinite(volume)
        weight = at(known)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[n] = np.where(inside & (weight >= ENOUGH), at(np.where(known, volume, 0)) / weight, np.nan)
    return scan.after(
        "brought onto another grid",
        found,
        parameters={"method": "trilinear", "like": like.where or ""},
        affine=like.affine,
        slice_axis=like.slice_axis,
    )


def _inside(
    matrix: npt.NDArray[np.float64], shape: tuple[int, int, int], wanted: tuple[int, int, int]
) -> npt.NDArray[np.bool_]:
    """Return which voxels of the wanted grid have their middle in a voxel of the given one."""
    i, j, k = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in wanted), indexing="ij", sparse=True)
    inside = np.ones(wanted, bool)
    for row, n in zip(matrix[:3].astype(np.float32), shape, strict=True):
        place = row[0] * i + row[1] * j + row[2] * k + row[3]
        inside &= (place >= -0.501) & (place <= n - 0.499)
    return inside
