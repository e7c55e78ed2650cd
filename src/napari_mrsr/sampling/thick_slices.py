r"""Thick slices: a slice profile h, then every d-th slice.

.. math:: y_k = \sum_n h_{n - dk} \, x_n

with x continued beyond its ends by half-sample reflection. Slice k of the result lies where slice ``d k`` of the input
lies: the origin stays, the spacing grows d-fold. Profiles:

``fir``
    The published simulation: a 48th-order (49-tap) low-pass, Hamming window, cut-off :math:`\pi/d`, applied once with
    zero phase (Chaudhari et al., MICCAI PREDICTIVE 2018, section 3.2; Magn Reson Med 2018;80:2139).
``box``
    The mean over a slice of d fine slices: an ideal excitation profile. Centred on slice ``d k``; for even d the two
    outer fine slices count half.
``gap``
    The mean over three quarters of the distance between slices: an ideal profile and a gap of a quarter, a usual
    choice against cross-talk.
``gaussian``
    Full width at half maximum of d fine slices: a short selective pulse.

Each profile sums to 1, so a constant stays what it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling import along
from napari_mrsr.sampling.operator import Operator

Profile = Literal["fir", "box", "gap", "gaussian"]

#: Filter order of the published simulation.
FIR_ORDER = 48
#: Thickness of a slice as a part of the distance to the next.
THICKNESS = {"box": 1.0, "gap": 0.75}


@lru_cache
def profile_taps(factor: int, profile: Profile = "fir") -> npt.NDArray[np.float64]:
    """Return the symmetric slice profile, an odd number of taps that sum to 1."""
    if profile == "fir":
        from scipy.signal import firwin

        taps = np.asarray(firwin(FIR_ORDER + 1, 1.0 / factor), dtype=np.float64)
    elif profile in THICKNESS:
        taps = _mean_over(THICKNESS[profile] * factor)
    else:
        sigma = factor / (2 * np.sqrt(2 * np.log(2)))
        half = int(np.ceil(4 * sigma))
        taps = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    taps = np.asarray(taps / taps.sum(), dtype=np.float64)
    taps.setflags(write=False)
    return taps


def _mean_over(width: float) -> npt.NDArray[np.float64]:
    """Return the part of each fine slice that a slice of ``width`` fine slices covers, its middle on the middle one."""
    half = int(np.ceil((width - 1) / 2))
    offsets = np.arange(-half, half + 1)
    covered = np.minimum(offsets + 0.5, width / 2) - np.maximum(offsets - 0.5, -width / 2)
    return np.asarray(covered, dtype=np.float64)


@lru_cache(maxsize=64)
def matrix(n: int, factor: int, profile: Profile = "fir") -> npt.NDArray[np.float64]:
    """Return the operator along one line.

    Parameters
    ----------
    n
        Number of thin slices.
    factor
        d, a whole number of at least 1.
    profile
        Slice profile.

    Returns
    -------
    ndarray
        Shape ``(ceil(n / factor), n)``; rows sum to 1.

    Raises
    ------
    BadParameter
        The factor is not a whole number of at least 1, or the profile is not known.
    """
    if factor != int(factor) or factor < 1:
        raise BadParameter(f"factor {factor} is not a whole number of at least 1", remedy="give 2, 3 or 4")
    if profile not in get_args(Profile):
        raise BadParameter(
            f"slice profile {profile!r} is not one of {', '.join(get_args(Profile))}", remedy="choose one of these"
        )
    if factor == 1:
        return np.eye(n)
    taps = profile_taps(factor, profile)
    rows = np.arange(0, n, factor)
    result = np.zeros((len(rows), n))
    offsets = np.arange(len(taps)) - len(taps) // 2
    columns = along.reflect(rows[:, None] + offsets, n)
    np.add.at(result, (np.arange(len(rows))[:, None], columns), taps)
    result.setflags(write=False)
    return result


class ThickSlices(Operator):
    """Slices made ``factor`` times thicker along one axis.

    Parameters
    ----------
    shape
        Shape of the fine array, any number of dimensions.
    axis
        The slice axis.
    factor
        How many times thicker.
    profile
        Slice profile: ``"fir"``, ``"box"``, ``"gap"`` or ``"gaussian"``.

    Examples
    --------
    >>> A = ThickSlices((4, 4, 8), axis=2, factor=2)
    >>> A(np.ones((4, 4, 8))).shape, A.H(np.ones((4, 4, 4))).shape
    ((4, 4, 4), (4, 4, 8))
    """

    def __init__(self, shape: tuple[int, ...], axis: int, factor: int, profile: Profile = "fir") -> None:
        self.axis = axis % len(shape)
        self.factor = factor
        self.profile = profile
        self.matrix = matrix(shape[self.axis], factor, profile)
        coarse = list(shape)
        coarse[self.axis] = self.matrix.shape[0]
        super().__init__(tuple(shape), tuple(coarse))

    def _forward(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return along.apply(self.matrix, x, self.axis)

    def _adjoint(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return along.apply(self.matrix.T, y, self.axis)
