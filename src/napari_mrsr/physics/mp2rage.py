r"""MP2RAGE: an inversion and two trains of gradient echoes, in its steady state, and the ratio of the two.

One repetition, with n pulses ES apart in a train; that after ``before`` others reads the centre of k-space::

    inversion -- TA -- [a1] x n -- TB -- [a2] x n -- TC -- inversion
    TI1, TI2 from the inversion to the centre of either train;    TR from inversion to inversion

    TA = TI1 - before ES      TB = TI2 - TI1 - n ES      TC = TR - TI2 - after ES

Longitudinal magnetisation in units of M0 changes along a line in each part: free recovery over t takes M to
:math:`1 - E + E M` with :math:`E = e^{-t/T_1}`; k pulses of angle a and their recoveries take it to
:math:`(1 - E_1) (1 - q^k) / (1 - q) + q^k M` with :math:`q = E_1 \cos a`; the inversion takes it to :math:`-\eta M`.
Going once around gives the steady state, and the magnetisation at the two centres times :math:`\sin a` the signals
:math:`S_1` (which may be negative) and :math:`S_2`. The uniform image

.. math:: U = S_1 S_2 / (S_1^2 + S_2^2)

lies between -0.5 and 0.5 and holds neither M0 nor receive gain nor T2*. It falls with T1 over the values that tissue
has (with the sign of the scanners, by which white matter is bright).

Source
------
Marques JP, Kober T, Krueger G, et al. MP2RAGE, a self bias-field corrected sequence for improved segmentation and
T1-mapping at high field. NeuroImage 2010;49:1271-1281.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mp2rageTimings:
    """When an MP2RAGE sequence inverts, excites and reads.

    Parameters
    ----------
    repetition_time
        TR from inversion to inversion, ms.
    inversion_times
        TI1 and TI2, to the centre of k-space of each train, ms.
    flip_angles
        Of the two trains, degrees.
    echo_spacing
        Between pulses of a train, ms.
    before, after
        Pulses of a train until the centre of k-space, and from it on; partial Fourier leaves out some of the first.
    inversion_efficiency
        1 for a perfect inversion; 0.96 is usual.

    Raises
    ------
    BadParameter
        A value is impossible, or the trains do not fit.

    Examples
    --------
    >>> round(Mp2rageTimings().gaps[0], 1)
    75.2
    """

    repetition_time: float = 5000.0
    inversion_times: tuple[float, float] = (700.0, 2500.0)
    flip_angles: tuple[float, float] = (4.0, 5.0)
    echo_spacing: float = 7.1
    before: int = 88
    after: int = 88
    inversion_efficiency: float = 0.96

    def __post_init__(self) -> None:
        times = (self.repetition_time, self.echo_spacing, *self.inversion_times, *self.flip_angles)
        if not all(math.isfinite(one) and one > 0 for one in times):
            raise BadParameter("times and flip angles of MP2RAGE are above 0", remedy="give ms and degrees")
        if max(self.flip_angles) >= 90 or self.before < 0 or self.after < 1 or not 0 < self.inversion_efficiency <= 1:
            raise BadParameter(
                "a train of MP2RAGE has one pulse at least, below 90 degrees, and an inversion efficiency up to 1",
                remedy="give the timings of the protocol",
            )
        for gap, name in zip(self.gaps, ("before TI1", "between the trains", "behind TI2"), strict=True):
            if gap < 0:
                raise BadParameter(
                    f"{self.before + self.after} pulses {self.echo_spacing:g} ms apart do not fit {name}",
                    remedy="give TR from inversion to inversion, TI, echo spacing and pulses as in the protocol",
                )

    @property
    def gaps(self) -> tuple[float, float, float]:
        """TA, TB and TC, ms."""
        first, second = self.inversion_times
        return (
            first - self.before * self.echo_spacing,
            second - first - (self.before + self.after) * self.echo_spacing,
            self.repetition_time - second - self.after * self.echo_spacing,
        )


def mp2rage_signals(
    t1: npt.ArrayLike, timings: Mp2rageTimings | None = None, *, b1: float = 1.0
) -> tuple[Float64, Float64]:
    """Return the signals of the two trains in units of M0, with their signs.

    Parameters
    ----------
    t1
        ms, greater than 0.
    timings
        The sequence.
    b1
        Actual over nominal flip angle of the trains.
    """
    timings = timings or Mp2rageTimings()
    values = np.asarray(t1, np.float64)
    one = np.exp(-timings.echo_spacing / values)
    angles = [math.radians(b1 * angle) for angle in timings.flip_angles]

    def wait(time: float) -> tuple[Float64, Float64]:
        kept = np.exp(-time / values)
        return 1 - kept, kept

    def pulses(angle: float, count: int) -> tuple[Float64, Float64]:
        factor = one * math.cos(angle)
        kept = factor**count
        return (1 - one) * (1 - kept) / (1 - factor), kept

    gaps, (a1, a2) = timings.gaps, angles
    to_first = [(0.0 * values, -timings.inversion_efficiency + 0.0 * values), wait(gaps[0]), pulses(a1, timings.before)]
    to_second = [pulses(a1, timings.after), wait(gaps[1]), pulses(a2, timings.before)]
    home = [pulses(a2, timings.after), wait(gaps[2])]

    def along(start: tuple[Float64, Float64], steps: list[tuple[Float64, Float64]]) -> tuple[Float64, Float64]:
        """Return offset and slope of what a run of steps makes of the magnetisation."""
        offset, slope = start
        for plus, times in steps:
            offset, slope = plus + times * offset, times * slope
        return offset, slope

    first = along((0.0 * values, 1 + 0.0 * values), to_first)
    second = along(first, to_second)
    last = along(second, home)
    steady = last[0] / (1 - last[1])
    return (
        (first[0] + first[1] * steady) * math.sin(a1),
        (second[0] + second[1] * steady) * math.sin(a2),
    )


def uniform(t1: npt.ArrayLike, timings: Mp2rageTimings | None = None, *, b1: float = 1.0) -> Float64:
    """Return the uniform image, -0.5 to 0.5.

    Examples
    --------
    White matter is brighter than grey matter, which is brighter than fluid:

    >>> uniform([850.0, 1350.0, 4000.0]).round(2).tolist()
    [0.19, -0.07, -0.49]
    """
    one, two = mp2rage_signals(t1, timings, b1=b1)
    return np.asarray(one * two / (one**2 + two**2))
