r"""Where the brain is in a T1-weighted scan: a balloon that grows from within until it meets the dark rim of the brain.

The surface is a sphere of triangles. In each step a vertex moves, with s the way to the middle of its neighbours, n its
normal and l the mean length of an edge (Smith 2002),

.. math:: u = \tfrac12 s_t + f_2 s_n + 0.05 f_3 l n

:math:`s_t` along the surface keeps vertices evenly apart, :math:`s_n` keeps it smooth where it bends sharper than some
millimetres, and :math:`f_3 = 2 (I_{min} - t_l) / (I_{max} - t_2)` drives it outwards where it is bright inwards of a
vertex and inwards where it is dark; the thresholds follow from the histogram. There is nothing random in it.

Source
------
Smith SM. Fast robust automated brain extraction. Hum Brain Mapp 2002;17:143-155.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, binary_erosion, binary_fill_holes, gaussian_filter, map_coordinates

Array = npt.NDArray[np.floating[Any]]
Bool = npt.NDArray[np.bool_]

#: Steps of the balloon.
STEPS = 500
#: Where between dark and bright the rim of the brain lies.
FRACTION = 0.5
#: Radii of curvature between which smoothing sets in, mm.
TIGHTEST, WIDEST = 3.33, 10.0
#: How far inwards a vertex looks for the darkest and for the brightest, mm.
DARK, BRIGHT = 20.0, 10.0
#: What of a head counts from the crown downwards, mm: necks would pull the middle down.
HEIGHT = 165.0


@cache
def _sphere(divisions: int) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return vertices and triangles of an icosahedron divided that often: 2562 vertices for four."""
    golden = (1 + 5**0.5) / 2
    corners = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    points = np.array([np.roll(c, n) for n in range(3) for c in corners], np.float64)
    points /= np.linalg.norm(points, axis=1)[:, None]
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    edge = apart[apart > 1e-6].min() * 1.01
    near = (apart < edge) & (apart > 1e-6)
    threes = combinations(range(12), 3)
    triangles = np.array([(a, b, c) for a, b, c in threes if near[a, b] and near[b, c] and near[a, c]])
    for _ in range(divisions):
        sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        unique, which = np.unique(sides, axis=0, return_inverse=True)
        middle = points[unique].mean(axis=1)
        middle /= np.linalg.norm(middle, axis=1)[:, None]
        ab, bc, ca = (which.reshape(3, -1) + len(points))[:3]
        a, b, c = triangles.T
        points = np.concatenate([points, middle])
        triangles = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    # Corners in the order in which normals point outwards.
    first, second, third = points[triangles].transpose(1, 0, 2)
    inwards = (np.cross(second - first, third - first) * first).sum(axis=1) < 0
    triangles[inwards] = triangles[inwards][:, ::-1]
    return points, triangles


def brain_mask(volume: Array, spacing: float, *, divisions: int = 4, steps: int = STEPS) -> Bool:
    """Return the voxels of the brain, with the fluid in its sulci and ventricles.

    Parameters
    ----------
    volume
        T1-weighted, its third axis upwards, with next to no shading.
    spacing
        Edge of a voxel, mm.
    divisions, steps
        Of the sphere, and of the balloon.
    """
    import scipy.sparse as sparse

    low, high = (float(v) for v in np.percentile(volume, (2, 98)))
    level = low + 0.1 * (high - low)
    head = gaussian_filter((volume > level).astype(np.float32), 2.0 / spacing) > 0.5
    rows = np.flatnonzero(head.any(axis=(0, 1)))
    bottom = max(0, int(rows[-1] - HEIGHT / spacing)) if len(rows) else 0
    head[:, :, :bottom] = False
    weight = np.where(head, np.clip(volume, 0, high), 0)
    where: tuple[Array, ...] = np.ogrid[tuple(slice(0, n) for n in volume.shape)]
    centre = np.array([float((w * weight).sum() / weight.sum()) for w in where])
    radius = float(np.cbrt(3 * np.count_nonzero(head) / (4 * np.pi)))
    inner = sum((w - c) ** 2 for w, c in zip(where, centre, strict=True)) < (0.6 * radius) ** 2
    seen = volume[inner & (volume > low) & (volume < high)]
    median = float(np.median(seen))

    points, faces = _sphere(divisions)
    vertices = centre + 0.5 * radius * points
    count = len(points)
    ends = (faces.ravel(), np.roll(faces, 1, axis=1).ravel())
    link = sparse.coo_matrix((np.ones(faces.size), ends), (count, count))
    both = ((link + link.T) > 0).astype(np.float64).tocsr()
    mean_of = sparse.diags(1 / np.asarray(both.sum(axis=1)).ravel()) @ both
    of_face = np.repeat(np.arange(len(faces)), 3)
    corner = sparse.coo_matrix((np.ones(faces.size), (faces.ravel(), of_face)), (count, len(faces))).tocsr()
    middle = (1 / TIGHTEST + 1 / WIDEST) / 2 * spacing
    steep = 6 / ((1 / TIGHTEST - 1 / WIDEST) * spacing)
    deep, shallow = int(DARK / spacing), int(BRIGHT / spacing)
    soft = gaussian_filter(volume.astype(np.float32), 0.5)
    for _ in range(steps):
        a, b, c = vertices[faces].transpose(1, 0, 2)
        normal = corner @ np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1)[:, None] + 1e-12
        to_mean = mean_of @ vertices - vertices
        along = (to_mean * normal).sum(axis=1)
        length = float(np.linalg.norm(b - a, axis=1).mean())
        bend = 2 * np.abs(along) / length**2
        smooth = 0.5 * (1 + np.tanh(steep * (bend - middle)))
        inwards = vertices[None] - np.arange(deep)[:, None, None] * normal[None]
        line = map_coordinates(soft, inwards.transpose(2, 0, 1), order=0, mode="nearest", prefilter=False)
        darkest = np.maximum(low, np.minimum(median, line.min(axis=0)))
        brightest = np.minimum(median, np.maximum(level, line[:shallow].max(axis=0)))
        limit = (brightest - low) * FRACTION + low
        drive = 2 * (darkest - limit) / np.maximum(brightest - low, 1e-6)
        step = 0.5 * (to_mean - along[:, None] * normal)
        step += ((smooth * along) + 0.05 * drive * length)[:, None] * normal
        vertices = vertices + step
    return _filled(vertices, faces, volume.shape)


def _filled(vertices: Array, faces: npt.NDArray[np.intp], shape: tuple[int, ...]) -> Bool:
    """Return the voxels within a closed surface: those that its densely sampled triangles enclose."""
    # Where the balloon leaves the field of view it ends at its border.
    kept = np.clip(vertices, 0, np.array(shape) - 1)
    shell = np.zeros([n + 4 for n in shape], bool)
    a, b, c = kept[faces].transpose(1, 0, 2)
    longest = max(float(np.abs(a - b).max()), float(np.abs(b - c).max()), float(np.abs(c - a).max()))
    parts = np.linspace(0, 1, 2 + min(40, int(2 * longest)))
    for u in parts:
        for v in parts[parts <= 1 - u + 1e-9]:
            at = np.round(a + u * (b - a) + v * (c - a)).astype(int) + 2
            shell[tuple(at.T)] = True
    # A thicker shell has no gaps.
    filled = binary_erosion(binary_fill_holes(binary_dilation(shell)))
    return np.asarray(filled[2:-2, 2:-2, 2:-2])
