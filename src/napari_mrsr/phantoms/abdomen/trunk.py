"""The trunk: its outline, fat, wall, ribs, spine and the muscles of the back, as distances in the body of size 1.

Axes: x to the patient's right, y to the front, z to the head, mm; origin in front of the first lumbar vertebra.
Negative is inside. Distances to the large outlines run along rays from the middle; only their zero and their slope
there matter.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.abdomen.motion import SPINE, smooth_step
from napari_mrsr.phantoms.shapes import Array, Points, circle, common, ellipse, union, without

#: Half axes of the muscular wall, and its thickness at the flank, front and back, mm.
WALL = (130.0, 88.0, 88.0)
CAVITY = (116.0, 79.0, 80.0)
#: Vertebra and disc together, mm, and half the height of a vertebra.
LEVEL = 35.0
HALF_VERTEBRA = 13.0


def outline(x: Array, y: Array, a: float, front: float, back: float) -> Array:
    """Return the distance along the ray to a rounded outline of half axes ``a``, ``front`` and ``back``."""
    b = np.where(y > 0, np.float32(front), np.float32(back))
    u, v = np.square(x / np.float32(a)), np.square(y / b)
    f = np.sqrt(np.maximum(u + v - np.float32(0.36) * u * v, np.float32(1e-6)))
    return np.asarray(np.hypot(x, y) * (1 - 1 / f))


def skin(p: Points, fat: float) -> Array:
    """Return the distance to the surface of the body, for a factor on the thickness of the fat beneath."""
    x, y = p[0], p[1]
    surface = outline(x, y, WALL[0] + 13 * fat, WALL[1] + 8 * fat, WALL[2] + 8 * fat)
    # Nobody is an ellipse.
    surface += np.float32(1.6) * np.sin(x / np.float32(31) + p[2] / np.float32(90)) * np.cos(y / np.float32(27))
    groove = np.exp(-np.square(x / np.float32(16))) * smooth_step(-y / np.float32(60))
    return np.asarray(surface + np.float32(2 + 4 * fat) * groove)


def wall(p: Points) -> Array:
    """Return the distance to the outside of the muscular wall."""
    return outline(p[0], p[1], *WALL)


def cavity(p: Points) -> Array:
    """Return the distance to the inside of the wall."""
    return outline(p[0], p[1], *CAVITY)


def diaphragm(p: Points) -> Array:
    """Return how far a point lies above the diaphragm, mm along z: two domes and the tendon between them."""
    x, y, z = p
    y2 = np.float32(0.008) * np.square(y - 5)
    right = 78 - np.float32(0.0095) * np.square(x - 55) - y2
    left = 68 - np.float32(0.0095) * np.square(x + 58) - y2
    tendon = 66 - np.float32(0.009) * np.square(x + 5) - np.float32(0.005) * np.square(y - 35)
    return np.asarray(z + union(union(-right, -left, 14.0), -tendon, 10.0))


def ribs(p: Points, wall_distance: Array) -> Array:
    """Return the distance to the ribs, which run down and forwards in the wall; none below the costal margin."""
    x, y, z = p
    # Around the trunk: 0 at the back, 2 at the front.
    around = 1 + y / np.maximum(np.hypot(x, y), 1)
    along = np.mod(z + np.float32(38) * around + 9, 27) - np.float32(13.5)
    rib = np.hypot((wall_distance + 7) / np.float32(0.75), along / np.float32(1.15)) - np.float32(5.2)
    margin = -38 + np.float32(62) * np.maximum(around - 0.55, 0)
    end = np.maximum(margin - z, 54 - np.abs(x))
    return common(rib, np.asarray(end, np.float32), 3.0)


def fat_lines(p: Points, wall_distance: Array) -> Array:
    """Return the distance to the fat between the layers of the flank and beside the straight muscle of the front."""
    x, y, z = p
    flank = 1 - np.square((y - 5) / np.float32(52))
    sheets = np.minimum(np.abs(wall_distance + 4.5), np.abs(wall_distance + 9.0)) - np.float32(0.7) * flank
    sheets = np.maximum(sheets, z - np.float32(2))
    line = np.minimum(np.abs(np.abs(x) - 58) - np.float32(1.0), np.abs(x) - np.float32(1.2))
    front = np.maximum(np.maximum(line, 45 - y), -wall_distance - 9)
    return np.asarray(np.minimum(sheets, front), np.float32)


def back_muscles(p: Points) -> Array:
    """Return the distance to the erectors of the spine and what lies between them."""
    x, y, z = p
    wide = np.abs(x)
    heap = ellipse(wide - 34, y + 70, 33.0, 19.0)
    between = np.maximum(wide - 24, y + 58)
    return union(heap, np.asarray(between, np.float32), 8.0) + 0 * z


def loin_muscles(p: Points) -> Array:
    """Return the distance to psoas, quadratus lumborum and the crura of the diaphragm."""
    x, y, z = p
    wide = np.abs(x)
    down = np.clip((22 - z) / 100, 0, 1)
    psoas: Array = np.hypot((wide - 29 - 9 * down) / 0.95, y - np.float32(SPINE - 1)) - (2 + 19 * np.sqrt(down))
    psoas = np.maximum(psoas, z - 22)
    quadratus = np.maximum(ellipse(wide - 62, y + 61 + (wide - 62) * 0.15, 19.0, 7.5), z - 18)
    crus = np.maximum(ellipse(wide - 15, y + 17, 5.0, 9.0), -z - 35)
    return np.asarray(np.minimum(np.minimum(psoas, quadratus), crus), np.float32)


class Spine:
    """Vertebrae, discs, canal; every level like the next."""

    def __init__(self, offset: float) -> None:
        self.offset = offset

    def level(self, z: Array) -> Array:
        """Return the height over the middle of the nearest vertebra, -17.5 to 17.5 mm."""
        return np.asarray(np.mod(z - np.float32(self.offset) + LEVEL / 2, LEVEL) - LEVEL / 2)

    def column(self, p: Points) -> Array:
        """Return the distance to vertebral bodies and discs together, waisted between the discs."""
        x, y, z = p
        waist = 1.6 * np.cos(self.level(z) * np.float32(2 * np.pi / LEVEL))
        round_ = ellipse(x, y - SPINE, 23.5, 17.0) + waist
        # Flat, slightly hollow towards the canal.
        return common(round_, np.float32(SPINE - 14.5) - y - np.square(x / 18), 5.0)

    def body(self, p: Points) -> Array:
        """Return the distance to the vertebral bodies, end plates hollow."""
        x, y, z = p
        hollow = 2.2 * np.exp(-(np.square(x) + np.square(y - SPINE)) / np.float32(220))
        return np.asarray(np.abs(self.level(z)) - np.float32(HALF_VERTEBRA) + hollow)

    def canal(self, p: Points) -> Array:
        """Return the distance to the spinal canal."""
        return ellipse(p[0], p[1] - (SPINE - 24.0), 10.5, 8.5)

    def sac(self, p: Points) -> Array:
        """Return the distance to the dural sac, in the front of the canal."""
        return ellipse(p[0], p[1] - (SPINE - 22.6), 9.0, 6.6)

    def arch(self, p: Points) -> Array:
        """Return the distance to arch, joints, transverse and spinous processes."""
        x, y, z = p
        wide, level = np.abs(x), self.level(z)
        ring = np.abs(ellipse(x, y - (SPINE - 24.0), 14.0, 12.0)) - np.float32(2.8)
        ring = np.maximum(ring, np.maximum(np.abs(level + 3) - 12, y - (SPINE - 12)))
        joint = np.sqrt(np.square(wide - 16) + np.square(y - (SPINE - 29)) + np.square(level + 12)) - 7.5
        process = np.maximum(np.hypot(y - (SPINE - 19 - 0.12 * wide), level - 2) - 3.6, np.abs(wide - 26) - 15)
        spinous = np.maximum(np.maximum(wide - 3.2, np.abs(level + 8) - 10), np.abs(y - (SPINE - 41)) - 9)
        spinous = np.asarray(spinous, np.float32)
        bone = union(union(np.minimum(ring, joint), spinous, 4.0), process, 3.0)
        return without(np.asarray(bone, np.float32), self.canal(p), 1.0)


def cord(p: Points) -> Array:
    """Return the distance to the spinal cord, and below its end to the bundle of roots."""
    return circle(p[0], p[1], (0.0, SPINE - 24.5), 4.6) + 0 * p[2]
