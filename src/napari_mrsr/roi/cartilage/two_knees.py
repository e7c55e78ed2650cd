"""Two knees in one scan: seen from the picture, and refused where one region would hold both.

A scan of both legs is wide from left to right and has two bodies with air between them. Its signal, summed over
everything else, has two humps along that direction; the scan holds two knees if it is at least
:data:`WIDE` mm wide and the valley between the humps falls below half of the lower one.
"""

from __future__ import annotations

from os import PathLike

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage.knee_axes import KneeAxes, Mask
from napari_mrsr.scan import Scan

#: Two knees do not fit into less, mm from left to right.
WIDE = 220.0
#: Cartilage of one plate of one knee is never wider than this, mm, and never has a gap as wide as GAP.
PLATE = 110.0
GAP = 40.0
#: Two knees are at least this far apart from middle to middle, mm.
APART = 100.0
#: Depth of the valley between two knees, of the lower of both humps.
VALLEY = 0.5


def refuse_two_knees(mask: Mask, axes: KneeAxes, *, where: str | PathLike[str] | None = None) -> None:
    """Raise :class:`BadParameter` if a plate (slices last) lies in two knees."""
    slices = np.flatnonzero(mask.any(axis=(0, 1)))
    steps = np.diff(slices) * axes.spacing[2]
    if (slices[-1] - slices[0]) * axes.spacing[2] > PLATE and steps.size and steps.max() > GAP:
        raise BadParameter(
            "the painted cartilage lies in two knees",
            where=where,
            remedy="paint each knee in an ROI of its own, or open one knee at a time",
        )


def gap_between_knees(scan: Scan) -> float | None:
    """Return where the air between two knees lies (mm towards the patient's right), or None for one knee.

    Parameters
    ----------
    scan
        Images; the first volume is looked at, thinned out.

    Examples
    --------
    >>> x = np.linspace(-160, 160, 80)[:, None, None]
    >>> legs = np.where(np.abs(np.abs(x) - 90) < 50, 100.0, 0.0) * np.ones((1, 20, 20))
    >>> gap = gap_between_knees(Scan(legs, np.array([[4, 0, 0, -160], [0, 4, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1]])))
    >>> abs(gap) < 5
    True
    """
    import nibabel as nib
    from scipy import ndimage

    patient = nib.orientations.io_orientation(scan.affine)[:, 0]
    axis = int(np.flatnonzero(patient == 0)[0])
    n, spacing = scan.shape[axis], scan.spacing[axis]
    if n * spacing < WIDE:
        return None
    steps = [max(1, s // 64) for s in scan.shape]
    steps[axis] = 1
    thin = np.abs(np.nan_to_num(scan.array[0][tuple(slice(None, None, s) for s in steps)])).astype(np.float64)
    profile = ndimage.gaussian_filter1d(thin.mean(axis=tuple(a for a in range(3) if a != axis)), 5.0 / spacing)
    profile -= profile.min()
    first, second = int(profile[: n // 2].argmax()), n // 2 + int(profile[n // 2 :].argmax())
    low = VALLEY * min(profile[first], profile[second])
    between = first + np.flatnonzero(profile[first : second + 1] < low)
    if (second - first) * spacing < APART or len(between) == 0:
        return None
    index = (np.array(scan.shape) - 1) / 2
    index[axis] = between.mean()
    return float((scan.affine @ np.array([*index, 1.0]))[0])
