"""Layers of cartilage from its depth: as many as asked for, of equal share of the thickness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: The most layers that can be asked for: below a third of a voxel they mean nothing.
MOST = 5


def layer_names(count: int) -> tuple[str, ...]:
    """Return what the layers are called, from bone to joint.

    Examples
    --------
    >>> layer_names(2), layer_names(3)
    (('deep', 'superficial'), ('deep', 'middle', 'superficial'))
    """
    if count == 1:
        return ("total",)
    inner = ["middle"] if count == 3 else [f"middle {n}" for n in range(1, count - 1)]
    return ("deep", *inner, "superficial")


def layers_of(depth: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.uint8]:
    """Return the layer (1 at the bone to ``count`` at the joint) of depths from 0 to 1; 0 where there is none.

    Examples
    --------
    >>> layers_of(np.array([0.0, 0.49, 0.5, 1.0, np.nan]), 2)
    array([1, 1, 2, 2, 0], dtype=uint8)
    """
    found = np.clip(np.floor(np.nan_to_num(depth) * count), 0, count - 1).astype(np.uint8) + np.uint8(1)
    return np.where(np.isfinite(depth), found, np.uint8(0)).astype(np.uint8)
