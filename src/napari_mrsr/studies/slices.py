"""Single slices of a scan, as scans of their own and as a radiologist looks at them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.planes import Picture, cut, patient_axes
from napari_mrsr.scan import Scan

Floats = npt.NDArray[np.float32]


def slice_picture(values: Floats, like: Scan, at: tuple[int, int]) -> Picture:
    """Return values of a slice of a scan as a radiologist looks at them."""
    one = thin(like.volume(0), at)
    one = replace(one, array=np.expand_dims(values, at[0])[None])
    return cut(one, patient_axes(one)[0].index(at[0]), one.affine[:3, 3])


def thin(scan: Scan, at: tuple[int, int]) -> Scan:
    """Return one slice of a scan as a scan of its own."""
    axis, index = at
    affine = np.array(scan.affine)
    affine[:3, 3] += index * affine[:3, axis]
    return replace(scan, array=np.take(scan.array, [index], axis=axis + 1), affine=affine, slice_axis=axis)
