r"""Outlines of painted slices as signed distances, and how an outline moves from one slice to the next.

The signed distance :math:`\varphi` of a region is the distance to its border, mm, positive inside: the region is
:math:`\varphi > 0`, and shapes can be added, weighted and moved through it (Raya and Udupa, IEEE Trans Med Imaging
1990;9:32, doi:10.1109/42.52980). The border runs half-way between the centres of neighbouring pixels.

Between neighbouring slices anatomy moves by a few pixels. The iterative Lucas-Kanade flow of scikit-image (Le Besnerais
and Champagnat, ICIP 2005) finds that motion in the picture, at half the resolution: the carried outlines are as good,
and the time is that of scrolling.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Flow = npt.NDArray[np.floating]

#: What stands for the distance where a slice holds nothing of the region, mm.
FAR = -20.0

#: How far beyond an outline the picture is looked at, mm.
MARGIN = 8.0

#: Pixels of half the resolution over which motion is taken as constant, in each direction.
RADIUS = 4


def signed_distance(mask: Mask, spacing: tuple[float, float]) -> Image:
    """Return the distance to the border of a region, mm, positive inside.

    Parameters
    ----------
    mask
        One slice, ``(row, column)``.
    spacing
        Of its pixels, mm.

    Examples
    --------
    >>> signed_distance(np.array([[False, True, True, True, False]]), (1.0, 1.0))
    array([[-0.5,  0.5,  1.5,  0.5, -0.5]])
    """
    from scipy import ndimage

    if not mask.any():
        return np.full(mask.shape, FAR)
    half = 0.5 * min(spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    inside = np.pad(mask, 1, mode="edge")  # what lies beyond the picture is unknown and is no border
    if inside.all():
        return np.full(mask.shape, -FAR)
    within = ndimage.distance_transform_edt(inside, sampling=spacing)[1:-1, 1:-1]
    distance: Image = np.where(mask, within - half, half - outside)
    return distance


def motion(before: Image, after: Image) -> Flow:
    """Return where each pixel of a slice lay in the slice before it, in pixels, ``(2, row, column)``.

    Parameters
    ----------
    before, after
        The same part of two neighbouring slices.
    """
    from scipy import ndimage
    from skimage.registration import optical_flow_ilk

    if min(before.shape) < 4 * RADIUS:
        return np.zeros((2, *before.shape), np.float32)
    small = [ndimage.zoom(ndimage.gaussian_filter(s, 1.5, output=np.float32), 0.5, order=1) for s in (before, after)]
    scale = float(np.percentile(np.abs(small[0]), 99.5)) or 1.0
    flow = optical_flow_ilk(small[1] / scale, small[0] / scale, radius=RADIUS, num_warp=4)
    factors = [n / m for n, m in zip(before.shape, small[0].shape, strict=True)]
    return np.stack([ndimage.zoom(part, factors, order=1) * factor for part, factor in zip(flow, factors, strict=True)])


def carry(distance: Image, flow: Flow) -> Image:
    """Return a signed distance after a motion."""
    from scipy import ndimage

    at = np.indices(distance.shape) + flow
    carried: Image = ndimage.map_coordinates(distance, at, order=1, mode="nearest")
    return carried


def box_around(mask: Mask, spacing: tuple[float, float]) -> tuple[slice, slice]:
    """Return rows and columns around a region, with :data:`MARGIN` and kept within the picture.

    Parameters
    ----------
    mask
        One slice, ``(row, column)``, with something in it.
    spacing
        Of its pixels, mm.
    """
    found = np.argwhere(mask)
    low, high = found.min(axis=0), found.max(axis=0) + 1
    rows, columns = (
        slice(max(0, int(a) - int(np.ceil(MARGIN / s))), min(n, int(b) + int(np.ceil(MARGIN / s))))
        for a, b, s, n in zip(low, high, spacing, mask.shape, strict=True)
    )
    return rows, columns
