"""Labels painted on one grid, wanted on another: nearest neighbour through the affines.

A voxel of the target takes the label of the voxel in which its centre lies. Where a centre lies on the border of two
voxels (every second slice when a coarse grid is refined by two) the one of the lower index is taken. Beyond the
painted volume there is no label. Only the box around the painted voxels is worked on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

Labels = npt.NDArray[Any]
Box = tuple[slice, slice, slice]

TIE = 1e-4  # voxels: rounding of affines that counts as none when a centre lies on a border


def label_array(labels: Scan) -> Labels:
    """Return the labels as whole numbers, shape ``(i, j, k)``; label files written as floating point are accepted.

    Raises
    ------
    BadParameter
        There are several volumes, or a value is not a whole number at or above 0.
    """
    if labels.volumes != 1:
        raise BadParameter(
            f"has {labels.volumes} volumes: labels have one", where=labels.where, remedy="give one of them"
        )
    array: Labels = labels.array[0]
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype.kind == "u":
        return array
    whole: Labels = array
    if array.dtype.kind != "i":
        whole = np.where(np.isfinite(array), array, -1).astype(np.int32)
    if (whole is not array and not np.array_equal(whole, array)) or (whole.size and whole.min() < 0):
        raise BadParameter(
            "holds values that are not labels (whole numbers from 0)",
            where=labels.where,
            remedy="choose a painted label map, not an image",
        )
    return whole


def bounding_box(array: npt.NDArray[Any]) -> Box | None:
    """Return the box around what is not 0, or None if there is nothing.

    Examples
    --------
    >>> painted = np.zeros((8, 8, 8), np.uint8)
    >>> painted[2:4, 5, 1:7] = 3
    >>> bounding_box(painted)
    (slice(2, 4, None), slice(5, 6, None), slice(1, 7, None))
    """
    first = np.array([plane.any() for plane in array])
    if not first.any():
        return None
    i = _range(first)
    flat = np.zeros(array.shape[1:], bool)
    for plane in array[i]:
        flat |= plane != 0
    return i, _range(np.asarray(flat.any(axis=1))), _range(np.asarray(flat.any(axis=0)))


def _range(inside: npt.NDArray[np.bool_]) -> slice:
    where = np.flatnonzero(inside)
    return slice(int(where[0]), int(where[-1]) + 1)


def resample_labels(labels: Scan, like: Scan) -> Scan:
    """Return the labels on the grid of another scan; unchanged, and unsaid, if they are on it already.

    Parameters
    ----------
    labels
        One volume of whole numbers; 0 is no label.
    like
        The scan whose grid is wanted.

    Returns
    -------
    Scan
        With a line in ``warnings`` that says what was done.

    Raises
    ------
    BadParameter
        The labels are not whole numbers.
    """
    array = label_array(labels)
    if labels.same_grid(like):
        return labels
    result = np.zeros(like.shape, array.dtype)
    box = bounding_box(array)
    if box is not None:
        to_labels = np.linalg.inv(labels.affine) @ like.affine
        _fill(array, result, box, to_labels)
    said = f"labels on another grid ({_grid(labels)}) were taken to the map's ({_grid(like)}), nearest neighbour"
    if box is not None and not result.any():
        said += "; none of them lies in it"
    return labels.after(
        "resample labels",
        result,
        parameters={"like": like.where, "method": "nearest"},
        affine=like.affine,
        slice_axis=None,
    ).warn(said)


def _fill(array: Labels, result: Labels, box: Box, to_labels: npt.NDArray[np.float64]) -> None:
    """Write into ``result`` the labels inside ``box``, plane by plane of the part of the target that the box covers."""
    low = np.array([s.start for s in box]) - 0.5
    high = np.array([s.stop for s in box]) - 0.5
    corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float).T
    corners[:3] = np.where(corners[:3] > 0, high[:, None], low[:, None])
    reached = (np.linalg.inv(to_labels) @ corners)[:3]
    first = np.clip(np.floor(reached.min(axis=1)).astype(int), 0, result.shape)
    last = np.clip(np.ceil(reached.max(axis=1)).astype(int) + 1, 0, result.shape)
    j = np.arange(first[1], last[1], dtype=np.float64)[:, None]
    k = np.arange(first[2], last[2], dtype=np.float64)[None]
    for i in range(first[0], last[0]):
        places = []
        inside = np.ones((j.size, k.size), bool)
        for m, n in zip(to_labels[:3], array.shape, strict=True):
            centre = m[0] * i + m[1] * j + m[2] * k + m[3]
            place = np.ceil(centre - 0.5 - TIE).astype(np.intp)
            inside &= (place >= 0) & (place < n)
            places.append(place)
        plane = result[i, first[1] : last[1], first[2] : last[2]]
        plane[inside] = array[tuple(place[inside] for place in places)]


def _grid(scan: Scan) -> str:
    return f"{'x'.join(map(str, scan.shape))} at {'x'.join(f'{s:g}' for s in scan.spacing)} mm"
