r"""What a patch looks like, whatever its mean: first and second derivatives of the thick samples around it.

A window w of the plane, ``rows`` in-plane samples by ``slices`` thick ones, is filtered with :math:`[-1, 1]` and
:math:`[1, -2, 1]` along both axes wherever they fit. All four are linear, so one matrix G gives all the responses
:math:`G w`; their principal components :math:`V^T G w` keep nearly all the energy in a fraction of the numbers (Timofte
et al., ACCV 2014, section 2.2; the filters after Yang et al., IEEE Trans Image Process 2010;19:2861, section III).

Published, the filters act on the interpolated plane. Here they act on the thick samples themselves: interpolation is
linear too and adds nothing that is not in them, and there are half as many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

#: First and second derivative.
FILTERS = ((-1.0, 1.0), (1.0, -2.0, 1.0))


def derivatives(window: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return G, the derivatives of a window as a matrix.

    Parameters
    ----------
    window
        In-plane samples and thick slices.

    Returns
    -------
    ndarray
        Shape ``(responses, rows * slices)``; every row sums to 0.

    Examples
    --------
    >>> derivatives((1, 3))
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.],
           [ 1., -2.,  1.]])
    """
    basis = np.eye(window[0] * window[1]).reshape(-1, *window)
    found = []
    for axis in (1, 2):
        for taps in FILTERS:
            places = window[axis - 1] - len(taps) + 1
            if places > 0:
                shifted = [np.take(basis, np.arange(n, n + places), axis=axis) for n in range(len(taps))]
                response = sum(tap * part for tap, part in zip(taps, shifted, strict=True))
                found.append(np.reshape(response, (len(basis), -1)))
    return np.concatenate(found, axis=1).T


def principal(samples: npt.NDArray[Any], window: tuple[int, int], kept: float = 0.999) -> Floats:
    """Return the features as one matrix: the principal components of the derivatives of the samples.

    Parameters
    ----------
    samples
        Windows, shape ``(n, rows * slices)``.
    window
        In-plane samples and thick slices.
    kept
        Share of the energy that is kept.

    Returns
    -------
    ndarray
        Shape ``(features, rows * slices)``.
    """
    g = derivatives(window)
    w = samples.astype(np.float64)
    energies, vectors = np.linalg.eigh(g @ (w.T @ w / len(w)) @ g.T)
    energies, vectors = energies[::-1], vectors[:, ::-1]
    count = int(np.searchsorted(np.cumsum(energies) / energies.sum(), kept)) + 1
    return np.ascontiguousarray(vectors[:, :count].T @ g, dtype=np.float32)


def windows(planes: npt.NDArray[Any], window: tuple[int, int]) -> npt.NDArray[Any]:
    """Return the window around every sample of some planes, reflected at the borders (a view, nothing is copied).

    Parameters
    ----------
    planes
        Shape ``(plane, row, slice)``.
    window
        In-plane samples and thick slices, both odd.

    Returns
    -------
    ndarray
        Shape ``(plane, row, slice, *window)``.
    """
    a, b = window[0] // 2, window[1] // 2
    padded = np.pad(planes, ((0, 0), (a, a), (b, b)), mode="symmetric")
    return np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2))
