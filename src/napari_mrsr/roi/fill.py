"""Holes in a painted slice: what the region surrounds without holding it, whatever its size or up to an area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def fill_holes(mask: Mask, *, largest: int | None = None) -> Mask:
    """Return a region with its holes filled, slice by slice.

    Parameters
    ----------
    mask
        One slice ``(row, column)``, or several with the slice first.
    largest
        Holes of more pixels than this stay open; None fills all.

    Examples
    --------
    >>> ring = np.ones((3, 3), bool)
    >>> ring[1, 1] = False
    >>> bool(fill_holes(ring).all())
    True
    """
    from scipy import ndimage

    if mask.ndim > 2:
        return np.stack([fill_holes(part, largest=largest) for part in mask])
    filled: Mask = ndimage.binary_fill_holes(mask)
    if largest is None:
        return filled
    holes, _ = ndimage.label(filled & ~mask)
    sizes = np.bincount(holes.ravel())
    small = np.flatnonzero(sizes <= largest)
    kept: Mask = mask | np.isin(holes, small[small > 0])
    return kept
