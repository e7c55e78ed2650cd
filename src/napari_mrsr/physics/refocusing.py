r"""A train of refocusing pulses: how much of the magnetisation its echoes show, and how much it leaves behind.

Turbo spin echo, SPACE and FLAIR all read one: an excitation, then N refocusing pulses ESP apart, the first ESP/2
after the excitation, with an echo ESP/2 after each (Carr, Purcell, Meiboom, Gill). Two numbers for each voxel say all
that the signal and the steady state need:

- ``echo``: the echo over the transverse magnetisation that the excitation made;
- ``constant`` and ``factor``: of the longitudinal magnetisation z behind the excitation, all in units of M0, ESP/2
  after the last pulse there is ``constant + factor z``.

**Pulses of 180 degrees** (Conturo 1987). The echo decays by T2 alone. With ``q = exp(-ESP / 2 T1)``, and y = 1 - z
what is missing from equilibrium, a pulse with the half spacing on each side does ``y -> 2 q - q^2 y``, N of them ::

    y -> 2 q (1 - (-q^2)^N) / (1 + q^2) + (-q^2)^N y

**Other angles**, also one for each pulse, by the extended phase graph (Weigel 2015). Every half spacing raises the
order of transverse states by one. The excitation and what comes of it is at odd orders when a pulse comes;
longitudinal magnetisation that recovers, and the free induction decays that pulses make of it, is at even ones. The
two never mix, so that they are followed apart: the odd ones give the echoes, the even ones what is left. With
refocusing about the axis of the echoes, f of order k, g that of order -k, and z, all become real (a pulse of angle
a)::

    odd     f' =  cos^2(a/2) f + sin^2(a/2) g + sin a z         even    f' = cos^2(a/2) f + sin^2(a/2) g - sin a z
            g' =  sin^2(a/2) f + cos^2(a/2) g - sin a z                 g' = sin^2(a/2) f + cos^2(a/2) g + sin a z
            z' = -sin a / 2 (f - g) + cos a z                           z' = sin a / 2 (f - g) + cos a z

and from pulse to pulse f goes up by two orders, g down by two, by ``exp(-ESP/T2)``, z by ``exp(-ESP/T1)`` and, at
order 0, towards 1. Left out: diffusion, slice profiles, what survives from one repetition to the next.

Sources
-------
- Conturo TE, Beth AH, Arenstorff RF, Price RR. Simplified mathematical description of longitudinal recovery in
  multiple-echo sequences. Magn Reson Med 1987;4:282-288.
- Weigel M. Extended phase graphs: dephasing, RF pulses, and echoes - pure and simple. J Magn Reson Imaging
  2015;41:266-295.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from napari_mrsr.physics.arrays import Values, alike


@dataclass(frozen=True)
class Train:
    """What a train does to magnetisation; arrays of the common shape of the maps.

    Parameters
    ----------
    echo
        The echo that was asked for over the transverse magnetisation behind the excitation.
    constant, factor
        Longitudinal magnetisation ESP/2 behind the last pulse is ``constant + factor z``, in units of M0.
    """

    echo: Any
    constant: Any
    factor: Any


def ideal_train(t1: Values, t2: Values, *, spacing: float, pulses: int, echo_time: float) -> Train:
    """Return what a train of 180 degree pulses does, in closed form.

    Parameters
    ----------
    t1, t2
        Relaxation times, ms, arrays or tensors.
    spacing
        ESP, ms.
    pulses
        Their number N.
    echo_time
        TE of the echo that is read, ms; it need not be a multiple of ESP.

    Examples
    --------
    >>> train = ideal_train(850.0, 70.0, spacing=9.3, pulses=13, echo_time=93.0)
    >>> f"{float(train.echo):.4f} {float(train.constant):.4f} {float(train.factor):.4f}"
    '0.2649 0.0000 -0.8674'
    """
    xp, (t1, t2) = alike(t1, t2)
    q = xp.exp(-spacing / 2 / t1)
    turned = (-1) ** pulses * q ** (2 * pulses)
    missing = 2 * q * (1 - turned) / (1 + q**2)
    return Train(xp.exp(-echo_time / t2), 1 - missing - turned, turned)


def simulated_train(
    t1: Values, t2: Values, angles: Sequence[float], *, spacing: float, echo: int, b1: Values = 1.0
) -> Train:
    """Return what a train of any refocusing angles does, by extended phase graphs.

    Parameters
    ----------
    t1, t2
        Relaxation times, ms, arrays or tensors.
    angles
        Nominal angle of each pulse, degrees.
    spacing
        ESP, ms.
    echo
        Which echo is read, from 1.
    b1
        Actual over nominal angle.

    Notes
    -----
    Work and memory grow with the square of the number of pulses. For a long train (SPACE) of few tissues, simulate the
    tissues, not the voxels.

    Examples
    --------
    >>> train = simulated_train(850.0, 70.0, [150.0] * 13, spacing=9.3, echo=10)
    >>> f"{float(train.echo):.4f} {float(train.constant):.4f} {float(train.factor):.4f}"
    '0.2693 0.0024 -0.1603'
    """
    xp, (t1, t2, b1) = alike(t1, t2, b1)
    if xp.__name__ == "numpy":
        t1, t2, b1 = xp.broadcast_arrays(t1, t2, b1)
    else:
        t1, t2, b1 = xp.broadcast_tensors(t1, t2, b1)
    pulses = [_Pulse(xp, b1 * math.radians(angle)) for angle in angles]
    return Train(_echo(xp, pulses, t1, t2, spacing, echo), *_left(xp, pulses, t1, t2, spacing))


class _Pulse:
    """The operator of one pulse."""

    def __init__(self, xp: Any, angle: Any) -> None:
        self.sine, self.cosine = xp.sin(angle), xp.cos(angle)
        self.low, self.high = xp.cos(angle / 2) ** 2, xp.sin(angle / 2) ** 2

    def __call__(self, f: Any, g: Any, z: Any, sign: int) -> tuple[Any, Any, Any]:
        """Return the states behind the pulse; ``sign`` is 1 for odd orders, -1 for even ones."""
        exchanged = sign * self.sine * z
        return (
            self.low * f + self.high * g + exchanged,
            self.high * f + self.low * g - exchanged,
            self.cosine * z - sign * self.sine / 2 * (f - g),
        )


def _echo(xp: Any, pulses: Sequence[_Pulse], t1: Any, t2: Any, spacing: float, echo: int) -> Any:
    """Return the echo by the odd orders, 1, 3, 5 ... along the first axis; those that cannot come back are left out."""
    orders = echo // 2 + 1
    half, decay, recovery = xp.exp(-spacing / 2 / t2), xp.exp(-spacing / t2), xp.exp(-spacing / t1)
    nothing = xp.zeros_like(decay)[None]
    f = xp.concatenate([half[None], *[nothing] * (orders - 1)])
    g = z = xp.concatenate([nothing] * orders)
    for number, pulse in enumerate(pulses[:echo], start=1):
        f, g, z = pulse(f, g, z, 1)
        if number < echo:
            f = xp.concatenate([g[:1], f[:-1]]) * decay
            g = xp.concatenate([g[1:], nothing]) * decay
            z = z * recovery
    return g[0] * half


def _left(xp: Any, pulses: Sequence[_Pulse], t1: Any, t2: Any, spacing: float) -> tuple[Any, Any]:
    """Return constant and factor of what is left, by the even orders, 0, 2, 4 ...; both at once along a second axis."""
    orders = len(pulses) // 2 + 1
    decay, recovery = xp.exp(-spacing / t2), xp.exp(-spacing / t1)
    half, gained = xp.exp(-spacing / 2 / t1), -xp.expm1(-spacing / t1)
    one, none = xp.ones_like(t1), xp.zeros_like(t1)
    gains = xp.stack([gained, none])  # only the constant recovers
    start = xp.stack([-xp.expm1(-spacing / 2 / t1), half])
    nothing = xp.stack([none, none])[None]
    z = xp.concatenate([start[None], *[nothing] * (orders - 1)])
    f = g = xp.concatenate([nothing] * orders)
    for number, pulse in enumerate(pulses, start=1):
        f, g, z = pulse(f, g, z, -1)
        if number < len(pulses):
            f = xp.concatenate([-g[1:2] if orders > 1 else nothing, f[:-1]]) * decay
            g = xp.concatenate([g[1:], nothing]) * decay
            z = xp.concatenate([z[:1] * recovery + gains, z[1:] * recovery])
    constant, factor = z[0] * half + xp.stack([one - half, none])
    return constant, factor
