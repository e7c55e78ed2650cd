r"""White matter, grey matter and fluid of a brain, told apart by its three weighted images, quickly and roughly.

Enough for medians, no segmentation for volumes. Of every second millimetre it is asked:

- **Is it brain?** Tissue is brighter on T1w than :data:`TISSUE` of its surroundings within some centimetres, so that
  shading does not matter. A balloon (:mod:`~napari_mrsr.training.brain_mask`) leaves face and neck out. Of what is left
  when some mm are taken off, the piece that fills the middle is brain, for the skull is dark; grown again it is the
  brain, short of some of the outermost cortex. As many of :data:`RIMS` are taken off as it needs to come loose from the
  scalp, which lies next to the air around the head. Where nothing comes loose it is tried without the balloon.
- **Of what?** Images of one coil share its shading, which cancels in ratios. Fluid is dark on FLAIR and bright on T2w;
  white matter is bright on T1w and dark on T2w, grey matter less so:

  .. math:: f = \ln (s_{FLAIR} / s_{T2w}), \qquad w = \ln (s_{T1w} / s_{T2w})

  Otsu's threshold of f splits off fluid, that of w splits what is left. A voxel between two classes, nearer to the
  threshold than :data:`APART` of the way to the median of its class, belongs to none: it is most likely a mixture.

The maps have no say in it. Lesions count as grey matter or as fluid, or as none. Where the cortex is as thin as a voxel
up to a quarter of what is called grey matter is white, and its median T1 some 10 % too short.

Source
------
- Otsu N. A threshold selection method from gray-level histograms. IEEE Trans Syst Man Cybern 1979;9:62-66.
- Glasser MF, Van Essen DC. Mapping human cortical areas in vivo based on myelin content as revealed by T1- and
  T2-weighted MRI. J Neurosci 2011;31:11597-11616. (the ratio, and why shading cancels)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_mrsr.networks.head_scale import head_level
from napari_mrsr.training.brain_mask import brain_mask

#: The classes by number; 0 is none.
CLASSES: Mapping[int, str] = MappingProxyType({1: "white matter", 2: "grey matter", 3: "fluid"})
#: Number of fluid.
FLUID = np.uint8(3)
#: Voxels of about so many mm are looked at.
SEEN = 2.0
#: Tissue is so many times as bright as its surroundings, whose reach is the standard deviation of a Gaussian, mm.
TISSUE, SURROUNDINGS = 0.55, 20.0
#: What is taken off so that the brain comes loose, the least that does, and how much more is given back, mm.
RIMS, MORE = (2.0, 3.0, 4.5, 6.5), 2.0
#: The balloon: divisions of its sphere, and its steps.
BALLOON, STEPS = 3, 250
#: What is brighter than so many times its surroundings is as bright for it; thinner pieces, mm, are no ball.
EVEN, LEAST = 2.5, 60.0
#: Nose, mouth and ears are no air around the head: gaps of so many mm are closed.
GAPS = 40.0
#: What lies nearer to the air than so many mm is no brain; it is loose if no more than this part of it does, ...
SCALP, SCALP_PART = 7.0, 0.04
#: ... or if it is this part of all that is there, which is no more than a brain can be [mm^3]: the skull was cut away.
BARE, BRAIN_VOLUME = 0.85, 2.0e6
#: Sides of voxels beyond which nothing is told apart, mm: in a slice, and across it.
COARSEST, THICKEST = 3.5, 6.5
#: The middle of the head is within so many standard deviations of its mean.
DEEP = 1.0
#: Part of the way from a threshold to the median of a class within which a voxel belongs to none.
APART = 0.5
#: Fewer voxels than this are no brain.
FEWEST = 200

Bool = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float32]


def brain_classes(images: Sequence[npt.NDArray[Any]], affine: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the class of some voxels of a brain.

    Parameters
    ----------
    images
        T1w, T2w and FLAIR on one grid, ``(i, j, k)`` each.
    affine
        Voxels to mm, RAS+.

    Returns
    -------
    ndarray
        Numbers of :data:`CLASSES`, ``(i, j, k)``; 0 where a voxel is of none, or was not looked at. All 0 where no
        brain is found.
    """
    found = np.zeros(images[0].shape, np.uint8)
    step = np.maximum(1, np.rint(SEEN / np.linalg.norm(affine[:3, :3], axis=0))).astype(int)
    some = tuple(slice(None, None, n) for n in step)
    t1w, t2w, flair = (np.nan_to_num(np.asarray(image[some], np.float32), posinf=0.0) for image in images)
    inside = _brain(t1w, affine[:3, :3] * step)
    inside &= (t1w > 0) & (t2w > 0) & (flair > 0)
    if np.count_nonzero(inside) < FEWEST:
        return found
    fluidity, whiteness = np.log(flair[inside] / t2w[inside]), np.log(t1w[inside] / t2w[inside])
    fluid, other = _split(fluidity)
    classes = np.where(fluid, FLUID, np.uint8(0))
    grey, white = _split(whiteness[other])
    classes[np.flatnonzero(other)[grey]] = 2
    classes[np.flatnonzero(other)[white]] = 1
    coarse = np.zeros(t1w.shape, np.uint8)
    coarse[inside] = classes
    # next to tissue a voxel of fluid holds some of it
    coarse[(coarse == FLUID) & ~ndimage.binary_erosion(coarse == FLUID)] = 0
    found[some] = coarse
    return found


def _split(values: Array) -> tuple[Bool, Bool]:
    """Return which values are surely below, and which surely above Otsu's threshold."""
    from skimage.filters import threshold_otsu

    low, high = np.percentile(values, (0.5, 99.5))
    cut = float(threshold_otsu(np.clip(values, low, high)))
    below, above = values[values <= cut], values[values > cut]
    if not below.size or not above.size:
        return values <= cut, values > cut
    under, over = float(np.median(below)), float(np.median(above))
    return values < cut - APART * (cut - under), values > cut + APART * (over - cut)


def _brain(t1w: Array, axes: npt.NDArray[Any]) -> Bool:
    """Return the brain, short of some of its surface; nothing where it does not come loose from what lies around it.

    Parameters
    ----------
    t1w
        The image.
    axes
        From one voxel to the next along each axis, RAS+ mm, in columns.
    """
    sides = np.linalg.norm(axes, axis=0)
    head = t1w > head_level(t1w)
    nothing = head & False
    if np.count_nonzero(head) < FEWEST or sorted(sides)[1] > COARSEST or max(sides) > THICKEST:
        return nothing
    reach = SURROUNDINGS / sides
    around = ndimage.gaussian_filter(np.where(head, np.minimum(t1w, np.percentile(t1w[head], 98)), 0), reach)
    around /= ndimage.gaussian_filter(head.astype(np.float32), reach) + 1e-3
    even = np.where(head, t1w / np.maximum(around, 1e-6), 0)
    near_air = _near_air(head, sides)
    first: Bool | None = None
    for limit in (_balloon(even, axes, sides), head):
        depth = ndimage.distance_transform_edt((even > TISSUE) & limit, sampling=sides)
        deep = _middle_of(limit)
        for rim in RIMS:
            pieces, count = ndimage.label(depth > rim)
            sizes = np.bincount(pieces[deep], minlength=count + 1)
            sizes[0] = 0
            if not sizes.any():
                break
            grown = ndimage.distance_transform_edt(pieces != sizes.argmax(), sampling=sides) <= rim + MORE
            brain = np.asarray(ndimage.binary_fill_holes(grown))
            first = brain if first is None else first
            if near_air[brain].mean() < SCALP_PART:
                return brain
    small = np.count_nonzero(head) * float(np.prod(sides)) < BRAIN_VOLUME
    bare = first is not None and small and np.count_nonzero(first & head) > BARE * np.count_nonzero(head)
    return first if first is not None and bare else nothing


def _balloon(even: Array, axes: npt.NDArray[Any], sides: npt.NDArray[np.float64]) -> Bool:
    """Return what a balloon of few triangles finds, on cubes whose last axis goes up."""
    up = int(np.abs(axes[2]).argmax())
    back = slice(None, None, -1 if axes[2, up] < 0 else 1)
    cubes = ndimage.zoom(np.minimum(even, EVEN), sides / SEEN, order=1, mode="nearest", grid_mode=True)
    upright = np.moveaxis(cubes, up, -1)[..., back]
    if min(upright.shape) * SEEN < LEAST:
        return np.ones(even.shape, bool)
    found = np.moveaxis(brain_mask(upright, SEEN, divisions=BALLOON, steps=STEPS)[..., back], -1, up)
    factors = np.array(even.shape) / found.shape
    return np.asarray(ndimage.zoom(found.astype(np.uint8), factors, order=0, mode="nearest", grid_mode=True) > 0)


def _middle_of(part: Bool) -> Bool:
    """Return what lies in the middle of a part."""
    where = np.argwhere(part)
    if not len(where):
        return part
    middle, spread = where.mean(axis=0), where.std(axis=0) + 1e-6
    grid = np.meshgrid(*(np.arange(n) for n in part.shape), indexing="ij", sparse=True)
    return np.asarray(sum(((g - m) / s) ** 2 for g, m, s in zip(grid, middle, spread, strict=True)) < DEEP**2)


def _near_air(head: Bool, sides: npt.NDArray[np.float64]) -> Bool:
    """Return what lies so near the air around the head that it is scalp or skull, unless these were cut away."""
    step = np.maximum(1, np.rint(2 * SEEN / sides)).astype(int)
    some = head[tuple(slice(None, None, n) for n in step)]
    wide = [(int(GAPS / 2 / side) + 2,) * 2 for side in sides * step]
    grown = ndimage.distance_transform_edt(~np.pad(some, wide), sampling=sides * step) <= GAPS / 2
    closed = ndimage.distance_transform_edt(grown, sampling=sides * step) > GAPS / 2
    inner = closed[tuple(slice(n, -n) for n, _ in wide)].repeat(step[0], 0).repeat(step[1], 1).repeat(step[2], 2)
    whole = head | inner[tuple(slice(n) for n in head.shape)]
    pieces, count = ndimage.label(~whole)
    if not count:
        return head & False
    air = pieces == 1 + np.bincount(pieces.ravel())[1:].argmax()
    return np.asarray(ndimage.distance_transform_edt(~air, sampling=sides) < SCALP)
