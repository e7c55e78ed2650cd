"""Two pictures of one thing: which belong together, how they differ, and what a person flicks between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.scan import Scan


@dataclass(frozen=True, eq=False)
class Comparison:
    """A result against its reference.

    Attributes
    ----------
    reference
        The reference, on the grid of the maps.
    difference
        Size of the difference per volume, in the unit of the signal.
    ssim
        Structural similarity per volume, 0 to 1.
    figures
        PSNR, SSIM, RMSE ... per volume, as :func:`napari_mrsr.metrics.compare` gives them.
    """

    reference: Scan
    difference: Scan
    ssim: Scan
    figures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Pair:
    """Two layers to look at in turn: names of the acquired (or reference) one and of the other."""

    title: str
    one: str
    other: str


def common_grid(reference: Scan, test: Scan) -> tuple[Scan, Scan]:
    """Return both scans cut to the voxels they share.

    Slices simulated from an odd number cover one fine slice more than there was; it is cut off.

    Raises
    ------
    GeometryMismatch
        They do not lie on one grid.
    """
    shape = tuple(min(a, b) for a, b in zip(reference.shape, test.shape, strict=True))
    if max(abs(a - b) for a, b in zip(reference.shape, test.shape, strict=True)) > 4:
        shape = (0, 0, 0)
    cut = tuple(slice(0, n) for n in shape)
    if min(shape) > 0:
        one, other = (_cut(scan, cut) for scan in (reference, test))
        if one.same_grid(other, tolerance=0.5 * min(reference.spacing)):
            return one, other
    raise GeometryMismatch(
        f"the reference is {_size(reference)}, the super-resolved scan {_size(test)}",
        remedy="open a reference on the fine grid, or use simulated thick slices",
    )


def _cut(scan: Scan, cut: tuple[slice, ...]) -> Scan:
    if all(s.stop == n for s, n in zip(cut, scan.shape, strict=True)):
        return scan
    return scan.after("cut to the common grid", scan.array[(slice(None), *cut)])


def _size(scan: Scan) -> str:
    return "x".join(map(str, scan.shape)) + " at " + "x".join(f"{s:.3g}" for s in scan.spacing) + " mm"


def against(reference: Scan, test: Scan) -> Comparison:
    """Compare a super-resolved scan with a reference: maps and figures per volume.

    Raises
    ------
    GeometryMismatch
        Grids or numbers of volumes differ.
    """
    from napari_mrsr import metrics

    one, other = common_grid(reference, test)
    difference = metrics.difference_map(one, other)
    size = difference.after("size", np.abs(difference.array))
    return Comparison(one, size, metrics.ssim_map(one, other), metrics.compare(one, other))


def t2_difference(acquired: Scan, sr: Scan) -> Scan:
    """Return T2 (SR) minus T2 (acquired), ms, on the fine grid; each acquired voxel is repeated along the slices."""
    factors = [round(b / a) for a, b in zip(acquired.shape, sr.shape, strict=True)]
    array = acquired.array
    for axis, factor in enumerate(factors):
        if factor > 1:
            nearest = np.minimum(
                np.floor(np.arange(sr.shape[axis]) / factor + 0.5).astype(int), acquired.shape[axis] - 1
            )
            array = array.take(nearest, axis=axis + 1)
    if array.shape[1:] != sr.shape:
        raise GeometryMismatch(
            f"T2 of the acquired scan is {_size(acquired)}, of the super-resolved {_size(sr)}",
            remedy="run super-resolution and Map T2 again on the open scan",
        )
    return sr.after("minus T2 of the acquired scan", (sr.array - array).astype(np.float32), quantity="T2 difference")
