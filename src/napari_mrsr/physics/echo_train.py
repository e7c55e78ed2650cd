r"""Sequences that read a train of refocused echoes, in their steady state: turbo spin echo, and FLAIR, which inverts.

One repetition::

    [inversion -- TI --] excitation -- train of N echoes ESP apart -- wait -- [inversion]
    |<---------------------------------- TR ------------------------------------------->|

With what the train does (:mod:`napari_mrsr.physics.refocusing`: its ``echo``, ``constant`` c, ``factor`` f), an
inversion that turns z into :math:`-\eta z`, an excitation of angle x, ``G = exp(-TI/T1)`` and ``R = exp(-wait/T1)``,
going once around gives z before the inversion, and from it the signal::

    z / M0 = [ 1 - R (1 - c) + R f cos x (1 - G) ] / [ 1 + eta R f cos x G ]
    u / M0 = 1 - G - eta G z / M0            before the excitation
    S = u sin x * echo

Without an inversion TI is 0 and :math:`\eta = -1`: u is z.
"""

from __future__ import annotations

import math
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.arrays import Values, alike
from napari_mrsr.physics.refocusing import Train


class TrainTimings:
    """What timings of such sequences share; the values are the fields of their dataclasses."""

    repetition_time: float
    echo_time: float
    echo_spacing: float
    pulses: int
    excitation_angle: float

    #: Without an inversion.
    inversion_time: float = 0.0
    inversion_efficiency: float = -1.0

    def check_train(self) -> None:
        """Refuse a train that cannot be, or does not fit.

        Raises
        ------
        BadParameter
            A value is impossible, TE lies outside the train, or it does not fit into TR.
        """
        if self.pulses < 1 or self.echo_spacing == 0:
            raise BadParameter(
                f"a train of {self.pulses} pulses {self.echo_spacing:g} ms apart is impossible",
                remedy="give the echo spacing in ms and the number of refocusing pulses",
            )
        if not 0 < self.excitation_angle <= 180:
            raise BadParameter("the excitation must be above 0 and at most 180 degrees")
        if not 1 <= self.echo <= self.pulses:
            raise BadParameter(
                f"TE {self.echo_time:g} ms lies outside a train of {self.pulses} echoes {self.echo_spacing:g} ms apart",
                remedy="give the echo spacing and the number of refocusing pulses",
            )
        if self.wait < 0:
            after = f"TI {self.inversion_time:g} ms and " if self.inversion_time else ""
            raise BadParameter(
                f"{after}{self.pulses} echoes {self.echo_spacing:g} ms apart "
                f"do not fit into TR {self.repetition_time:g} ms"
            )

    @property
    def echo(self) -> int:
        """Which echo, from 1, is nearest to TE."""
        return round(self.echo_time / self.echo_spacing)

    @property
    def train_duration(self) -> float:
        """From the excitation to ESP/2 behind the last pulse, N ESP, ms."""
        return self.pulses * self.echo_spacing

    @property
    def wait(self) -> float:
        """From ESP/2 behind the last pulse to the end of the repetition, ms."""
        return self.repetition_time - self.inversion_time - self.train_duration


def signal_of_train(train: Train, t1: Values, timings: TrainTimings, *, m0: Values = 1.0, b1: Values = 1.0) -> Any:
    """Return the signal where it is known what the train does.

    Parameters
    ----------
    train
        Of the common shape of the maps.
    t1
        ms, greater than 0.
    timings
        Of a TSE or a FLAIR.
    m0
        Equilibrium magnetisation times receive gain.
    b1
        Actual over nominal angle of the excitation; an inversion is taken as adiabatic.
    """
    xp, (t1, _, m0, b1) = alike(t1, 1.0, m0, b1)
    angle = b1 * math.radians(timings.excitation_angle)
    eta = timings.inversion_efficiency
    inverted = xp.exp(-timings.inversion_time / t1)
    recovered = -xp.expm1(-timings.inversion_time / t1)
    kept = xp.exp(-timings.wait / t1)
    turned = kept * train.factor * xp.cos(angle)
    before = (1 - kept * (1 - train.constant) + turned * recovered) / (1 + eta * turned * inverted)
    return m0 * (recovered - eta * inverted * before) * xp.sin(angle) * train.echo
