r"""MPRAGE: an inversion, then a train of gradient echoes, in its steady state.

One repetition::

    inversion -- TI0 -- [a, echo 1] -- ES -- [a, echo 2] -- ... -- [a, echo N] -- TD -- inversion
    |<---------------------------------- TR ----------------------------------->|
    |<------------ TI ------------->| echo n, the centre of k-space

    TI0 = TI - (n - 1) ES        from the inversion to the first pulse
    TD  = TR - TI0 - (N - 1) ES  from the last pulse to the next inversion

TI is counted to the echo of the centre of k-space, as scanners do. Everything transverse is spoiled. With ::

    g = exp(-TI0/T1)    d = exp(-ES/T1)    p = exp(-TD/T1)    m = d cos a

the longitudinal magnetisation before echo i is that of a FLASH sequence on its way from the inversion, which turns M
into :math:`-\eta M`, to its steady state (Wang 2014)::

    M_i / M0 = (1 - d) (1 - m^(i-1)) / (1 - m) + m^(i-1) (1 - g - eta g Meq/M0)

and what it comes back to before the next inversion follows from going once around::

    Meq / M0 = [ 1 - p + p cos a (1 - d) (1 - m^(N-1)) / (1 - m) + p d^(N-1) cos^N a (1 - g) ]
               / [ 1 + eta g p d^(N-1) cos^N a ]

    S = M0 (M_n / M0) sin a exp(-TE / T2*)

Here ``g p d^(N-1) = exp(-TR/T1)`` exactly: code of the published formula that counts N spacings, ``TR = TI0 + N ES +
TD``, is off by one of them. The numerator is written as a sum of positive terms, so that long T1 loses no digits in
single precision.

**The sign** is kept: S is negative where the centre of k-space is read before the magnetisation has passed zero. A
scanner shows its magnitude.

**Left out**: relaxation during the pulses, stimulated echoes (perfect spoiling), partial Fourier and turbo factors
other than as the number N and the centre n of the pulses. The inversion is taken as adiabatic: B1 acts on the pulses
of the train, and the efficiency is :math:`\eta`.

Source
------
Wang J, He L, Zheng H, Lu ZL. Optimizing the magnetization-prepared rapid gradient-echo (MP-RAGE) sequence. PLoS One
2014;9:e96899.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.arrays import Values, alike
from napari_mrsr.physics.timings import check_finite


@dataclass(frozen=True)
class MprageTimings:
    r"""When an MPRAGE sequence inverts, excites and reads.

    The defaults are those of Table 1 of Qiu et al. (3 T). What the table does not print is **assumed**: the echo
    spacing, the number of echoes, which one holds the centre of k-space, and a perfect inversion.

    Parameters
    ----------
    repetition_time
        TR from inversion to inversion, ms.
    inversion_time
        TI from the inversion to the centre of k-space, ms.
    echo_time
        TE, ms.
    flip_angle
        Nominal angle a of the train, degrees.
    echo_spacing
        ES between pulses of the train, ms (assumed).
    echoes
        Pulses N in a train (assumed: one for each of the 160 partitions).
    centre
        Which of them, from 1, reads the centre of k-space (assumed: the middle one).
    inversion_efficiency
        :math:`\eta`, 1 for a perfect inversion, 0 for none (assumed).

    Raises
    ------
    BadParameter
        A value is impossible, or the train does not fit between inversion and TI, or into TR.

    Examples
    --------
    >>> MprageTimings().before_train, round(MprageTimings().after_train, 1)
    (332.0, 439.1)
    """

    repetition_time: float = 1900.0
    inversion_time: float = 900.0
    echo_time: float = 2.93
    flip_angle: float = 9.0
    echo_spacing: float = 7.1
    echoes: int = 160
    centre: int = 81
    inversion_efficiency: float = 1.0

    def __post_init__(self) -> None:
        check_finite(self, "MPRAGE")
        if not 0 < self.flip_angle < 180:
            raise BadParameter(f"flip angle {self.flip_angle:g} is not between 0 and 180 degrees")
        if not 1 <= self.centre <= self.echoes:
            raise BadParameter(
                f"echo {self.centre} cannot be the centre of {self.echoes} echoes", remedy="count the echoes from 1"
            )
        if self.inversion_efficiency > 1:
            raise BadParameter(f"inversion efficiency {self.inversion_efficiency:g} is above 1")
        if self.before_train < 0:
            raise BadParameter(
                f"{self.centre - 1} echo spacings of {self.echo_spacing:g} ms "
                f"do not fit before TI {self.inversion_time:g} ms",
                remedy="give the echo spacing, or the echo that reads the centre of k-space",
            )
        if self.after_train < 0:
            raise BadParameter(
                f"a train of {self.echoes} echoes {self.echo_spacing:g} ms apart, with its centre at TI "
                f"{self.inversion_time:g} ms, does not fit into TR {self.repetition_time:g} ms",
                remedy="give TR from inversion to inversion, or the echo spacing",
            )

    @property
    def before_train(self) -> float:
        """TI0, from the inversion to the first pulse, ms."""
        return self.inversion_time - (self.centre - 1) * self.echo_spacing

    @property
    def after_train(self) -> float:
        """TD, from the last pulse to the next inversion, ms."""
        return self.repetition_time - self.before_train - (self.echoes - 1) * self.echo_spacing


def mprage_signal(
    t1: Values,
    timings: MprageTimings | None = None,
    *,
    m0: Values = 1.0,
    b1: Values = 1.0,
    t2_star: Values | None = None,
) -> Any:
    """Return the signal of the echo that reads the centre of k-space, with its sign.

    Parameters
    ----------
    t1
        Longitudinal relaxation time, ms, greater than 0.
    timings
        The sequence; that of Table 1 where not given.
    m0
        Equilibrium magnetisation times receive gain.
    b1
        Actual over nominal flip angle of the train.
    t2_star
        T2*, ms; its decay until TE is left out where not given, as in the reference study.

    Returns
    -------
    array or tensor
        Of the common shape of the maps: a tensor, differentiable, where one of them is a tensor.

    Raises
    ------
    BadParameter
        T1 or T2* is not positive (numpy only; see :mod:`napari_mrsr.physics.arrays`).

    Examples
    --------
    White matter, grey matter and cerebrospinal fluid:

    >>> import numpy as np
    >>> mprage_signal(np.array([850.0, 1350.0, 4000.0]), m0=np.array([0.7, 0.83, 1.0])).round(5)
    array([0.03377, 0.02466, 0.00836])
    """
    timings = timings or MprageTimings()
    xp, (t1, decaying, m0, b1) = alike(t1, math.inf if t2_star is None else t2_star, m0, b1)
    spacings = timings.echoes - 1
    angle = b1 * math.radians(timings.flip_angle)
    cosine = xp.cos(angle)

    lost = -xp.expm1(-timings.echo_spacing / t1)  # 1 - d
    m = (1 - lost) * cosine
    below = lost + (1 - lost) * 2 * xp.sin(angle / 2) ** 2  # 1 - m
    recovered = -xp.expm1(-timings.before_train / t1)  # 1 - g
    late = -xp.expm1(-timings.after_train / t1)  # 1 - p
    kept = (1 - late) * cosine**timings.echoes * xp.exp(-spacings * timings.echo_spacing / t1)

    through = (1 - late) * cosine * lost * (1 - m**spacings) / below
    eta = timings.inversion_efficiency
    steady = (late + through + kept * recovered) / (1 + eta * kept * (1 - recovered))
    first = recovered - eta * (1 - recovered) * steady
    reached = m ** (timings.centre - 1)
    read = lost * (1 - reached) / below + reached * first
    signal = m0 * read * xp.sin(angle)
    return signal if t2_star is None else signal * xp.exp(-timings.echo_time / decaying)
