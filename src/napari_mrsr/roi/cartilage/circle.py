r"""The circle that femoral cartilage follows in the sagittal projection.

With the distances :math:`r_n = |p_n - c|` of the points from the centre :math:`c`, the circle is that of least squares,

.. math:: \min_c \sum_n (r_n - \bar r)^2,

with radius :math:`\bar r`: the fit of DOSMA (``circle_fit``), which starts at the mean of the points. Angles are those
of DOSMA too: 0 degrees is posterior, -90 inferior, -180 anterior, in [-270, 90).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

Array = npt.NDArray[np.floating[Any]]


class Circle(NamedTuple):
    """Centre (mm downwards, mm backwards) and radius (mm)."""

    down: float
    back: float
    radius: float

    def polar(self, down: Array, back: Array) -> tuple[Array, Array]:
        """Return distance from the centre (mm) and angle (degrees, in [-270, 90)) of points."""
        across, up = back - self.back, self.down - down
        angle = np.degrees(np.arctan2(up, across))
        return np.hypot(across, up), np.where(angle >= 90.0, angle - 360.0, angle)


def fit_circle(down: Array, back: Array) -> Circle:
    """Return the circle through points.

    Parameters
    ----------
    down, back
        Coordinates of the points, mm, shape ``(n,)``.

    Raises
    ------
    BadParameter
        There are fewer than three points, or they lie on a line.

    Examples
    --------
    >>> t = np.linspace(0, np.pi, 50)
    >>> [round(float(v), 6) for v in fit_circle(30 + 20 * np.sin(t), 10 + 20 * np.cos(t))]
    [30.0, 10.0, 20.0]
    """
    from scipy import optimize

    down, back = np.asarray(down, np.float64), np.asarray(back, np.float64)
    start = np.array([down.mean(), back.mean()]) if down.size else np.zeros(2)
    spread = np.linalg.svd(np.stack([down, back]) - start[:, None], compute_uv=False) if down.size > 2 else np.zeros(2)
    if spread[-1] <= 1e-6 * max(spread[0], 1e-6):
        raise BadParameter("the region is too small to fit the condyle", remedy="paint more slices of the condyle")

    def misfit(centre: Array) -> Array:
        radii = np.hypot(down - centre[0], back - centre[1])
        return np.asarray(radii - radii.mean())

    centre, _ = optimize.leastsq(misfit, start)
    radius = float(np.hypot(down - centre[0], back - centre[1]).mean())
    return Circle(float(centre[0]), float(centre[1]), radius)


def fit_projection(mask: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> Circle:
    """Return the circle of a mask ``(rows, columns, slices)`` projected along the slices, each pixel once."""
    row, column = np.nonzero(mask.any(axis=2))
    return fit_circle(row * spacing[0], column * spacing[1])
