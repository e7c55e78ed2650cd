r"""How sharp an image is: the width of its edges, and the frequencies that it shares with another.

**Edge width.** A step blurred by a Gaussian point spread of standard deviation :math:`\sigma` along an axis is

.. math:: e(x) = b + \frac{h}{2}\left[1 + \operatorname{erf}\frac{x - c}{\sqrt 2\, \sigma}\right]

and rises from 10 % to 90 % of its height over :math:`2 \Phi^{-1}(0.9)\, \sigma = 2.563\, \sigma`. That distance, in mm, is found by fitting
:math:`e` to the profiles along one axis through edges that lie across it, which also works where the rise takes
less than a voxel or two, and where noise hides the plateaus. An edge at an angle :math:`\theta` to the axis looks wider by
:math:`1 / \cos\theta`; the width is multiplied by :math:`\cos\theta`, and edges of :math:`\cos\theta < 0.9` are left out.

**Fourier shell correlation** of two images, over the shell :math:`s` of spatial frequencies :math:`|f|` around :math:`f_s`
(van Heel and Schatz, J Struct Biol 2005;151:250, doi 10.1016/j.jsb.2005.05.009):

.. math:: \mathrm{FSC}(s) = \frac{\operatorname{Re} \sum_{f \in s} F_1(f) F_2^*(f)}{\sqrt{\sum_{f \in s} |F_1|^2 \sum_{f \in s} |F_2|^2}}

For two noisy copies of one image it is :math:`\mathrm{SNR}/(1 + \mathrm{SNR})` of the shell. Blurring both alike does not change it: it tells up to
where there is something in common, not how strong that is. Against a noise-free reference the customary threshold is 1/2, between two
halves of the data 1/7. Only the frequencies within a cone about one axis may be counted, for the resolution along that axis.
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
        Look for edges in these voxels only: a few painted over a straight border are enough. Everywhere where not given.

    Raises
    ------
    BadParameter
        There is no edge across that axis that could be measured.
    GeometryMismatch
        The mask has another shape.
    """
    volume = np.asarray(image)
    if volume.ndim != 3:
        raise WrongDimensions(f"has {volume.ndim} dimensions, not 3")
    if axis not in (0, 1, 2):
        raise BadParameter(f"axis {axis} is not 0, 1 or 2")
    chosen = None if mask is None else np.asarray(mask).astype(bool)
    if chosen is not None and chosen.shape != volume.shape:
        raise GeometryMismatch(f"mask of shape {chosen.shape} for an image of shape {volume.shape}")
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
    """Return sigma of the blurred step at a voxel of a line, in voxels; None if the fit is not an edge in that place."""
    from scipy.optimize import curve_fit
    from scipy.special import erf

    first = max(0, at - HALF_PROFILE)
    y = line[first : at + HALF_PROFILE + 1].astype(np.float64)
    x = np.arange(first - at, first - at + y.size, dtype=np.float64)
    if y.size < 7 or not np.isfinite(y).all():
        return None
    start, end = y[:2].mean(), y[-2:].mean()
    if start == end:
        return None

    def edge(x: Values, base: float, height: float, centre: float, sigma: float) -> Values:
        return np.asarray(base + height / 2 * (1 + erf((x - centre) / (np.sqrt(2) * sigma))))

    try:
        best, _ = curve_fit(edge, x, y, p0=(start, end - start, 0.0, 1.0), maxfev=400)
    except RuntimeError:
        return None
    _, height, centre, sigma = best
    sigma = abs(float(sigma))
    rest = y - edge(x, *best)
    is_edge = abs(centre) <= 1.5 and sigma < HALF_PROFILE / 2 and rest.std() < 0.15 * abs(height)
    return sigma if is_edge and abs(height) < 3 * np.ptp(y) else None


@dataclass(frozen=True)
class ShellCorrelation:
    """``correlation`` of the shells around ``frequency`` (1/mm), each of ``n`` frequencies (NaN in an empty shell)."""

    frequency: Values
    correlation: Values
    n: Values

    def cutoff(self, threshold: float = 1 / 7) -> float:
        """Return the frequency (1/mm) where the correlation first falls below the threshold; the last if it never does."""
        known = np.isfinite(self.correlation)
        f, c = self.frequency[known], self.correlation[known]
        below = np.flatnonzero(c < threshold)
        if not below.size:
            return float(f[-1])
        first = int(below[0])
        if first == 0:
            return 0.0
        step = (c[first - 1] - threshold) / (c[first - 1] - c[first])
        return float(f[first - 1] + step * (f[first] - f[first - 1]))

    def effective_spacing(self, threshold: float = 1 / 7) -> float:
        """Return the voxel size (mm) whose Nyquist frequency is the cutoff: ``1 / (2 cutoff)``."""
        cutoff = self.cutoff(threshold)
        return 1 / (2 * cutoff) if cutoff > 0 else float("inf")


def fourier_shell_correlation(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    spacing: tuple[float, float, float],
    *,
    axis: int | None = None,
    cone: float = 30.0,
    window: bool = True,
) -> ShellCorrelation:
    """Return the correlation of two images, spatial frequency by spatial frequency.

    Parameters
    ----------
    first, second
        Images on one grid, shape ``(i, j, k)``.
    spacing
        Of the voxels, mm. Shells are as wide as the coarsest frequency step and end at the lowest Nyquist frequency.
    axis
        Count only frequencies within ``cone`` degrees of this voxel axis, up to that axis' Nyquist frequency.
    cone
        Half the opening angle, degrees.
    window
        Fade the images out (Hann) towards the borders, so that the jump from one border to the opposite one does not
        correlate.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        A voxel is not finite, or axis or cone are impossible.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape:
        raise GeometryMismatch(f"images of shape {a.shape} and {b.shape} cannot be compared")
    if a.ndim != 3:
        raise WrongDimensions(f"has {a.ndim} dimensions, not 3")
    if axis not in (None, 0, 1, 2) or not 0 < cone <= 90:
        raise BadParameter(f"axis {axis} with a cone of {cone:g} degrees: axes are 0, 1, 2 and cones up to 90 degrees")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise BadParameter("some voxels are not finite")
    f = [np.fft.fftfreq(n, s) for n, s in zip(a.shape[:2], spacing[:2], strict=True)]
    f.append(np.fft.rfftfreq(a.shape[2], spacing[2]))
    twice = np.full(f[2].size, 2.0)  # of the last axis only half the frequencies are computed
    twice[0] = 1.0
    if a.shape[2] % 2 == 0:
        twice[-1] = 1.0
    last = 0.5 / (max(spacing) if axis is None else spacing[axis])
    width = max(1 / (n * s) for n, s in zip(a.shape, spacing, strict=True) if n > 1)
    shells = max(1, int(np.floor(last / width + 1e-9)))
    sums = np.zeros((4, shells))
    one, two = _spectrum(a, window), _spectrum(b, window)
    for i, fi in enumerate(f[0]):
        parts = (np.full((1, 1), fi), f[1][:, None], f[2][None])
        radius = np.sqrt(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2)
        shell = np.rint(radius / width).astype(np.intp)
        keep = (shell > 0) & (shell <= shells)
        if axis is not None:
            keep &= np.abs(parts[axis]) >= np.cos(np.radians(cone)) * radius
        bins = shell[keep] - 1
        weight = np.broadcast_to(twice, shell.shape)[keep]
        p, q = one[i][keep], two[i][keep]
        for row, values in enumerate(((p * q.conj()).real, np.abs(p) ** 2, np.abs(q) ** 2, np.ones(p.shape))):
            sums[row] += np.bincount(bins, weight * values, minlength=shells)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = sums[0] / np.sqrt(sums[1] * sums[2])
    return ShellCorrelation(width * np.arange(1, shells + 1), correlation, sums[3])


def _spectrum(image: npt.NDArray[Any], window: bool) -> npt.NDArray[np.complex64]:
    """Return the Fourier transform of the image about its mean, half of the last axis."""
    from scipy import fft

    centred = (image - np.mean(image, dtype=np.float64)).astype(np.float32)
    if window:
        for a, n in enumerate(image.shape):
            hann = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
            centred *= hann.astype(np.float32).reshape([-1 if a == b else 1 for b in range(3)])
    spectrum: npt.NDArray[np.complex64] = fft.rfftn(centred, overwrite_x=True)
    return spectrum
