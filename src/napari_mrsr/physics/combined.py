r"""The echoes of DESS as the one image that most scanners show: :math:`\sqrt{\sum_e S_e^2}`.

Bright fluid from S2 over the anatomy of S1, as in the images of the Osteoarthritis Initiative (single-contrast DESS).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def root_sum_of_squares(echoes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Combine echoes, shape ``(echo, ...)``, into one image, shape ``(1, ...)``, float32.

    Examples
    --------
    >>> root_sum_of_squares(np.array([[3.0, 0.0], [4.0, 2.0]]))
    array([[5., 2.]], dtype=float32)
    """
    total = np.square(echoes[0], dtype=np.float32)
    for echo in echoes[1:]:
        total += np.square(echo, dtype=np.float32)
    root: npt.NDArray[np.float32] = np.sqrt(total, out=total)
    return root[None]
