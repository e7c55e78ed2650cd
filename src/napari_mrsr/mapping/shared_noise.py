r"""How many voxels share their noise: what zero-filling and filters do to the error of a mean.

A scanner that fills the matrix with zeros, or filters k-space, gives neighbours noise of one origin. With the
correlation rho of the complex noise at a distance of l voxels, the variance of the mean of n voxels is not sigma^2/n
but ::

    c sigma^2 / n        c = product over the axes of sum_l rho(l)

Of a spectrum that is flat where it is not zero, ``sum rho = sum |rho|^2`` (Parseval): the factor of zero-filling, 1
where there is none. ``|rho|^2`` can be seen in air, where the correlation of the *squared* magnitudes of two voxels is
that of Rayleigh variables::

    corr(M^2, M'^2) = |rho|^2

It is taken within blocks of the darkest part of the image, each freed of its own mean, so that noise that varies over
the image is not taken for correlation. Correlations below three standard errors count as none. Noise that scanners
make is uncorrelated over seven voxels; where the darkest blocks are not, they hold structure and say nothing: then 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.noise import BACKGROUND_SPREAD, Noise

#: Side of a block in each direction, voxels, and how far apart correlation is looked for.
BLOCK, FARTHEST = 16, 7
#: Blocks looked at.
MOST_BLOCKS = 240
#: Blocks up to this multiple of the darkest ones are looked at: fat and bone are hardly brighter than air.
DARKEST = 1.2
#: Correlation at the farthest distances from which on it is structure.
STRUCTURE = 0.05


def shared_noise(volume: npt.NDArray[Any], noise: Noise) -> float:
    """Return the number of voxels that share their noise, at least 1.

    Parameters
    ----------
    volume
        One magnitude volume, ``(i, j, k)``, as acquired.
    noise
        Its noise; 1 is returned unless it was seen in the background.

    Examples
    --------
    >>> air = np.abs(np.random.default_rng(0).normal(size=(48, 48, 48, 2)) @ [1, 1j])
    >>> round(shared_noise(air, Noise(1.0, 1.0, "background")), 1)
    1.0
    """
    if noise.source != "background" or noise.sigma == 0:
        return 1.0
    air = [_air(np.moveaxis(volume, axis, -1), noise) for axis in range(3)]
    along = [_along(lines, 1.0) for lines in air]
    within = (along[2] * along[0], along[2] * along[1], along[1] * along[2])  # of the two axes of a block
    return math.prod(_along(lines, shared) for lines, shared in zip(air, within, strict=True))


def _along(lines: npt.NDArray[np.float64], shared: float) -> float:
    """Return the sum of the correlations along the last axis of blocks.

    The mean of a block of n voxels, of which ``shared`` share their noise, takes ``shared / n`` off each correlation.
    """
    if len(lines) < 8:
        return 1.0
    power = lines - lines.mean(axis=(1, 2), keepdims=True)
    variance = float(np.mean(power**2))
    found, far = 1.0, 0.0
    for lag in range(1, min(FARTHEST, power.shape[-1] - 1) + 1):
        products = power[..., lag:] * power[..., :-lag]
        correlation = float(products.mean()) / variance + shared / power[0].size
        if correlation > 3 / math.sqrt(products.size):
            found += 2 * correlation
        far = max(far, correlation) if lag >= FARTHEST - 1 else 0.0
    return found if far < STRUCTURE else 1.0


def _air(volume: npt.NDArray[Any], noise: Noise) -> npt.NDArray[np.float64]:
    """Return squared magnitudes of blocks of air over their mean, shape ``(block, lines, along)``."""
    planes, rows, along = volume.shape
    height, width = min(BLOCK, rows), min(BLOCK, along)
    if width < 3:
        return np.empty((0, height, width))
    expected = 2 * noise.coils * noise.sigma**2
    blocks, levels = [], []
    for plane in range(0, planes, max(1, planes // 24)):
        image = np.asarray(volume[plane], dtype=np.float64) ** 2
        grid = image[: rows // height * height, : along // width * width]
        tiles = grid.reshape(rows // height, height, -1, width).swapaxes(1, 2).reshape(-1, height, width)
        means = tiles.mean(axis=(1, 2))
        spread = np.maximum(means, 0) / expected
        dark = (
            (spread < BACKGROUND_SPREAD**2) & (spread > 1 / BACKGROUND_SPREAD**2) & ((tiles <= 0).mean((1, 2)) < 0.05)
        )
        blocks.append(tiles[dark] / means[dark][:, None, None])
        levels.append(means[dark])
    air, level = np.concatenate(blocks), np.concatenate(levels)
    if len(level):
        air = air[level <= DARKEST * np.quantile(level, 0.05)]
    return air[:: max(1, len(air) // MOST_BLOCKS)]


__all__ = ["shared_noise"]
