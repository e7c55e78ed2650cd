"""Fine structure: grain, trabeculae, muscle streaks and fat septa, from one periodic tile of smooth noise per seed.

A tile is looked up at scaled and sheared positions, so that the same tile gives streaks along a muscle and isotropic
grain. It repeats after 48 lattice steps, which at these scales is nowhere to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates

from napari_mrsr.phantoms.subject import generator

Array = npt.NDArray[np.floating[Any]]

TILE = 48
#: Smoothing of the tile in lattice steps; a feature is about 2.5 steps wide.
SMOOTHING = 1.1
STEPS_PER_FEATURE = 2.5


@dataclass(frozen=True, eq=False)
class Texture:
    """Noise that can be asked for at any point."""

    tile: Array
    offsets: npt.NDArray[np.float64]

    @classmethod
    def draw(cls, seed: int) -> Texture:
        """Return the texture of a seed."""
        rng = generator(seed, "texture")
        tile = gaussian_filter(rng.standard_normal((TILE,) * 3, dtype=np.float32), SMOOTHING, mode="wrap")
        return cls((tile - tile.mean()) / tile.std(), rng.uniform(0, TILE, (8, 3)))

    def at(self, x: Array, y: Array, z: Array, size: tuple[float, float, float], which: int = 0) -> Array:
        """Return noise of SD about 1 whose features are ``size`` mm long along x, y and z."""
        position = np.stack([x, y, z]).astype(np.float32)
        position *= (STEPS_PER_FEATURE / np.array(size, dtype=np.float32))[:, None]
        position += self.offsets[which][:, None].astype(np.float32)
        return np.asarray(map_coordinates(self.tile, position, order=1, mode="grid-wrap", output=np.float32))

    def ridge(self, x: Array, y: Array, z: Array, size: tuple[float, float, float], width: float, which: int) -> Array:
        """Return 1 on thin curved sheets (where the noise passes through 0), falling to 0 beside them."""
        n = self.at(x, y, z, size, which)
        return np.asarray(np.exp(-((n / np.float32(width)) ** 2)), dtype=np.float32)
