r"""Signed distances to simple bodies: negative inside, positive outside, in millimetres.

Points are three arrays ``(x, y, z)`` that broadcast against each other. Bodies are joined smoothly with the
polynomial minimum of Quilez, :math:`\min(a, b) - h^2 k / 4` with :math:`h = \max(k - |a - b|, 0) / k`, which leaves
distances untouched farther than ``k`` from the seam.

Not every body is an exact distance: ellipsoids and lofts use the first-order distance :math:`f / |\nabla f|`, right
at the surface and within a few per cent at a tenth of the radius away from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

Array = npt.NDArray[np.floating[Any]]
Points = tuple[Array, Array, Array]
Vector = Sequence[float]


def union(a: Array, b: Array, k: float = 0.0) -> Array:
    """Return the distance to both bodies together, their seam rounded over ``k`` mm."""
    low = np.minimum(a, b)
    if k <= 0:
        return low
    h = np.maximum(k - np.abs(a - b), 0)
    return low - h * h * np.float32(0.25 / k)


def common(a: Array, b: Array, k: float = 0.0) -> Array:
    """Return the distance to what both bodies share."""
    return -union(-a, -b, k)


def without(a: Array, b: Array, k: float = 0.0) -> Array:
    """Return the distance to the first body less the second."""
    return common(a, -b, k)


def sphere(p: Points, centre: Vector, radius: float) -> Array:
    """Return the distance to a sphere."""
    x, y, z = (q - np.float32(c) for q, c in zip(p, centre, strict=True))
    return np.asarray(np.sqrt(x * x + y * y + z * z) - np.float32(radius))


def ellipsoid(p: Points, centre: Vector, radii: Vector) -> Array:
    """Return the first-order distance to an ellipsoid along the axes."""
    u = [(q - np.float32(c)) / np.float32(r) for q, c, r in zip(p, centre, radii, strict=True)]
    k0 = np.sqrt(u[0] ** 2 + u[1] ** 2 + u[2] ** 2)
    k1 = np.sqrt(sum((v / np.float32(r)) ** 2 for v, r in zip(u, radii, strict=True)))
    return np.asarray((k0 - 1) * k0 / np.maximum(k1, np.float32(1e-6)))


def circle(y: Array, z: Array, centre: Vector, radius: float) -> Array:
    """Return the distance to a circle in a plane, to be extruded."""
    return np.asarray(np.hypot(y - np.float32(centre[0]), z - np.float32(centre[1])) - np.float32(radius))


def extrude(profile: Array, along: Array, half_width: float, rounding: float) -> Array:
    """Return a flat profile drawn out to ``+-half_width``, its rim rounded."""
    r = np.float32(rounding)
    a = profile + r
    b = np.abs(along) - np.float32(half_width) + r
    outside = np.hypot(np.maximum(a, 0), np.maximum(b, 0))
    return np.asarray(np.minimum(np.maximum(a, b), 0) + outside - r)


def ellipse(x: Array, y: Array, rx: Array | float, ry: Array | float) -> Array:
    """Return the first-order distance to an ellipse whose radii may change from point to point."""
    rx, ry = np.asarray(rx, np.float32), np.asarray(ry, np.float32)
    u, v = x / rx, y / ry
    k0 = np.sqrt(u * u + v * v)
    k1 = np.sqrt((u / rx) ** 2 + (v / ry) ** 2)
    return (k0 - 1) * k0 / np.maximum(k1, np.float32(1e-6))


def loft(p: Points, stations: Sequence[Sequence[float]]) -> Array:
    """Return the body whose cross-sections are ellipses, given at several heights.

    Parameters
    ----------
    p
        Points; heights are ``p[2]``.
    stations
        Rows ``(z, x, y, rx, ry)`` ; between them monotone cubic. The body ends at the first and last.
    """
    rows = np.asarray(sorted(stations, key=lambda row: row[0]), dtype=np.float64)
    low, high = rows[0, 0], rows[-1, 0]
    z = p[2]
    curve = PchipInterpolator(rows[:, 0], rows[:, 1:])
    grid = np.linspace(low, high, 256)
    table = curve(grid).astype(np.float32)
    cx, cy, rx, ry = (np.interp(z, grid, table[:, n]).astype(np.float32) for n in range(4))
    side = ellipse(p[0] - cx, p[1] - cy, rx, ry)
    end = np.maximum(np.float32(low) - z, z - np.float32(high))
    return common(side, end, 3.0)


def smooth_curve(knots: npt.ArrayLike, count: int = 24) -> npt.NDArray[np.float64]:
    """Return ``count`` points on a monotone cubic through the knots, evenly along their chord length."""
    points = np.asarray(knots, dtype=np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return np.asarray(PchipInterpolator(length, points)(np.linspace(0, length[-1], count)))


def tube(p: Points, knots: npt.ArrayLike, radii: float | Sequence[float], flat: float = 1.0) -> Array:
    """Return a tube along a curve.

    Parameters
    ----------
    knots
        Points of the centre line, ``(n, 3)``, mm.
    radii
        One radius, or one per knot.
    flat
        Width over thickness: the distance along x counts less by this factor (bands that face forwards).
    """
    points = np.asarray(knots, dtype=np.float64)
    curve = smooth_curve(points)
    stations = np.linspace(0, 1, len(points))
    radius = np.interp(np.linspace(0, 1, len(curve)), stations, np.broadcast_to(radii, len(points)))
    scale = np.array([1 / flat, 1.0, 1.0])
    q = [c * np.float32(s) for c, s in zip(p, scale, strict=True)]
    best: Array | None = None
    for n in range(len(curve) - 1):
        a, b = curve[n] * scale, curve[n + 1] * scale
        d = b - a
        length = float(d @ d)
        t = sum((c - np.float32(o)) * np.float32(e / length) for c, o, e in zip(q, a, d, strict=True))
        t = np.clip(t, 0, 1)
        rest = sum((c - np.float32(o) - t * np.float32(e)) ** 2 for c, o, e in zip(q, a, d, strict=True))
        distance = np.sqrt(rest) - (np.float32(radius[n]) + t * np.float32(radius[n + 1] - radius[n]))
        best = distance if best is None else np.minimum(best, distance)
    assert best is not None
    return np.asarray(best, dtype=np.float32)


def strap(p: Points, knots: npt.ArrayLike, thickness: float, width: float) -> Array:
    """Return a thin band that runs up and down, faces sideways, and is ``thickness`` mm thick along its normal.

    Parameters
    ----------
    knots
        Points ``(n, 3)`` of its mid-line, from top to bottom or bottom to top; z must be monotone.
    """
    points = np.asarray(knots, dtype=np.float64)
    points = points[np.argsort(points[:, 2])]
    z = p[2]
    grid = np.linspace(points[0, 2], points[-1, 2], 256)
    line = PchipInterpolator(points[:, 2], points[:, :2])
    mid, slope = line(grid), line(grid, 1)
    x, y, dx, dy = (np.interp(z, grid, v).astype(np.float32) for v in (*mid.T, *slope.T))
    across = np.abs(p[0] - x) / np.sqrt(1 + dx * dx) - np.float32(thickness / 2)
    along = np.abs(p[1] - y) / np.sqrt(1 + dy * dy) - np.float32(width / 2)
    end = np.maximum(np.float32(grid[0]) - z, z - np.float32(grid[-1]))
    return np.asarray(np.maximum(np.maximum(across, along), end))
