r"""Refocusing angles as SPACE has them: small, and such that the echoes of one tissue stay alike over a long train.

Scanners do not write their angles into a header. These are not those of any scanner, but made by the same principle,
so that FLAIR of a long train can be simulated and its equivalent TE told (:mod:`napari_mrsr.physics.flair`).

The echoes of the tissue that the train is made for shall fall from 1 to a level s, ::

    s_n = s + w (s_(n-1) - s)        0 <= w < 1

and then stay there. With f, g, z of the lowest odd order before a pulse (:mod:`napari_mrsr.physics.refocusing`) its
echo is linear in the cosine and the sine of the angle a, so that the angle of each pulse follows in turn (Busse
2006)::

    s_n exp(ESP / 2 T2) = (f + g) / 2 - cos(a) (f - g) / 2 - sin(a) z

The level is the highest one at which every pulse has an angle, less a margin that keeps the last of them from growing
to 180 degrees.

**What comes of it**: made for T1 1300 and T2 95 ms, 176 pulses 4 ms apart, the echo at 352 ms weights white matter
(850 and 70 ms) by T2 as a spin echo of 83, 102 or 142 ms does where w is 0.8, 0.9 or 0.94.

Source
------
Busse RF, Hariharan H, Vu A, Brittain JH. Fast spin echo sequences with very long echo trains: design of variable
refocusing flip angle schedules and generation of clinical T2 contrast. Magn Reson Med 2006;55:1030-1037.
"""

from __future__ import annotations

import math

import numpy as np

from napari_mrsr.errors import BadParameter

#: Halvings in which the highest level is found.
HALVINGS = 30


def space_angles(
    pulses: int,
    *,
    spacing: float,
    t1: float = 1300.0,
    t2: float = 95.0,
    approach: float = 0.9,
    margin: float = 0.05,
) -> tuple[float, ...]:
    """Return refocusing angles, degrees, that hold the echoes of a tissue at the highest level possible.

    Parameters
    ----------
    pulses
        How many.
    spacing
        ESP, ms.
    t1, t2
        Of the tissue that the train is made for, ms; grey matter where not given.
    approach
        w, the part of the distance to the level that is left after each echo, from 0 to below 1.
    margin
        How far below the highest level to stay, as a part of it.

    Raises
    ------
    BadParameter
        A number is impossible, or the echoes fall so slowly that no such train is possible.

    Examples
    --------
    >>> angles = space_angles(176, spacing=4.0)
    >>> [round(angles[n]) for n in (0, 1, 20, 40, 88, 175)]
    [154, 120, 22, 15, 22, 77]
    """
    times = (spacing, t1, t2)
    if pulses < 1 or not all(math.isfinite(v) and v > 0 for v in times):
        raise BadParameter("pulses, echo spacing, T1 and T2 of a SPACE train must be positive")
    if not (0 <= approach < 1 and 0 <= margin < 1):
        raise BadParameter(f"approach {approach:g} and margin {margin:g} must lie from 0 to below 1")
    lowest, highest = 0.0, 1.0
    for _ in range(HALVINGS):
        level = (lowest + highest) / 2
        lowest, highest = (lowest, level) if _angles(pulses, times, approach, level) is None else (level, highest)
    found = _angles(pulses, times, approach, lowest * (1 - margin))
    if found is None:
        raise BadParameter(
            f"echoes that keep {approach:g} of their distance from one to the next fall more slowly than T2 allows",
            remedy="give a smaller approach",
        )
    return found


def _angles(pulses: int, times: tuple[float, float, float], approach: float, level: float) -> tuple[float, ...] | None:
    """Return the angles that give the echoes prescribed, or nothing where one of them cannot be had."""
    spacing, t1, t2 = times
    half, decay, recovery = (math.exp(-time) for time in (spacing / 2 / t2, spacing / t2, spacing / t1))
    f, g, z = np.zeros((3, pulses // 2 + 1))
    f[0] = half
    wanted, angles = 1.0, []
    for _ in range(pulses):
        wanted = level + approach * (wanted - level)
        mean, apart = (f[0] + g[0]) / 2, (f[0] - g[0]) / 2
        needed = (mean - wanted / half) / math.hypot(apart, z[0])
        if abs(needed) > 1:
            return None
        angle = math.atan2(z[0], apart) + math.acos(needed)
        if not 0 < angle <= math.pi:
            return None
        angles.append(math.degrees(angle))
        low, high, sine = math.cos(angle / 2) ** 2, math.sin(angle / 2) ** 2, math.sin(angle)
        f, g, z = (
            low * f + high * g + sine * z,
            high * f + low * g - sine * z,
            math.cos(angle) * z - sine / 2 * (f - g),
        )
        f = np.concatenate([g[:1], f[:-1]]) * decay
        g = np.append(g[1:], 0.0) * decay
        z = z * recovery
    return tuple(angles)
