r"""T1 and M0 from spoiled gradient echoes of different flip angles (variable flip angle, VFA).

With :math:`\tau = 2 \tan(a/2)` the FLASH equation (:mod:`napari_mrsr.physics.flash`) is rational in :math:`\tau`::

    S = A tau rho / (rho + tau^2 / 4)      rho = (1 - E1) / (1 + E1) = tanh(TR / 2 T1)

where A is M0 times receive gain and the T2* decay until TE. Multiplied out it is a straight line, ::

    S / tau = A - (S tau / 4) / rho

**One TR for all**: the line gives rho, and T1 = TR / (2 artanh rho), exactly: the linearisation of Fram (1987) and
DESPOT1 (Deoni 2003) in other coordinates. **Different TR**: with ``rho = TR / 2 T1``, which is short of nothing but
(TR / T1)^2 / 12, the line ::

    S / tau = A - T1 (S tau / 2 TR)

gives T1 at once; at small angles, ``tau = a``, it is the rational approximation of Helms (2008). It is where the
**exact solution** starts. A is projected out, ``A = <S, f> / <f, f>`` with f the signal of A = 1, and what is left is
one unknown, the rate R = 1/T1, ::

    g  = f' - f <f, f'> / <f, f>           what a change of R does that no change of A can do
    dR = <g, S - A f> / (A <g, g>)         (Gauss and Newton; Kaufman's variable projection)

taken in ln R and no further than by a factor e at a time. For two scans it solves two equations, for more it is the
least squares fit. Scalar products are weighted by ``1 / sigma^2`` of each scan.

**Noise**: ``Var R = 1 / (A^2 <g, g>)``, the bound of Cramér and Rao, and ``sigma_T1 = T1^2 sqrt(Var R)``.

**B1** multiplies every flip angle. T1 goes with its square: 10 % less flip angle than assumed reads T1 too short by
19 %.

Sources
-------
- Fram EK, Herfkens RJ, Johnson GA, et al. Rapid calculation of T1 using variable flip angle gradient refocused
  imaging. Magn Reson Imaging 1987;5:201-208.
- Deoni SCL, Rutt BK, Peters TM. Rapid combined T1 and T2 mapping using gradient recalled acquisition in the steady
  state. Magn Reson Med 2003;49:515-526.
- Helms G, Dathe H, Dechent P. Quantitative FLASH MRI at 3T using a rational approximation of the Ernst equation. Magn
  Reson Med 2008;59:667-672.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

#: T1 between which a solution is looked for, ms.
SEARCHED = (1.0, 1e5)
#: T1 to start from where the linear solution has none, ms.
ANYWHERE = 1000.0
#: Steps at most, and the relative change of T1 below which it is found.
STEPS, SETTLED = 40, 1e-7


@dataclass(frozen=True)
class VfaFit:
    """T1 and M0 of a run of voxels.

    Parameters
    ----------
    t1
        ms; NaN where no T1 explains the signals.
    m0
        A of the equation, in units of the image; NaN where T1 is.
    t1_deviation
        Standard deviation of T1 by noise, ms, for the sigmas that were given.
    """

    t1: Float64
    m0: Float64
    t1_deviation: Float64


def linear(signals: npt.ArrayLike, flip_angles: npt.ArrayLike, repetition_times: npt.ArrayLike) -> tuple[Any, Any]:
    """Return T1 and M0 of the straight line: exact for one TR, the rational approximation for several.

    Parameters
    ----------
    signals
        Shape ``(scan, ...)``.
    flip_angles
        Degrees, shape ``(scan,)``, or ``(scan, ...)`` where B1 is known.
    repetition_times
        TR, ms, shape ``(scan,)``.

    Returns
    -------
    t1, m0
        ms and units of the image, shape ``(...)``; not finite, or not positive, where there is no solution.

    Examples
    --------
    >>> from napari_mrsr.physics.flash import FlashSequence, flash_signal
    >>> signals = [flash_signal(900.0, 1e9, FlashSequence(15, 2, flip)) for flip in (4, 20)]
    >>> t1, m0 = linear(signals, (4, 20), (15, 15))
    >>> round(float(t1), 6), round(float(m0), 6)
    (900.0, 1.0)
    """
    signal = np.asarray(signals, np.float64)
    tau = 2 * np.tan(np.deg2rad(_along(flip_angles, signal)) / 2)
    times = _along(repetition_times, signal)
    y, x = signal / tau, signal * tau / (2 * times)
    with np.errstate(all="ignore"):
        across = x - x.mean(axis=0)
        t1 = -(across * y).sum(axis=0) / (across**2).sum(axis=0)
        m0 = y.mean(axis=0) + t1 * x.mean(axis=0)
        if np.ptp(np.asarray(repetition_times, np.float64)) == 0:
            time = times[0]
            t1 = time / (2 * np.arctanh(np.where(t1 > 0, time / (2 * t1), np.nan)))
    return t1, m0


def fit(
    signals: npt.ArrayLike,
    flip_angles: npt.ArrayLike,
    repetition_times: npt.ArrayLike,
    *,
    b1: npt.ArrayLike = 1.0,
    sigmas: npt.ArrayLike = 1.0,
) -> VfaFit:
    """Return T1 and M0 by the exact equation.

    Parameters
    ----------
    signals
        Shape ``(scan, voxel)``, at least two scans.
    flip_angles, repetition_times
        Degrees and ms, one for each scan.
    b1
        Actual over nominal flip angle, a number or shape ``(voxel,)``.
    sigmas
        Standard deviation of the noise of each scan; only their ratios matter to T1.

    Examples
    --------
    >>> from napari_mrsr.physics.flash import FlashSequence, flash_signal
    >>> scans = ((6, 28), (20, 18))
    >>> signals = [flash_signal([900.0, 1400.0], 1e9, FlashSequence(tr, 2, flip)) for flip, tr in scans]
    >>> fit(signals, (6, 20), (28, 18)).t1.round(6)
    array([ 900., 1400.])
    """
    signal = np.asarray(signals, np.float64)
    angle = np.deg2rad(_along(flip_angles, signal)) * np.asarray(b1, np.float64)
    times = _along(repetition_times, signal)
    weight = _along(np.broadcast_to(np.asarray(sigmas, np.float64), signal.shape[:1]), signal) ** -2
    with np.errstate(all="ignore"):
        start, _ = linear(signal, np.rad2deg(angle), repetition_times)
        rate = 1 / np.where((start > SEARCHED[0]) & (start < SEARCHED[1]), start, ANYWHERE)
        lowest, highest = 1 / SEARCHED[1], 1 / SEARCHED[0]
        todo = np.arange(rate.size)
        for _ in range(STEPS):
            here = angle if angle.shape[1] == 1 else angle[:, todo]
            _, step, _ = _project(signal[:, todo], rate[todo], here, times, weight)
            change = np.clip(np.nan_to_num(step / rate[todo]), -1, 1)
            rate[todo] = np.clip(rate[todo] * np.exp(change), lowest, highest)
            todo = todo[np.abs(change) >= SETTLED]
            if todo.size == 0:
                break
        amount, _, square = _project(signal, rate, angle, times, weight)
        found = (rate > lowest) & (rate < highest) & (amount > 0) & (square > 0) & np.isfinite(amount)
        found[todo] = False
        t1 = np.where(found, 1 / rate, np.nan)
        deviation = t1**2 / (amount * np.sqrt(square))
    return VfaFit(t1, np.where(found, amount, np.nan), np.where(found, deviation, np.nan))


def _project(
    signal: Float64, rate: Float64, angle: Float64, times: Float64, weight: Float64
) -> tuple[Float64, Float64, Float64]:
    """Return A, the step of the rate, and the square of g, at a rate of each voxel."""
    cosine = np.cos(angle)
    lost = -np.expm1(-times * rate)
    below = 1 - (1 - lost) * cosine
    f = np.sin(angle) * lost / below
    slope = np.sin(angle) * times * (1 - lost) * (1 - cosine) / below**2
    power = (weight * f * f).sum(axis=0)
    amount = (weight * signal * f).sum(axis=0) / power
    g = slope - f * ((weight * f * slope).sum(axis=0) / power)
    square = (weight * g * g).sum(axis=0)
    step = (weight * g * (signal - amount * f)).sum(axis=0) / (amount * square)
    return amount, step, square


def _along(values: npt.ArrayLike, signal: Float64) -> Float64:
    """Return one value for each scan so that it spreads over the voxels."""
    values = np.asarray(values, np.float64)
    return values if values.ndim == signal.ndim else values.reshape(-1, *[1] * (signal.ndim - 1))
