r"""Labels in the order of the knee: rows from superior to inferior, columns from front to back, slices from medial.

Regions must not depend on how a file stores its voxels. So labels are permuted and flipped (never resampled) to the
anatomical axes nearest to their own, read from the affine, cut to the box around them, worked on there, and taken back.
Slices run from medial to lateral: towards the patient's right in a right knee and towards the left in a left one. Where
the side of the knee is not known they run towards the patient's right.

Positions are millimetres along these axes from the first voxel of the box; :attr:`KneeAxes.spacing` is in that order.
For an oblique scan they run along its own axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.grid import Box, bounding_box
from napari_mrsr.scan import Scan
from napari_mrsr.triple import triple

Side = Literal["left", "right"]
Mask = npt.NDArray[np.bool_]

#: Patient axis (0 right, 1 anterior, 2 superior) of rows, columns and slices, and whether it rises along them.
_ORDER = ((2, False), (1, False), (0, True))

#: Voxels kept around the labels, so that a surface closes.
MARGIN = 2


@dataclass(frozen=True, eq=False)
class KneeAxes:
    """The way from the voxel order of a scan to that of the knee, and back.

    Attributes
    ----------
    axes, flips
        Voxel axis along rows, columns and slices, and whether it runs backwards.
    spacing
        Of rows, columns and slices, mm.
    shape
        Of the scan in its own order.
    box
        Part of the reordered scan that is worked on.
    right
        Position of each slice of the box towards the patient's right, mm in the scanner.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]
    box: Box
    right: npt.NDArray[np.float64]

    def cut(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a view of ``(i, j, k)`` in the order of the knee, cut to the box."""
        return self._turned(array)[self.box]

    def put(self, part: npt.NDArray[Any], where: Mask, whole: npt.NDArray[Any]) -> None:
        """Write what was found in the box, where it counts, into an array ``(i, j, k)``."""
        np.copyto(self._turned(whole)[self.box], part, where=where)

    def _turned(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return array.transpose(self.axes)[tuple(slice(None, None, -1) if f else slice(None) for f in self.flips)]


def knee_axes(scan: Scan, inside: Mask, side: Side | None = None, *, margin: int = MARGIN) -> KneeAxes:
    """Return the axes of the knee for a mask on the grid of a scan.

    Parameters
    ----------
    scan
        Whose affine says where the voxels lie.
    inside
        What is worked on, ``(i, j, k)``.
    side
        Which knee; None where it is not known.
    margin
        Voxels kept around it, as far as there are some.

    Raises
    ------
    BadParameter
        The mask is empty.
    """
    import nibabel as nib

    patient = nib.orientations.io_orientation(scan.affine)  # per voxel axis: patient axis and sign
    axes, flips = [], []
    for direction, rises in _ORDER:
        axis = int(np.flatnonzero(patient[:, 0] == direction)[0])
        towards = rises if direction != 0 or side != "left" else not rises
        axes.append(axis)
        flips.append(bool((patient[axis, 1] > 0) != towards))
    order, turned = (axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2])
    seen = inside.transpose(order)[tuple(slice(None, None, -1) if f else slice(None) for f in turned)]
    found = bounding_box(seen)
    if found is None:
        raise BadParameter("nothing is painted", where=scan.where, remedy="paint the cartilage first")
    box = tuple(
        slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(found, seen.shape, strict=True)
    )
    return KneeAxes(
        axes=order,
        flips=turned,
        spacing=triple(scan.spacing[a] for a in order),
        shape=scan.shape,
        box=(box[0], box[1], box[2]),
        right=_right(scan, order[2], turned[2], box),
    )


def _right(scan: Scan, axis: int, flip: bool, box: tuple[slice, ...]) -> npt.NDArray[np.float64]:
    """Return where the slices of the box lie towards the patient's right, at the middle of the volume, mm."""
    n = scan.shape[axis]
    centre = np.array([*((np.array(scan.shape) - 1) / 2), 1.0])
    middle = float((scan.affine @ centre)[0])
    index = np.arange(n, dtype=np.float64)[:: -1 if flip else 1][box[2]]
    return np.asarray(middle + (index - (n - 1) / 2) * scan.affine[0, axis])
