r"""FLAIR: an inversion that leaves fluid near zero, then a turbo spin echo or SPACE train, in its steady state.

What is read, and how often, is in :mod:`napari_mrsr.physics.echo_train`.

The sign is kept: S of fluid is negative where TI is shorter than its zero crossing. A scanner shows its magnitude.

**The TE of a SPACE header is not its T2 weighting.** The small, changing refocusing angles of SPACE keep much of the
signal along the field, where it decays by T1; the echo at a nominal 352 ms has lost hardly more than a spin echo of
some 100 ms. What counts is the **equivalent TE** of a spin echo that has lost as much (Busse 2006), ::

    TE_equivalent = -T2 ln( echo(T1, T2) / echo without relaxation )

for the tissue at which the sequence is aimed. :func:`equivalent_echo_time` finds it from the angles; scanners do not
write them into a header, so that for phantoms :func:`flair_signal` takes an equivalent TE, to be varied from 90 to
200 ms, and lets 180 degree pulses leave what they leave. :func:`flair_signal_simulated` follows given angles through
the extended phase graph; :mod:`napari_mrsr.physics.space` makes some of the kind that scanners use. Against such a
train the simple model, with the equivalent TE of grey matter, has the ratios of brain tissues right to 8 %.

Source
------
Busse RF, Hariharan H, Vu A, Brittain JH. Fast spin echo sequences with very long echo trains: design of variable
refocusing flip angle schedules and generation of clinical T2 contrast. Magn Reson Med 2006;55:1030-1037.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.arrays import Values, alike
from napari_mrsr.physics.echo_train import TrainTimings, signal_of_train
from napari_mrsr.physics.refocusing import ideal_train, simulated_train
from napari_mrsr.physics.timings import check_finite

#: T1 and T2 of the fluid that is nulled, ms.
FLUID = (4000.0, 1800.0)

#: Relaxation times that count as none, ms.
WITHOUT_RELAXATION = 1e12


@dataclass(frozen=True)
class FlairTimings(TrainTimings):
    r"""When a FLAIR sequence inverts, excites and reads.

    The defaults are those of Table 1 of Qiu et al. (a 3-D SPACE at 3 T). What the table does not print is
    **assumed**: the equivalent TE, the echo spacing, the number of pulses and a perfect inversion.

    Parameters
    ----------
    repetition_time
        TR from inversion to inversion, ms.
    inversion_time
        TI from the inversion to the excitation, ms.
    echo_time
        TE as in the header, ms.
    equivalent_echo_time
        TE of the spin echo that has the same T2 weighting, ms (assumed); that of the header where pulses are of 180
        degrees.
    echo_spacing
        ESP, ms (assumed).
    pulses
        Refocusing pulses N of a train (assumed).
    inversion_efficiency
        :math:`\eta`, 1 for a perfect inversion, 0 for none (assumed).
    excitation_angle
        Nominal angle of the excitation, degrees.

    Raises
    ------
    BadParameter
        A value is impossible, TE lies outside the train, or inversion and train do not fit into TR.
    """

    repetition_time: float = 4800.0
    inversion_time: float = 1800.0
    echo_time: float = 352.0
    equivalent_echo_time: float = 140.0
    echo_spacing: float = 4.0
    pulses: int = 176
    inversion_efficiency: float = 1.0
    excitation_angle: float = 90.0

    def __post_init__(self) -> None:
        check_finite(self, "FLAIR")
        self.check_train()
        if self.inversion_efficiency > 1:
            raise BadParameter(f"inversion efficiency {self.inversion_efficiency:g} is above 1")


def flair_signal(
    t1: Values, t2: Values, timings: FlairTimings | None = None, *, m0: Values = 1.0, b1: Values = 1.0
) -> Any:
    """Return the signal with the T2 weighting of the equivalent TE, with its sign.

    Parameters
    ----------
    t1, t2
        Relaxation times, ms, greater than 0.
    timings
        The sequence; that of Table 1 where not given.
    m0
        Equilibrium magnetisation times receive gain.
    b1
        Actual over nominal angle of the excitation; the inversion is taken as adiabatic.

    Returns
    -------
    array or tensor
        Of the common shape of the maps: a tensor, differentiable, where one of them is a tensor.

    Raises
    ------
    BadParameter
        T1 or T2 is not positive (numpy only; see :mod:`napari_mrsr.physics.arrays`).

    Examples
    --------
    White matter, grey matter and fluid, which is suppressed:

    >>> import numpy as np
    >>> flair_signal(np.array([850.0, 1350.0, 4000.0]), np.array([70.0, 95.0, 1900.0])).round(3)
    array([0.104, 0.119, 0.078])
    """
    timings = timings or FlairTimings()
    _, (t1, t2, m0, b1) = alike(t1, t2, m0, b1)
    train = ideal_train(
        t1, t2, spacing=timings.echo_spacing, pulses=timings.pulses, echo_time=timings.equivalent_echo_time
    )
    return signal_of_train(train, t1, timings, m0=m0, b1=b1)


def flair_signal_simulated(
    t1: Values,
    t2: Values,
    angles: Sequence[float],
    timings: FlairTimings | None = None,
    *,
    m0: Values = 1.0,
    b1: Values = 1.0,
) -> Any:
    """Return the signal of a train of given refocusing angles at the echo nearest to the header's TE.

    Parameters, result and errors as of :func:`flair_signal`, besides:

    Parameters
    ----------
    angles
        Nominal angle of each refocusing pulse, degrees, as many as the timings have pulses.
    b1
        Acts on all pulses but the inversion.

    Raises
    ------
    BadParameter
        There are not as many angles as pulses.
    """
    timings = timings or FlairTimings()
    if len(angles) != timings.pulses:
        raise BadParameter(f"{len(angles)} angles for {timings.pulses} pulses", remedy="give one angle for each pulse")
    _, (t1, t2, m0, b1) = alike(t1, t2, m0, b1)
    train = simulated_train(t1, t2, angles, spacing=timings.echo_spacing, echo=timings.echo, b1=b1)
    return signal_of_train(train, t1, timings, m0=m0, b1=b1)


def nulling_time(timings: FlairTimings) -> float:
    """Return the inversion time at which the simple model of a FLAIR shows no fluid, ms.

    Its 180 degree pulses leave nothing along the field; a real train of small angles leaves some, and is set up to null
    fluid at the TI of its header. At that TI the model would show fluid bright.

    Examples
    --------
    >>> round(nulling_time(FlairTimings()))
    1545
    """
    from scipy.optimize import brentq

    last = timings.repetition_time - timings.pulses * timings.echo_spacing

    def left(time: float) -> float:
        return float(flair_signal(FLUID[0], FLUID[1], replace(timings, inversion_time=time)))

    return float(brentq(left, 0.05 * last, 0.95 * last, xtol=0.1))


def equivalent_echo_time(t1: Values, t2: Values, angles: Sequence[float], *, spacing: float, echo: int) -> Any:
    """Return the TE, ms, of the spin echo that weights a tissue by T2 as an echo of a train does.

    Parameters
    ----------
    t1, t2
        Relaxation times of the tissue, ms.
    angles
        Angle of each refocusing pulse, degrees.
    spacing
        ESP, ms.
    echo
        Which echo, from 1.

    Examples
    --------
    Pulses of 180 degrees change nothing, of 60 degrees they take away a third of it:

    >>> [round(float(equivalent_echo_time(1000, 100, [a] * 20, spacing=5, echo=20)), 1) for a in (180, 60)]
    [100.0, 63.0]
    """
    xp, (t1, t2) = alike(t1, t2)
    lasting = xp.zeros_like(t1 + t2) + WITHOUT_RELAXATION
    lost = simulated_train(t1, t2, angles, spacing=spacing, echo=echo).echo
    kept = simulated_train(lasting, lasting, angles, spacing=spacing, echo=echo).echo
    return -t2 * xp.log(lost / kept)
