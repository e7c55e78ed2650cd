r"""Where the head is: air is easily right, and would flatter every method.

Voxels above half of Otsu's threshold (of the values up to the 99.5th percentile), the largest connected part of them,
closed and filled slice by slice. Half, because the threshold lies between fluid or fat and the rest as often as between
tissue and air.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

#: Part of Otsu's threshold, percentile that bright spots are cut off at, and closing in voxels.
PART, BRIGHT, CLOSING = 0.5, 99.5, 2
#: Of scans with more voxels than this along each axis every second is looked at for that percentile.
LARGE = 64


def head_of(volume: npt.ArrayLike) -> Mask:
    """Return where the head is, shape ``(i, j, k)``; nowhere where the volume shows nothing.

    Examples
    --------
    >>> volume = np.zeros((20, 20, 3))
    >>> volume[5:15, 5:15] = 100
    >>> volume[9:11, 9:11] = 0  # a dark ventricle
    >>> int(head_of(volume)[..., 1].sum())
    100
    """
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    values = np.nan_to_num(np.asarray(volume, np.float32))
    some = values[::2, ::2, ::2] if min(values.shape) > LARGE else values
    values = np.minimum(values, np.percentile(some, BRIGHT))
    if values.max() == values.min():
        return np.zeros(values.shape, bool)
    inside = values > PART * threshold_otsu(values.ravel())
    parts, count = ndimage.label(inside)
    if count > 1:
        inside = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    room, size = np.pad(inside.view(np.uint8), CLOSING), 2 * CLOSING + 1
    closed = ndimage.minimum_filter(ndimage.maximum_filter(room, size), size)[(slice(CLOSING, -CLOSING),) * 3]
    filled = np.empty(inside.shape, bool)
    for k in range(closed.shape[2]):
        filled[..., k] = ndimage.binary_fill_holes(closed[..., k])
    return filled
