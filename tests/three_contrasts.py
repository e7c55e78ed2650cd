"""T1w, T2w and FLAIR of a ball, with the headers of the published protocol, and small weights that map it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.scan import Acquisition, Scan

SHAPE = (16, 20, 12)
#: Signal of the ball in each contrast.
BRIGHT = {"T1w": 300.0, "T2w": 200.0, "FLAIR": 250.0}


def ball(name: str, *, shape: tuple[int, int, int] = SHAPE, timings: bool = True, seed: int = 0) -> Scan:
    """Return one contrast of the ball, axial, 2 mm; without timings only its name tells what it is."""
    i, j, k = np.indices(shape).astype(float)
    inside = sum((x / n - 0.5) ** 2 for x, n in zip((i, j, k), shape, strict=True)) < 0.13
    noise = np.abs(np.random.default_rng(seed).normal(0, 2, shape))
    acquisition = Protocol().headers()[name] if timings else Acquisition(series_description=name, body_part="BRAIN")
    array = np.where(inside, BRIGHT[name], 0.0) + noise
    affine = np.diag([-2.0, -2.0, 2.0, 1.0])
    return Scan(array.astype(np.float32), affine, names=(name,), acquisition=acquisition, slice_axis=2)


def three(*, timings: bool = True) -> dict[str, Scan]:
    """Return the three contrasts of one ball."""
    return {name: ball(name, timings=timings, seed=n) for n, name in enumerate(BRIGHT)}


def small_weights(folder: Path) -> Path:
    """Write a small network that was not trained, which says T1 and T2 near 1000 and 100 ms."""
    conditions = MapConditions(voxel=(1.5, 2.5))
    return registry.save(Mapper(features=2, levels=2, conditions=conditions.written()), folder / "weights.safetensors")
