r"""Breathing: how deep the diaphragm stands at each frame, and how far the belly wall.

A cycle of period P and depth A lowers the diaphragm by :math:`a = A \sin^2 \pi s`, s being the time within it over P;
it rests at the end of expiration, where every cycle begins. The belly wall moves by :math:`b`, the same bell with its
time bent, :math:`s' = s - h (1 - \cos 2\pi s) / 2\pi`: it lags behind, so that a point of the liver goes down another
way than it comes up (hysteresis). Depth and period change from cycle to cycle.

Frame 0 is the end of an expiration: ``a = b = 0``, the anatomy as it was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.subject import generator

Pose = Literal["dynamic", "planning"]


@dataclass(frozen=True)
class Breathing:
    """How somebody breathes.

    Parameters
    ----------
    depth
        Mean way of the right dome of the diaphragm from head to foot, mm (quiet breathing: 10 to 20).
    wall
        Mean way of the belly wall to the front, mm.
    period
        Mean length of a cycle, s.
    variation
        Relative SD of depth and period from cycle to cycle.
    hysteresis
        How far the wall lags, 0 (together) to 0.9.

    Raises
    ------
    BadParameter
        A value is negative, the period is not positive, or the depth exceeds what the deformation can carry (40 mm).
    """

    depth: float = 14.0
    wall: float = 6.0
    period: float = 4.4
    variation: float = 0.2
    hysteresis: float = 0.5

    def __post_init__(self) -> None:
        if min(self.depth, self.wall, self.variation, self.hysteresis) < 0 or self.period <= 0:
            raise BadParameter(
                "depth, wall, variation and hysteresis of breathing must not be negative, its period > 0"
            )
        if self.depth > 40 or self.wall > 20 or self.hysteresis > 0.9 or self.variation > 0.5:
            raise BadParameter(
                f"breathing {self.depth:g} mm deep with a wall moving {self.wall:g} mm is deeper than is simulated",
                remedy="stay within depth 40, wall 20, hysteresis 0.9 and variation 0.5",
            )


@dataclass(frozen=True)
class State:
    """Where the diaphragm and the belly wall stand, mm from the end of expiration."""

    diaphragm: float = 0.0
    wall: float = 0.0


#: The end of an expiration.
EXPIRED = State()


def bell(s: npt.ArrayLike, bend: float = 0.0) -> npt.NDArray[np.float64]:
    r"""Return :math:`\sin^2 \pi s'` of the bent time of a cycle, ``s`` from 0 to 1."""
    s = np.asarray(s, np.float64)
    return np.asarray(np.sin(np.pi * (s - bend * (1 - np.cos(2 * np.pi * s)) / (2 * np.pi))) ** 2)


def states(seed: int, breathing: Breathing, times: npt.ArrayLike) -> tuple[State, ...]:
    """Return where the breath stands at times (s) after the start; the same for the same seed."""
    t = np.asarray(times, np.float64)
    rng = generator(seed, "breathing")
    found = [EXPIRED] * len(t)
    start, last = 0.0, float(t.max(initial=0.0))
    while start <= last:
        draw = np.clip(rng.standard_normal(3), -2, 2) * breathing.variation
        period = breathing.period * (1 + 0.5 * float(draw[0]))
        depth = min(breathing.depth * (1 + float(draw[1])), 40.0)
        wall = min(breathing.wall * (1 + 0.7 * float(draw[1]) + 0.5 * float(draw[2])), 20.0)
        for n in np.flatnonzero((t >= start) & (t < start + period)):
            s = (t[n] - start) / period
            found[n] = State(depth * float(bell(s)), max(wall, 0.0) * float(bell(s, breathing.hysteresis)))
        start += period
    return tuple(found)


def held(seed: int, breathing: Breathing) -> State:
    """Return the breath held for a planning scan: somewhere in inspiration."""
    if breathing.depth == 0:
        return EXPIRED
    a, b = generator(seed, "breath hold").uniform((0.5, 0.5), (1.2, 1.3))
    return State(min(breathing.depth * float(a), 40.0), min(breathing.wall * float(b), 20.0))
