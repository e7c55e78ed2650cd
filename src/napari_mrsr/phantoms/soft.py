"""Muscles, tendons, ligaments, vessels, fascia and the fluid of the pouch of a mean adult knee: distances, mm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_mrsr.phantoms.frames import Frames
from napari_mrsr.phantoms.shapes import Array, Points, common, ellipsoid, loft, tube

Stations = Sequence[Sequence[float]]

#: Muscle bellies in the soft frame: (z, x, y, rx, ry) in any order.
MUSCLES: dict[str, Stations] = {
    "vastus medialis": [
        (18, -33, 14, 4, 5),
        (28, -33, 15, 9, 10),
        (48, -31, 17, 13, 17),
        (72, -28, 16, 19, 21),
        (150, -24, 14, 22, 24),
    ],
    "vastus lateralis": [(36, 31, 12, 4, 6), (50, 32, 11, 10, 14), (72, 31, 9, 16, 22), (150, 27, 8, 22, 28)],
    "vastus intermedius": [(56, 0, 23, 6, 3), (70, 0, 26, 16, 5), (85, 0, 29, 24, 8), (150, 0, 32, 28, 12)],
    "semimembranosus": [
        (-12, -31, -26, 2, 3),
        (4, -31, -31, 5, 5),
        (28, -28, -41, 9, 9),
        (60, -24, -42, 14, 13),
        (150, -20, -38, 18, 18),
    ],
    "semitendinosus": [(10, -36, -43, 2, 2), (40, -28, -56, 4, 3), (70, -20, -60, 8, 5), (150, -14, -62, 14, 10)],
    "sartorius": [
        (-25, -34, -14, 3, 5),
        (0, -43, -22, 2.5, 7),
        (25, -43, -26, 3.5, 8),
        (70, -46, -22, 7, 12),
        (150, -48, -14, 8, 14),
    ],
    "biceps femoris": [
        (-10, 37, -24, 3, 4),
        (8, 38, -28, 5, 6),
        (30, 34, -33, 8, 9),
        (60, 28, -38, 12, 14),
        (150, 20, -42, 20, 20),
    ],
    "gastrocnemius medialis": [
        (24, -20, -34, 5, 3),
        (10, -21, -41, 11, 7),
        (-12, -22, -44, 16, 10),
        (-40, -21, -46, 20, 14),
        (-150, -19, -50, 23, 18),
    ],
    "gastrocnemius lateralis": [
        (24, 21, -34, 5, 3),
        (10, 20, -41, 10, 7),
        (-12, 19, -43, 14, 9),
        (-40, 18, -46, 17, 13),
        (-150, 17, -50, 21, 17),
    ],
    "plantaris": [(28, 14, -32, 4, 3), (12, 10, -37, 5, 4), (-8, 5, -37, 5, 4), (-24, 1, -35, 3, 2)],
    "popliteus": [
        (-8, 16, -29, 6, 2),
        (-24, 5, -27, 17, 5),
        (-50, -5, -22, 15, 7),
        (-70, -8, -19, 8, 4),
        (-86, -9, -17, 2, 1.5),
    ],
    "soleus": [(-28, 16, -30, 8, 2), (-55, 5, -32, 24, 7), (-150, 0, -34, 32, 13)],
    "tibialis and peronei": [(-20, 29, 0, 4, 6), (-40, 28, 0, 11, 13), (-70, 28, -2, 14, 17), (-150, 27, -4, 17, 19)],
}

#: The deep fascia in the soft frame.
FASCIA: Stations = [
    (-150, 1, -26, 49, 46),
    (-80, 1, -24, 48, 46),
    (-42, 0, -16, 47, 47),
    (-15, 0, -6, 47.5, 47.5),
    (2, 0, -2, 48.5, 50),
    (16, 0, 0, 49, 53),
    (32, 0, 1, 49.5, 56),
    (50, 0, -2, 51, 55),
    (80, 0, -7, 57, 56),
    (150, 0, -12, 68, 64),
]


#: Radii of the thicker cords at the knots of their lines, mm, and width over thickness.
CORDS: dict[str, tuple[tuple[float, ...], float]] = {
    "acl": ((5.0, 4.2, 3.8, 4.2, 5.0), 1.15),
    "pcl": ((5.0, 4.6, 4.4, 4.6, 5.0, 5.5), 1.1),
    "patellar": ((1.5, 2.4, 2.3, 2.3, 2.6, 2.0), 5.5),
    "quadriceps": ((1.6, 3.3, 3.6, 3.4, 3.0), 4.5),
    "artery": ((2.9,) * 7, 1.0),
    "vein": ((3.8,) * 7, 1.0),
    "nerve": ((1.9,) * 7, 1.6),
}
#: Stands for "far from here", mm.
FAR = 99.0


def muscles(p: Points, inside: Array) -> Array:
    """Return all muscle bellies: swollen until they meet, a millimetre of fat between them, inside the fascia."""
    first = np.full(inside.shape, np.float32(1e3))
    second = first.copy()
    for stations in MUSCLES.values():
        belly = loft(p, stations)
        second = np.minimum(second, np.maximum(first, belly))
        first = np.minimum(first, belly)
    apart = np.float32(0.55) - (second - first) / 2
    return np.maximum(common(first - np.float32(2.5), inside + np.float32(0.8), 2.0), apart)


def fascia(p: Points) -> Array:
    """Return what lies under the deep fascia."""
    return loft(p, FASCIA)


def fat_layer(p: Points, thickness: float) -> Array:
    """Return the thickness of the subcutaneous fat: thin before the patella and the shin, thicker behind and within."""
    x, y, z = p
    front = np.clip((y - np.float32(10)) / np.float32(35), 0, 1)
    thigh = np.float32(0.25) * np.tanh((z - np.float32(20)) / np.float32(40))
    medial = np.float32(-0.1) * np.tanh(x / 20)
    return np.asarray(np.float32(thickness) * (np.float32(1.15) - np.float32(0.65) * front + thigh + medial))


def pouch(p: Points, effusion: float) -> Array:
    """Return the suprapatellar pouch, ``effusion`` mm thick, in the frame of the femur."""
    half = 0.5 * effusion
    wide = 14.0 + 0.8 * effusion
    return ellipsoid(p, (1.0, 25.0 + half, 57.0), (wide, half + 0.5, 15.0 + 0.4 * effusion))


def fat_pad(p: Points) -> Array:
    """Return the infrapatellar fat pad, in the frame of the tibia."""
    _, y, z = p
    pad = ellipsoid(p, (1.0, 29.0, 0.0), (27.0, 15.0, 23.0))
    behind_tendon = (y - np.float32(41) + (np.float32(13) - z) * np.float32(0.36)) / np.float32(1.06)
    return common(pad, behind_tendon, 3.0)


def curves(frames: Frames) -> dict[str, np.ndarray]:
    """Return the centre lines of ligaments, tendons, vessels and nerve in scanner coordinates, ``(n, 3)``, mm."""

    def femur(*knots: tuple[float, float, float]) -> np.ndarray:
        return frames.out_of("femur", knots)

    def tibia(*knots: tuple[float, float, float]) -> np.ndarray:
        return frames.out_of("tibia", knots)

    def patella(*knots: tuple[float, float, float]) -> np.ndarray:
        return frames.out_of("patella", knots)

    acl = [tibia((-1.5, 9, -2)), tibia((-0.5, 5, 3)), femur((4, -5, 14)), femur((8, -14, 23), (10, -18, 27))]
    pcl = [tibia((-0.5, -27, -14), (-0.5, -27.5, -5)), femur((-1, -24, 10), (-4, -15, 17), (-7, -4, 17), (-9.5, 3, 14))]
    mcl = [
        femur((-43.5, -3, 28), (-43, -3, 12)),
        tibia((-41.6, -3, -5), (-39.8, -2, -14), (-33.5, 0, -27), (-25, 1, -41), (-20.5, 2, -50)),
    ]
    lcl = [femur((43.2, -5, 29), (42.5, -8, 14)), tibia((41.8, -15, -2), (40, -18, -14))]
    patellar = [patella((1, 50, 25), (1, 47.5, 14)), tibia((1.5, 40, 3), (2, 33.5, -14), (3, 27, -30), (3, 24, -40))]
    quadriceps = [patella((1, 50, 46), (1, 47, 56)), femur((1, 45, 66), (1, 44, 82), (1, 44, 150))]
    artery = [
        femur((-8, -19, 150), (-5, -22, 70), (0, -30, 36)),
        tibia((2, -36, 8), (3, -37, -20), (4, -31, -45), (5, -27, -150)),
    ]
    vein = [
        femur((-4, -26, 150), (0, -30, 70), (5, -36, 36)),
        tibia((5, -42, 8), (5, -42, -20), (5, -37, -45), (8, -33, -150)),
    ]
    nerve = [
        femur((8, -40, 150), (8, -42, 70), (6, -45, 36)),
        tibia((5, -49, 8), (3, -49, -20), (2, -44, -45), (2, -40, -150)),
    ]
    named = {"acl": acl, "pcl": pcl, "mcl": mcl, "lcl": lcl, "patellar": patellar, "quadriceps": quadriceps}
    named |= {"artery": artery, "vein": vein, "nerve": nerve}
    return {name: np.concatenate(parts) for name, parts in named.items()}


def bundles(p: Points, lines: dict[str, np.ndarray], scale: float) -> dict[str, Array]:
    """Return the thicker cords: cruciates, patellar and quadriceps tendon, vessels, nerve.

    Points lie on a lattice along the scanner axes (y, z, x); far from a cord the distance is only said to be large.
    """
    found = {}
    for name, (radii, flat) in CORDS.items():
        line = lines[name]
        reach = max(radii) * scale * np.array([flat, 1.0, 1.0]) + 4.0
        low, high = line.min(axis=0) - reach, line.max(axis=0) + reach
        box = []
        for coordinate, along in ((1, p[1][:, 0, 0]), (2, p[2][0, :, 0]), (0, p[0][0, 0, :])):
            inside = np.flatnonzero((along >= low[coordinate]) & (along <= high[coordinate]))
            box.append(slice(inside[0], inside[-1] + 1) if len(inside) else slice(0, 0))
        where = (box[0], box[1], box[2])
        distance = np.full(p[0].shape, np.float32(FAR))
        if distance[where].size:
            x, y, z = (q[where] for q in p)
            distance[where] = tube((x, y, z), line, [r * scale for r in radii], flat=flat)
        found[name] = distance
    return found
