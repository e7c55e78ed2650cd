"""A slab of slices: distances carried to sub-voxels, and tissue fractions laid over each other.

Voxels thicker than wide are cut into sub-slices, so that a fraction is the mean over the thickness of the slice.
Within a sub-slice the fraction of a body is a ramp over one sub-voxel of its signed distance. Bodies are laid from
the top: each takes its part of what those before it left, so that the fractions of a voxel sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.lattice import Array, carry, weights
from napari_mrsr.phantoms.sub_slices import mean_of_slices

Axis = npt.NDArray[np.float64]
Box = tuple[slice, slice, slice]
Fields = Callable[[tuple[Axis, Axis, Axis]], dict[str, Array]]

#: Spacing of the lattice of distances, mm.
STEP = 1.0


def sub_slices(spacing: tuple[float, float, float]) -> int:
    """Return into how many sub-slices a slice is cut, so that they are about as thick as the pixels are wide."""
    return int(np.clip(round(spacing[2] / min(spacing[:2])), 1, 4))


@dataclass(eq=False)
class Slab:
    """Sub-voxels of a slab of the grid, the distances there, and what is left to fill.

    Parameters
    ----------
    axes
        Positions of the voxel centres along i (y), j (z) and k (x), canonical mm.
    spacing
        Voxel size, mm.
    fields
        Gives the distances on a lattice of three axes.
    """

    axes: tuple[Axis, Axis, Axis]
    spacing: tuple[float, float, float]
    fields: Fields

    def __post_init__(self) -> None:
        self.sub = sub_slices(self.spacing)
        offsets = ((np.arange(self.sub) + 0.5) / self.sub - 0.5) * self.spacing[2]
        self.fine = (self.axes[0], self.axes[1], (self.axes[2][:, None] + offsets).ravel())
        fine_spacing = (*self.spacing[:2], self.spacing[2] / self.sub)
        #: A boundary blurs over a sub-voxel; 1.2: mean width of its projection on an oblique normal.
        self.width = float(1.2 * np.mean(fine_spacing))
        self.lattice = tuple(
            STEP * np.arange(np.floor(a.min() / STEP) - 2, np.ceil(a.max() / STEP) + 3) for a in self.fine
        )
        self.matrices = tuple(
            weights(a, lat[0], STEP, len(lat), "catmull_rom") for a, lat in zip(self.fine, self.lattice, strict=True)
        )
        y, z, x = self.lattice
        self.coarse = self.fields((y, z, x))
        self.shape = tuple(len(a) for a in self.fine)
        self.left = np.ones(self.shape, dtype=np.float32)

    @property
    def whole(self) -> Box:
        """The box of all sub-voxels."""
        return slice(0, self.shape[0]), slice(0, self.shape[1]), slice(0, self.shape[2])

    def near(self, field: Array, within: float) -> Box | None:
        """Return the box of sub-voxels where a lattice field may be below ``within``, or None."""
        found = field < within
        box = []
        for axis in range(3):
            other = tuple(a for a in range(3) if a != axis)
            some = np.flatnonzero(found.any(axis=other))
            if not len(some):
                return None
            low, high = self.lattice[axis][some[0]] - STEP, self.lattice[axis][some[-1]] + STEP
            inside = np.flatnonzero((self.fine[axis] >= low) & (self.fine[axis] <= high))
            if not len(inside):
                return None
            start, stop = int(inside[0]), int(inside[-1]) + 1
            if axis == 2:
                start, stop = start // self.sub * self.sub, -(-stop // self.sub) * self.sub
            box.append(slice(start, stop))
        return box[0], box[1], box[2]

    def at(self, name: str, box: Box) -> Array:
        """Return a field at the sub-voxels of a box."""
        first, second, third = (m[b] for m, b in zip(self.matrices, box, strict=True))
        return carry(self.coarse[name], (first, second, third))

    def points(self, box: Box) -> tuple[Array, Array, Array]:
        """Return x, y, z of the sub-voxels of a box, ready to broadcast, mm."""
        y, z, x = (a[b].astype(np.float32) for a, b in zip(self.fine, box, strict=True))
        return x[None, None, :], y[:, None, None], z[None, :, None]

    def inside(self, distance: Array) -> Array:
        """Return the fraction of each sub-voxel that lies inside a body."""
        return np.asarray(np.clip(np.float32(0.5) - distance / np.float32(self.width), 0, 1))

    def take(self, box: Box, fraction: Array) -> tuple[Box, Array]:
        """Lay a body over what is left; return its fractions of whole voxels, and their box."""
        share = self.left[box] * fraction
        self.left[box] -= share
        return self.voxels(box), self.mean(share)

    def voxels(self, box: Box) -> Box:
        """Return the voxels of a box of sub-voxels."""
        return box[0], box[1], slice(box[2].start // self.sub, box[2].stop // self.sub)

    def mean(self, values: Array) -> Array:
        """Return the mean over the sub-slices of each voxel."""
        return mean_of_slices(values, self.sub)
