"""Liver, spleen, kidneys, stomach, pancreas, gallbladder and bowel as distances in the body of size 1, mm.

Organs that touch press into each other, the softer giving way: liver and spleen are hollowed by kidney and stomach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms import shapes
from napari_mrsr.phantoms.abdomen import trunk
from napari_mrsr.phantoms.abdomen.bodies import MARGIN, Body, Vector
from napari_mrsr.phantoms.abdomen.motion import smooth_step
from napari_mrsr.phantoms.abdomen.subject import Person
from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.shapes import Array, Points, common, ellipsoid, union, without
from napari_mrsr.phantoms.subject import generator

Knots = npt.ArrayLike

#: How far people's organs are bent one from another, SD in mm.
BEND = 3.5
#: Gap of fat or peritoneum that stays between neighbours, mm.
GAP = 1.6


def moved(p: Points, by: npt.NDArray[np.float64]) -> Points:
    """Return points in the frame of an organ that lies ``by`` mm beside its usual place."""
    x, y, z = (q - np.float32(d) for q, d in zip(p, by, strict=True))
    return x, y, z


class Organs:
    """The organs of one person."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.spine = trunk.Spine(person.spine)

    def bent(self, p: Points) -> Points:
        """Return a lattice of points bent a little, each person's otherwise; not at the wall and the diaphragm."""
        axes = tuple(np.asarray(a, np.float64) for a in (p[0][:, 0, 0], p[1][0, :, 0], p[2][0, 0, :]))
        free = smooth_step(-trunk.cavity(p) / 25) * smooth_step(-trunk.diaphragm(p) / 25) * np.float32(BEND)
        x, y, z = (q + free * np.clip(field.on(axes), -2, 2) for q, field in zip(p, self._bends, strict=True))
        return x, y, z

    @cached_property
    def _bends(self) -> tuple[RandomField, ...]:
        return tuple(RandomField.draw(self.person.seed, f"abdomen {axis}", 45.0, reach=220.0) for axis in "xyz")

    # -- left and right of the spine -----------------------------------------------------------------
    def kidney(self, p: Points, side: int) -> Array:
        """Return the distance to a kidney, its hilum open to the middle; ``side`` 1 right, -1 left."""
        x, y, z = self._kidney_frame(p, side)
        s = self.person.kidney
        bean = ellipsoid((x, y, z), (0, 0, 0), (27 * s, 25 * s, 55 * s))
        hilum = ellipsoid((x, y, z), (-27 * s, 7, 0), (13, 11, 19))
        return without(bean, hilum, 8.0)

    def _kidney_frame(self, p: Points, side: int) -> Points:
        """Return points about the middle of a kidney: away from the spine, to the front, along its leaning axis."""
        x, y, z = moved(p, self.person.shifts["kidney right" if side > 0 else "kidney left"])
        z = z + np.float32(30 if side > 0 else 20)
        return x * np.float32(side) - np.float32(64) + np.float32(0.18) * z, y + 38 - np.float32(0.12) * z, z

    def medulla(self, p: Points, side: int) -> Array:
        """Return the distance to the pyramids of a kidney: a belt below the cortex, cut into lobes."""
        x, y, z = self._kidney_frame(p, side)
        depth = -self.kidney(p, side)
        belt = np.minimum(depth - 7.0, 19.0 - depth)
        turn = np.arctan2(y, x + 4)
        lobes = 3.2 * (np.cos(z * np.float32(2 * np.pi / 19)) + np.cos(5 * turn))
        return np.asarray(-(belt + lobes * 0.75 - 1.2), np.float32)

    def sinus(self, p: Points, side: int) -> Array:
        """Return the distance to the fat around the vessels of a kidney."""
        s = self.person.kidney
        return ellipsoid(self._kidney_frame(p, side), (-10, 3, 0), (15 * s, 8 * s, 24 * s))

    # -- under the diaphragm -------------------------------------------------------------------------
    def _room(self, p: Points, gap: float = 1.2) -> Array:
        """Return the distance to the inside of the wall and the diaphragm, which organs touch."""
        return common(trunk.cavity(p) + np.float32(gap), 0.8 * (trunk.diaphragm(p) + np.float32(gap - 0.8)), 3.0)

    def liver(self, p: Points) -> Array:
        """Return the distance to the liver."""
        x, y, z = p
        s = self.person.liver
        right = ellipsoid(p, (58, 2, 8), (68 * s, 84 * s, 88 * s))
        left = ellipsoid(moved(p, self.person.shifts["left lobe"]), (-8, 38, 32), (66 * s, 38 * s, 44 * s))
        whole = common(union(right, left, 26.0), self._room(p), 4.0)
        # The underside rises from the right to the left, and towards the back beside the kidney.
        under = -78 + np.float32(0.70) * (98 - x) + np.float32(0.10) * (y - 20)
        whole = common(whole, np.float32(0.75) * (under - z), 14.0)
        whole = without(whole, ellipsoid(p, (20, -4, -16), (23, 20, 26)), 10.0)
        notch = shapes.tube(p, [(4, 76, 8), (5, 52, 2), (9, 30, -6)], 3.5)
        whole = without(whole, notch, 5.0)
        for other, gap in ((self.kidney(p, 1), 3.5), (self.gallbladder(p), 0.6), (self.stomach(p), GAP)):
            whole = without(whole, other - np.float32(gap), 4.0)
        return without(whole, shapes.ellipse(x, y - np.float32(-36), 31.0, 25.0), 6.0)

    def gallbladder(self, p: Points) -> Array:
        """Return the distance to the gallbladder."""
        q = moved(p, self.person.shifts["gallbladder"])
        return shapes.tube(q, [(34, 22, -16), (42, 38, -27), (50, 54, -36)], [5.0, 11.0, 13.0])

    def spleen(self, p: Points) -> Array:
        """Return the distance to the spleen."""
        s = self.person.spleen
        x, y, z = moved(p, self.person.shifts["spleen"])
        q: Points = (x + np.float32(0.20) * (y + 32), y - np.float32(0.15) * (z - 20), z)
        whole = ellipsoid(q, (-90, -30, 20), (30 * s, 52 * s, 60 * s))
        whole = common(whole, self._room(p), 4.0)
        for other, gap in ((self.kidney(p, -1), 3.0), (self.stomach(p), GAP)):
            whole = without(whole, other - np.float32(gap), 4.0)
        return whole

    # -- the gut -------------------------------------------------------------------------------------
    @cached_property
    def _stomach(self) -> tuple[Knots, Sequence[float]]:
        knots = [(-50, -24, 50), (-64, -4, 34), (-66, 22, 8), (-48, 44, -14), (-16, 50, -24), (14, 36, -20)]
        return np.array(knots) + self.person.shifts["stomach"], (24.0, 29.0, 26.0, 20.0, 14.0, 8.0)

    def stomach(self, p: Points) -> Array:
        """Return the distance to the outside of the stomach."""
        return common(shapes.tube(p, *self._stomach), self._room(p, 1.5), 5.0)

    def pancreas(self, p: Points) -> Array:
        """Return the distance to the pancreas, lobulated."""
        knots = [(26, 4, -44), (27, 8, -24), (8, 16, -12), (-20, 10, -4), (-48, -8, 6), (-66, -18, 14)]
        q = moved(p, self.person.shifts["pancreas"])
        lobes = sum(np.cos(c * np.float32(2 * np.pi / w)) for c, w in zip(q, (9.0, 8.0, 11.0), strict=True))
        tube = shapes.tube(q, knots, [11.0, 13.0, 9.0, 9.0, 8.5, 6.0]) + np.float32(0.5) * lobes
        return without(tube.astype(np.float32), self.stomach(p) - np.float32(GAP), 3.0)

    @cached_property
    def bowel(self) -> list[tuple[str, Knots, float]]:
        """Name of the content, centre line and radius of each piece of bowel."""
        rng = generator(self.person.seed, "bowel")
        shift = self.person.shifts["colon"]
        colon = [
            [(86, -22, -110), (90, -12, -78), (84, 18, -62), (56, 50, -64), (16, 62, -62)],
            [(16, 62, -62), (-30, 62, -54), (-70, 44, -36), (-92, 6, -16), (-98, -22, -30)],
            [(-98, -22, -30), (-100, -26, -66), (-96, -24, -120)],
        ]
        pieces: list[tuple[str, Knots, float]] = [
            ("bowel content", np.array(line) + shift * (1 if n < 2 else 0), float(r))
            for n, (line, r) in enumerate(zip(colon, (17.0, 15.0, 12.0), strict=True))
        ]
        duodenum = [(16, 34, -22), (40, 20, -24), (44, 2, -38), (36, -6, -58), (8, 0, -66), (-22, 6, -60)]
        pieces.append(("bowel content", duodenum, 10.0))
        for _ in range(16):
            middle = rng.uniform((-72, 2, -118), (66, 50, -42))
            turn = rng.uniform(0, 2 * np.pi)
            along = 26 * np.array([np.cos(turn), 0.5 * np.sin(turn), 0.5 * rng.standard_normal()])
            bend = 9 * rng.standard_normal(3)
            line = [middle - along, middle + bend, middle + along]
            pieces.append(
                ("stomach fluid" if rng.random() < 0.35 else "bowel content", line, float(rng.uniform(9, 12)))
            )
        return pieces

    def gut(self, p: Points, content: str) -> Array:
        """Return the distance to the outside of the bowel with one content, on a lattice of points.

        Each piece is computed only where it is near.
        """
        best = np.full(p[0].shape, 60.0, np.float32)
        axes = (p[0][:, 0, 0], p[1][0, :, 0], p[2][0, 0, :])
        for name, line, radius in self.bowel:
            if name != content:
                continue
            knots = np.asarray(line)
            reach = MARGIN + 3 + 4 * BEND
            low, high = knots.min(axis=0) - radius - reach, knots.max(axis=0) + radius + reach
            x, y, z = (
                slice(int(np.searchsorted(axis, a)), int(np.searchsorted(axis, b)))
                for axis, a, b in zip(axes, low, high, strict=True)
            )
            near = (p[0][x, y, z], p[1][x, y, z], p[2][x, y, z])
            best[x, y, z] = np.minimum(best[x, y, z], shapes.tube(near, line, radius))
        return common(best, trunk.cavity(p) + np.float32(3.0), 4.0)

    # -- all of them ---------------------------------------------------------------------------------
    def bodies(self) -> dict[str, Body]:
        """Return the organs drawn on lattices, by the name of what is meant."""

        def draw(
            name: str, what: str, distance: Callable[[Points], Array], low: Vector, high: Vector, step: float = 2.5
        ) -> None:
            found[what] = Body.draw(name, lambda p: distance(self.bent(p)), low, high, step)

        found: dict[str, Body] = {}
        for side, word in ((1, "right"), (-1, "left")):
            low, high = ((24.0, -80.0, -110.0), (112.0, 10.0, 48.0))
            low, high = (low, high) if side > 0 else ((-high[0], low[1], low[2]), (-low[0], high[1], high[2]))
            draw("visceral fat", f"sinus {word}", partial(self.sinus, side=side), low, high, 2.5)
            draw("kidney medulla", f"medulla {word}", partial(self.medulla, side=side), low, high, 2.0)
            draw("kidney cortex", f"kidney {word}", partial(self.kidney, side=side), low, high)
        draw("liver", "liver", self.liver, (-90, -85, -90), (125, 90, 92))
        draw("gallbladder", "gallbladder", self.gallbladder, (10, 0, -66), (84, 82, 8))
        draw("spleen", "spleen", self.spleen, (-125, -88, -52), (-40, 46, 92))
        draw("stomach wall", "stomach", self.stomach, (-118, -72, -62), (46, 88, 92))
        draw("pancreas", "pancreas", self.pancreas, (-94, -46, -72), (56, 46, 40))
        low, high = (-122.0, -56.0, -140.0), (122.0, 84.0, 8.0)
        for content in ("bowel content", "stomach fluid"):
            draw(content, f"bowel with {content}", partial(self.gut, content=content), low, high, 3.0)
        return found
