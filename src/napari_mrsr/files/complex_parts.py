r"""Magnitude, real and imaginary part of one image, stored as three volumes of one file.

Some converters stack them. They are told by their own arithmetic: if :math:`v_0 = \sqrt{v_1^2 + v_2^2}` within the
rounding of integers wherever there is signal, then :math:`v_0` is the magnitude, and the others are its parts.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.files.voxels import Float32

#: Share of the voxels that must obey the equation, and the relative error allowed beside one unit of rounding.
_SHARE, _RELATIVE = 0.98, 0.01


def magnitude_of_parts(array: Float32) -> tuple[Float32, tuple[str, ...]]:
    """Return the magnitude alone, with a warning, if the three volumes are magnitude, real and imaginary part.

    Parameters
    ----------
    array
        Shape ``(3, i, j, k)``; returned as it is where the equation does not hold.
    """
    magnitude, real, imaginary = array
    if not (np.nanmin(magnitude) >= 0 and np.nanmin(real) < 0 and np.nanmin(imaginary) < 0):
        return array, ()
    error = np.abs(np.hypot(real, imaginary) - magnitude)
    if float((error <= 1.5 + _RELATIVE * magnitude).mean()) < _SHARE:
        return array, ()
    note = "the three volumes are magnitude, real and imaginary part: the magnitude is kept, the others are left out"
    return np.ascontiguousarray(array[:1]), (note,)
