r"""The slices between those that were painted.

Shape alone: between two painted slices ``a`` and ``b`` the signed distances are weighted by nearness,
:math:`\varphi_z = (1-t)\,\varphi_a + t\,\varphi_b` (Raya and Udupa, IEEE Trans Med Imaging 1990;9:32), after both were
moved so that their centroids meet, if they overlap the better for it.

With a guide the picture has the say, in two steps:

1. both outlines are carried through the slices by the motion seen in the picture (:mod:`.outline`): :math:`\varphi_a`
   upwards, :math:`\varphi_b` downwards;
2. where they agree that a voxel is inside (or outside) it is; over the rest the random walker decides, in 3-D, with the
   painted slices as seeds and the intensities learned from them as prior (:mod:`.walker`, :mod:`.likeness`).

A cartilage is a thin curved band that begins and ends between painted slices, where shape alone cannot know; how much
the guide adds is measured by ``benchmarks/painting.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.likeness import Guide, Mask, likeness, smooth
from napari_mrsr.roi.outline import FAR, Image, box_around, carry, motion, signed_distance
from napari_mrsr.roi.walker import walk

Tell = Callable[[float], None]

#: How deep inside both carried outlines a voxel is settled, and how far outside both, pixels.
INSIDE, OUTSIDE = 0.5, 1.5


def interpolate(
    mask: Mask,
    keys: Sequence[int],
    spacing: tuple[float, float, float],
    *,
    guide: Guide | None = None,
    tell: Tell = lambda done: None,
) -> Mask:
    """Return a region in all slices from the first to the last painted one.

    Parameters
    ----------
    mask
        The region, ``(slice, row, column)``; only the painted slices are looked at.
    keys
        Indices of the painted slices, two or more.
    spacing
        Of slices, rows and columns, mm.
    guide
        Channels of the image, ``(channel, slice, row, column)``; the first one shows the motion. Without it the shape
        alone is interpolated.
    tell
        Called with the share that is done, 0 to 1; it may raise :class:`~napari_mrsr.errors.Stopped`.

    Raises
    ------
    BadParameter
        Fewer than two slices hold something, or the guide has another grid.

    Examples
    --------
    >>> ball = np.zeros((3, 9, 9), bool)
    >>> ball[0, 3:6, 3:6] = ball[2, 1:8, 1:8] = True
    >>> interpolate(ball, [0, 2], (1.0, 1.0, 1.0)).sum(axis=(1, 2))
    array([ 9, 25, 49])
    """
    keys = sorted({int(k) for k in keys})
    if len(keys) < 2 or not all(mask[k].any() for k in keys):
        raise BadParameter("only one slice is painted", remedy="paint a second slice some slices away")
    if guide is not None and guide.shape[1:] != mask.shape:
        raise BadParameter("the guide has another grid than the labels", remedy="resample it first")
    painted = np.zeros_like(mask)
    painted[keys] = mask[keys]
    box = (slice(keys[0], keys[-1] + 1), *box_around(np.logical_or.reduce(painted), (spacing[1], spacing[2])))
    part, local = painted[box], [k - keys[0] for k in keys]
    result = painted.copy()
    if guide is None:
        result[box] = _shape(part, local, (spacing[1], spacing[2]))
    else:
        seen = np.asarray(guide[(slice(None), *box)], np.float32)
        result[box] = _guided(part, local, spacing, seen, tell)
    tell(1.0)
    return result


def _shape(part: Mask, keys: list[int], pixel: tuple[float, float]) -> Mask:
    filled = part.copy()
    for a, b in pairwise(keys):
        one, other = signed_distance(part[a], pixel), signed_distance(part[b], pixel)
        shift = _apart(part[a], part[b])
        for z in range(a + 1, b):
            t = (z - a) / (b - a)
            filled[z] = (1 - t) * _shifted(one, t * shift) + t * _shifted(other, (t - 1) * shift) > 0
    return filled


def _apart(one: Mask, other: Mask) -> Image:
    """Return from centroid to centroid, pixels; nothing where the outlines then overlap less than they did."""
    shift: Image = np.argwhere(other).mean(axis=0) - np.argwhere(one).mean(axis=0)
    moved = _shifted(one.astype(np.float32), shift) > 0.5
    return shift if np.count_nonzero(moved & other) >= np.count_nonzero(one & other) else np.zeros(2)


def _shifted(image: Image, by: Image) -> Image:
    from scipy import ndimage

    moved: Image = ndimage.shift(image, by, order=1, mode="nearest")
    return moved


def _guided(part: Mask, keys: list[int], spacing: tuple[float, float, float], seen: Guide, tell: Tell) -> Mask:
    pixel = (spacing[1], spacing[2])
    up, down = np.full(part.shape, FAR, np.float32), np.full(part.shape, FAR, np.float32)
    for k in keys:
        up[k] = down[k] = signed_distance(part[k], pixel)
    gaps = [z for z in range(len(part)) if z not in set(keys)]
    for n, z in enumerate(gaps):
        up[z] = carry(up[z - 1], motion(seen[0, z - 1], seen[0, z]))
        tell(0.45 * n / len(gaps))
    for n, z in enumerate(reversed(gaps)):
        down[z] = carry(down[z + 1], motion(seen[0, z + 1], seen[0, z]))
        tell(0.45 + 0.45 * n / len(gaps))
    inside = np.minimum(up, down) >= INSIDE * min(pixel)
    outside = np.maximum(up, down) < -OUTSIDE * min(pixel)
    inside[keys], outside[keys] = part[keys], ~part[keys]
    channels = smooth(seen)
    evidence = likeness(channels, part, pixel, keys)
    found: Mask = walk(channels, inside, outside, evidence, spacing) > 0.5
    return found
