r"""A volume as DICOM planes: rows, columns and slices, and where each lies.

Voxel (i, j, k) lies at A (i, j, k, 1) in mm, RAS+; negating the first two coordinates gives LPS+, in which DICOM counts
(PS3.3 C.7.6.2.1.1). One voxel axis becomes the columns, one the rows, one the slices, each perhaps backwards: flips and
permutations only, nothing is resampled, and the affine may be left-handed or oblique. Which axis becomes what is told
by the directions in which a picture is to be seen (:class:`Facing`): those of the source where that was DICOM, else the
usual ones of radiology (axial and coronal: left side of the picture is the patient's right; sagittal: anterior to the
left). Slices rise along row x column, so that their numbers, positions and frames have one order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import AmbiguousAxis, GeometryMismatch
from napari_mrsr.scan import Scan

Floats = npt.NDArray[np.float64]
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
#: Largest cosine between rows and columns; the corner of a 300 mm picture moves by 0.03 mm.
_SQUARE = 1e-4
#: Directions of rows and columns (LPS+) for slices that step along x (sagittal), y (coronal), z (axial).
_USUAL = (((0, 1, 0), (0, 0, -1)), ((1, 0, 0), (0, 0, -1)), ((1, 0, 0), (0, 1, 0)))


@dataclass(frozen=True, eq=False)
class Facing:
    """The directions along a row and down a column in which pictures are seen, unit vectors, LPS+."""

    row: Floats
    column: Floats


@dataclass(frozen=True, eq=False)
class Planes:
    """A scan laid out as planes.

    Parameters
    ----------
    array
        Values, shape ``(volume, slice, row, column)``.
    row, column
        Directions of increasing column and row index, unit vectors, LPS+.
    positions
        Centre of the first pixel of each slice, mm, LPS+, shape ``(slice, 3)``.
    pixel_spacing
        Distance of neighbouring rows, and of neighbouring columns, mm.
    slice_spacing
        Distance of neighbouring slices, mm.
    """

    array: npt.NDArray[np.generic]
    row: Floats
    column: Floats
    positions: Floats
    pixel_spacing: tuple[float, float]
    slice_spacing: float

    @property
    def orientation(self) -> list[float]:
        """``ImageOrientationPatient``."""
        return [float(value) + 0.0 for value in (*self.row, *self.column)]

    @property
    def normal(self) -> Floats:
        """Unit normal, row x column."""
        return np.asarray(np.cross(self.row, self.column), np.float64)


def usual_facing(scan: Scan) -> Facing:
    """Return how slices of this scan are usually seen; isotropic volumes without a slice axis are cut along k."""
    try:
        axis = scan.find_slice_axis()
    except AmbiguousAxis:
        axis = 2
    directions = _directions(scan)
    plane = int(np.abs(directions[:, axis]).argmax())
    free = [n for n in range(3) if n != axis]
    found = []
    for usual in _USUAL[plane]:
        along = np.array(usual, float) @ directions
        best = max(free, key=lambda n: abs(along[n]))
        free.remove(best)
        found.append(directions[:, best] * np.sign(along[best]))
    return Facing(found[0], found[1])


def lay_out(scan: Scan, facing: Facing) -> Planes:
    """Return a scan as planes that face the way asked for, by flips and permutations.

    Raises
    ------
    GeometryMismatch
        Rows and columns are not at right angles, which DICOM cannot say.
    """
    directions = _directions(scan)
    targets = np.stack([facing.row, facing.column, np.cross(facing.row, facing.column)])
    likeness = targets @ directions  # (target, voxel axis)
    best = max(permutations(range(3)), key=lambda order: sum(abs(likeness[n, axis]) for n, axis in enumerate(order)))
    array = scan.array
    affine = _RAS_TO_LPS @ scan.affine
    for n, axis in enumerate(best):
        if n < 2:
            backwards = likeness[n, axis] < 0
        else:  # slices rise along row x column as they are, which may lean against the target
            backwards = float(np.cross(affine[:3, best[0]], affine[:3, best[1]]) @ affine[:3, axis]) < 0
        if backwards:
            array = np.flip(array, axis + 1)
            affine[:3, 3] += affine[:3, axis] * (scan.shape[axis] - 1)
            affine[:3, axis] *= -1
    columns, rows, slices = best
    steps = affine[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    row, column = steps[:, columns] / lengths[columns], steps[:, rows] / lengths[rows]
    if abs(float(row @ column)) > _SQUARE:
        raise GeometryMismatch(
            "has rows and columns that are not at right angles, which DICOM cannot say",
            where=scan.where,
            remedy="resample it to a straight grid first",
        )
    positions = affine[:3, 3] + np.arange(scan.shape[slices])[:, None] * steps[:, slices]
    return Planes(
        array=array.transpose(0, slices + 1, rows + 1, columns + 1),
        row=row,
        column=column,
        positions=positions,
        pixel_spacing=(float(lengths[rows]), float(lengths[columns])),
        slice_spacing=float(abs(np.cross(row, column) @ steps[:, slices])),
    )


def _directions(scan: Scan) -> Floats:
    """Return the unit vectors of the voxel axes, LPS+, as columns."""
    steps = (_RAS_TO_LPS @ scan.affine)[:3, :3]
    return np.asarray(steps / np.linalg.norm(steps, axis=0), np.float64)
