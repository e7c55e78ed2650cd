r"""How wide the edges of an image are.

A step blurred by a Gaussian point spread of standard deviation :math:`\sigma` along an axis is

.. math:: e(x) = b + \frac{h}{2}\left[1 + \operatorname{erf}\frac{x - c}{\sqrt 2\, \sigma}\right]

and rises from 10 % to 90 % of its height over :math:`2 \Phi^{-1}(0.9)\, \sigma = 2.563\, \sigma`. That distance, in
mm, is found by fitting :math:`e` to the profiles along one axis through edges that lie across it, which also works
where the rise takes less than a voxel or two, and where noise hides the plateaus. An edge at an angle :math:`\theta`
to the axis looks wider by :math:`1 / \cos\theta`; the width is multiplied by :math:`\cos\theta`, and edges of
:math:`\cos\theta < 0.9` are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch, WrongDimensions

Values = npt.NDArray[np.float64]

RISE = 2.5631031310892007  # 10 to 90 % of a Gaussian edge, in standard deviations
LEAST_COSINE = 0.9  # of the angle between edge normal and axis
HALF_PROFILE = 6  # voxels on either side of an edge
EDGES = 300  # profiles fitted at most
STRONGEST = 0.3  # automatic edges are at least this fraction of the steepest (99.9th percentile)


@dataclass(frozen=True)
class EdgeWidth:
    """Median 10-90 % rise distance in mm, its interquartile range, and the single edges' ``widths``."""

    width: float
    iqr: float
    widths: Values

    @property
    def n(self) -> int:
        """Number of edges measured."""
        return int(self.widths.size)


def edge_width(
    image: npt.ArrayLike, spacing: tuple[float, float, float], axis: int, *, mask: npt.ArrayLike | None = None
) -> EdgeWidth:
    """Return the width of the steepest edges along an axis.

    Parameters
    ----------
    image
        Shape ``(i, j, k)``.
    spacing
        Of the voxels, mm.
    axis
        The voxel axis 0, 1 or 2 along which the rise is measured.
    mask
        Look for edges in these voxels only: a few painted over a straight border are enough. Everywhere where not
        given.

    Raises
    ------
    BadParameter
        There is no edge across that axis that could be measured.
    GeometryMismatch
        The mask has another shape.
    """
    volume = np.asarray(image)
    if volume.ndim != 3:
        raise WrongDimensions(f"has {volume.ndim} dimensions, not 3", remedy="give one volume")
    if axis not in (0, 1, 2):
        raise BadParameter(f"axis {axis} is not 0, 1 or 2", remedy="choose 0, 1 or 2")
    chosen = None if mask is None else np.asarray(mask).astype(bool)
    if chosen is not None and chosen.shape != volume.shape:
        raise GeometryMismatch(
            f"mask of shape {chosen.shape} for an image of shape {volume.shape}",
            remedy="give a mask of the shape of the image",
        )
    places, cosines = _find_edges(volume, spacing, axis, chosen)
    lines = np.moveaxis(volume, axis, -1)
    widths = []
    for place, cosine in zip(places, cosines, strict=True):
        sigma = _fit_edge(lines[place[0], place[1]], int(place[2]))
        if sigma is not None:
            widths.append(RISE * sigma * spacing[axis] * cosine)
    if not widths:
        raise BadParameter(f"no edge across axis {axis} could be measured", remedy="paint over a straight border")
    found = np.array(widths)
    low, middle, high = np.percentile(found, [25, 50, 75])
    return EdgeWidth(float(middle), float(high - low), found)


def _find_edges(
    volume: npt.NDArray[Any], spacing: tuple[float, float, float], axis: int, mask: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[np.intp], Values]:
    """Return where edges are, with ``axis`` moved last, and the cosine of the angle of their normal with the axis.

    An edge is a maximum along the axis of the slope along the axis, the image being smoothed across it against noise.
    """
    from scipy import ndimage

    box = (slice(None),) * 3 if mask is None else _around(mask)
    part = np.where(np.isfinite(volume[box]), volume[box], 0).astype(np.float32)
    smooth = ndimage.gaussian_filter(part, [0.0 if a == axis else 1.0 for a in range(3)])
    slopes = [np.gradient(smooth, spacing[a], axis=a) if part.shape[a] > 1 else np.zeros_like(part) for a in range(3)]
    along = np.abs(slopes[axis])
    steep = along > 0
    steep &= along >= LEAST_COSINE * np.sqrt(slopes[0] ** 2 + slopes[1] ** 2 + slopes[2] ** 2)
    steep &= along >= ndimage.maximum_filter1d(along, 5, axis=axis)
    if mask is not None:
        steep &= mask[box]
    else:
        steep &= along >= STRONGEST * np.percentile(along, 99.9)
    where = np.argwhere(steep)
    order = np.argsort(along[steep], kind="stable")[::-1]
    if len(order) > EDGES:  # spread over the strong half, not all from the one brightest border
        half = order[: max(EDGES, len(order) // 2)]
        order = half[np.linspace(0, len(half) - 1, EDGES).astype(int)]
    where = where[order]
    normal = np.stack([slope[tuple(where.T)] for slope in slopes])
    cosines = np.abs(normal[axis]) / np.linalg.norm(normal, axis=0)
    where = where + np.array([s.start or 0 for s in box])
    across = [a for a in range(3) if a != axis]
    return where[:, [*across, axis]], cosines.astype(np.float64)


def _around(mask: npt.NDArray[np.bool_]) -> tuple[slice, ...]:
    """Return the box around a mask with room for the slopes."""
    box = []
    for a in range(3):
        inside = np.flatnonzero(mask.any(axis=tuple(b for b in range(3) if b != a)))
        if not inside.size:
            raise BadParameter("the mask is empty", remedy="paint over a straight border")
        box.append(slice(max(0, int(inside[0]) - 4), int(inside[-1]) + 5))
    return tuple(box)


def _fit_edge(line: npt.NDArray[Any], at: int) -> float | None:
    """Return sigma of the blurred step at a voxel of a line, in voxels; None if no edge fits there."""
    from scipy.optimize import leastsq
    from scipy.special import erf

    first = max(0, at - HALF_PROFILE)
    y = line[first : at + HALF_PROFILE + 1].astype(np.float64)
    x = np.arange(first - at, first - at + y.size, dtype=np.float64)
    if y.size < 7 or not np.isfinite(y).all():
        return None
    start, end = y[:2].mean(), y[-2:].mean()
    if start == end:
        return None

    def rest(p: Values) -> Values:
        base, height, centre, log_sigma = p
        rise = 1 + erf((x - centre) / (np.sqrt(2) * np.exp(np.clip(log_sigma, -5, 5))))
        return np.asarray(base + height / 2 * rise - y)

    found, _, info, _, status = leastsq(rest, (start, end - start, 0.0, 0.0), maxfev=400, full_output=True)
    _, height, centre, log_sigma = found
    is_edge = status in (1, 2, 3, 4) and abs(centre) <= 1.5 and log_sigma < np.log(HALF_PROFILE / 2)
    fits = info["fvec"].std() < 0.15 * abs(height) < 0.45 * np.ptp(y)
    return float(np.exp(max(log_sigma, -5.0))) if is_edge and fits else None
