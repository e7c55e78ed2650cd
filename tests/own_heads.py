"""A small cohort of heads with maps measured in thick slices, written to the disk as a user's may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_mrsr.files import write_nifti
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.physics import mixtures
from napari_mrsr.scan import Scan
from napari_mrsr.training.brain_contrasts import slabs

SHAPE, SPACING = (20, 32, 28), 4.0
#: A slice of a map is so many voxels of the images thick, as 3.5 mm to 1 mm.
THICK = 3.5
#: Where the first slice begins, voxels of the images before the first.
OFFSET = 1.0
#: T1 (ms), T2 (ms) and M0 of white matter, grey matter, fluid and scalp.
TISSUES = np.array([[850, 70, 0.7], [1350, 95, 0.83], [4000, 1800, 1.0], [380, 70, 0.9]], np.float32)


def maps_of(seed: int) -> mixtures.Maps:
    """Return T1, T2 and M0 of a ball of folded grey and white matter about fluid, in a scalp; NaN and 0 in air."""
    rng = np.random.default_rng(seed)
    i, j, k = (2 * np.indices(SHAPE).T / (np.array(SHAPE) - 1) - 1).T
    r = np.sqrt(i**2 + j**2 + k**2)
    a, b, c = rng.uniform(0, 6, 3)
    grey = np.sin(9 * i + a) * np.sin(11 * j + b) * np.sin(10 * k + c) + 1.2 * r > 0.6
    tissue = np.where(r < 0.22, 2, np.where(r < 0.75, grey.astype(int), 3))
    own = TISSUES * rng.uniform(0.93, 1.07, TISSUES.shape).astype(np.float32)
    maps = np.moveaxis(own[tissue], -1, 0)
    head = (r < 0.75) | ((r > 0.84) & (r < 0.95))
    return mixtures.Maps(*(np.where(head, part, fill) for part, fill in zip(maps, (np.nan, np.nan, 0), strict=True)))


def measured(maps: mixtures.Maps, affine: np.ndarray, thick: float = THICK) -> dict[str, Scan]:
    """Return maps as measured in axial slices so many voxels thick, on a grid of their own, M0 in a unit of its own."""
    matrix, middles = slabs(SHAPE[2], 1.0, thick, OFFSET)
    found = mixtures.read(np.nan_to_num(mixtures.moments(*maps)) @ matrix.T.astype(np.float32))
    there = np.array(affine)
    there[:3, 3] += middles[0] * there[:3, 2]
    there[:3, 2] *= thick
    kinds = zip(("T1", "T2", "M0"), ("ms", "ms", "a.u."), (1, 1, 900), found, strict=True)
    return {
        name: Scan(np.nan_to_num(values) * factor, there, axis="map", names=(name,), quantity=name, unit=unit)
        for name, unit, factor, values in kinds
    }


def write(
    folder: Path, seed: int, *, maps: Sequence[str] = ("T1", "T2", "M0"), protocol: Protocol | None = None
) -> mixtures.Maps:
    """Write images and maps of the head of a seed into ``sub-seed``, and return its maps at full resolution."""
    rng, protocol, true = np.random.default_rng(seed), protocol or Protocol(), maps_of(seed)
    affine = np.diag([-SPACING, -SPACING, SPACING, 1])
    place = folder / f"sub-{seed}" / "anat"
    place.mkdir(parents=True)
    headers = protocol.headers()
    for name, signal in protocol.signals().items():
        image = np.abs(1e4 * np.nan_to_num(signal(*(np.nan_to_num(part, nan=1.0) for part in true), 1.0)))
        image = np.hypot(image + rng.normal(0, 8, SHAPE), rng.normal(0, 8, SHAPE)).astype(np.float32)
        scan = replace(Scan(image, affine, names=(name,)), acquisition=headers[name])
        write_nifti(scan, place / f"sub-{seed}_{name}.nii.gz")
    for name, scan in measured(true, affine).items():
        if name in maps:
            write_nifti(scan, place / f"sub-{seed}_{name}map.nii.gz")
    return true
