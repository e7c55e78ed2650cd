"""Around the brain: fluid, dura, skull with its marrow, scalp, eyes, the air of the face, neck."""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.brain.cerebrum import hull
from napari_mrsr.phantoms.brain.palette import Palette
from napari_mrsr.phantoms.brain.person import Person
from napari_mrsr.phantoms.brain.space import Block, Space
from napari_mrsr.phantoms.shapes import Array, Points, ellipsoid, loft, tube, union

#: Neck and lower face: z, middle x and y, half width and depth.
NECK = (
    (-190, 0, -28, 58, 62), (-110, 0, -26, 58, 60), (-80, 0, -22, 62, 66), (-50, 0, -18, 66, 72), (-25, 0, -16, 64, 70),
)  # fmt: skip
FACE = ((0.0, 34.0, -56.0), (58.0, 56.0, 66.0))
NOSE = ((0.0, 84.0, -20.0), (0.0, 98.0, -44.0), (0.0, 104.0, -56.0), (0.0, 92.0, -62.0))
#: Air of the face: centre and radii, mirrored where not in the middle.
AIR = (
    ((4.5, 58.0, -50.0), (2.6, 24.0, 15.0)), ((26.0, 52.0, -58.0), (11.0, 13.0, 14.0)),
    ((7.0, 17.0, -33.0), (6.0, 9.0, 7.0)), ((9.0, 74.0, -14.0), (8.0, 4.0, 8.0)),
    ((8.0, 46.0, -34.0), (5.0, 16.0, 6.0)), ((0.0, 8.0, -78.0), (9.0, 7.0, 26.0)),
    ((56.0, -26.0, -40.0), (8.0, 7.0, 9.0)),
)  # fmt: skip
EYE = (32.0, 58.0, -37.0)


def know(space: Space) -> None:
    """Compute the inside of the skull and the surface of the head on the lattice."""
    person = space.person
    x, y, z = space.points
    # The skull bridges the notch between the hemispheres.
    bridged = hull((np.maximum(np.abs(x), np.float32(20)), y, z))
    inside = union(space.known["hull"], bridged, 4.0) - np.float32(person.csf)
    inside = union(inside, space.known["cerebellum"] - np.float32(person.csf), 14.0)
    inside = union(inside, space.known["stem"] - np.float32(3.5), 10.0)
    space.known["inside"] = np.asarray(inside, np.float32)
    crown = inside - np.float32(person.skull + person.scalp)
    # The cord leaves the skull: what is around it is neck, not scalp.
    crown = np.maximum(crown, np.float32(-62) - z)
    space.known["surface"] = np.asarray(union(crown, _below((x, y, z)), 16.0), np.float32)


def _below(p: Points) -> Array:
    neck = loft(p, NECK)
    face = ellipsoid(p, *FACE)
    return union(union(neck, face, 18.0), tube(p, NOSE, (7.0, 11.0, 13.0, 11.0)), 12.0)


def air(block: Block, palette: Palette) -> None:
    """Paint what lies outside."""
    palette.paint("air", -block["surface"])


def fluid(block: Block, palette: Palette) -> None:
    """Paint the falx, the sagittal sinus and the fluid around the brain within the dura."""
    x, y, z, inside = block["x"], block["y"], block["z"], block["inside"]
    dura = np.float32(0.45)
    box = block.box((-6, -110, -12), (6, 80, 86))
    if box is not None:
        here = (x[box], y[box], z[box])
        deep = inside[box]
        # Above the corpus callosum, from the cock's comb to the tentorium.
        free = ellipsoid((np.zeros_like(here[0]), here[1], here[2]), (0, -5, 3), (1e3, 46, 33))
        falx = np.maximum(np.maximum(np.abs(here[0]) - dura, -free), np.float32(-14) - here[2])
        sinus = np.maximum(np.hypot(here[0], deep + np.float32(2.5)) - np.float32(3.2), np.float32(20) - here[2])
        palette.paint("vessels", sinus, box)
        palette.paint("dura", np.maximum(falx, deep), box)
    palette.paint("CSF", inside + np.float32(0.6))
    palette.paint("dura", inside)


def around(block: Block, palette: Palette, person: Person, wavy: Array) -> None:
    """Paint skull, eyes, air of the face, muscle, fat and skin; ``wavy`` is a smooth field of SD 1."""
    inside, surface, z = block["inside"], block["surface"], block["z"]
    _eyes(block, palette)
    for centre, radii in AIR:
        for side in (1, -1) if centre[0] else (1,):
            at = (centre[0] * side, centre[1], centre[2])
            box = block.box(np.array(at) - radii, np.array(at) + radii)
            if box is not None:
                palette.paint("air", ellipsoid(block.at(box), at, radii), box)
    # Thin at the temples and the base.
    thick = np.float32(person.skull) * (np.float32(1) + np.float32(0.12) * wavy)
    thick = thick * np.clip(np.float32(0.75) + np.float32(0.006) * z, 0.45, 1.1)
    # The lower jaw and the vertebrae are left out.
    palette.paint("cortical bone", inside - np.float32(0.28) * thick)
    palette.paint("marrow", inside - np.float32(0.72) * thick)
    palette.paint("cortical bone", inside - thick)
    palette.paint("muscle", np.maximum(surface + np.float32(0.75 * person.scalp + 1), _seams(block)))
    skin = surface + np.float32(1.8)
    palette.paint("fat", skin)
    palette.fill("skin")


def _seams(block: Block) -> Array:
    """Return the distance to muscles, with fat between them, and none over the crown."""
    x, z, wavy = np.abs(block["x"]), block["z"], block["wavy"]
    y = block["y"] + np.float32(3) * wavy
    lines = np.minimum(
        np.abs(np.sin(np.float32(0.11) * (x + np.float32(0.25) * z + np.float32(3) * wavy))),
        np.abs(np.sin(np.float32(0.095) * (y - np.float32(0.3) * x) + np.float32(0.8))),
    )
    return np.asarray(np.maximum(np.float32(1.1) - lines * np.float32(9), z - np.float32(22) - np.float32(4) * wavy))


def _eyes(block: Block, palette: Palette) -> None:
    cx, cy, cz = EYE
    for side in (1, -1):
        box = block.box(
            np.array([side * cx - 20, -2, cz - 20]) if side > 0 else np.array([-cx - 20, -2, cz - 20]),
            np.array([side * cx + 20, 76, cz + 20]),
        )
        if box is None:
            continue
        x, y, z = block.at(box)
        p = (np.float32(side) * x, y, z)
        palette.paint("lens", ellipsoid(p, (cx, cy + 8.5, cz), (4.6, 2.2, 4.6)), box)
        globe = ellipsoid(p, (cx, cy, cz), (12.0, 12.0, 12.0))
        palette.paint("eye", globe + np.float32(1.0), box)
        palette.paint("dura", globe, box)
        nerve = ((cx, cy - 11, cz), (26.0, 38.0, -33.0), (18.0, 22.0, -26.0))
        palette.paint("white matter", tube(p, nerve, 1.9), box)
        for dx, dz in ((7.0, 0.0), (-7.0, 0.0), (0.0, 7.0), (0.0, -7.0)):
            front, middle = (cx + 1.3 * dx, cy - 2, cz + 1.3 * dz), (28.0 + dx, 42.0, -35.0 + dz)
            back = (20.0 + 0.3 * dx, 24.0, -28.0 + 0.3 * dz)
            palette.paint("muscle", tube(p, (front, middle, back), 1.7), box)
        cone = ellipsoid(p, (28.0, 44.0, -35.5), (17.0, 25.0, 16.0))
        palette.paint("fat", np.maximum(cone, block["surface"][box] + 3), box)
