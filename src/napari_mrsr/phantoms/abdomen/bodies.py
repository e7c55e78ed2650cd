"""Organs as signed distances on a lattice of the body, drawn once a person and looked up wherever a voxel asks.

An organ may be as intricate as it likes: looking its distance up costs the same, and moves with the body. Trilinear
between points 2 to 3 mm apart a distance is right to some tenths of a millimetre for bodies of a centimetre and more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from napari_mrsr.phantoms.shapes import Array, Points

Vector = tuple[float, float, float]

#: How far outside an organ its lattice goes on, mm.
MARGIN = 6.0


@dataclass(frozen=True, eq=False)
class Body:
    """An organ: its tissue, and its distances on a lattice of the body.

    Parameters
    ----------
    name
        Its tissue.
    values
        Distances, mm, negative inside.
    first, step
        Where the lattice begins and its spacing, mm.
    """

    name: str
    values: Array
    first: Vector
    step: float

    @classmethod
    def draw(cls, name: str, distance: Callable[[Points], Array], low: Vector, high: Vector, step: float = 2.5) -> Body:
        """Return the body of a distance function within a box, cut to where it is."""
        axes = [np.arange(a, b + step, step, dtype=np.float32) for a, b in zip(low, high, strict=True)]
        x, y, z = np.meshgrid(*axes, indexing="ij")
        values = np.asarray(distance((x, y, z)), np.float32)
        # Beyond the margin a distance says nothing; without a step at the border of the lattice nothing is drawn there.
        values = np.minimum(values, np.float32(MARGIN))
        near = values < MARGIN
        cut, first = [], []
        for axis in range(3):
            some = np.flatnonzero(near.any(axis=tuple(a for a in range(3) if a != axis)))
            start, stop = (int(some[0]), int(some[-1]) + 1) if len(some) else (0, 1)
            cut.append(slice(start, stop))
            first.append(float(axes[axis][start]))
        return cls(name, np.ascontiguousarray(values[cut[0], cut[1], cut[2]]), (first[0], first[1], first[2]), step)

    @property
    def low(self) -> Vector:
        """Where its lattice begins, mm."""
        return self.first

    @property
    def high(self) -> Vector:
        """Where its lattice ends, mm."""
        x, y, z = (f + self.step * (n - 1) for f, n in zip(self.first, self.values.shape, strict=True))
        return x, y, z

    def at(self, p: Points) -> Array:
        """Return the distance at points of the body."""
        position = np.stack(
            [(q - np.float32(f)) * np.float32(1 / self.step) for q, f in zip(p, self.first, strict=True)]
        )
        return np.asarray(
            map_coordinates(self.values, position, order=1, cval=MARGIN, output=np.float32, prefilter=False)
        )
