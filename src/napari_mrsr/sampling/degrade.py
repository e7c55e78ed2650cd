"""A scan as a faster acquisition would have given it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling.k_space_centre import KSpaceCentre
from napari_mrsr.sampling.thick_slices import Profile, ThickSlices
from napari_mrsr.scan import Scan

#: Name of the step that cutting out the centre of k-space leaves in the history of a scan.
K_SPACE_STEP = "centre of k-space"


def degrade(
    scan: Scan,
    *,
    factor: int = 2,
    axis: int | None = None,
    kspace: float | None = None,
    matrix: tuple[int, int] | None = None,
    profile: Profile = "fir",
) -> Scan:
    """Simulate thick slices, or an acquisition of the centre of k-space.

    Parameters
    ----------
    scan
        A finely sampled scan.
    factor
        How many times thicker the slices become.
    axis
        Voxel axis along which slices get thicker; by default the scan's slice axis. With ``kspace`` or ``matrix``, the
        axis that is left alone (the plane is the other two).
    kspace
        Fraction of in-plane k-space kept; given, it takes the place of ``factor``.
    matrix
        The same by the central matrix, in the order of the axes: what was measured of a zero-filled scan.
    profile
        Slice profile of the thick slices.

    Returns
    -------
    Scan
        float32, first voxel where the fine scan has its first voxel.

    Raises
    ------
    BadParameter
        The factor or fraction is impossible, or the scan has fewer slices than the factor.
    AmbiguousAxis
        No axis was given and the scan's slice axis cannot be told.

    Examples
    --------
    >>> thin = Scan(np.ones((1, 4, 4, 8), np.float32), np.diag([1, 1, 0.7, 1]))
    >>> degrade(thin, factor=2, axis=2)
    <Scan signal [a.u.] 1 contrast 4x4x4 at 1x1x1.4 mm>
    """
    if axis is None:
        axis = scan.find_slice_axis()
    if axis not in (0, 1, 2):
        raise BadParameter(f"axis {axis} is not 0, 1 or 2", remedy="choose 0, 1 or 2")
    if kspace is not None or matrix is not None:
        if kspace is not None and matrix is not None:
            raise BadParameter("a fraction of k-space and a matrix exclude each other", remedy="give one of them")
        plane = tuple(a + 1 for a in range(3) if a != axis)
        centre = KSpaceCentre((1, *scan.shape), kspace or 1.0, (plane[0], plane[1]), size=matrix)
        # one volume at a time: a series in double precision would not fit
        array = np.concatenate([np.abs(centre(volume[None])).astype(np.float32) for volume in scan.array])
        within = [a - 1 for a in plane]
        return scan.after(
            K_SPACE_STEP,
            array,
            parameters={
                "fraction": round(centre.fraction, 6),
                "plane": within,
                "matrix": [scan.shape[a] for a in within],
            },
            affine=coarser_affine(scan, array.shape[1:]),
            slice_axis=axis,  # voxels may have become larger in plane than the slices are thick
        )
    if factor < 1 or factor != int(factor):
        raise BadParameter(f"factor {factor} is not a whole number of at least 1", remedy="give 2, 3 or 4")
    if scan.shape[axis] < 2 * factor:
        raise BadParameter(
            f"has {scan.shape[axis]} slices, too few for slices {factor} times thicker",
            where=scan.where,
            remedy="give a smaller factor or another axis",
        )
    thick = ThickSlices(scan.array.shape, axis + 1, int(factor), profile)
    array = thick(scan.array).astype(np.float32, copy=False)
    affine = np.array(scan.affine)
    affine[:3, axis] *= factor
    acquisition = scan.acquisition
    if scan.slice_axis == axis:
        acquisition = replace(acquisition, slice_thickness=scan.spacing[axis] * factor, slice_gap=0.0)
    return scan.after(
        "thick slices",
        array,
        parameters={"factor": int(factor), "axis": axis, "profile": profile},
        affine=affine,
        slice_axis=axis,
        acquisition=acquisition,
    )


def coarser_affine(scan: Scan, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Affine of a grid of another matrix over the same field of view, first voxels together."""
    affine = np.array(scan.affine)
    affine[:3, :3] *= np.array(scan.shape) / np.array(shape)
    return affine
