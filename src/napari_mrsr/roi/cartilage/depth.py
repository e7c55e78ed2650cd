r"""Depth and thickness of cartilage, measured in three dimensions.

The surface of the cartilage (the 0.5 level of the mask, lightly smoothed, found by marching cubes) is parted by its
outward normal :math:`n` and the direction :math:`b` towards the bone: the bone side where :math:`n \cdot b > 1/2`, the
articular side where :math:`n \cdot b < -1/4`, the rim between. With a bone label the bone side is what lies on bone,
the articular side all else. Where the scan ends there is no surface. For a voxel with distances :math:`d_b` and
:math:`d_a` (mm) to the nearest points of the two sides

.. math:: \text{depth} = \frac{d_b}{d_b + d_a}, \qquad \text{thickness} = d_b + d_a ,

0 at the bone and 1 at the joint. On concentric shells both are exact. Smoothing is by a fraction of the smallest
spacing in every direction, so that the stairs of voxels do not count as surface while thin cartilage across thick
slices stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage.knee_axes import Mask

Points = npt.NDArray[np.float64]
Spacing = tuple[float, float, float]

#: Smoothing of the mask before its surface is taken, in smallest spacings.
SMOOTHING = 0.6
#: Smoothing for the normals that part the sides, mm.
NORMALS = 1.0
#: Cosine of normal and bone direction above which a surface is bone side, and below which it is articular. Between them
#: lies the rim: at a natural edge it belongs to the joint, where a region was cut off it belongs to neither.
BONE, JOINT = 0.5, -0.25
#: With less of the surface on labelled bone than this the label does not belong to the cartilage.
TOUCHING = 0.15


class Depth(NamedTuple):
    """Depth (0 bone, 1 joint) and thickness (mm) of every voxel of a mask; NaN outside."""

    depth: npt.NDArray[np.float32]
    thickness: npt.NDArray[np.float32]


def measure_depth(
    mask: Mask, spacing: Spacing, towards_bone: Callable[[Points], Points], *, bone: Mask | None = None
) -> Depth:
    """Return depth and thickness of the voxels of a mask.

    Parameters
    ----------
    mask
        Cartilage, any axis order.
    spacing
        Of its axes, mm.
    towards_bone
        Points ``(n, 3)`` in mm along the axes to unit vectors towards the bone, ``(n, 3)``.
    bone
        The bone under it, where it is labelled.

    Raises
    ------
    BadParameter
        One of the two sides cannot be found.
    """
    from scipy.spatial import cKDTree

    depth = np.full(mask.shape, np.nan, np.float32)
    thickness = depth.copy()
    inner, outer = _sides(mask, spacing, towards_bone, bone)
    if not len(inner) or not len(outer):
        raise BadParameter(
            "the bone side of the cartilage cannot be told", remedy="paint the full depth of the cartilage"
        )
    inside = np.argwhere(mask) * np.asarray(spacing)
    to_bone, to_joint = (cKDTree(side, balanced_tree=False).query(inside, workers=-1)[0] for side in (inner, outer))
    total = to_bone + to_joint
    depth[mask] = to_bone / np.maximum(total, 1e-6)
    thickness[mask] = total
    return Depth(depth, thickness)


def _sides(
    mask: Mask, spacing: Spacing, towards_bone: Callable[[Points], Points], bone: Mask | None
) -> tuple[Points, Points]:
    """Return points on the bone side and on the articular side, mm."""
    from scipy import ndimage
    from skimage.measure import marching_cubes

    step = np.asarray(spacing)
    padded = np.pad(mask, 2).astype(np.float32)
    smooth = ndimage.gaussian_filter(padded, SMOOTHING * step.min() / step, truncate=3)
    vertices, *_ = marching_cubes(smooth, 0.5)
    broad = ndimage.gaussian_filter(padded, NORMALS / step, truncate=3)
    normal = np.stack([-_slope(broad, vertices, a) / s for a, s in enumerate(step)], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    points = (vertices - 2) * step
    cosine = (normal * towards_bone(points)).sum(axis=1)
    inside = ((points >= 0) & (points <= (np.array(mask.shape) - 1) * step)).all(axis=1)  # not where the scan ends
    if bone is not None:
        beyond = (points + normal * (0.75 * step.min())) / step
        on_bone = ndimage.map_coordinates(bone.astype(np.float32), beyond.T, order=1) > 0.25
        if on_bone.mean() > TOUCHING:
            return points[inside & on_bone], points[inside & ~on_bone]
    return points[inside & (cosine > BONE)], points[inside & (cosine < JOINT)]


def _slope(volume: npt.NDArray[np.float32], at: Points, axis: int) -> npt.NDArray[np.float64]:
    """Return the central difference of a volume along an axis at points in voxels."""
    from scipy import ndimage

    step = np.zeros(3)
    step[axis] = 1.0
    ahead, behind = (ndimage.map_coordinates(volume, (at + s * step).T, order=1, mode="nearest") for s in (1, -1))
    return np.asarray((ahead - behind) / 2, np.float64)
