"""One region at a time: cut out of the labels, and the part of a map that it covers.

A table that follows the brush must not read a whole volume again for every stroke. A region is a small scan, the box
around one label, whose affine says where it lies; a map is cut to the voxels that the box can reach, also on another
grid. Statistics of the two are those of the whole volumes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.grid import Box, bounding_box, label_array, resample_labels
from napari_mrsr.scan import Scan


def cut(scan: Scan, box: Box) -> Scan:
    """Return a part of a scan, a view of its array, placed where it lies.

    Parameters
    ----------
    scan
        Any scan.
    box
        Voxels along i, j, k, ``start`` and ``stop`` given.

    Examples
    --------
    >>> scan = Scan(np.zeros((8, 8, 8)), np.diag([2.0, 2.0, 3.0, 1.0]))
    >>> part = cut(scan, (slice(1, 4), slice(0, 8), slice(2, 4)))
    >>> part.shape, part.affine[:3, 3].tolist()
    ((3, 8, 2), [2.0, 0.0, 6.0])
    """
    affine = scan.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [float(s.start) for s in box]
    return replace(scan, array=scan.array[(slice(None), *box)], affine=affine)


def regions_of(labels: Scan, *, margin: int = 1) -> dict[int, Scan]:
    """Return each label as a region of its own, in rising order.

    Parameters
    ----------
    labels
        One volume of whole numbers, 0 is no label.
    margin
        Voxels around the label to take along where the volume has them; one is enough for distances to the border.

    Returns
    -------
    dict
        Label to a scan that holds the label, and 0 elsewhere, uint8 or wider.

    Raises
    ------
    BadParameter
        The labels are not whole numbers.
    """
    from scipy import ndimage

    array = label_array(labels)
    whole = bounding_box(array)
    if whole is None:
        return {}
    # find_objects wants signed numbers and makes a list as long as the largest label
    found = ndimage.find_objects(array[whole].astype(np.int32))
    regions = {}
    for label, inner in enumerate(found, start=1):
        if inner is None:
            continue
        i, j, k = (
            slice(max(0, w.start + s.start - margin), min(n, w.start + s.stop + margin))
            for w, s, n in zip(whole, inner, array.shape, strict=True)
        )
        box = (i, j, k)
        alone = np.where(array[box] == label, array[box], array.dtype.type(0))
        regions[label] = replace(cut(labels, box), array=alone[None])
    return regions


def around(map: Scan, region: Scan) -> Scan | None:
    """Return the part of a map that a region can reach, or None where it lies beside the map.

    Parameters
    ----------
    map
        On any grid.
    region
        From :func:`regions_of`.
    """
    to_map = np.linalg.solve(map.affine, region.affine)
    first = np.rint(to_map[:3, 3]).astype(int)
    last = first + region.shape
    if (first >= 0).all() and (last <= map.shape).all():
        i, j, k = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        same = cut(map, (i, j, k))
        if same.same_grid(region):  # voxel on voxel: nothing will have to be resampled
            return same
    corners = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)]).T
    corners[:3] = corners[:3] * np.array(region.shape)[:, None] - 0.5
    reached = (to_map @ corners)[:3]
    low = np.clip(np.floor(reached.min(axis=1)).astype(int), 0, map.shape)
    high = np.clip(np.ceil(reached.max(axis=1)).astype(int) + 1, 0, map.shape)
    if (low >= high).any():
        return None
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return cut(map, (i, j, k))


def values_in(map: Scan, region: Scan, volume: int = 0) -> npt.NDArray[np.float64]:
    """Return the values of a map in a region, shape ``(n,)``, NaN where it has none; empty where it lies beside.

    Parameters
    ----------
    map
        In any unit, on any grid.
    region
        From :func:`regions_of`; taken to the map's grid, nearest neighbour.
    volume
        Which volume of the map.
    """
    part = around(map, region)
    if part is None:
        return np.empty(0)
    inside = resample_labels(region, part).array[0] > 0
    return np.asarray(part.array[volume][inside], dtype=np.float64)
