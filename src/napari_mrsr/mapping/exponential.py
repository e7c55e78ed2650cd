r"""Mono-exponential decay over a noise floor, fitted to many voxels at once.

**Model** of the magnitude at time t (counted from the first echo used)::

    s(t) = A exp(-R t)        m(t) = sqrt(s^2 + f^2)

The floor f stands for noise, which lifts the mean of a magnitude by ``(2 L - 1) sigma^2 / (2 s)`` where the signal s is
high (L coils combined; :mod:`~napari_mrsr.mapping.noise`). With ``f = sqrt(2 L - 1) sigma`` the model does the same,
and stays near the mean of the magnitude where there is no signal; for one coil this is the correction
``s = sqrt(m^2 - sigma^2)`` of Gudbjartsson and Patz (1995), here in the model and not in the data, where it would meet
negative numbers. So late echoes, which noise holds up, do not lengthen T2. (The root mean square without signal,
``sqrt(2 L) sigma``, belongs to averaged powers; as f it would shorten T2.) With f = 0 it is the plain exponential.

**Start**: a straight line through ``ln s``, weighted by ``s^2`` because the logarithm of a small signal is noisy.

**Fit**: least squares in m by Levenberg and Marquardt's method, each voxel with its own damping, with the Jacobian ::

    dm/dA = (s/m) exp(-R t)        dm/dR = -(s/m) t s

and its 2 x 2 normal equations solved in closed form. Voxels that have settled leave the loop.

**Precision**: by Cramér and Rao's bound the variance of R is ``sigma^2 (J^T J)^-1`` at its place.

Sources
-------
- Gudbjartsson H, Patz S. The Rician distribution of noisy MRI data. Magn Reson Med 1995;34:910-914.
- Marquardt DW. An algorithm for least-squares estimation of nonlinear parameters. J Soc Ind Appl Math
  1963;11:431-441.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Relative change of the rate below which a voxel has settled.
TOLERANCE = 1e-6
#: Steps after which a voxel that has not settled is given up.
STEPS = 40


class Decay(NamedTuple):
    """Fitted decays, one entry a voxel.

    ``amplitude`` is the signal at the first time; ``rate`` is R in the inverse unit of time, NaN where the fit did not
    settle; ``rate_variance`` is the variance of R for a noise of 1 in the magnitude.
    """

    amplitude: Floats
    rate: Floats
    rate_variance: Floats


def fit(magnitude: npt.ArrayLike, times: npt.ArrayLike, *, floor: float = 0.0) -> Decay:
    """Fit a decay to every voxel.

    Parameters
    ----------
    magnitude
        Shape ``(time, voxel)``.
    times
        Two or more times, ascending, any unit.
    floor
        Magnitude f that noise leaves where there is no signal.

    Examples
    --------
    >>> times = np.array([10.0, 20.0, 30.0])
    >>> decay = fit(100 * np.exp(-times / 35)[:, None], times)
    >>> print(f"{1 / decay.rate[0]:.4f}")
    35.0000
    """
    t = np.asarray(times, dtype=np.float64)[:, None]
    t = t - t[0]
    m = np.asarray(magnitude, dtype=np.float64)
    amplitude, rate = _line(m, t, floor)
    result = Decay(amplitude.copy(), np.full_like(rate, np.nan), np.full_like(rate, np.nan))
    damping = np.full_like(rate, 1e-3)
    voxel = np.flatnonzero(np.isfinite(amplitude + rate) & (amplitude > 0))
    amplitude, rate, damping, m = amplitude[voxel], rate[voxel], damping[voxel], m[:, voxel]
    e, s, model, cost = _model(amplitude, rate, m, t, floor)
    for _ in range(STEPS):
        if voxel.size == 0:
            break
        slope = np.divide(s, model, out=np.zeros_like(s), where=model > 0)
        by_a, by_r = slope * e, -slope * t * s
        left = m - model
        aa, ar, rr = (by_a**2).sum(0), (by_a * by_r).sum(0), (by_r**2).sum(0)
        a, r = (by_a * left).sum(0), (by_r * left).sum(0)
        with np.errstate(all="ignore"):
            damped = aa * rr * (1 + damping) ** 2 - ar**2
            step_a = (a * rr * (1 + damping) - r * ar) / damped
            step_r = (r * aa * (1 + damping) - a * ar) / damped
            variance = aa / (aa * rr - ar**2)
        tried_a, tried_r = amplitude + step_a, rate + step_r
        tried = _model(tried_a, tried_r, m, t, floor)
        better = tried[3] <= cost  # False for NaN, so that an impossible step is never taken
        settled = (np.abs(step_r) <= TOLERANCE * np.abs(rate)) & (damping <= 1)
        amplitude, rate = np.where(better, tried_a, amplitude), np.where(better, tried_r, rate)
        damping = np.where(better, damping / 10, damping * 10)
        result.amplitude[voxel[settled]] = amplitude[settled]
        result.rate[voxel[settled]] = rate[settled]
        result.rate_variance[voxel[settled]] = variance[settled]
        stay = ~settled & (damping < 1e8)
        e, s, model = (np.where(better, *pair)[:, stay] for pair in zip(tried[:3], (e, s, model), strict=True))
        cost = np.where(better, tried[3], cost)[stay]
        voxel, m, amplitude, rate, damping = voxel[stay], m[:, stay], amplitude[stay], rate[stay], damping[stay]
    return result


def _line(m: Floats, t: Floats, floor: float) -> tuple[Floats, Floats]:
    """Return amplitude and rate of the weighted straight line through the logarithms."""
    power = np.maximum(m**2 * np.sign(m) - floor**2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(power > 0, 0.5 * np.log(power), 0)
        total = power.sum(0)
        mean_t, mean_y = (power * t).sum(0) / total, (power * y).sum(0) / total
        rate = -(power * (t - mean_t) * (y - mean_y)).sum(0) / (power * (t - mean_t) ** 2).sum(0)
        return np.exp(mean_y + rate * mean_t), rate


def _model(
    amplitude: Floats, rate: Floats, m: Floats, t: Floats, floor: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the decay, the signal, the magnitude and the sum of squares of what is left."""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(-rate * t)
        s = amplitude * e
        model = np.sqrt(s**2 + floor**2) if floor else s
        return e, s, model, ((m - model) ** 2).sum(0)
