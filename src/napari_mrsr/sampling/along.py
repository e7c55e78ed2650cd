"""Whatever acts along one axis is a small matrix: compute it once, multiply all lines.

``y[..., m, ...] = sum_n M[m, n] x[..., n, ...]``. Interpolation, thick slices and data consistency all run through
:func:`apply`; as one matrix product each is far quicker than a filter over the volume (see ``benchmarks/``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def apply(matrix: npt.NDArray[Any], array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """Multiply every line of ``array`` along ``axis`` by ``matrix``.

    Parameters
    ----------
    matrix
        Shape ``(m, n)``.
    array
        Any shape with ``n`` samples along ``axis``; its precision is kept (integers become float32).
    axis
        Axis of ``array``; negative counts from the end.

    Returns
    -------
    ndarray
        ``array`` with ``m`` samples along ``axis``, C-contiguous.

    Examples
    --------
    >>> apply(np.array([[0.5, 0.5]]), np.array([[1.0, 3.0], [5.0, 9.0]]), axis=1)
    array([[2.],
           [7.]])
    """
    dtype = array.dtype if array.dtype.kind in "fc" else np.dtype(np.float32)
    x = array.astype(dtype, copy=False)
    m = matrix.astype(dtype, copy=False)
    axis %= x.ndim
    if axis == x.ndim - 1:
        return np.ascontiguousarray(x @ m.T)
    lines = int(np.prod(x.shape[axis + 1 :]))
    before = x.shape[:axis]
    y = m @ x.reshape(*before, x.shape[axis], lines)
    return np.ascontiguousarray(y.reshape(*before, m.shape[0], *x.shape[axis + 1 :]))


def reflect(index: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Map indices outside ``0 .. n-1`` inside by half-sample reflection ``(d c b a | a b c d | d c b a)``."""
    period = np.mod(index, 2 * n)
    return np.where(period < n, period, 2 * n - 1 - period)
