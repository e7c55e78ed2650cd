"""Real anatomy with values of its own: tissues of a scan as a head that can be scanned again, with or without lesions.

What is true of such a head is known exactly, whatever the person's own T1 and T2 are: shares come from the scan, values
are drawn. The same anatomy with another seed is another head.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_mrsr.phantoms.brain import lesions as kinds
from napari_mrsr.phantoms.brain.person import draw
from napari_mrsr.phantoms.brain.phantom import BrainPhantom, label_scan
from napari_mrsr.phantoms.brain.shares import Shares
from napari_mrsr.phantoms.brain.space import REACH, Axes
from napari_mrsr.phantoms.brain.tissues import NUMBER, materials
from napari_mrsr.phantoms.lattice import Array, RandomField
from napari_mrsr.phantoms.shapes import ellipsoid
from napari_mrsr.physics.mixtures import Maps
from napari_mrsr.training.brain_tissues import Anatomy

#: Where the middle of the brain lies in the coordinates of the phantom, mm.
MIDDLE = (0.0, -18.0, 14.0)
#: Half the size of its brain, mm: lesions are placed by it.
HALF = (66.0, 84.0, 66.0)
#: What is kept of the head around the brain to the sides, above and below, mm.
MARGIN, ABOVE, BELOW = 28.0, 28.0, 30.0
#: Tissues of the brain that a lesion may replace.
BRAIN = ("white matter", "grey matter")


def head_of(anatomy: Anatomy, seed: int, *, field: float = 3.0, lesions: kinds.Lesions | None = None) -> BrainPhantom:
    """Return a head of a real person's anatomy and a seed's values, cut to the brain and some centimetres around it.

    Parameters
    ----------
    anatomy
        From :func:`~napari_mrsr.training.brain_tissues.brain_tissues`.
    seed
        Of the values, their variation from place to place, B1, coil and lesions.
    field
        T.
    lesions
        Instead of what the seed draws; ``"none"`` for none.
    """
    box = _box(anatomy)
    shape = tuple(b.stop - b.start for b in box)
    size = (shape[0], shape[1], shape[2])
    inside = np.argwhere(anatomy.brain[box])
    centre, low, high = inside.mean(axis=0), inside.min(axis=0), inside.max(axis=0)
    found = []
    for n, c, sign, middle in zip(size, centre, (-1, -1, 1), MIDDLE, strict=True):
        found.append(middle + sign * (np.arange(n) - c) * anatomy.spacing)
    axes: Axes = (found[0], found[1], found[2])
    dense = {name: anatomy.fractions[name][box] for name in anatomy.fractions}
    drawn = kinds.draw(seed, lesions)
    if drawn:
        scale = (high - low + 1) * anatomy.spacing / 2 / HALF
        dense = _with(dense, drawn, axes, scale, seed, anatomy.spacing)
    lists, most, labels = {}, np.full(size, 1e-3, np.float32), np.zeros(size, np.uint8)
    air = 1 - sum(dense.values())
    np.maximum(most, air, out=most)
    for name, share in dense.items():
        flat = share.ravel()
        where = np.flatnonzero(flat > 1e-3).astype(np.int32)
        lists[name] = (where, flat[where].astype(np.float32))
        won = share > most
        labels[won] = NUMBER[name]
        np.maximum(most, share, out=most)
    told = {"seed": seed, "field": field, "lesions": [lesion.name for lesion in drawn], "anatomy": "real"}
    affine = anatomy.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array([b.start for b in box])
    scan = replace(label_scan(labels, axes, told, field), affine=affine)
    return BrainPhantom(Shares(size, lists), scan, draw(seed), dict(materials(seed, field)), axes, drawn, field)


def tissue_maps(anatomy: Anatomy, seed: int, field: float = 3.0, *, lesions: kinds.Lesions | None = None) -> Maps:
    """Return T1, T2 (ms) and M0 that the tissues of an anatomy have by a seed's values."""
    return head_of(anatomy, seed, field=field, lesions=lesions).maps


def _box(anatomy: Anatomy) -> tuple[slice, slice, slice]:
    found = []
    for axis, (before, after) in enumerate(((MARGIN, MARGIN), (MARGIN, MARGIN), (BELOW, ABOVE))):
        some = np.flatnonzero(anatomy.brain.any(axis=tuple(a for a in range(3) if a != axis)))
        start = max(0, int(some[0]) - round(before / anatomy.spacing))
        found.append(slice(start, min(anatomy.shape[axis], int(some[-1]) + 1 + round(after / anatomy.spacing))))
    return found[0], found[1], found[2]


def _with(
    dense: dict[str, Array],
    drawn: tuple[kinds.Lesion, ...],
    axes: Axes,
    scale: np.ndarray,
    seed: int,
    spacing: float,
) -> dict[str, Array]:
    """Return shares with lesions in them, what lies on top first; they take their share of the brain in a voxel."""
    x, y, z = np.meshgrid(*(a.astype(np.float32) for a in axes), indexing="ij", sparse=True)
    at = [np.float32(m) + (q - np.float32(m)) / np.float32(s) for q, m, s in zip((x, y, z), MIDDLE, scale, strict=True)]
    rising: Axes = (axes[0][::-1], axes[1][::-1], axes[2])
    rough = RandomField.draw(seed, "rough", 5.0, REACH).on(rising)[::-1, ::-1]
    out = {name: share.copy() for name, share in dense.items()}
    for lesion in drawn:
        distance = ellipsoid((at[0], at[1], at[2]), lesion.centre, lesion.radii) + np.float32(lesion.uneven) * rough
        share = np.clip(np.float32(0.5) - distance / np.float32(1.2 * spacing), 0, 1)
        taken = out.setdefault(lesion.name, np.zeros_like(share))
        for name in BRAIN[:1] if lesion.only_white else BRAIN:
            part = share * out[name]
            out[name] -= part
            taken += part
    return {name: share for name, share in out.items() if share.any()}
