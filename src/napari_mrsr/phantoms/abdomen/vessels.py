"""Vessels as chains of short tubes: the great ones by hand, those of the liver as trees that branch at random.

A branch divides in two after a third of its length or more, the children thinner by Murray's law, r^3 = r1^3 + r2^3,
and turned apart; portal branches grow from the porta outwards, hepatic veins from the vena cava below the diaphragm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen.bodies import Body
from napari_mrsr.phantoms.shapes import Array, Points, smooth_curve
from napari_mrsr.phantoms.subject import generator

Vec = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Segment:
    """A tapered piece of a vessel between two points, radii in mm."""

    name: str
    start: Vec
    end: Vec
    radii: tuple[float, float]
    #: Whether it reaches the surface of the liver, where it is cut off.
    cut: bool = False

    @cached_property
    def low(self) -> tuple[float, float, float]:
        """Lower corner of its box, mm."""
        x, y, z = np.minimum(self.start, self.end) - max(self.radii) - 1.5
        return float(x), float(y), float(z)

    @cached_property
    def high(self) -> tuple[float, float, float]:
        """Upper corner of its box, mm."""
        x, y, z = np.maximum(self.start, self.end) + max(self.radii) + 1.5
        return float(x), float(y), float(z)

    def at(self, p: Points) -> Array:
        """Return the distance to it."""
        d = self.end - self.start
        length = max(float(d @ d), 1e-9)
        q = [c - np.float32(s) for c, s in zip(p, self.start, strict=True)]
        t = sum(c * np.float32(e / length) for c, e in zip(q, d, strict=True))
        t = np.clip(t, 0, 1)
        rest = sum((c - t * np.float32(e)) ** 2 for c, e in zip(q, d, strict=True))
        a, b = self.radii
        return np.asarray(np.sqrt(rest) - (np.float32(a) + t * np.float32(b - a)))


def chain(name: str, knots: npt.ArrayLike, radii: tuple[float, float], pieces: int = 8) -> list[Segment]:
    """Return a curved vessel as segments."""
    curve = smooth_curve(np.asarray(knots, np.float64), pieces + 1)
    r = np.linspace(radii[0], radii[1], pieces + 1)
    return [Segment(name, curve[n], curve[n + 1], (float(r[n]), float(r[n + 1]))) for n in range(pieces)]


def great_vessels() -> list[Segment]:
    """Return aorta, vena cava, and the vessels to the organs."""
    aorta = chain("aorta", [(-9, -16, 130), (-7, -11, 40), (-6, -8, -40), (-4, -6, -150)], (11.0, 8.5), 10)
    cava = chain(
        "vena cava", [(24, 4, 130), (24, -6, 62), (21, -8, 10), (16, -8, -60), (14, -9, -150)], (12.0, 10.0), 10
    )
    name = "other vessels"
    return [
        *aorta,
        *cava,
        *chain(name, [(10, 4, -10), (18, 8, -2), (28, 10, 8)], (6.5, 6.0), 4),
        *chain(name, [(-80, -24, 18), (-50, -12, 4), (-20, 5, -6), (10, 4, -10)], (3.5, 5.0)),
        *chain(name, [(14, 18, -130), (13, 14, -60), (10, 4, -10)], (5.0, 5.5), 6),
        *chain(name, [(-5, 2, -22), (-4, 10, -32), (2, 17, -60), (2, 22, -130)], (3.5, 3.0)),
        *chain(name, [(-6, 0, -6), (-5, 10, -4), (10, 12, 0), (24, 14, 6)], (3.2, 2.2), 6),
        *chain(name, [(16, -10, -28), (30, -22, -30), (46, -34, -31)], (5.0, 4.0), 4),
        *chain(name, [(15, -6, -20), (-4, 2, -20), (-30, -16, -22), (-46, -32, -22)], (5.0, 4.0), 6),
    ]


def tree(seed: int, name: str, root: Vec, towards: Vec, radius: float, length: float, depth: int) -> list[Segment]:
    """Return a branching tree; each generation turns its plane and shortens by a fifth or so."""
    rng = generator(seed, "tree", name, int(abs(root).sum()), int(abs(towards).sum()))
    found: list[Segment] = []

    def grow(at: Vec, way: Vec, normal: Vec, r: float, reach: float, left: int) -> None:
        bent = way + 0.18 * rng.standard_normal(3)
        bent /= np.linalg.norm(bent)
        middle = at + 0.5 * reach * way
        end = middle + 0.5 * reach * bent
        found.append(Segment("hepatic vessels", at, middle, (r, 0.95 * r)))
        found.append(Segment("hepatic vessels", middle, end, (0.95 * r, 0.9 * r)))
        if left == 0 or r < 0.8:
            return
        share = rng.uniform(0.35, 0.65)
        for part, sign in ((share, 1.0), (1 - share, -1.0)):
            turn = np.deg2rad(rng.uniform(22, 48)) * sign * (1.4 - part)
            child = np.cos(turn) * bent + np.sin(turn) * np.cross(normal, bent)
            child /= np.linalg.norm(child)
            roll = np.deg2rad(rng.uniform(50, 110))
            plane = np.cos(roll) * normal + np.sin(roll) * np.cross(child, normal)
            plane -= (plane @ child) * child
            plane /= np.linalg.norm(plane)
            grow(end, child, plane, 0.9 * r * part ** (1 / 3), reach * rng.uniform(0.72, 0.9), left - 1)

    way = (towards - root) / np.linalg.norm(towards - root)
    normal = np.cross(way, rng.standard_normal(3))
    grow(root, way, normal / np.linalg.norm(normal), radius, length, depth)
    return found


def mesenteric_vessels(seed: int) -> list[Segment]:
    """Return thin vessels that fan out from the root of the mesentery to the bowel."""
    rng = generator(seed, "mesentery")
    found: list[Segment] = []
    for _ in range(22):
        root = np.array([rng.uniform(-4, 14), 18, rng.uniform(-95, -25)])
        end = np.array([rng.uniform(-75, 70), rng.uniform(15, 62), root[2] + rng.uniform(-35, 5)])
        middle = 0.5 * (root + end) + 7 * rng.standard_normal(3)
        found += chain("other vessels", [root, middle, end], (2.5, 1.3), 4)
    return found


def liver_vessels(seed: int, liver: Body) -> list[Segment]:
    """Return portal branches and hepatic veins of a liver; what leaves it is left out, or cut off when painted."""
    porta, cava = np.array([28.0, 10.0, 8.0]), np.array([24.0, -2.0, 56.0])
    plans = [
        (porta, (62.0, 14.0, 22.0), 5.0, 26.0, 5),
        (porta, (60.0, -6.0, 2.0), 5.0, 26.0, 5),
        (porta, (10.0, 34.0, 24.0), 4.4, 24.0, 5),
        (cava, (70.0, -16.0, 40.0), 4.8, 32.0, 4),
        (cava, (56.0, 28.0, 36.0), 4.4, 30.0, 4),
        (cava, (4.0, 28.0, 46.0), 4.2, 27.0, 4),
    ]
    found: list[Segment] = []
    for root, towards, radius, length, depth in plans:
        found += tree(seed, "liver", root, np.array(towards), radius, length, depth)
    kept = []
    for segment in found:
        x, y, z = (np.array(ends) for ends in zip(segment.start, segment.end, strict=True))
        nearest, farthest = np.sort(liver.at((x, y, z)))[::-1]
        if farthest < 2:
            kept.append(replace(segment, cut=bool(nearest > -4)))
    return kept
