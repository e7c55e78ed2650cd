r"""Interpolation along one axis as a matrix.

Fine sample m lies at coarse position :math:`t_m = m n / N` (``m / factor`` for a whole factor), so fine sample
``factor * k`` is coarse sample k (with ``ibp`` it lies there, and may differ). Beyond the last coarse sample the signal
is continued by half-sample reflection. Applied along one axis after another the kernels give trilinear, tricubic and so
on.

========== ==============================================================================================
nearest    the coarse sample closest to t (half-way: the lower one)
trilinear  :math:`(1 - u) x_k + u x_{k+1}`, :math:`u = t - k`
keys       cubic convolution, a = -1/2 (Keys, IEEE Trans ASSP 1981;29:1153), support of four samples
tricubic   the cubic B-spline through all samples (Unser, IEEE Signal Process Mag 1999;16:22), as scipy's ``zoom``
area       mean of the coarse voxels that a fine voxel covers, by overlap
fourier    zero-filling of the discrete Fourier spectrum (periodic), the Nyquist term shared
ibp        iterative back-projection: blurred and decimated it gives x (:mod:`.back_projection`)
========== ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.sampling import along

Interpolation = Literal["nearest", "trilinear", "tricubic", "area", "fourier", "keys", "ibp"]
Matrix = npt.NDArray[np.float64]


@lru_cache(maxsize=128)
def matrix(method: Interpolation, n: int, size: int) -> Matrix:
    """Return the matrix that takes ``n`` coarse samples to ``size`` fine ones.

    Parameters
    ----------
    method
        One of :data:`METHODS`.
    n
        Number of coarse samples.
    size
        Number of fine samples over the same field of view; need not be a multiple of ``n``.

    Returns
    -------
    ndarray
        Shape ``(size, n)``; rows sum to 1.

    Raises
    ------
    UnknownMethod
        No interpolation of that name.
    BadParameter
        There are no samples, or fewer fine than coarse ones.

    Examples
    --------
    >>> matrix("trilinear", 2, 4)
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ],
           [0. , 1. ]])
    """
    if method not in METHODS:
        raise UnknownMethod(f"no interpolation {method!r}", remedy=f"choose one of {', '.join(METHODS)}")
    if n < 1 or size < n:
        raise BadParameter(
            f"{n} samples cannot be interpolated to {size}", remedy="ask for at least as many samples as there are"
        )
    result = np.eye(n) if size == n else METHODS[method](n, size)
    result.setflags(write=False)
    return result


def interpolate(array: npt.NDArray[Any], method: Interpolation, factor: int, axis: int) -> npt.NDArray[Any]:
    """Interpolate along one spatial axis.

    Parameters
    ----------
    array
        Shape ``(..., i, j, k)``.
    method
        One of :data:`METHODS`.
    factor
        Fine samples for each coarse one.
    axis
        0, 1 or 2 for i, j or k.

    Returns
    -------
    ndarray
        ``factor`` times as many samples along the axis, same precision.
    """
    if factor != int(factor) or factor < 1:
        raise BadParameter(f"factor {factor} is not a whole number of at least 1", remedy="give 2, 3 or 4")
    axis = axis - 3
    n = array.shape[axis]
    return along.apply(matrix(method, n, n * int(factor)), array, axis)


def _positions(n: int, size: int) -> Matrix:
    return np.asarray(np.arange(size) * (n / size), dtype=np.float64)


def _local(n: int, size: int, weights: Callable[[Matrix], Matrix], reach: int) -> Matrix:
    """Matrix of a kernel with support ``reach`` samples to either side."""
    t = _positions(n, size)
    base = np.floor(t).astype(np.int64)
    offsets = np.arange(1 - reach, reach + 1)
    columns = base[:, None] + offsets
    result = np.zeros((size, n))
    np.add.at(result, (np.arange(size)[:, None], along.reflect(columns, n)), weights(np.abs(t[:, None] - columns)))
    return result


def _nearest(n: int, size: int) -> Matrix:
    result = np.zeros((size, n))
    nearest = np.ceil(_positions(n, size) - 0.5 - 1e-9).astype(np.int64)
    result[np.arange(size), np.clip(nearest, 0, n - 1)] = 1.0
    return result


def _trilinear(n: int, size: int) -> Matrix:
    return _local(n, size, lambda distance: np.clip(1 - distance, 0, None), reach=1)


def _keys(n: int, size: int) -> Matrix:
    def kernel(d: Matrix) -> Matrix:
        near = (1.5 * d - 2.5) * d * d + 1
        far = ((-0.5 * d + 2.5) * d - 4) * d + 2
        return np.where(d < 1, near, np.where(d < 2, far, 0.0))

    return _local(n, size, kernel, reach=2)


def _tricubic(n: int, size: int) -> Matrix:
    from scipy.ndimage import spline_filter1d

    def b_spline(d: Matrix) -> Matrix:
        near = 2 / 3 - d * d + d**3 / 2
        far = np.clip(2 - d, 0, None) ** 3 / 6
        return np.where(d < 1, near, far)

    coefficients = spline_filter1d(np.eye(n), order=3, axis=0, mode="reflect")
    return np.asarray(_local(n, size, b_spline, reach=2) @ coefficients)


def _area(n: int, size: int) -> Matrix:
    ratio = n / size
    t = _positions(n, size)
    low, high = t - ratio / 2, t + ratio / 2
    columns = np.round(t).astype(np.int64)[:, None] + np.arange(-1, 2)
    overlap = np.minimum(high[:, None], columns + 0.5) - np.maximum(low[:, None], columns - 0.5)
    result = np.zeros((size, n))
    np.add.at(result, (np.arange(size)[:, None], along.reflect(columns, n)), np.clip(overlap, 0, None) / ratio)
    return result


def _fourier(n: int, size: int) -> Matrix:
    from scipy.signal import resample

    return np.asarray(resample(np.eye(n), size, axis=0))


def _ibp(n: int, size: int) -> Matrix:
    from napari_mrsr.interpolation import back_projection  # which interpolates its first guess by a matrix from here

    return back_projection.matrix(n, size)


#: Name of each method and the function that makes its matrix.
METHODS: dict[str, Callable[[int, int], Matrix]] = {
    "nearest": _nearest,
    "trilinear": _trilinear,
    "tricubic": _tricubic,
    "area": _area,
    "fourier": _fourier,
    "keys": _keys,
    "ibp": _ibp,
}
