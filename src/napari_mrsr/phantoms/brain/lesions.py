"""Lesions of the brain: plaques as in multiple sclerosis, an infarct, a tumour with oedema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_mrsr.phantoms.brain.palette import Palette
from napari_mrsr.phantoms.brain.space import Block
from napari_mrsr.phantoms.shapes import Array, ellipsoid
from napari_mrsr.phantoms.subject import generator
from napari_mrsr.triple import triple

Lesions = Literal["none", "plaques", "infarct", "tumour"]
#: How often each is drawn where nothing is asked for.
CHANCES: dict[Lesions, float] = {"none": 0.5, "plaques": 0.2, "infarct": 0.15, "tumour": 0.15}


@dataclass(frozen=True)
class Lesion:
    """An ellipsoid with an uneven border: tissue, centre and radii (mm in the head), and what it may replace."""

    name: str
    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    uneven: float
    only_white: bool


def draw(seed: int, kind: Lesions | None = None) -> tuple[Lesion, ...]:
    """Return the lesions of a seed, what lies on top first; ``kind`` overrides what is drawn."""
    rng = generator(seed, "brain", "lesions")
    drawn = str(rng.choice(list(CHANCES), p=list(CHANCES.values())))
    kind = kind or drawn  # type: ignore[assignment]
    side = 1.0 if rng.random() < 0.5 else -1.0
    if kind == "plaques":
        return tuple(_plaque(rng) for _ in range(int(rng.integers(6, 19))))
    if kind == "infarct":
        size = float(rng.uniform(12, 28))
        at = (side * (62 - 0.8 * size), float(rng.uniform(-35, 15)), float(rng.uniform(0, 35)))
        return (Lesion("infarct", at, triple(size * rng.uniform(0.8, 1.2, 3)), 3.0, only_white=False),)
    if kind == "tumour":
        size = float(rng.uniform(7, 16))
        at = (side * float(rng.uniform(20, 40)), float(rng.uniform(-50, 35)), float(rng.uniform(12, 42)))
        core = triple(size * rng.uniform(0.85, 1.15, 3))
        rim = float(rng.uniform(6, 13))
        around = triple(rim * rng.uniform(0.7, 1.3) + r for r in core)
        return (
            Lesion("tumour", at, core, 1.5, only_white=False),
            Lesion("oedema", at, around, 3.5, only_white=True),
        )
    return ()


def paint(block: Block, palette: Palette, lesions: tuple[Lesion, ...], pial: Array, white: Array) -> None:
    """Paint lesions where there is brain, by the distances to its surface and to its white matter."""
    for lesion in lesions:
        reach = np.array(lesion.radii) + 2 * lesion.uneven
        box = block.box(np.array(lesion.centre) - reach, np.array(lesion.centre) + reach)
        if box is None:
            continue
        distance = ellipsoid(block.at(box), lesion.centre, lesion.radii)
        distance = distance + np.float32(lesion.uneven) * block["rough"][box]
        within = white if lesion.only_white else pial
        palette.paint(lesion.name, np.maximum(distance, within[box]), box)


def _plaque(rng: np.random.Generator) -> Lesion:
    """Return a plaque: near the ventricles, drawn out away from them, or anywhere in white matter."""
    side = float(rng.choice((-1.0, 1.0)))
    if rng.random() < 0.65:
        y = float(rng.uniform(-45, 25))
        at = (side * float(rng.uniform(14, 24)), y, float(18 + rng.uniform(-2, 10) - 0.004 * y * y))
        radii = (float(rng.uniform(2.5, 6)), float(rng.uniform(1.8, 3.5)), float(rng.uniform(1.8, 3.5)))
    else:
        at = (side * float(rng.uniform(15, 45)), float(rng.uniform(-65, 50)), float(rng.uniform(5, 50)))
        radii = triple(float(rng.uniform(1.5, 4)) * rng.uniform(0.8, 1.2, 3))
    return Lesion("plaque", at, triple(map(float, radii)), 0.6, only_white=True)
