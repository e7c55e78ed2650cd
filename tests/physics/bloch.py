"""Sequences by brute force: isochromats turned and relaxed one event after the other until nothing changes.

Nothing of the package is used here. Magnetisation is an array ``(isochromat, xyz)`` in units of M0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Magnetisation = npt.NDArray[np.float64]


def turn(m: Magnetisation, degrees: float, axis: str) -> Magnetisation:
    """Turn about x or y."""
    a = np.deg2rad(degrees)
    c, s = np.cos(a), np.sin(a)
    matrix = {"x": [[1, 0, 0], [0, c, -s], [0, s, c]], "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]]}[axis]
    return m @ np.array(matrix).T


def relax(m: Magnetisation, time: float, t1: float, t2: float) -> Magnetisation:
    """Let magnetisation relax for a while, ms."""
    out = m.copy()
    out[:, :2] *= np.exp(-time / t2)
    out[:, 2] = 1 - (1 - out[:, 2]) * np.exp(-time / t1)
    return out


def precess(m: Magnetisation, angles: npt.NDArray[np.float64]) -> Magnetisation:
    """Turn each isochromat about z by its angle, rad."""
    out = m.copy()
    c, s = np.cos(angles), np.sin(angles)
    out[:, 0], out[:, 1] = c * m[:, 0] - s * m[:, 1], s * m[:, 0] + c * m[:, 1]
    return out


def spoil(m: Magnetisation) -> Magnetisation:
    """Leave nothing but what lies along the field."""
    return m * np.array([0.0, 0.0, 1.0])


def mprage(
    t1: float, *, tr: float, ti: float, flip: float, spacing: float, echoes: int, centre: int, efficiency: float = 1.0
) -> tuple[float, float]:
    """Return z before the inversion, and y behind the pulse of the centre, after ten T1 of repetitions."""
    m = np.array([[0.0, 0.0, 1.0]])
    before = seen = 0.0
    first = ti - (centre - 1) * spacing
    for _ in range(int(10 * t1 / tr) + 20):
        before = m[0, 2]
        m = spoil(m)
        m[:, 2] *= -efficiency
        m = relax(m, first, t1, 50.0)
        for number in range(1, echoes + 1):
            m = turn(spoil(m), -flip, "x")
            if number == centre:
                seen = m[0, 1]
            m = relax(m, spacing if number < echoes else tr - first - (echoes - 1) * spacing, t1, 50.0)
        m = spoil(m)
    return before, seen


def spin_echo_train(
    t1: float,
    t2: float,
    *,
    tr: float,
    spacing: float,
    angles: Sequence[float],
    echo: int,
    excitation: float = 90.0,
    inversion: float | None = None,
    efficiency: float = 1.0,
    isochromats: int = 64,
) -> float:
    """Return the echo of a train in its steady state; ``inversion`` is TI, ms.

    Crushers wind the isochromats up, each half spacing by the same whole number of turns over the voxel; there must be
    more isochromats than twice the half spacings of a train, so that none of its orders is taken for another.
    """
    assert isochromats > 4 * len(angles) + 4
    wind = 2 * np.pi * np.arange(isochromats) / isochromats
    m = np.tile([0.0, 0.0, 1.0], (isochromats, 1))
    seen, before = 0.0, np.inf
    for _ in range(200):
        if inversion is not None:
            m = spoil(m)
            m[:, 2] *= -efficiency
            m = relax(m, inversion, t1, t2)
        m = turn(m, -excitation, "x")  # along y
        for number, angle in enumerate(angles, start=1):
            m = precess(relax(m, spacing / 2, t1, t2), wind)
            m = turn(m, angle, "y")
            m = precess(relax(m, spacing / 2, t1, t2), wind)
            if number == echo:
                seen = m[:, 1].mean()
        m = relax(m, tr - (inversion or 0.0) - len(angles) * spacing, t1, t2)
        m[:] = (0.0, 0.0, m[:, 2].mean())  # a spoiler ends the repetition, diffusion evens out
        if abs(seen - before) < 1e-13:
            return seen
        before = seen
    return seen
