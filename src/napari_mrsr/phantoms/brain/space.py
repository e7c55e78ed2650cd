r"""Where a point of the scanner lies in the head as it is described, and smooth functions of it on any grid.

A point p of the scanner (RAS mm) is in the head at :math:`q = R^T (p - t) / s + w(p)`: pose, size, and a warp w by
smooth random fields of some millimetres, which makes the two sides unlike. Coordinates of the head are those of a
stereotaxic atlas: x right, y anterior, z superior, the origin at the anterior commissure.

What changes slowly (the coordinates, the distance to the hull of the cerebrum, the fields that the sulci follow) is
computed on a lattice of :data:`STEP` mm and carried to the voxels; what has creases is made at the voxels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.brain.person import Person
from napari_mrsr.phantoms.lattice import Array, RandomField, carry, weights
from napari_mrsr.phantoms.shapes import Points

Axes = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
Box = tuple[slice, slice, slice]

#: Spacing of the lattice, mm.
STEP = 2.0
#: SD of the warp and the spacing of its own lattice, mm.
WARP, WARP_SCALE = 1.6, 34.0
#: How far fields are defined around the origin, mm.
REACH = 190.0


class Space:
    """A lattice around a grid of rising axes, and what is known on it."""

    def __init__(self, person: Person, axes: Axes):
        self.person = person
        self.lattice: Axes = (_around(axes[0]), _around(axes[1]), _around(axes[2]))
        where = np.stack(np.meshgrid(*self.lattice, indexing="ij"), axis=-1)
        q = (where - person.shift) @ person.rotation / person.size
        self.points: list[Array] = []
        for axis, name in enumerate("xyz"):
            warp = RandomField.draw(person.seed, f"head warp {name}", WARP_SCALE, REACH).on(self.lattice)
            self.points.append(np.asarray(q[..., axis] + np.float32(WARP) * warp, np.float32))
        self.known: dict[str, Array] = dict(zip("xyz", self.points, strict=True))

    @property
    def scanner(self) -> Points:
        """Where the lattice lies in the scanner, as three arrays that broadcast, mm."""
        x, y, z = np.meshgrid(*self.lattice, indexing="ij", sparse=True)
        return x, y, z

    def know(self, name: str, distance: Callable[[Points], Array]) -> Array:
        """Keep a function of the head's coordinates under a name."""
        x, y, z = self.points
        self.known[name] = np.asarray(distance((x, y, z)), np.float32)
        return self.known[name]

    def on(self, axes: Axes) -> Block:
        """Return what is known on a grid within the lattice."""
        matrices = [
            weights(axis, float(nodes[0]), STEP, len(nodes), "catmull_rom")
            for axis, nodes in zip(axes, self.lattice, strict=True)
        ]
        return Block(self, axes, (matrices[0], matrices[1], matrices[2]))


class Block:
    """A part of the grid: its coordinates in the head, and what is known there."""

    def __init__(self, space: Space, axes: Axes, matrices: tuple[Array, Array, Array]):
        self.axes = axes
        self._space, self._matrices, self._carried = space, matrices, dict[str, Array]()

    def __getitem__(self, name: str) -> Array:
        """Return what is known under a name at the points of the block."""
        if name not in self._carried:
            self._carried[name] = carry(self._space.known[name], self._matrices)
        return self._carried[name]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of points along each axis."""
        return len(self.axes[0]), len(self.axes[1]), len(self.axes[2])

    def at(self, box: Box) -> Points:
        """Return the head's coordinates in a box."""
        return self["x"][box], self["y"][box], self["z"][box]

    def box(self, low: npt.ArrayLike, high: npt.ArrayLike, margin: float = 7.0) -> Box | None:
        """Return the points that may lie between two corners of the head; ``margin`` makes up for the warp, mm."""
        person = self._space.person
        a, b = np.asarray(low, np.float64) - margin, np.asarray(high, np.float64) + margin
        corners = np.array([[(a, b)[i][0], (a, b)[j][1], (a, b)[k][2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
        there = (corners * person.size) @ person.rotation.T + person.shift
        box = []
        for axis, values in enumerate(self.axes):
            start = int(np.searchsorted(values, there[:, axis].min()))
            stop = int(np.searchsorted(values, there[:, axis].max(), side="right"))
            if stop <= start:
                return None
            box.append(slice(start, stop))
        return box[0], box[1], box[2]


def _around(axis: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return lattice points around an axis, anchored in the scanner: a part of a grid has those of the whole."""
    # As wide a margin as slopes of slopes, and what is smoothed after them, can see.
    low = np.floor(axis.min() / STEP) - 6
    high = np.ceil(axis.max() / STEP) + 6
    return STEP * np.arange(low, high + 1)
