r"""Femoral cartilage unrolled: a map along the condyle against the position from medial to lateral.

DOSMA averages a map over the depth in bins of 5 degrees, slice by slice. A degree of a large knee is more cartilage
than one of a small knee, so here the axis can be the length along the condyle in mm. With the radius
:math:`\rho(\theta)` of the middle of the cartilage in a slice

.. math:: s(\theta) = \int_{-90°}^{\theta} \sqrt{\rho^2 + (d\rho/d\vartheta)^2}\; d\vartheta ,

0 at the lowest point under the centre of the condyles, negative in front. :math:`\rho` is smoothed over 6 degrees
and 2 mm of slices and carried on where there is no cartilage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage import dosma
from napari_mrsr.roi.cartilage.circle import Circle, fit_projection
from napari_mrsr.roi.cartilage.knee_axes import KneeAxes, knee_axes
from napari_mrsr.roi.cartilage.regions import BOTH, Regions
from napari_mrsr.roi.grid import resample_labels
from napari_mrsr.scan import Scan

Array = npt.NDArray[np.floating[Any]]
Along = Literal["mm", "degrees"]

#: Bin along the condyle: mm, or degrees as in DOSMA.
STEPS: Mapping[Along, float] = {"mm": 1.0, "degrees": dosma.BIN}
#: Bin in which the radius is averaged, and its smoothing, degrees and mm.
RADIUS_BIN, RADIUS_SMOOTHING, SLICE_SMOOTHING = 2.0, 6.0, 2.0


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A map of femoral cartilage laid flat.

    Attributes
    ----------
    values
        ``"total"`` and every layer: means, shape ``(along, slices)``, from front to back and from medial to lateral;
        NaN where there is no cartilage with a value.
    along, edges
        ``"mm"`` or ``"degrees"``; edges of the bins along the condyle, shape ``(along + 1,)``.
    across
        Position of every slice, mm from the first (the most medial) one.
    slices
        Index of every slice along the voxel axis ``slice_axis`` of the map.
    parts
        Where central begins and where posterior begins, per slice, in the unit of ``edges``, shape ``(2, slices)``.
    side_known
        Whether the first slice is known to be medial; else it is the patient's left.
    quantity, unit
        Of the values.
    """

    values: Mapping[str, Array]
    along: Along
    edges: Array
    across: Array
    slices: npt.NDArray[np.intp]
    slice_axis: int
    parts: Array
    side_known: bool
    quantity: str
    unit: str


def unroll(map: Scan, regions: Regions, *, along: Along = "mm") -> Unrolled:
    """Return a map of femoral cartilage unrolled.

    Parameters
    ----------
    map
        One volume on the grid of the regions or another.
    regions
        Of :func:`~napari_mrsr.roi.cartilage.divide`.
    along
        ``"mm"`` for bins of 1 mm along the condyle, ``"degrees"`` for the bins of DOSMA. By its definition values that
        are not positive are left out, too.

    Raises
    ------
    BadParameter
        There is no femoral cartilage in the regions, or the map has several volumes.
    """
    if map.volumes != 1:
        raise BadParameter(f"has {map.volumes} volumes: one is unrolled", where=map.where, remedy="choose a volume")
    numbers = resample_labels(regions.labels, map).array[0]
    femoral = (numbers >= 1) & (numbers <= 72)
    if not femoral.any():
        raise BadParameter("no femoral cartilage is painted on this map", remedy="paint femoral cartilage")
    axes = knee_axes(map, femoral, regions.side, margin=0)
    part = axes.cut(numbers)
    mask = (part >= 1) & (part <= 72)
    known = regions.plates["femoral"].circle
    circle = known if known is not None and map.same_grid(regions.labels) else None
    if circle is None:
        circle = fit_projection(mask, axes.spacing)
    else:  # from the box of the regions to this one
        first, own = regions.plates["femoral"].axes.box, axes.box
        circle = Circle(
            circle.down + (first[0].start - own[0].start) * axes.spacing[0],
            circle.back + (first[1].start - own[1].start) * axes.spacing[1],
            circle.radius,
        )
    where = np.nonzero(mask)
    rho, angle = circle.polar(where[0] * axes.spacing[0], where[1] * axes.spacing[1])
    slices = mask.shape[2]
    if along == "mm":
        length = _lengths(rho, angle, where[2], slices, axes.spacing[2])
        position = _at(length, angle, where[2])
        borders = np.stack([_at(length, np.full(slices, a), np.arange(slices)) for a in dosma.CENTRAL])
        edges = np.arange(np.floor(position.min()), np.floor(position.max()) + 2.0, STEPS["mm"])
    else:
        position, borders = angle, np.repeat(np.array(dosma.CENTRAL)[:, None], slices, axis=1)
        edges = np.arange(dosma.LOWEST, dosma.LOWEST + 360.0 + dosma.BIN, dosma.BIN)
    cell = np.clip(np.digitize(position, edges) - 1, 0, len(edges) - 2) * slices + where[2]
    values = axes.cut(map.array[0])[where].astype(np.float64)
    valid = np.isfinite(values) & ((values > 0) if regions.definition == "dosma" else True)
    layer = (part[where] - 1) % 6
    shape = (len(edges) - 1, slices)
    found = {"total": _means(cell[valid], values[valid], shape)}
    for n, name in enumerate(regions.layer_names if regions.layers > 1 else ()):
        own_layer = valid & ((layer == n) | (layer == BOTH))
        found[name] = _means(cell[own_layer], values[own_layer], shape)
    return Unrolled(
        values=found,
        along=along,
        edges=edges,
        across=np.arange(slices) * axes.spacing[2],
        slices=_slices(axes, map.shape),
        slice_axis=axes.axes[2],
        parts=borders,
        side_known=regions.side is not None,
        quantity=map.quantity,
        unit=map.unit,
    )


def _means(cell: npt.NDArray[np.intp], values: Array, shape: tuple[int, int]) -> Array:
    size = shape[0] * shape[1]
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, values, minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(shape)


def _slices(axes: KneeAxes, shape: tuple[int, int, int]) -> npt.NDArray[np.intp]:
    index = np.arange(shape[axes.axes[2]])
    return (index[::-1] if axes.flips[2] else index)[axes.box[2]]


def _lengths(rho: Array, angle: Array, slice: npt.NDArray[np.intp], slices: int, spacing: float) -> Array:
    """Return the length along the condyle at the edges of the bins of the radius, mm, shape ``(edges, slices)``."""
    from scipy import ndimage

    bins = int(360 / RADIUS_BIN)
    cell = np.clip(((angle - dosma.LOWEST) / RADIUS_BIN).astype(np.intp), 0, bins - 1) * slices + slice
    count = np.bincount(cell, minlength=bins * slices).reshape(bins, slices).astype(np.float64)
    total = np.bincount(cell, rho, minlength=bins * slices).reshape(bins, slices)
    sigma = (RADIUS_SMOOTHING / RADIUS_BIN, SLICE_SMOOTHING / spacing)
    present = (count > 0).astype(np.float64)
    mean = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    weight = ndimage.gaussian_filter(present, sigma, truncate=3)
    smooth = ndimage.gaussian_filter(mean, sigma, truncate=3)
    degrees = dosma.LOWEST + RADIUS_BIN * (np.arange(bins) + 0.5)
    radius = np.empty((bins, slices))
    overall = total.sum() / count.sum()
    for k in range(slices):
        seen = weight[:, k] > 1e-3
        radius[:, k] = np.interp(degrees, degrees[seen], smooth[seen, k] / weight[seen, k]) if seen.any() else overall
    step = np.radians(RADIUS_BIN)
    slope = np.asarray(np.gradient(radius, step, axis=0))
    steps = np.hypot(radius, slope) * step
    length = np.concatenate([np.zeros((1, slices)), np.cumsum(steps, axis=0)])
    return np.asarray(length - length[int((-90.0 - dosma.LOWEST) / RADIUS_BIN)])


def _at(length: Array, angle: Array, slice: npt.NDArray[np.intp]) -> Array:
    """Return the length at angles of slices, linear between the edges of the bins."""
    place = np.clip((angle - dosma.LOWEST) / RADIUS_BIN, 0, length.shape[0] - 1 - 1e-9)
    low = place.astype(np.intp)
    share = place - low
    return np.asarray(length[low, slice] * (1 - share) + length[low + 1, slice] * share)
