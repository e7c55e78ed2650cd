r"""How measured maps became coarse: the slices they were acquired in, and the way back to the grid of the images.

A slice of thickness d about the place :math:`z_s` is the mean over what lies within :math:`z_s \pm d / 2`; between
slices, maps are interpolated linearly (:mod:`~napari_mrsr.interpolation.onto_grid`). Slices lie where the voxels of the
map do. Where these are thinner than what was acquired, the map was interpolated since, and its slices lie closer than
they are thick. d is what the sidecar says, or the size of the voxels.

That :mod:`~napari_mrsr.training.label_slabs` can average maps likewise, slices must lie along an axis of the images.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from napari_mrsr.files.own_maps import acquired, axis_along
from napari_mrsr.planes import NEARLY_CUBES
from napari_mrsr.scan import Scan
from napari_mrsr.training.label_slabs import Slabs

#: By how much of a slice it may be off at the ends of a slice that lies askew.
ASKEW = 0.25
#: What becomes of labels otherwise.
AS_THEY_ARE = "they are compared as they are"


def as_they_are(count: int) -> Slabs:
    """Return the slabs of labels that are compared as they are."""
    return Slabs(np.eye(count, dtype=np.float32), np.eye(count, dtype=np.float32))


def slabs_of(maps: Iterable[Scan], like: Scan, axis: int) -> tuple[Slabs, str]:
    """Return how the maps of a head became coarse along an axis of its images, and a line where that is not known.

    Examples
    --------
    >>> thick = Scan(np.zeros((8, 8, 3)), np.diag([1.0, 1.0, 2.0, 1.0]))
    >>> slabs, line = slabs_of([thick], Scan(np.zeros((8, 8, 6)), np.eye(4)), 2)
    >>> slabs.mean[1].tolist(), slabs.back[3].tolist(), line
    ([0.0, 0.25, 0.5, 0.25, 0.0, 0.0], [0.0, 0.5, 0.5], '')
    """
    count, found = like.shape[axis], list[Slabs]()
    for scan in maps:
        one = _slabs(scan, like, axis)
        if one is None:
            return as_they_are(count), f"its maps lie askew to its images: {AS_THEY_ARE}"
        found.append(one)
    first = found[0]
    for other in found[1:]:
        if first.mean.shape != other.mean.shape or not np.allclose(first.mean, other.mean, atol=0.01):
            return as_they_are(count), f"its maps differ in their slices: {AS_THEY_ARE}"
    thick = bool((np.count_nonzero(first.mean > 0, axis=1) > 1).any())
    return first, "" if thick else f"nothing tells how thick the slices of its maps are: {AS_THEY_ARE}"


def _slabs(scan: Scan, like: Scan, axis: int) -> Slabs | None:
    """Return the slabs of one map; None where it lies askew."""
    along = axis_along(like, scan, axis)
    row = (np.linalg.inv(scan.affine) @ like.affine)[along]
    thick, step = acquired(scan)[along] / scan.spacing[along], abs(row[axis])
    others = [other for other in range(3) if other != axis]
    middle = [(like.shape[other] - 1) / 2 for other in others]
    if sum(abs(row[other]) * half for other, half in zip(others, middle, strict=True)) > ASKEW * thick:
        return None
    at = row[axis] * np.arange(like.shape[axis]) + row[3] + sum(row[o] * m for o, m in zip(others, middle, strict=True))
    if thick <= NEARLY_CUBES * step:
        return as_they_are(len(at))
    # a map finer than the images is read at their places
    places = np.arange(scan.shape[along], dtype=float) if step <= 1 else at
    low = np.maximum(places[:, None] - thick / 2, at - step / 2)
    high = np.minimum(places[:, None] + thick / 2, at + step / 2)
    mean = np.clip(high - low, 0, None) / thick
    if step > 1:
        return Slabs(mean.astype(np.float32), np.eye(len(at), dtype=np.float32))
    back = np.clip(1 - np.abs(np.clip(at, 0, len(places) - 1)[:, None] - places), 0, None)
    return Slabs(mean.astype(np.float32), back.astype(np.float32))
