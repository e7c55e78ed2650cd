"""Slices cut into thinner ones while they are painted: what the scanner shows is the mean over their thickness."""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.lattice import Array


def mean_of_slices(values: Array, sub: int) -> Array:
    """Return the mean over the ``sub`` sub-slices of each slice, summed in float32 as they come.

    Parameters
    ----------
    values
        Shape ``(..., sub * slices)``.
    sub
        Sub-slices of a slice; with one the values themselves are given back.

    Returns
    -------
    ndarray
        Shape ``(..., slices)``.

    Examples
    --------
    >>> mean_of_slices(np.array([[0, 1, 4, 6]], np.float32), 2)
    array([[0.5, 5. ]], dtype=float32)
    """
    if sub == 1:
        return values
    total = values[..., ::sub].copy()
    for n in range(1, sub):
        total += values[..., n::sub]
    total *= np.float32(1 / sub)
    return total
