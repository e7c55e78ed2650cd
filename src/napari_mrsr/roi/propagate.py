r"""A painted region taken to the next slice, by watershed.

The outline of the painted slice, as a signed distance (:mod:`.outline`), is moved by the motion seen between the two
slices. What lies inside the moved outline by more than half a pixel is the seed of the region (it is eroded by its
rim), what lies outside by more than half a pixel the seed of the rest (the region dilated by one pixel is left out).
The rim between them is flooded from both sides in the order of the gradient of the new slice (a watershed, Soille and
Ansoult, Signal Process 1990;20:171, as in scikit-image), so that the border comes to lie on the steepest edge within
reach.

The seeds are close to the outline because the motion has brought it near: wider rims were tried and leak along a
cartilage (``benchmarks/painting.py`` measures what stands here).
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.likeness import Guide, Mask
from napari_mrsr.roi.outline import box_around, carry, motion, signed_distance

#: Depth of the seed inside, and distance of the seed outside the moved outline, pixels.
RIM = 0.5

#: SD of the Gaussian of the gradient, pixels.
SIGMA = 0.7


def propagate(mask: Mask, guide: Guide, spacing: tuple[float, float]) -> Mask:
    """Return a region of one slice in the slice beside it.

    Parameters
    ----------
    mask
        The painted slice, ``(row, column)``.
    guide
        Channels of the image in the painted slice and in the new one, ``(channel, 2, row, column)``; the first channel
        shows the motion.
    spacing
        Of the pixels, mm.

    Returns
    -------
    numpy.ndarray
        The new slice, ``(row, column)``.

    Raises
    ------
    BadParameter
        The slice holds nothing, or the guide does not show both slices.
    """
    from skimage.segmentation import watershed

    if guide.ndim != 4 or guide.shape[1:] != (2, *mask.shape):
        raise BadParameter("the guide does not show both slices", remedy="give it as (channel, 2, row, column)")
    if not mask.any():
        raise BadParameter("the slice holds nothing of the region", remedy="paint it first")
    box = box_around(mask, spacing)
    seen = np.asarray(guide[(slice(None), slice(None), *box)], np.float32)
    distance = carry(signed_distance(mask[box], spacing), motion(seen[0, 0], seen[0, 1]))
    inside, outside = seeds(distance, RIM * min(spacing), RIM * min(spacing))
    found = np.zeros_like(mask)
    found[box] = watershed(steepness(seen[:, 1]), inside.astype(np.int8) + 2 * outside.astype(np.int8)) == 1
    return found


def seeds(distance: Guide, inner: float, outer: float) -> tuple[Mask, Mask]:
    """Return what is surely inside and surely outside of an outline; a region too thin for a seed keeps its middle.

    Parameters
    ----------
    distance
        Signed distance, mm.
    inner, outer
        How deep inside and how far outside the seeds begin, mm.
    """
    inside = distance >= inner
    if not inside.any():
        inside = distance >= max(float(distance.max()), -inner)
    return inside, distance < -outer


def steepness(channels: Guide) -> Guide:
    """Return the size of the gradient over all channels, each in units of its 99th percentile.

    Parameters
    ----------
    channels
        One slice, ``(channel, row, column)``.
    """
    from scipy import ndimage

    total = np.zeros(channels.shape[1:])
    for channel in channels:
        unit = float(np.percentile(np.abs(channel), 99)) or 1.0
        total += np.square(ndimage.gaussian_gradient_magnitude(channel, SIGMA, output=np.float64) / unit)
    steep: Guide = np.sqrt(total)
    return steep
