"""Femur, tibia, fibula and patella: distances in the frame of each bone, mm, for an adult knee of mean size.

Sizes follow the adult means of the anatomical literature: epicondylar width about 80 mm, condyles about 63 mm from
front to back, posterior condylar circle 20 mm, intercondylar notch about 19 mm wide, tibial plateau 76 x 50 mm with a
posterior slope of 6 degrees, patella 45 x 43 x 22 mm.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.shapes import (
    Array,
    Points,
    circle,
    common,
    ellipsoid,
    extrude,
    loft,
    sphere,
    union,
    without,
)

#: Centre of the polar angle around which femoral cartilage runs: y, z.
CONDYLE_CENTRE = (-2.0, 26.0)
#: Distance of the middle of a condyle, or of a plateau, from the mid-line.
CONDYLE_X = 23.0


def condyle_profile(y: Array, z: Array) -> Array:
    """Return the sagittal outline of a condyle: posterior circle, flatter distal part, anterior flange."""
    posterior = circle(y, z, (-13.0, 23.2), 20.2)
    distal = circle(y, z, (0.0, 28.5), 25.5)
    anterior = circle(y, z, (10.5, 29.0), 18.0)
    outline = union(union(posterior, distal, 3.0), anterior, 3.0)
    return common(outline, z - np.float32(45), 8.0)


def femur(p: Points) -> tuple[Array, Array]:
    """Return the femur, and the femur with its notch filled (which tells the articular surface from the notch)."""
    x, y, z = p
    profile = condyle_profile(y, z)
    # The condyles part a little towards the back.
    splay = np.float32(0.07) * np.clip(y + 5, -30, 15)

    def condyle(across: Array) -> Array:
        return extrude(profile + np.float32(0.012) * across * across, across, 15.0, 11.0)

    lateral = condyle(x - np.float32(CONDYLE_X) + splay)
    medial = condyle(x + np.float32(CONDYLE_X) - splay)
    # The trochlear groove is 5 to 6 mm deep and a little lateral; its lateral ridge stands higher.
    groove = np.float32(5.5) * np.exp(-(((x - 1) / 9) ** 2)) - np.float32(1.4) * np.exp(-(((x - 15) / 8) ** 2))
    trochlea = extrude(circle(y, z, (10.5, 29.5), 18.0) + groove, x - np.float32(1), 33.0, 9.0)
    shaft = loft(
        p,
        [
            (16, 0, 1, 26, 15),
            (22, 0, 1, 34, 19),
            (32, 0, 1, 39, 21),
            (44, 0, 2, 34, 19.5),
            (58, 0, 3.5, 22.5, 17),
            (75, 0, 5, 16.5, 15),
            (100, 0, 6, 14.5, 14.5),
            (150, 0, 8, 14, 14.5),
        ],
    )
    body = union(union(union(lateral, medial, 4.0), trochlea, 5.0), shaft, 7.0)
    for side in (-1, 1):
        body = union(body, ellipsoid(p, (39.0 * side, -4.0, 27.0), (4.5, 9.0, 10.0)), 5.0)
    roof = (z - np.float32(13) - (np.float32(5) - y) * np.float32(0.8)) / np.float32(1.28)
    notch = common(np.abs(x) - np.float32(9.5), roof, 5.0)
    filled = extrude(profile, x, 39.0, 12.5)
    return without(body, notch, 3.0), filled


def plateau(x: Array, y: Array) -> Array:
    """Return the height of the tibial plateau: medial dish, lateral dome, posterior slope, two eminences."""
    height = np.float32(-3.4) + (y + 5) * np.float32(0.09)
    dish = ((x + CONDYLE_X) ** 2 + 0.5 * (y + 6) ** 2) / 150
    dome = ((x - CONDYLE_X) ** 2 + 0.6 * (y + 6) ** 2) / 200
    lateral = 0.5 * (1 + np.tanh(x / 6))
    height = height + dish * (1 - lateral) - dome * lateral
    medial_eminence = 8.0 * np.exp(-(((x + 5.5) / 4) ** 2) - ((y + 3) / 8) ** 2)
    lateral_eminence = 7.5 * np.exp(-(((x - 5.5) / 4) ** 2) - ((y + 5) / 7) ** 2)
    between = -2.5 * np.exp(-((x / 9) ** 2))
    return np.asarray(height + medial_eminence + lateral_eminence + between, dtype=np.float32)


def tibia(p: Points) -> Array:
    """Return the tibia."""
    x, y, z = p
    shaft = loft(
        p,
        [
            (-150, 3, -1, 12.5, 13.5),
            (-100, 3, 1, 13, 14.5),
            (-62, 1.5, 2, 15.5, 16.5),
            (-44, 0.5, 1.5, 20, 18.5),
            (-28, 0, -1.5, 29, 21),
            (-15, 0, -4, 36.5, 24),
            (-8, 0, -5, 38, 25),
            (9, 0, -5, 38, 25),
        ],
    )
    top = plateau(x, y)
    h = np.float32(0.5)
    slope = np.hypot(plateau(x + h, y) - top, plateau(x, y + h) - top) / h
    bone = common(shaft, (z - top) / np.sqrt(1 + slope * slope), 3.5)
    tuberosity = ellipsoid(p, (3.0, 19.0, -36.0), (9.0, 6.5, 14.0))
    gerdy = ellipsoid(p, (24.0, 12.0, -17.0), (8.0, 7.0, 8.0))
    return union(union(bone, tuberosity, 5.0), gerdy, 6.0)


def fibula(p: Points) -> Array:
    """Return the fibula."""
    head = ellipsoid(p, (34.0, -19.0, -20.0), (8.5, 9.0, 10.0))
    shaft = loft(p, [(-150, 30, -16, 6, 6.5), (-60, 32, -18, 5.5, 6), (-35, 34, -19, 6, 6.5), (-22, 34, -19, 8, 8.5)])
    return union(head, shaft, 4.0)


def patella(p: Points) -> Array:
    """Return the patella: a lens with an apex below and two facets that meet in a ridge behind."""
    x, y = p[0], p[1]
    lens = ellipsoid(p, (1.0, 42.0, 34.0), (22.5, 12.0, 21.0))
    lens = union(lens, ellipsoid(p, (1.0, 44.0, 17.0), (9.0, 6.0, 8.0)), 6.0)
    facet = np.float32(30.6) + np.float32(0.34) * np.sqrt((x - 1) ** 2 + 4)
    return common(lens, (facet - y) / np.float32(1.06), 4.0)


def osteophytes(p: Points, radius: float, *, of: str) -> Array:
    """Return marginal bone spurs of the femur or the tibia."""
    height = 10.0 if of == "femur" else -5.0
    spots = [(-37.0, -6.0, height), (37.0, -4.0, height), (-33.0, 12.0, height + (4 if of == "femur" else 0))]
    spurs = sphere(p, spots[0], radius)
    for n, spot in enumerate(spots[1:]):
        spurs = union(spurs, sphere(p, spot, radius * (0.8 - 0.15 * n)))
    return spurs


def femoral_cover(p: Points, filled: Array) -> Array:
    """Return how far inside the edge of the femoral cartilage a point near the surface lies, mm (negative: outside)."""
    x = p[0]
    angle = condyle_angle(p)
    around = np.float32(27 * np.pi / 180) * np.minimum(np.float32(116) - angle, angle + np.float32(122))
    # The notch has no cartilage; the trochlear groove, which also lies inside the filled outline, has.
    outer = np.maximum(filled + np.float32(2.5), (angle - np.float32(38)) * np.float32(0.45))
    return np.asarray(np.minimum(np.minimum(around, np.float32(35.5) - np.abs(x)), outer))


def condyle_angle(p: Points) -> Array:
    """Return the angle about the condyle from straight down, forwards positive, degrees."""
    forwards, down = p[1] - np.float32(CONDYLE_CENTRE[0]), np.float32(CONDYLE_CENTRE[1]) - p[2]
    return np.asarray(np.degrees(np.arctan2(forwards, down)), dtype=np.float32)
