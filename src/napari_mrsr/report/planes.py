"""Slices and reformats as a radiologist looks at them, without a viewer.

A plane is named by the patient's axis across it (0 sagittal, 1 coronal, 2 axial) and a point it goes through. Voxels
are permuted and flipped, never resampled: rows run from superior to inferior (axial: from anterior to posterior),
columns from anterior to posterior (sagittal) or from the patient's right to left, the radiological convention. The
aspect is true because each picture knows its spacing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan
from napari_mrsr.triple import triple

PLANES = ("sagittal", "coronal", "axial")

#: Patient's axes that become rows and columns of each plane.
ORDERS = {0: (2, 1), 1: (2, 0), 2: (1, 0)}

#: Letters at the low and the high end of a screen axis that runs along a patient's axis.
LETTERS = {0: ("R", "L"), 1: ("A", "P"), 2: ("S", "I")}


@dataclass(frozen=True, eq=False)
class Picture:
    """One plane.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``.
    spacing
        Of rows and columns, mm.
    letters
        Orientation at the top, bottom, left and right.
    corner
        Screen coordinate of the first pixel's centre along rows and columns, mm; pictures of one plane from different
        grids lie on each other by it.
    """

    values: npt.NDArray[Any]
    spacing: tuple[float, float]
    letters: tuple[str, str, str, str]
    corner: tuple[float, float]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top edge, mm, as matplotlib's ``imshow`` wants them."""
        (dr, dc), (r, c) = self.spacing, self.corner
        rows, columns = self.values.shape
        return c - dc / 2, c + (columns - 0.5) * dc, r + (rows - 0.5) * dr, r - dr / 2


def patient_axes(scan: Scan) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return for each of the patient's axes the voxel axis closest to it, and whether it must be flipped.

    Flipped are those whose index rises towards Right, Anterior or Superior in RAS+ terms, so that the screen runs
    towards Left, Posterior, Inferior.
    """
    import nibabel as nib

    orientation: Any = nib.orientations.io_orientation(scan.affine)
    patient, sign = orientation[:, 0].astype(int), orientation[:, 1]
    axes = triple(int(np.flatnonzero(patient == p)[0]) for p in range(3))
    flips = triple(bool(sign[a] > 0) for a in axes)
    return axes, flips


def slice_plane(scan: Scan) -> int:
    """Return the patient's axis across the acquired slices (2 where it cannot be told)."""
    from napari_mrsr.errors import AmbiguousAxis

    axes, _ = patient_axes(scan)
    try:
        return axes.index(scan.find_slice_axis())
    except AmbiguousAxis:
        return 2


def cut(scan: Scan, plane: int, point: npt.ArrayLike, *, volume: int = 0) -> Picture:
    """Return the plane of a scan nearest to a point of the patient.

    Parameters
    ----------
    scan
        Any scan.
    plane
        0 sagittal, 1 coronal, 2 axial (the nearest plane of voxels, where the scan is oblique).
    point
        Millimetres, RAS+; kept inside the scan.
    volume
        Which volume.

    Examples
    --------
    >>> scan = Scan(np.arange(24.0).reshape(4, 3, 2), np.diag([1, 1, 2, 1.0]))  # i to the right, j to the front, k up
    >>> picture = cut(scan, 2, (0, 0, 0))  # axial, the lowest slice
    >>> picture.values.shape, picture.letters, float(picture.values[0, 0])
    ((3, 4), ('A', 'P', 'R', 'L'), 22.0)
    """
    axes, flips = patient_axes(scan)
    rows, columns = ORDERS[plane]
    index = index_of(scan, point)[axes[plane]]
    image = np.take(scan.array[volume], index, axis=axes[plane])
    if axes[rows] > axes[columns]:
        image = image.T
    image = image[:: -1 if flips[rows] else 1, :: -1 if flips[columns] else 1]
    letters = (*LETTERS[rows], *LETTERS[columns])
    spacing = scan.spacing[axes[rows]], scan.spacing[axes[columns]]
    corner = _corner(scan, axes[rows], flips[rows]), _corner(scan, axes[columns], flips[columns])
    return Picture(image, spacing, letters, corner)


def index_of(scan: Scan, point: npt.ArrayLike) -> tuple[int, int, int]:
    """Return the voxel nearest to a point (mm, RAS+), kept inside the scan."""
    inside = np.linalg.solve(scan.affine[:3, :3], np.asarray(point, dtype=float) - scan.affine[:3, 3])
    i, j, k = np.clip(np.rint(inside), 0, np.array(scan.shape) - 1).astype(int)
    return int(i), int(j), int(k)


def _corner(scan: Scan, axis: int, flip: bool) -> float:
    """Return the screen coordinate of the first pixel along a voxel axis, mm along that axis."""
    spacing = np.array(scan.spacing)
    origin = np.linalg.solve(scan.affine[:3, :3] / spacing, scan.affine[:3, 3])[axis]
    return float(-(origin + spacing[axis] * (scan.shape[axis] - 1)) if flip else origin)


def centre_of(labels: Scan, plane: int, label: int | None = None) -> npt.NDArray[np.float64] | None:
    """Return the middle of the slice with the most voxels of the largest region, mm; None where nothing is painted.

    Parameters
    ----------
    labels
        Painted regions.
    plane
        The patient's axis across the slices that are counted.
    label
        Which region; the largest one where not given.
    """
    array = np.asarray(labels.array[0])
    inside = array > 0
    if not inside.any():
        return None
    if label is None:
        label = int(np.bincount(array[inside].astype(np.int64)).argmax())
    inside = array == label
    if not inside.any():
        return None
    axis = patient_axes(labels)[0][plane]
    counts = inside.sum(axis=tuple(a for a in range(3) if a != axis))
    index = int(counts.argmax())
    where = np.argwhere(np.take(inside, index, axis=axis)).mean(axis=0)
    voxel = np.insert(where, axis, index)
    return np.asarray(labels.affine[:3, :3] @ voxel + labels.affine[:3, 3], dtype=np.float64)
