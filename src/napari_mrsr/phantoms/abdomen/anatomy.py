"""The abdomen of one person: all bodies, drawn once, and the order in which they are painted, from what lies on top."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen import trunk
from napari_mrsr.phantoms.abdomen.bodies import Body
from napari_mrsr.phantoms.abdomen.canvas import Canvas
from napari_mrsr.phantoms.abdomen.organs import Organs
from napari_mrsr.phantoms.abdomen.subject import Person, draw
from napari_mrsr.phantoms.abdomen.vessels import Segment, great_vessels, liver_vessels, mesenteric_vessels
from napari_mrsr.phantoms.shapes import Array, Points, ellipsoid
from napari_mrsr.phantoms.subject import generator
from napari_mrsr.phantoms.texture import Texture
from napari_mrsr.triple import triple

#: Nothing but fat and skin lies outside these corners, mm.
INSIDE = ((-134.0, -94.0, -1000.0), (134.0, 92.0, 1000.0))
#: Thickness of the walls of bowel and stomach, mm.
BOWEL_WALL, STOMACH_WALL = 2.2, 3.5


@dataclass(frozen=True)
class Lesion:
    """A round lesion of the liver: centre and radii, mm in the body of size 1."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One person's abdomen at the end of expiration."""

    person: Person
    bodies: dict[str, Body]
    vessels: list[Segment]
    lesions: tuple[Lesion, ...]

    @cached_property
    def spine(self) -> trunk.Spine:
        """The spine."""
        return trunk.Spine(self.person.spine)

    @cached_property
    def texture(self) -> Texture:
        """Texture of this person's organs."""
        return Texture.draw(self.person.seed)

    @property
    def target(self) -> Lesion:
        """The lesion that a needle is steered to: the largest."""
        return max(self.lesions, key=lambda lesion: np.prod(lesion.radii))

    def entry(self) -> npt.NDArray[np.float64]:
        """Return where the needle passes the skin on its way to the target, mm in the body of size 1."""
        centre = np.array(self.target.centre)
        way = np.array([0.72, 0.66, -0.05])
        ray = centre + np.arange(0, 260, 0.25)[:, None] * way / np.linalg.norm(way)
        outside = trunk.skin((ray[:, 0], ray[:, 1], ray[:, 2]), self.person.fat) > 0
        return np.asarray(ray[int(np.argmax(outside))])

    def grain(self, p: Points, size: tuple[float, float, float], which: int) -> Array:
        """Return texture of SD about 1, its features ``size`` mm long, at points of the body."""
        x, y, z = (q.ravel() for q in p)
        return self.texture.at(x, y, z, size, which).reshape(p[0].shape)

    # -- painting ------------------------------------------------------------------------------------
    def paint(self, canvas: Canvas) -> None:
        """Paint everything."""
        self._cover(canvas)
        self._bone(canvas)
        for segment in self.vessels:
            if segment.name != "hepatic vessels" and segment.name != "other vessels":
                self._vessel(canvas, segment)
        self._wall(canvas)
        self._chest(canvas)
        self._liver(canvas)
        self._organs(canvas)
        for segment in self.vessels:
            if segment.name == "other vessels":
                self._vessel(canvas, segment)
        canvas.fill("visceral fat")

    def _cover(self, canvas: Canvas) -> None:
        surface = trunk.skin(canvas.points, self.person.fat)
        canvas.paint("air", -surface)
        canvas.paint("skin", -surface - np.float32(1.8))
        canvas.paint("subcutaneous fat", -trunk.wall(canvas.points))

    def _bone(self, canvas: Canvas) -> None:
        box = canvas.box(*INSIDE)
        if box is None:
            return
        p = canvas.at(box)
        rib = trunk.ribs(p, trunk.wall(p))
        canvas.paint("rib", rib + np.float32(1.5), box)
        canvas.paint("cortical bone", rib, box)
        box = canvas.box((-46, -98, -1000), (46, -15, 1000))
        if box is None:
            return
        p = canvas.at(box)
        canvas.paint("spinal cord", trunk.cord(p), box)
        canal = self.spine.canal(p)
        # Fat lies in the back of the canal, behind the sac.
        sac = self.spine.sac(p)
        canvas.paint("cerebrospinal fluid", sac, box)
        canvas.paint("visceral fat", canal, box)
        column, body, arch = self.spine.column(p), self.spine.body(p), self.spine.arch(p)
        canvas.paint("vertebra", np.maximum(column, body) + np.float32(1.1), box)
        canvas.paint("disc", np.maximum(column, -body) + np.float32(0.6), box)
        canvas.paint("cortical bone", column, box)
        canvas.paint("vertebra", arch + np.float32(1.6), box)
        canvas.paint("cortical bone", arch, box)

    def _wall(self, canvas: Canvas) -> None:
        box = canvas.box(*INSIDE)
        if box is None:
            return
        p = canvas.at(box)
        canvas.paint("visceral fat", trunk.fat_lines(p, trunk.wall(p)), box, width=1.2 * canvas.edge)
        canvas.paint("muscle", -trunk.cavity(p), box)
        box = canvas.box((-86, -94, -1000), (86, 0, 1000))
        if box is not None:
            p = canvas.at(box)
            back = trunk.back_muscles(p)
            canvas.paint("visceral fat", np.abs(back) - np.float32(0.45), box, width=1.5 * canvas.edge)
            streak = np.abs(self.grain(p, (11.0, 8.0, 50.0), 3)) + np.float32(0.10)
            canvas.paint("visceral fat", np.maximum(np.float32(4) * streak, back + 5), box, width=2.5 * canvas.edge)
            canvas.paint("muscle", back, box)
            canvas.paint("muscle", trunk.loin_muscles(p), box)

    def _chest(self, canvas: Canvas) -> None:
        box = canvas.box((-120, -86, 20), (120, 84, 1000))
        if box is None:
            return
        p = canvas.at(box)
        above = trunk.diaphragm(p)
        heart = np.maximum(ellipsoid(p, (-20, 28, 100), (62, 46, 36)), -above - 2)
        canvas.paint("heart", heart, box)
        canvas.paint("visceral fat", np.maximum(heart - np.float32(3), -above - 2), box)
        canvas.paint("lung", -above + np.float32(1.5), box)
        canvas.paint("diaphragm", -above - np.float32(1.5), box)

    def _vessel(self, canvas: Canvas, segment: Segment) -> None:
        box = canvas.box(segment.low, segment.high)
        if box is None:
            return
        p = canvas.at(box)
        distance = segment.at(p)
        if segment.cut:
            distance = np.maximum(distance, self.bodies["liver"].at(p) + np.float32(0.5))
        canvas.paint(segment.name, distance, box, width=1.25 * canvas.edge)

    def _liver(self, canvas: Canvas) -> None:
        for lesion in self.lesions:
            reach = np.array(lesion.radii) + 2
            box = canvas.box(np.array(lesion.centre) - reach, np.array(lesion.centre) + reach)
            if box is None:
                continue
            p = canvas.at(box)
            # Not quite round.
            wobble = np.float32(0.7) * self.grain(p, (14.0, 14.0, 14.0), 6)
            canvas.paint("lesion", ellipsoid(p, lesion.centre, lesion.radii) + wobble, box)
        for segment in self.vessels:
            if segment.name == "hepatic vessels":
                self._vessel(canvas, segment)
        self._body(canvas, "gallbladder")
        self._body(canvas, "liver")

    def _organs(self, canvas: Canvas) -> None:
        for side in ("right", "left"):
            for what in ("sinus", "medulla", "kidney"):
                self._body(canvas, f"{what} {side}")
        self._body(canvas, "spleen")
        self._stomach(canvas)
        self._body(canvas, "pancreas")
        self._bowel(canvas)

    def _body(self, canvas: Canvas, what: str) -> None:
        body = self.bodies[what]
        box = canvas.box(body.low, body.high)
        if box is not None:
            canvas.paint(body.name, body.at(canvas.at(box)), box)

    def _bowel(self, canvas: Canvas) -> None:
        contents = ("bowel content", "stomach fluid")
        both = [self.bodies[f"bowel with {content}"] for content in contents]
        box = canvas.box(np.min([b.low for b in both], axis=0), np.max([b.high for b in both], axis=0))
        if box is None:
            return
        p = canvas.at(box)
        outside = [body.at(p) for body in both]
        for content, distance in zip(contents, outside, strict=True):
            canvas.paint(content, distance + np.float32(BOWEL_WALL), box)
        canvas.paint("bowel wall", np.minimum(*outside), box)

    def _stomach(self, canvas: Canvas) -> None:
        body = self.bodies["stomach"]
        box = canvas.box(body.low, body.high)
        if box is None:
            return
        p = canvas.at(box)
        wall = body.at(p)
        # Gas rises to the front of somebody lying on the back.
        canvas.paint("air", np.maximum(wall + np.float32(STOMACH_WALL), np.float32(self.person.gas) - p[1]), box)
        canvas.paint("stomach fluid", wall + np.float32(STOMACH_WALL), box)
        canvas.paint("stomach wall", wall, box)


def _lesions(seed: int, liver: Body) -> tuple[Lesion, ...]:
    """Return three to five lesions deep enough in the liver, apart from each other."""
    rng = generator(seed, "abdomen", "lesions")
    count = int(rng.integers(3, 6))
    found: list[Lesion] = []
    low, high = np.array(liver.low), np.array(liver.high)
    for n in range(count):
        size = float(rng.uniform(8, 13) if n == 0 else rng.uniform(3, 8))
        for _ in range(400):
            centre = rng.uniform(low, high)
            depth = -float(liver.at((centre[:1], centre[1:2], centre[2:]))[0])
            far = all(np.linalg.norm(centre - other.centre) > size + max(other.radii) + 6 for other in found)
            # The target of a needle lies where the liver is thick.
            if depth > (min(size + 3, 12) if n == 0 else 0.6 * size) and far and (n or abs(centre[2] - 10) < 30):
                radii = size * rng.uniform(0.85, 1.15, 3)
                found.append(Lesion(triple(map(float, centre)), triple(map(float, radii))))
                break
    return tuple(found)


@lru_cache(maxsize=4)
def anatomy_of(seed: int) -> Anatomy:
    """Return the anatomy of a seed; the last few are remembered."""
    person = draw(seed)
    bodies = Organs(person).bodies()
    vessels = great_vessels() + liver_vessels(seed, bodies["liver"]) + mesenteric_vessels(seed)
    return Anatomy(person, bodies, vessels, _lesions(seed, bodies["liver"]))
