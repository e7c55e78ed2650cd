r"""The number that a weighted image of the head is divided by, in training and in use alike.

The gain of a scanner means nothing: an image is divided by its 99th percentile over the head. To the head belong the
voxels brighter than a quarter of the median of those above the mean of all positive ones. Air does not count, so that
neither the field of view nor a stripped skull's zeros move the scale.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

#: Percentile over the head.
PERCENTILE = 99.0
#: Share of the level of bright voxels above which a voxel belongs to the head.
ABOVE = 0.25
#: Voxels that the percentiles look at.
SAMPLES = 1e6


def head_level(volume: npt.NDArray[Any]) -> float:
    """Return the signal above which a voxel belongs to the head; 0 where nothing is positive.

    Examples
    --------
    >>> head = np.zeros((20, 20, 20))
    >>> head[5:15, 5:15, 5:15] = 400
    >>> float(head_level(head))
    100.0
    """
    values = _positive(volume)
    if not values.size:
        return 0.0
    bright = values[values >= values.mean()]
    return ABOVE * float(np.median(bright))


def head_scale(volume: npt.NDArray[Any], percentile: float = PERCENTILE) -> float:
    """Return the percentile over the head of an image ``(i, j, k)``; 1 where the image holds nothing positive.

    Examples
    --------
    >>> head = np.zeros((20, 20, 20))
    >>> head[5:15, 5:15, 5:15] = 400
    >>> head_scale(head)
    400.0
    """
    values = _positive(volume)
    inside = values[values > head_level(volume)]
    return float(np.percentile(inside, percentile)) if inside.size else 1.0


def _positive(volume: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the positive finite values of a regular sample of the voxels."""
    step = max(1, math.ceil((volume.size / SAMPLES) ** (1 / 3)))
    values = np.asarray(volume[::step, ::step, ::step], dtype=np.float32)
    chosen: npt.NDArray[np.float32] = values[np.isfinite(values) & (values > 0)]
    return chosen
