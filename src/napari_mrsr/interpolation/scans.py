"""Interpolation of whole scans, with their geometry."""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.interpolation.one_axis import Interpolation, interpolate, matrix
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan


def interpolate_scan(scan: Scan, method: Interpolation, factor: int, axis: int) -> Scan:
    """Interpolate a scan along one axis; the first voxel stays where it is.

    Examples
    --------
    >>> thick = Scan(np.ones((1, 4, 4, 3), np.float32), np.diag([0.5, 0.5, 3.0, 1]))
    >>> interpolate_scan(thick, "tricubic", 2, axis=2)
    <Scan signal [a.u.] 1 contrast 4x4x6 at 0.5x0.5x1.5 mm>
    """
    affine = np.array(scan.affine)
    affine[:3, axis] /= factor
    array = interpolate(scan.array, method, factor, axis)
    return scan.after(
        "interpolation", array, parameters={"method": method, "factor": factor, "axis": axis}, affine=affine
    )


def resize(scan: Scan, method: Interpolation, like: Scan) -> Scan:
    """Interpolate a scan to the matrix of another that covers the same field of view.

    Raises
    ------
    GeometryMismatch
        The other scan has a coarser matrix, another orientation or another first voxel.
    """
    array = scan.array
    for axis, (n, size) in enumerate(zip(scan.shape, like.shape, strict=True)):
        if size < n:
            raise GeometryMismatch(
                f"has {size} samples along axis {axis}, fewer than {n}",
                where=like.where,
                remedy="give a grid at least as fine as the scan",
            )
        if size > n:
            array = along.apply(matrix(method, n, size), array, axis + 1)
    affine = np.array(scan.affine)
    affine[:3, :3] *= np.array(scan.shape) / np.array(like.shape)
    result = scan.after("interpolation", array, parameters={"method": method, "shape": list(like.shape)}, affine=affine)
    if not result.same_grid(like, tolerance=0.5 * min(like.spacing)):
        raise GeometryMismatch(
            "does not share its first voxel and orientation with the scan",
            where=like.where,
            remedy="give a finer grid over the same field of view",
        )
    return result
