r"""Frames held to the centre of k-space that was measured.

Along one axis of N fine samples, of whose frequencies the n lowest were acquired, the coarse samples are

.. math:: y_m = \sum_t D_{mt} \, x_t, \qquad
          D_{mt} = \frac{1}{N} \sum_{f=-\lfloor n/2 \rfloor}^{\lceil n/2 \rceil - 1}
                   \cos 2\pi f \left(\frac{m}{n} - \frac{t}{N}\right) ,

the real part of :class:`napari_mrsr.sampling.KSpaceCentre` along that axis. Its rows are orthogonal, so that
:math:`D^+ = D^T (D D^T)^{-1}` costs nothing, and

.. math:: x_{dc} = x + D^+ (y - D x)

takes the central frequencies from what was measured and leaves the others as they are: ``D x_dc = y``. In a plane both
axes are done, one after the other.

**Approximate for magnitude images.** An image whose phase was thrown away is no longer the Fourier transform of what
was measured; where a coarse voxel holds parts of opposite phase, or noise alone, its magnitude is not that of the
centre of the fine magnitude image. The result agrees with the magnitude, which is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling import along

Matrix = npt.NDArray[np.float64]


@lru_cache(maxsize=32)
def centre(size: int, n: int) -> Matrix:
    """Return D, which takes ``size`` fine samples to the ``n`` that the centre of k-space shows; shape ``(n, size)``.

    Raises
    ------
    BadParameter
        More coarse samples than fine ones, or none.

    Examples
    --------
    >>> bool(np.allclose(centre(8, 4) @ np.full(8, 3.0), 3.0))
    True
    """
    if not 1 <= n <= size:
        raise BadParameter(f"{n} frequencies are no centre of {size}", remedy="give at least as many fine samples")
    f = np.fft.fftfreq(n, 1 / n)
    shift = np.arange(n)[:, None] / n - np.arange(size)[None, :] / size
    result = np.asarray(np.cos(2 * np.pi * f[:, None, None] * shift).sum(axis=0) / size)
    result.setflags(write=False)
    return result


@lru_cache(maxsize=32)
def back(size: int, n: int) -> Matrix:
    """Return the pseudo-inverse of :func:`centre`, shape ``(size, n)``."""
    d = centre(size, n)
    result = np.asarray(np.linalg.solve(d @ d.T, d).T)
    result.setflags(write=False)
    return result


def hold(x: npt.NDArray[Any], y: npt.NDArray[Any], axes: Sequence[int]) -> npt.NDArray[Any]:
    """Return frames with their central k-space replaced by what was measured.

    Parameters
    ----------
    x
        Frames on the fine grid, shape ``(..., i, j, k)``.
    y
        Frames as acquired, the same shape but fewer samples along the axes.
    axes
        Those along which the centre was measured, the two in plane or all three, counted from the end (-3, -2 or -1).

    Returns
    -------
    ndarray
        As x.
    """
    residual = x
    for axis in axes:
        residual = along.apply(centre(x.shape[axis], y.shape[axis]), residual, axis)
    correction = y - residual
    for axis in axes:
        correction = along.apply(back(x.shape[axis], y.shape[axis]), correction, axis)
    return np.asarray(x + correction)
