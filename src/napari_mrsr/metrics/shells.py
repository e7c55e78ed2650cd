r"""Fourier shell correlation: the spatial frequencies that two images share.

For two images, over the shell :math:`s` of spatial frequencies :math:`|f|` around
:math:`f_s` (van Heel and Schatz, J Struct Biol 2005;151:250, doi 10.1016/j.jsb.2005.05.009):

.. math:: \mathrm{FSC}(s) = \frac{\operatorname{Re} \sum_{f \in s} F_1(f) F_2^*(f)}
          {\sqrt{\sum_{f \in s} |F_1(f)|^2 \sum_{f \in s} |F_2(f)|^2}}

For two noisy copies of one image it is :math:`\mathrm{SNR}/(1 + \mathrm{SNR})` of the shell. Blurring both alike
does not change it: it tells up to where there is something in common, not how strong that is. Against a noise-free
reference the customary threshold is 1/2, between two halves of the data 1/7 (Rosenthal and Henderson, J Mol Biol
2003;333:721). Only the frequencies within a cone about one axis may be counted, for the resolution along that axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch, WrongDimensions

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShellCorrelation:
    """``correlation`` of the shells around ``frequency`` (1/mm), each of ``n`` frequencies (NaN in an empty shell)."""

    frequency: Values
    correlation: Values
    n: Values

    def cutoff(self, threshold: float = 1 / 7) -> float:
        """Return where the correlation first falls below the threshold, 1/mm; the last frequency if it never does."""
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
        raise GeometryMismatch(
            f"images of shape {a.shape} and {b.shape} cannot be compared", remedy="bring them to one grid first"
        )
    if a.ndim != 3:
        raise WrongDimensions(f"has {a.ndim} dimensions, not 3", remedy="give one volume of each")
    if axis not in (None, 0, 1, 2) or not 0 < cone <= 90:
        raise BadParameter(
            f"axis {axis} with a cone of {cone:g} degrees: axes are 0, 1, 2 and cones up to 90 degrees",
            remedy="choose an axis and a cone within these",
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise BadParameter("some voxels are not finite", remedy="replace them, or choose a part without them")
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
