r"""Femoral cartilage in the regions of DOSMA.

Chaudhari, Black, Eijgenraam et al., "Five-minute knee MRI for simultaneous morphometry and T2 relaxometry of cartilage
and meniscus and for semiquantitative radiological assessment using double-echo in steady-state at 3T", J Magn Reson
Imaging 2018;47:1328; the scheme is that of Monu et al., Osteoarthritis Cartilage 2017;25:513. As in the program DOSMA:

1. the largest connected part of the cartilage, where the map is above 0, is projected along the slices and a circle
   is fitted (:mod:`~napari_mrsr.roi.cartilage.circle`);
2. in 72 bins of 5 degrees and in every slice, a voxel is deep if its distance :math:`\rho` from the centre is at most
   :math:`\rho_{min} + (\rho_{max} - \rho_{min}) / 2` of its bin and slice, superficial if at least that (a voxel
   exactly there counts in both);
3. anterior is :math:`\theta < -105`, central :math:`-105 \le \theta < -75`, posterior :math:`\theta \ge -75` degrees;
4. medial and lateral meet at slice ``ceil`` of the centre of mass, weighted by the map.

Without a map every voxel weighs the same. Distances are mm here, pixels there: the same where pixels are square.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.cartilage.circle import Circle, fit_projection
from napari_mrsr.roi.cartilage.compartments import centre_of_mass_border
from napari_mrsr.roi.cartilage.knee_axes import Mask

BINS = 72
BIN = 5.0  # degrees
LOWEST = -270.0  # degrees: where the first bin begins
CENTRAL = (-105.0, -75.0)  # degrees


class DosmaSplit(NamedTuple):
    """Where every voxel lies; arrays on the axes of the mask.

    Attributes
    ----------
    used
        The voxels that have a region.
    deep, superficial
        Layers; both where a voxel lies exactly on the border.
    border
        First slice of the second compartment.
    circle
        That was fitted.
    """

    used: Mask
    deep: Mask
    superficial: Mask
    border: int
    circle: Circle


def parts_of(angle: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return 0 anterior, 1 central or 2 posterior for angles in degrees.

    Examples
    --------
    >>> parts_of(np.array([-180.0, -105.0, -75.1, -75.0, 80.0]))
    array([0, 1, 1, 2, 2], dtype=uint8)
    """
    return np.asarray(np.digitize(angle, CENTRAL), np.uint8)


def bins_of(angle: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """Return the bin of 5 degrees of angles in [-270, 90) degrees."""
    return np.asarray(np.floor((angle - LOWEST) / BIN), np.intp)


def largest_part(mask: Mask) -> Mask:
    """Return the largest part of a mask that hangs together over faces, edges or corners."""
    from skimage.measure import label

    parts = label(mask, connectivity=3)
    return np.asarray(parts == np.bincount(parts.ravel())[1:].argmax() + 1)


def split(
    mask: Mask, spacing: tuple[float, float, float], values: npt.NDArray[np.floating] | None = None
) -> DosmaSplit:
    """Return the regions of a femoral plate.

    Parameters
    ----------
    mask
        Femoral cartilage, in the order of :mod:`.knee_axes`.
    spacing
        Of its axes, mm.
    values
        The map on the same voxels: where it is NaN, 0 or negative there is no region, and it weighs the centre of mass.

    Raises
    ------
    BadParameter
        The region is too small for a circle.
    """
    kept = largest_part(mask)
    weights = kept.astype(np.float64)
    if values is not None:
        weights = np.where(kept, np.nan_to_num(values), 0.0).astype(np.float64)
        weights[weights < 0] = 0.0
    used = weights > 0
    circle = fit_projection(used if used.any() else kept, spacing)
    rows, columns, slices = mask.shape
    rho, angle = circle.polar(np.arange(rows)[:, None] * spacing[0], np.arange(columns)[None, :] * spacing[1])
    where = np.nonzero(used)
    own = rho[where[0], where[1]]
    cell = bins_of(angle)[where[0], where[1]] * slices + where[2]
    least = np.full(BINS * slices, np.inf)
    most = np.full(BINS * slices, -np.inf)
    np.minimum.at(least, cell, own)
    np.maximum.at(most, cell, own)
    threshold = 0.5 * (most[cell] - least[cell]) + least[cell]
    deep, superficial = np.zeros_like(used), np.zeros_like(used)
    deep[where] = own <= threshold
    superficial[where] = own >= threshold
    border = centre_of_mass_border(weights if used.any() else kept.astype(np.float64)).slice
    return DosmaSplit(used, deep, superficial, border, circle)
