"""The knee of a subject as signed distances: every body on a lattice of points, in scanner coordinates.

Large bodies are smooth, so their distances are computed on a 1 mm lattice and carried to the voxels by cubic
interpolation; only what is thinner than that (collateral ligaments, cartilage layers) is computed at the voxels
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms import bones, soft
from napari_mrsr.phantoms.frames import Frames
from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.settings import Settings
from napari_mrsr.phantoms.shapes import Array, Points, common, ellipse, union
from napari_mrsr.phantoms.subject import Subject

Axes = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]

#: Thickness of cartilage falls to 0 over this distance from its edge, mm.
RIM = 4.0


def _taper(cover: Array, width: float) -> Array:
    return np.asarray(np.sqrt(np.clip(cover / np.float32(width), 0, 1)))


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Distances of one subject; ``fields`` gives them on the lattice of three axes (y, z, x)."""

    subject: Subject
    settings: Settings
    frames: Frames = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", Frames(self.subject))

    @cached_property
    def lines(self) -> dict[str, np.ndarray]:
        """Centre lines in scanner coordinates."""
        return soft.curves(self.frames)

    @cached_property
    def _rough(self) -> RandomField:
        return RandomField.draw(self.subject.seed, "thickness", 9.0)

    @cached_property
    def _capsule(self) -> RandomField:
        return RandomField.draw(self.subject.seed, "capsule", 5.0)

    def fields(self, axes: Axes) -> dict[str, Array]:
        """Return all distances and thicknesses on a lattice, mm, by name."""
        y, z, x = (np.asarray(a, dtype=np.float32) for a in axes)
        p: Points = (
            np.broadcast_to(x[None, None, :], (len(y), len(z), len(x))),
            np.broadcast_to(y[:, None, None], (len(y), len(z), len(x))),
            np.broadcast_to(z[None, :, None], (len(y), len(z), len(x))),
        )
        body = self.frames.body(p)
        rough = 1 + np.float32(self.settings.cartilage_thickness["field"]) * self._rough.on(axes)
        found: dict[str, Array] = {}
        found |= self._femur(self.frames.into("femur", body), rough)
        found |= self._tibia(self.frames.into("tibia", body), rough)
        found |= self._patella(self.frames.into("patella", body), rough)
        found |= self._soft(self.frames.into_soft(body))
        found |= soft.bundles(p, self.lines, self.frames.scale)
        capsule = np.clip(self._capsule.on(axes), -2, 2)
        found["film"] = np.float32(0.08 * self.subject.effusion - 0.1) + np.float32(0.27) * capsule
        found["pouch"] = found["pouch"] + np.float32(0.8) * capsule
        found["capsule"] = np.float32(1.6) + np.float32(1.3) * capsule
        return found

    def _femur(self, p: Points, rough: Array) -> dict[str, Array]:
        s = np.float32(self.frames.scale)
        bone, filled = bones.femur(p)
        if self.subject.osteophyte > 0:
            bone = union(bone, bones.osteophytes(p, self.subject.osteophyte, of="femur"), 2.0)
        cover = bones.femoral_cover(p, filled)
        angle = bones.condyle_angle(p)
        front = 0.5 + 0.5 * np.tanh((angle - 60) / 15)
        mm = self.subject.thickness
        # Thickest where it bears weight, at 0 to 40 degrees behind the lowest point, and in the trochlea.
        bearing = 0.9 + 0.2 * np.exp(-(((angle + 15) / 35) ** 2))
        thickness = (mm["femoral"] * bearing * (1 - front) + mm["trochlear"] * front) * rough * _taper(cover, RIM)
        medial = 0.5 - 0.5 * np.tanh(p[0] / 4)
        thin = self.subject.thinning
        thickness = thickness * (medial * thin["medial"] + (1 - medial) * thin["lateral"])
        wound = self._wound(p)
        lesion = self.subject.lesion
        if lesion is not None:
            thickness = thickness * (1 - (1 - lesion.remaining) * wound)
        return {
            "femur": bone * s,
            "femoral cover": cover,
            "femoral thickness": thickness.astype(np.float32),
            "wound": wound,
            "femoral side": p[0] * s,
            "pouch": soft.pouch(p, self.subject.effusion) * s,
        }

    def _wound(self, p: Points) -> Array:
        """Return how deep inside the focal lesion a point lies, 0 to 1, with a steep rim."""
        lesion = self.subject.lesion
        if lesion is None:
            return np.zeros(p[0].shape, dtype=np.float32)
        x = (bones.CONDYLE_X + lesion.offset) * (1 if lesion.compartment == "lateral" else -1)
        a = np.deg2rad(lesion.angle)
        centre = (x, bones.CONDYLE_CENTRE[0] + 25 * np.sin(a), bones.CONDYLE_CENTRE[1] - 25 * np.cos(a))
        distance = np.sqrt(sum((q - np.float32(c)) ** 2 for q, c in zip(p, centre, strict=True)))
        return (0.5 - 0.5 * np.tanh((distance - lesion.radius) / np.float32(1.5))).astype(np.float32)

    def _tibia(self, p: Points, rough: Array) -> dict[str, Array]:
        s = np.float32(self.frames.scale)
        x, y = p[0], p[1]
        bone = bones.tibia(p)
        if self.subject.osteophyte > 0:
            bone = union(bone, bones.osteophytes(p, self.subject.osteophyte, of="tibia"), 2.0)
        mm, thin, cx = self.subject.thickness, self.subject.thinning, np.float32(bones.CONDYLE_X)
        medial = -ellipse(x + cx, y + 5, 12.8, 20.0)
        lateral = -ellipse(x - cx, y + 6, 13.0, 17.5)
        # Only the top is covered, not the cone of the metaphysis below it.
        cover = np.minimum(np.maximum(medial, lateral), 6 * (p[2] - bones.plateau(x, y) + np.float32(1.0)))
        mean = np.where(x < 0, mm["medial_tibial"] * thin["medial"], mm["lateral_tibial"] * thin["lateral"])
        thickness = 1.3 * mean * rough * _taper(cover, 9.0)
        found = {"tibia": bone * s, "tibial cover": cover, "tibial thickness": thickness.astype(np.float32)}
        found["tibial side"] = x * s
        found["fibula"] = bones.fibula(p) * s
        found["fat pad"] = soft.fat_pad(p) * s
        # Plan of the menisci: C-shaped bands around the plateaus, open towards the eminences.
        for name, side, ry, width in (("medial", -1, 22.5, 10.5), ("lateral", 1, 18.5, 10.5)):
            u = x * side - cx
            plan = ellipse(u, y + np.float32(5.5), 15.5, ry)
            band = np.abs(plan + np.float32(width / 2)) - np.float32(width / 2)
            opening = np.abs(y + np.float32(5.5)) - np.float32(9.5 if side < 0 else 7.5)
            gap = common(opening, u + np.float32(4.0), 2.0)
            # Higher towards the rim, where capsule holds it; it rests on the plateau.
            height = p[2] - bones.plateau(x, y) - np.float32(8.2) - np.float32(0.25) * np.minimum(plan, 0)
            below = bones.plateau(x, y) - p[2] - np.float32(1.0)
            found[f"{name} meniscus"] = common(common(band, -gap, 2.0), np.maximum(height, below), 2.0) * s
        if self.subject.tear > 0:
            side = -1 if self.subject.torn == "medial" else 1
            # An oblique cleft through the posterior horn, from below inwards.
            plane = 0.75 * p[2] + 0.6 * (y + 21) - 0.25 * (x * side - cx)
            found["tear"] = np.maximum(np.abs(plane) - np.float32(self.subject.tear / 2), -(x * side - 6)).astype(
                np.float32
            )
        return found

    def _patella(self, p: Points, rough: Array) -> dict[str, Array]:
        s = np.float32(self.frames.scale)
        x, y, z = p
        bone = bones.patella(p)
        cover = np.minimum(np.minimum(20 - np.abs(x - 1), np.minimum(z - 20, 49 - z)), 38.5 - y)
        thickness = 1.15 * self.subject.thickness["patellar"] * rough * _taper(cover, 8.0)
        return {"patella": bone * s, "patellar cover": cover, "patellar thickness": thickness.astype(np.float32)}

    def _soft(self, p: Points) -> dict[str, Array]:
        s = np.float32(self.frames.scale)
        inside = soft.fascia(p)
        layer = soft.fat_layer(p, self.subject.subcutaneous)
        return {"fascia": inside * s, "skin": inside * s - layer, "muscle": soft.muscles(p, inside) * s}
