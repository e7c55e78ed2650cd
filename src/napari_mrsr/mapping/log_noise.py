r"""The standard deviation of the logarithm of a noisy magnitude.

T2 from DESS depends on the echoes through ``ln S2 - ln S1`` alone, so that its noise is that of the logarithms. With
complex noise of standard deviation sigma in each of L coils and a signal ``A = a sigma``, the magnitude ``M = m sigma``
is noncentral chi (Rician for L = 1)::

    p(m) = m (m/a)^(L-1) exp(-(m^2 + a^2)/2) I_(L-1)(a m)

- high signal: ``SD(ln M) = 1/a``, the usual sigma/M;
- no signal: ``SD(ln M) = sqrt(psi'(L)) / 2`` (0.64 for L = 1): bounded, where sigma/M is anything;
- between it is *more* than 1/a (by 6 % at a = 3), because the logarithms of magnitudes near 0 lie far away.

It is integrated numerically once for each L and looked up. A is not known but for the noisy magnitude itself; it is
taken as ``a^2 = max(m^2 - (2 L - 1), 0)``, the correction of Gudbjartsson and Patz (1995).

Sources
-------
- Gudbjartsson H, Patz S. The Rician distribution of noisy MRI data. Magn Reson Med 1995;34:910-914.
- Constantinides CD, Atalar E, McVeigh ER. Signal-to-noise measurements in magnitude images from NMR phased arrays.
  Magn Reson Med 1997;38:852-857.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.noise import Noise

#: Signal over sigma from which 1/a is right to a thousandth.
HIGH = 30.0
#: Points of the integral over m.
POINTS = 800


def log_deviation(magnitude: npt.ArrayLike, noise: Noise) -> npt.NDArray[np.float64]:
    """Return the standard deviation of the logarithm of magnitudes, without a unit.

    Parameters
    ----------
    magnitude
        In units of the image, any shape.
    noise
        Its noise; a sigma of 0 gives 0.

    Examples
    --------
    >>> print(f"{log_deviation(50.0, Noise(1.0)):.5f}")
    0.02000
    """
    m = np.asarray(magnitude, dtype=np.float64)
    if noise.sigma == 0:
        return np.zeros_like(m)
    squared = (m / noise.sigma) ** 2 - (2 * noise.coils - 1)
    a = np.sqrt(np.maximum(squared, 0))
    nodes, deviations = _table(round(noise.coils, 2))
    low = np.interp(a, nodes, deviations)
    return np.where(a < HIGH, low, 1 / np.maximum(a, HIGH))


@lru_cache(maxsize=32)
def _table(coils: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Return a = A/sigma from 0 to :data:`HIGH`, and SD(ln M) there."""
    from scipy.special import ive, polygamma

    nodes = np.concatenate([np.arange(0.1, 8, 0.1), np.geomspace(8, HIGH, 40)])
    a = nodes[:, None]
    width = 8 + np.sqrt(2 * coils)
    start = np.maximum(a - width, 0)
    step = (a + 2 * width - start) / POINTS
    m = start + step * (np.arange(POINTS) + 0.5)
    weight = m * (m / a) ** (coils - 1) * np.exp(-((m - a) ** 2) / 2) * ive(coils - 1, a * m)
    weight /= weight.sum(axis=1, keepdims=True)
    log = np.log(m)
    mean = (weight * log).sum(axis=1, keepdims=True)
    deviations = np.sqrt((weight * (log - mean) ** 2).sum(axis=1))
    without = np.sqrt(polygamma(1, coils)) / 2
    return np.concatenate([[0.0], nodes]), np.concatenate([[without], deviations])
