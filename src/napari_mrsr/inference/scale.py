"""One intensity scale for all echoes.

Networks are trained on values of 0 to about 1. T2 comes from the ratio of the echoes, so they are never normalised
apart: all are divided by the same number, and the result is multiplied by it again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

#: Voxels that the percentile looks at.
SAMPLES = 2e6


def common_scale(array: npt.NDArray[Any]) -> float:
    """Return the 99.9th percentile over all volumes, as in training (from a regular sample of the voxels).

    Parameters
    ----------
    array
        Shape ``(echo, i, j, k)``, finite.

    Returns
    -------
    float
        Positive; 1 where the image holds nothing positive.

    Examples
    --------
    >>> float(common_scale(np.full((2, 4, 4, 4), 250, np.uint8)))
    250.0
    """
    step = max(1, math.ceil((array[0].size / SAMPLES) ** (1 / 3)))
    scale = float(np.percentile(array[:, ::step, ::step, ::step], 99.9))
    return scale if scale > 0 else 1.0
