r"""Where the band of a picture ends: the edge that k-space filled up with zeros leaves in its spectrum.

Zero-filling would leave nothing beyond the edge, were it not for the magnitude. That is no linear operation: where the
signal passes near zero, in air and along edges of tissue, it spreads the spectrum again, 10 to 20 dB below. Where
tissue is bright and nowhere near zero, magnitude is the signal times a slowly varying phase, and the edge remains. So
two spectra are looked at, both along one axis, as the mean of logarithms over the lower frequencies of another:

- of patches of bright tissue (Hann window, 32 to 64 samples), for how deep the step is. With L(f) in dB and f = 1 at
  the edge of the matrix, and the window's resolution d = 1/16,

  .. math:: D = L(f - d) - L(f + d), \qquad
            E = D - \tfrac12 \left[L(f - 3d) - L(f - d) + L(f + d) - L(f + 3d)\right],

  the drop D and its excess E over the fall on both sides, which every picture has;
- of whole planes, for where it is and how sharp: the same excess S over a tenth of the frequencies, 2 d = 0.04.

A filter that rounds the corners of k-space makes a deep step that is not sharp, noise makes neither, partial Fourier
sampling takes away half of the power (3 dB) and no more. Masks (a cut-out skull) do not matter inside the tissue;
rounding to 8 bits lays a floor of -50 dB. What no spectrum shows: linear interpolation has no edge at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

#: Resolution of the patches' spectra, and of the whole planes' at best, as parts of the band.
COARSE, FINE = 1 / 16, 0.02
#: Where an edge is looked for. Nearer to the end of the band the spectrum falls off by itself.
SHARES = (0.2, 0.88)
#: Fewest samples along an axis that is looked at, and along the one that helps.
LEAST = 32
#: How many planes and patches are looked at.
PLANES, PATCHES = 12, 120
#: A patch is bright from this part of the 99th percentile on, and fully so from the second.
BRIGHT = (0.1, 0.4)
#: Its darkest spot is at least this part of its mean.
DARKEST = 0.1
#: Fewest patches that say anything.
FEWEST = 8
#: Frequencies of the other axis that are averaged: patches, whole planes.
ACROSS_PATCH, ACROSS_PLANE = (0.05, 0.4), (0.03, 0.35)


@dataclass(frozen=True)
class Edge:
    """The likeliest edge of the band along an axis.

    Parameters
    ----------
    share
        Where: the part of the samples' band that is below it.
    drop, excess
        How deep the step is in tissue, dB, and by how much more than the spectrum falls beside it.
    sharpness
        The excess within a tenth of the frequencies, dB.
    """

    share: float
    drop: float
    excess: float
    sharpness: float


def band_edges(volume: npt.NDArray[Any], axes: tuple[int, ...] = (0, 1, 2)) -> dict[int, Edge]:
    """Return the likeliest edge along every axis that can be looked at.

    Parameters
    ----------
    volume
        Magnitudes, shape ``(i, j, k)``.
    axes
        Axes to look along.

    Returns
    -------
    dict
        Edges by axis. An axis of fewer than 32 samples, or a volume without bright tissue, has none.
    """
    found: dict[int, Edge] = {}
    pairs = sorted(((0, 1), (0, 2), (1, 2)), key=lambda pair: not set(pair) <= set(axes))
    for a, b in pairs:
        wanted = {a, b} & set(axes)
        if min(volume.shape[a], volume.shape[b]) < LEAST or (len(axes) < 3 and wanted <= set(found)):
            continue  # for two axes their own planes are enough
        planes = _planes(volume, a, b)
        patches = _patches(planes)
        if len(patches) < FEWEST:
            continue
        parts, whole = _power(patches / patches.mean(axis=(1, 2), keepdims=True)), _power(planes).mean(axis=0)[None]
        for axis, turned in ((a, False), (b, True)):
            if axis not in axes:
                continue
            one, all_ = (p.transpose(0, 2, 1) if turned else p for p in (parts, whole))
            edge = _edge(_profile(one, ACROSS_PATCH), _profile(all_, ACROSS_PLANE))
            if axis not in found or edge.excess > found[axis].excess:
                found[axis] = edge
    return found


def _planes(volume: npt.NDArray[Any], a: int, b: int) -> Floats:
    """Return planes along two axes, from the middle of the third, shape ``(plane, a, b)``."""
    stack = np.moveaxis(volume, (3 - a - b, a, b), (0, 1, 2))
    n = len(stack)
    where = np.unique(np.linspace(0.15 * (n - 1), 0.85 * (n - 1), min(n, PLANES)).round().astype(int))
    return np.nan_to_num(np.asarray(stack[where], np.float32))


def _patches(planes: Floats) -> Floats:
    """Return patches of bright tissue that nowhere comes near zero, the best first, shape ``(patch, n, m)``."""
    from scipy.ndimage import uniform_filter

    side = int(np.clip(min(planes.shape[1:]) // 8, 16, 32))  # half a patch: patches overlap by half
    n, m = (size // side for size in planes.shape[1:])
    smooth = uniform_filter(planes, (0, 3, 3))
    dark, mean = (
        how(x[:, : n * side, : m * side].reshape(-1, n, side, m, side), axis=(2, 4))
        for how, x in ((np.min, smooth), (np.mean, planes))
    )
    dark = np.minimum.reduce([dark[:, :-1, :-1], dark[:, 1:, :-1], dark[:, :-1, 1:], dark[:, 1:, 1:]])
    mean = (mean[:, :-1, :-1] + mean[:, 1:, :-1] + mean[:, :-1, 1:] + mean[:, 1:, 1:]) / 4
    bright = np.percentile(planes, 99)
    if bright <= 0:
        return np.empty((0, 2 * side, 2 * side), np.float32)
    filled = np.where(mean > BRIGHT[0] * bright, dark / np.maximum(mean, 1e-12), 0)
    score = filled * np.minimum(1, mean / (BRIGHT[1] * bright))
    order = np.argsort(-score, axis=None)[:PATCHES]
    order = order[score.ravel()[order] > DARKEST]
    where = zip(*np.unravel_index(order, score.shape), strict=True)
    found = [planes[k, i * side : (i + 2) * side, j * side : (j + 2) * side] for k, i, j in where]
    return np.stack(found) if found else np.empty((0, 2 * side, 2 * side), np.float32)


def _power(pictures: Floats) -> Floats:
    """Return the power spectra of pictures without their weighted means, shape ``(picture, n, m)``."""
    from scipy.fft import fft2

    n, m = pictures.shape[1:]
    window = (np.hanning(n + 2)[1:-1, None] * np.hanning(m + 2)[None, 1:-1]).astype(np.float32)
    window /= window.sum()
    mean = (pictures * window).sum(axis=(1, 2), keepdims=True)
    return np.asarray(np.abs(fft2((pictures - mean) * window, axes=(1, 2))) ** 2, np.float32)


def _profile(power: Floats, across: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return L(f) in dB from f = 0 to 1 along the axis before the last."""
    other = np.abs(np.fft.fftfreq(power.shape[2])) * 2
    tiny = np.finfo(np.float32).tiny
    chosen = power[:, :, (other > across[0]) & (other < across[1])]
    decibel = (10 * np.log10(chosen + tiny)).mean(axis=(0, 2), dtype=np.float64)
    half = len(decibel) // 2 + 1
    mirrored = np.concatenate([decibel[:1], decibel[:0:-1]])
    return np.asarray((decibel[:half] + mirrored[:half]) / 2)


def _edge(patches: npt.NDArray[np.float64], planes: npt.NDArray[np.float64]) -> Edge:
    """Return the likeliest edge: the deepest in tissue, then the sharpest place near it."""
    f = np.arange(SHARES[0], SHARES[1], 0.005)
    drop, excess = _step(patches, f, COARSE)
    best = int(excess.argmax())
    smoothed = np.convolve(np.pad(planes, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    near = f[np.abs(f - f[best]) <= COARSE]
    sharpness = _step(smoothed, near, max(FINE, 2 / len(planes)))[1]
    sharpest = int(sharpness.argmax())
    return Edge(float(near[sharpest]), float(drop[best]), float(excess[best]), float(sharpness[sharpest]))


def _step(
    profile: npt.NDArray[np.float64], f: npt.NDArray[np.float64], d: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the drop and its excess at frequencies f, dB."""
    grid = np.linspace(0, 1, len(profile))
    before, left, right = (np.interp(f + shift, grid, profile) for shift in (-3 * d, -d, d))
    reach = np.minimum(f + 3 * d, 1.0)
    after = (right - np.interp(reach, grid, profile)) * 2 * d / np.maximum(reach - f - d, 1e-3)
    drop = left - right
    return drop, drop - np.maximum((before - left + after) / 2, 0)
