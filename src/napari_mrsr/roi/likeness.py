r"""How much a voxel looks like what was painted: the evidence of its intensities.

The intensities of the painted voxels, and of those around them, are counted in two histograms over all channels of the
guide at once (echo 1 and the fluid-suppressed image, for example), smoothed by one bin. Their log ratio

.. math:: \Lambda(g) = \ln \frac{p(g \mid \text{painted})}{p(g \mid \text{around})}

is positive where an intensity speaks for the region. It is learned anew from what the person painted, so that it holds
for any tissue, sequence and coil. Two channels tell cartilage from fluid and from meniscus; one does less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Guide = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

#: How far around the region its surroundings are learned, mm.
AROUND = 2.5

#: Bins of the histogram per channel.
BINS = 24

#: Smallest share of a bin, so that an intensity never seen is no proof.
FLOOR = 1e-5


def smooth(guide: Guide, sigma: float = 0.6) -> npt.NDArray[np.float32]:
    """Return the guide ``(channel, slice, row, column)`` smoothed within its slices by a Gaussian, SD in pixels."""
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_filter(guide, (0, 0, sigma, sigma), output=np.float32))


def likeness(guide: Guide, painted: Mask, spacing: tuple[float, float], learn: list[int]) -> Guide:
    """Return the log ratio of a voxel's intensities in the region and around it.

    Parameters
    ----------
    guide
        Channels of the image, ``(channel, slice, row, column)``.
    painted
        The region, ``(slice, row, column)``.
    spacing
        Of the pixels of a slice, mm.
    learn
        The slices that were painted, each with something in it; the others are only judged.

    Returns
    -------
    numpy.ndarray
        ``(slice, row, column)``; 0 where neither speaks.
    """
    from scipy import ndimage

    inside = painted[learn]
    far = [
        ndimage.distance_transform_edt(~m, sampling=spacing) if m.any() else np.full(m.shape, np.inf) for m in inside
    ]
    around = (np.stack(far) <= AROUND) & ~inside
    if not inside.any() or not around.any():
        return np.zeros(painted.shape)
    bins = []
    for channel in guide:
        seen = channel[learn][inside | around]
        low, high = np.percentile(seen, (0.5, 99.5))
        step = (high - low) / BINS or 1.0
        bins.append(np.clip((channel - low) / step, 0, BINS - 1).astype(np.intp))
    size = (BINS,) * len(bins)
    cell = np.ravel_multi_index(tuple(bins), size)
    share = []
    for chosen in (inside, around):
        counts = np.bincount(cell[learn][chosen], minlength=BINS ** len(bins)).reshape(size).astype(float)
        counts = ndimage.gaussian_filter(counts, 1.0)
        share.append(counts / counts.sum() + FLOOR)
    ratio: Guide = np.log(share[0] / share[1]).ravel()[cell]
    return ratio
