r"""The cerebrum: its hull, the sulci that fold it, and the cortex along them.

The hull is the body that a tight cloth around the lobes would have. Sulci are sheets where a smooth random field n
passes through zero; n is asked for at the point of the hull nearest to a voxel, so that sheets stand upright on the
surface and go straight down. The distance to a sheet is :math:`|n| / |\nabla n|`; it ends at a depth that varies, and
where this is negative there is no sulcus. With h the distance to the hull and s that to the sulci, the pial surface is
at :math:`\max(h, -s) = 0` and the cortex is the layer of 2 to 3 mm below it.

Sylvian fissure, insula and the gap between the hemispheres are sheets too, laid by hand.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates, maximum_filter

from napari_mrsr.phantoms.brain.space import STEP, Block, Space
from napari_mrsr.phantoms.shapes import Array, Points, ellipsoid, loft, union, without
from napari_mrsr.phantoms.subject import generator
from napari_mrsr.phantoms.texture import STEPS_PER_FEATURE, Texture

#: One hemisphere, cross-sections from back to front: y, middle x and z, half width and half height, mm.
LOBES = (
    (-104, 15, 4, 5, 6), (-97, 18, 5, 21, 22), (-82, 20, 14, 37, 33), (-60, 22, 23, 46, 41), (-40, 22, 24, 48, 49),
    (-20, 22, 25, 47, 53), (0, 21, 24, 46, 51), (20, 20, 22, 42, 46), (40, 18, 16, 36, 38), (55, 16, 10, 29, 30),
    (66, 13, 4, 20, 20), (73, 11, 1, 7, 8),
)  # fmt: skip
TEMPORAL = (
    (24, 38, -25, 5, 6), (15, 41, -23, 13, 13), (0, 46, -20, 18, 17), (-20, 49, -17, 19, 18), (-45, 48, -8, 18, 19),
    (-66, 42, 0, 14, 15),
)  # fmt: skip
#: Size of the features of the fields that sulci follow, how deep sulci go and by how much that varies, mm.
FOLDS = {"deep": (12.5, 19.0, 5.0), "middle": (11.5, 11.0, 7.0), "shallow": (9.5, 4.0, 4.5)}
#: How far sheets swerve on their way down, and over what length, mm.
SWERVE, SWERVE_SIZE = 2.2, 15.0
#: Slope of a field beyond which it jumps, over the size of its features (the mean slope is 2.8).
STEEPEST = 9.0
#: By how much sulci of the wall between the hemispheres are shallower, mm.
MEDIAL = 6.0
#: Box of the lattice on which distances to the hull are kept, one side, and its spacing, mm.
CORNER, REACHES, GRAIN = (-4.0, -136.0, -84.0), (112.0, 112.0, 124.0), 2.0
#: Half the width of the gap between the hemispheres, mm.
GAP = 1.3
#: The outer contour of the corpus callosum in the middle: y, z and radii, mm.
CALLOSUM = ((-5.0, 3.0), (38.0, 25.0))


def _body(p: Points) -> Array:
    """Return what is negative within the hull; a distance only near the middle of the lobes."""
    x, y, z = p
    side = np.abs(x)
    lobes = loft((side, z, y), [(row[0], row[1], row[2], row[3], row[4]) for row in LOBES])
    temporal = loft((side, z, y), TEMPORAL)
    # Between the temporal lobes lie the brainstem and its cisterns.
    base = ellipsoid((side, y, z), (0, -22, -30), (20, 30, 20))
    return union(without(lobes, base, 8.0), temporal, 5.0)


@cache
def _distances() -> Array:
    """Return distances to the hull on a lattice of one side: those between voxels inside and outside, smoothed."""
    axes = [np.arange(a, b, GRAIN, dtype=np.float32) for a, b in zip(CORNER, REACHES, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    within = _body((x, y, z)) < 0
    # From the middle of a voxel to the border between two is half a voxel.
    apart = np.where(within, 0.5 - distance_transform_edt(within), distance_transform_edt(~within) - 0.5)
    return np.asarray(GRAIN * gaussian_filter(apart, 1.3, mode="nearest"), np.float32)


def hull(p: Points) -> Array:
    """Return the distance to the hull of both hemispheres, without the gap between them."""
    at = (np.abs(p[0]), p[1], p[2])
    position = np.stack([(q - np.float32(c)) * np.float32(1 / GRAIN) for q, c in zip(at, CORNER, strict=True)])
    return np.asarray(map_coordinates(_distances(), position, order=1, mode="nearest", output=np.float32))


def know(space: Space) -> None:
    """Compute the hull and the fields of the sulci on the lattice."""
    whole = space.know("hull", hull)
    x, y, z = space.points
    # Sulci stand upright on the walls of the gap between the hemispheres too.
    body = np.maximum(whole, np.float32(GAP) - np.abs(x))
    away = np.gradient(body, STEP)
    steep = np.sqrt(sum(a * a for a in away)) + np.float32(1e-3)
    reach = np.clip(body, -22, 4) / steep
    at: list[Array] = [np.asarray(c - reach * a / steep, np.float32) for c, a in zip(space.scanner, away, strict=True)]
    at[0] = at[0] + np.float32(90) * np.sign(x)
    texture = Texture.draw(space.person.seed)
    flat = [c.ravel() for c in (x, y, z)]
    for axis in range(3):
        swerve = texture.at(flat[0], flat[1], flat[2], (SWERVE_SIZE,) * 3, 4 + axis).reshape(x.shape)
        at[axis] = at[axis] + np.float32(SWERVE) * swerve
    offsets = generator(space.person.seed, "sulci").uniform(0, 48, (4, 3))
    for n, (name, (size, _, _)) in enumerate(FOLDS.items()):
        position = np.stack([c * np.float32(STEPS_PER_FEATURE / size) for c in at])
        position += offsets[n].reshape(3, 1, 1, 1).astype(np.float32)
        field = map_coordinates(texture.tile, position, order=3, mode="grid-wrap", output=np.float32)
        slope = np.sqrt(sum(g * g for g in np.gradient(field, STEP)))
        # Halfway between two walls the nearest point of the hull jumps, and with it the field: no sulcus there either.
        torn = maximum_filter((slope > STEEPEST / size).astype(np.float32), 3)
        space.known[f"{name} torn"] = gaussian_filter(torn, 0.7)
        # Where a field is flat there is no sheet, only a wide valley: no sulcus.
        space.known[name] = field
        space.known[f"{name} slope"] = np.maximum(slope, np.float32(0.6 / size))
    position = np.stack([c * np.float32(STEPS_PER_FEATURE / 34.0) for c in at])
    position += offsets[3].reshape(3, 1, 1, 1).astype(np.float32)
    space.known["depth"] = map_coordinates(texture.tile, position, order=1, mode="grid-wrap", output=np.float32)


def pial(block: Block, sulcus: float) -> Array:
    """Return the distance to the pial surface, negative inside the brain; ``sulcus`` is half the width of a sulcus."""
    y = block["y"]
    side, outside, varied = np.abs(block["x"]), block["hull"], block["depth"]
    (cy, cz), (ry, rz) = CALLOSUM
    above = ellipsoid((np.zeros_like(y), y, block["z"]), (0, cy, cz), (1e3, ry, rz))
    gap = np.maximum(side - np.float32(GAP), -above)
    depth = -np.maximum(outside, -gap - np.float32(MEDIAL))
    surface = np.maximum(outside, -gap)
    for sign, (name, (_, deepest, spread)) in zip((1, -1, 1), FOLDS.items(), strict=True):
        sheet = np.abs(block[name]) / block[f"{name} slope"]
        ends = np.float32(deepest) + np.float32(sign * spread) * varied - np.float32(40) * block[f"{name} torn"]
        # Wider at the opening.
        wide = np.float32(sulcus) * (np.float32(1) + np.float32(0.05) * np.clip(12 - depth, 0, 12))
        surface = np.maximum(surface, -np.maximum(sheet - wide, depth - ends))
    return np.asarray(np.maximum(surface, -_fissure(block, sulcus)))


def _fissure(block: Block, sulcus: float) -> Array:
    """Return the distance to the Sylvian fissure and to the cleft over the insula."""
    y, z, side = block["y"], block["z"], np.abs(block["x"])
    level = np.float32(-1.0) - np.float32(0.34) * y + np.float32(2.5) * block["wavy"]
    fissure = np.abs(z - level) * np.float32(0.94) - np.float32(sulcus + 0.3)
    fissure = np.maximum(fissure, np.maximum(np.float32(35) - side, np.abs(y + np.float32(11)) - 35))
    insula = np.abs(side - np.float32(35.5) + np.float32(1.5) * block["depth"]) - np.float32(sulcus + 0.2)
    flat = (np.hypot((y + np.float32(1)) / 22, (z - level) / 13) - np.float32(1)) * 13
    return np.asarray(np.minimum(fissure, np.maximum(insula, flat)))


def callosum(p: Points) -> Array:
    """Return the corpus callosum and what it spreads into near the middle."""
    x, y, z = p
    (cy, cz), (ry, rz) = CALLOSUM
    flat = np.zeros_like(y)
    outer = ellipsoid((flat, y, z), (0, cy, cz), (1e3, ry - 0.5, rz - 0.5))
    thick = np.float32(6.0) + np.float32(0.0035) * (y - np.float32(cy)) ** 2
    ring = np.abs(outer + np.float32(0.5) * thick) - np.float32(0.5) * thick
    return np.asarray(np.maximum(np.maximum(ring, np.float32(cz - 4) - z), np.abs(x) - np.float32(16)))
