r"""Medial or lateral: which compartment a voxel of cartilage lies in.

In this order: what the labels say; else the intercondylar notch; else the centre of mass.

The notch is where behind the trochlea there is no cartilage. Over the slices the number of cartilage voxels that lie
behind the trochlea (angle of at least -105 degrees, see :mod:`~napari_mrsr.roi.cartilage.circle`) has two humps, the
condyles; the border is the middle of the valley between them, where the count falls below a fifth of the lower hump. A
plate without such a valley is split at its centre of mass, slice ``ceil(c)`` being the first of the second half, as
DOSMA does.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.cartilage.knee_axes import Mask

How = Literal["notch", "centre of mass"]

#: Fraction of the lower hump below which a slice belongs to the notch.
VALLEY = 0.2
#: A femoral plate narrower than this is one condyle, mm: the plate of an adult is 60 to 85 mm wide, a condyle 25 to 35.
ONE_CONDYLE = 42.0


class Border(NamedTuple):
    """The first slice of the second half, and how it was found."""

    slice: int
    how: How


def centre_of_mass_border(weights: npt.NDArray[np.floating]) -> Border:
    """Return the border of DOSMA: ``ceil`` of the centre of mass along the slices (the last axis)."""
    per_slice = weights.sum(axis=(0, 1), dtype=np.float64)
    centre = float((per_slice * np.arange(per_slice.size)).sum() / per_slice.sum())
    return Border(int(np.ceil(centre)), "centre of mass")


def notch_border(behind: Mask, spacing: float) -> Border | None:
    """Return the middle of the intercondylar notch, or None where no valley between two condyles is seen.

    Parameters
    ----------
    behind
        Femoral cartilage behind the trochlea, slices last.
    spacing
        Of the slices, mm.
    """
    from scipy import ndimage

    count = behind.sum(axis=(0, 1)).astype(np.float64)
    smooth = ndimage.gaussian_filter1d(count, 1.5 / spacing)
    where = np.flatnonzero(count)
    if len(where) == 0:
        return None
    middle = (where[0] + where[-1]) // 2
    first, second = int(smooth[: middle + 1].argmax()), middle + int(smooth[middle:].argmax())
    low = VALLEY * min(smooth[first], smooth[second])
    between = np.flatnonzero(smooth[first : second + 1] < low)
    if len(between) == 0:
        return None
    return Border(first + round(float(between.mean())), "notch")
