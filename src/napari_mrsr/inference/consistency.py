r"""Consistency with what was measured.

The scanner measured ``y = A x + n`` with A the thick slices (a small matrix along one axis) and n noise of standard
deviation :math:`\sigma_n`. A network gives x with an error of standard deviation :math:`\sigma_e`. The correction

.. math:: x_{dc} = x + G (y - A x), \qquad G = A^T (A A^T + \lambda I)^{-1}, \qquad \lambda = \sigma_n^2 / \sigma_e^2

is the Wiener estimate of the error from the residual. ``hard`` sets :math:`\lambda = 0`, the orthogonal projection on
all images that agree with y; it brings the noise of y back and so hurts on noisy scans. :math:`A A^T` is well
conditioned (at most 4 for the profiles of :mod:`napari_mrsr.sampling`), so one dense Cholesky factorisation along the
axis serves all lines.

The correction can be undone: :math:`y - A x = (A A^T + \lambda I)\,(y - A x_{dc}) / \lambda`. What a result looked like
before it is therefore known from the result and :math:`\lambda`, see :func:`residual_before`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.sampling.thick_slices import Profile

Kind = Literal["wiener", "hard", "none"]

#: Standard deviation of a network's error where its card does not say, part of the common scale. Of the order that the
#: networks here reach (33 to 40 dB).
MODEL_ERROR = 0.015


@lru_cache(maxsize=16)
def gain(n: int, factor: int, penalty: float = 0.0, profile: Profile = "fir") -> npt.NDArray[np.float64]:
    r"""Return G for ``n`` fine slices.

    Parameters
    ----------
    n
        Number of fine slices.
    factor
        Fine slices for each thick one.
    penalty
        :math:`\lambda`, at least 0.
    profile
        Slice profile.

    Returns
    -------
    ndarray
        Shape ``(n, ceil(n / factor))``.
    """
    from scipy.linalg import cho_factor, cho_solve

    a = thick_slices.matrix(n, factor, profile)
    normal = a @ a.T + penalty * np.eye(a.shape[0])
    result = np.asarray(cho_solve(cho_factor(normal), a)).T
    result.setflags(write=False)
    return result


def penalty(kind: Kind, noise: float, error: float) -> float | None:
    r"""Return :math:`\lambda`; None where nothing is to be corrected.

    Parameters
    ----------
    kind
        ``"wiener"``, ``"hard"`` or ``"none"``.
    noise, error
        Standard deviations of the noise and of the network's error, same unit.

    Raises
    ------
    BadParameter
        No such kind, or the error is not positive.
    """
    if kind == "none":
        return None
    if kind == "hard":
        return 0.0
    if kind != "wiener":
        raise BadParameter(f"consistency {kind!r} is not one of wiener, hard, none", remedy="choose one of these")
    if not error > 0:
        raise BadParameter(
            f"a network error of {error:g} is not positive",
            remedy="give it as a part of the common scale, such as 0.015",
        )
    return (noise / error) ** 2


def apply(
    x: npt.NDArray[Any],
    y: npt.NDArray[Any],
    *,
    axis: int,
    factor: int,
    kind: Kind = "wiener",
    noise: float | npt.ArrayLike = 0.0,
    error: float | npt.ArrayLike = MODEL_ERROR,
    profile: Profile = "fir",
) -> npt.NDArray[Any]:
    """Correct a result by what was measured.

    Parameters
    ----------
    x
        Result, shape ``(echo, i, j, k)``; must hold all slices along the axis.
    y
        Thick slices, the same shape but ``factor`` times fewer along the axis.
    axis
        0, 1 or 2.
    factor
        Fine slices for each thick one.
    kind
        ``"wiener"``, ``"hard"`` or ``"none"``.
    noise, error
        Standard deviations of the noise of y and of the error of x, one number or one for each echo, same unit.
    profile
        Slice profile.

    Returns
    -------
    ndarray
        As x.
    """
    noises = np.broadcast_to(np.asarray(noise, float), x.shape[:1])
    errors = np.broadcast_to(np.asarray(error, float), x.shape[:1])
    result = np.empty_like(x)
    for n in range(x.shape[0]):
        value = penalty(kind, float(noises[n]), float(errors[n]))
        result[n] = x[n] if value is None else correct(x[n], y[n], axis, factor, value, profile)
    return result


def correct(
    x: npt.NDArray[Any], y: npt.NDArray[Any], axis: int, factor: int, penalty: float, profile: Profile = "fir"
) -> npt.NDArray[Any]:
    """Return ``x + G (y - A x)`` of one volume."""
    a = thick_slices.matrix(x.shape[axis], factor, profile)
    correction = along.apply(gain(x.shape[axis], factor, penalty, profile), y - along.apply(a, x, axis), axis)
    correction += x
    return correction


def residual_before(
    x: npt.NDArray[Any], y: npt.NDArray[Any], *, axis: int, factor: int, penalty: float | None, profile: Profile = "fir"
) -> npt.NDArray[Any]:
    r"""Return ``y - A x`` as it was before the correction with :math:`\lambda` (None: there was none).

    Parameters
    ----------
    x, y
        Result after correction and thick slices of one volume, ``(i, j, k)``.

    Raises
    ------
    BadParameter
        The correction was a hard projection, after which nothing can be known of it.
    """
    a = thick_slices.matrix(x.shape[axis], factor, profile)
    after = y - along.apply(a, x, axis)
    if penalty is None:
        return np.asarray(after)
    if penalty <= 0:
        raise BadParameter(
            "was projected hard onto what was measured, which hides its disagreement",
            remedy="use wiener consistency or none",
        )
    return along.apply(np.asarray(a @ a.T / penalty + np.eye(a.shape[0])), after, axis)
