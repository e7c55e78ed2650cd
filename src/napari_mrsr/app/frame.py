r"""Where a scan stands on the screen: permuted and flipped to the closest canonical axes, never resampled.

napari slices along array axes only and would show an oblique volume without its rotation, so the array is shown along
its own axes. With the affine :math:`A = [U S \,|\, t]`, unit columns :math:`u_a` and spacings :math:`s_a`, a point
:math:`p` (mm, RAS+) has the coordinate :math:`c_a = (U^{-1} p)_a` along voxel axis :math:`a`. The screen shows
:math:`\pm c_a`, the sign chosen so that values rise towards the patient's Left, Posterior and Inferior side. Rows then
run from superior to inferior and columns from anterior to posterior (sagittal) or from right to left (coronal, axial):
the radiological convention, without turning the camera.

For a scan that is not oblique the coordinates are millimetres of the patient (L, P, I). For an oblique one they are
millimetres along its own axes; two grids of the same directions (acquired, super-resolved) always lie on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import AmbiguousAxis
from napari_mrsr.scan import Scan
from napari_mrsr.triple import triple

Array = npt.NDArray[Any]

#: What each axis of the patient is called on its slider: values rise towards the second letter.
LABELS = {0: "R→L", 1: "A→P", 2: "S→I"}

#: Which of the patient's axes (0 left-right, 1 front-back, 2 head-foot) become slices, rows and columns.
ORDERS = {0: (0, 2, 1), 1: (1, 2, 0), 2: (2, 1, 0)}

PLANES = {0: "sagittal", 1: "coronal", 2: "axial"}


@dataclass(frozen=True, eq=False)
class Frame:
    """The way from a scan's voxel order to the screen and back.

    Attributes
    ----------
    plane
        The patient's axis that the slider runs along: 0 sagittal, 1 coronal, 2 axial slices.
    axes
        Voxel axis shown along each screen axis (slices, rows, columns).
    flips
        Whether that voxel axis runs backwards on the screen.
    directions
        Unit vectors of the voxel axes in the patient, shape ``(3, 3)``, as columns.
    scale, translate
        Spacing and position of the first voxel along each screen axis, mm.
    labels
        Name of each screen axis, ``"R→L"`` ...
    """

    plane: int
    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    directions: npt.NDArray[np.float64]
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]
    labels: tuple[str, str, str]

    def to_screen(self, array: Array) -> Array:
        """Return a view of ``(..., i, j, k)`` in screen order."""
        lead = array.ndim - 3
        view = array.transpose(*range(lead), *(lead + a for a in self.axes))
        return view[(..., *(slice(None, None, -1) if flip else slice(None) for flip in self.flips))]

    def to_voxels(self, array: Array) -> Array:
        """Return a view of ``(..., slices, rows, columns)`` in the scan's own order."""
        view = array[(..., *(slice(None, None, -1) if flip else slice(None) for flip in self.flips))]
        lead = array.ndim - 3
        return view.transpose(*range(lead), *(lead + self.axes.index(a) for a in range(3)))

    def affine(self, scale: npt.ArrayLike, translate: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the RAS+ affine of any array on this screen, in screen order, from its scale and translate (mm)."""
        columns = self.directions[:, list(self.axes)] * np.where(self.flips, -1.0, 1.0)
        affine = np.eye(4)
        affine[:3, :3] = columns * np.asarray(scale, dtype=float)
        affine[:3, 3] = columns @ np.asarray(translate, dtype=float)
        return affine

    def voxel(self, scan: Scan, point: npt.ArrayLike) -> tuple[int, int, int]:
        """Return the voxel of ``scan`` nearest to a point of the screen (mm), kept inside the scan."""
        columns = self.directions[:, list(self.axes)] * np.where(self.flips, -1.0, 1.0)
        patient = columns @ np.asarray(point, dtype=float)
        index = np.linalg.solve(scan.affine[:3, :3], patient - scan.affine[:3, 3])
        inside = np.clip(np.rint(index), 0, np.array(scan.shape) - 1).astype(int)
        return triple(int(i) for i in inside)


def frame_of(scan: Scan, plane: int | None = None) -> Frame:
    """Return the frame in which a scan is shown.

    Parameters
    ----------
    scan
        The scan; its slices come first, so that the slider runs through the slices as acquired.
    plane
        The patient's axis that the slider runs along (0 sagittal, 1 coronal, 2 axial) instead; layers of one viewer
        share it.

    Examples
    --------
    >>> frame = frame_of(Scan(np.zeros((16, 8, 4)), np.diag([0.5, 0.5, 3.0, 1.0])))  # k runs from foot to head
    >>> frame.labels, frame.scale, frame.to_screen(np.zeros((16, 8, 4))).shape
    (('S→I', 'A→P', 'R→L'), (3.0, 0.5, 0.5), (4, 8, 16))
    """
    orientation = nib.orientations.io_orientation(scan.affine)  # per voxel axis: patient axis and sign
    patient, sign = orientation[:, 0].astype(int), orientation[:, 1]
    plane = plane_of(scan) if plane is None else plane
    order = ORDERS[plane]
    axes = triple(int(np.flatnonzero(patient == p)[0]) for p in order)
    flips = triple(bool(sign[a] > 0) for a in axes)
    spacing = np.sqrt((scan.affine[:3, :3] ** 2).sum(axis=0))
    directions = scan.affine[:3, :3] / spacing
    origin = np.linalg.solve(directions, scan.affine[:3, 3])
    translate = triple(
        float(-(origin[a] + spacing[a] * (scan.shape[a] - 1)) if flip else origin[a])
        for a, flip in zip(axes, flips, strict=True)
    )
    return Frame(
        plane=plane,
        axes=axes,
        flips=flips,
        directions=directions,
        scale=triple(float(spacing[a]) for a in axes),
        translate=translate,
        labels=triple(LABELS[p] for p in order),
    )


def plane_of(scan: Scan) -> int:
    """Return the patient's axis across the slices: 0 sagittal, 1 coronal, 2 axial (also where it cannot be told)."""
    try:
        axis = scan.find_slice_axis()
    except AmbiguousAxis:
        return 2
    return int(nib.orientations.io_orientation(scan.affine)[axis, 0])


def obliquity(scan: Scan) -> float:
    """Return the largest angle between a voxel axis and the nearest axis of the patient, degrees."""
    directions = scan.affine[:3, :3] / np.sqrt((scan.affine[:3, :3] ** 2).sum(axis=0))
    return float(np.degrees(np.arccos(np.clip(np.abs(directions).max(axis=0), 0.0, 1.0)).max()))
