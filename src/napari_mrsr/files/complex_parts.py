r"""Magnitude, real and imaginary part of one image, stored as three volumes of one file.

Some converters stack them. They are told by their own arithmetic: the first volume is nowhere negative, the others are
in many voxels, and :math:`\sqrt{v_1^2 + v_2^2}` is :math:`v_0`. Not to the last digit: scanners filter the three apart
(on a series of 6 echoes of a 3 T abdomen the correlation of the two is 0.9993 and more).
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.files.voxels import Float32

#: Least correlation, most relative difference of the sums, and least share of negative voxels in either part.
_CORRELATION, _DIFFERENCE, _NEGATIVE = 0.99, 0.05, 0.05


def magnitude_of_parts(array: Float32) -> tuple[Float32, tuple[str, ...]]:
    """Return the magnitude alone, with a warning, if the three volumes are magnitude, real and imaginary part.

    Parameters
    ----------
    array
        Shape ``(3, i, j, k)``; returned as it is where the equation does not hold.
    """
    magnitude, real, imaginary = array
    if not np.isfinite(array).all() or magnitude.min() < 0 or not magnitude.any():
        return array, ()
    if min(float((part < 0).mean()) for part in (real, imaginary)) < _NEGATIVE:
        return array, ()
    computed = np.hypot(real, imaginary)
    ratio = float(computed.sum(dtype=np.float64) / magnitude.sum(dtype=np.float64))
    correlation = float(np.corrcoef(computed.ravel(), magnitude.ravel())[0, 1])
    if correlation < _CORRELATION or abs(ratio - 1) > _DIFFERENCE:
        return array, ()
    note = "the three volumes are magnitude, real and imaginary part: the magnitude is kept, the others are left out"
    return np.ascontiguousarray(array[:1]), (note,)
