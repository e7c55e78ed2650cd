"""A block of the picture while it is painted: bodies are laid one behind the other, each over what is left of a voxel.

A voxel is cut into sub-slices; in each of them a body takes the share ``1/2 - d / w`` of what is left, d being its
distance and w the distance's change across the sub-voxel along its three edges together. Only the zero of d matters
and not its scale, so that a deformed body needs no new distance, and a shallow border in thick slices is as blurred as
in a scanner. Water and fat are summed apart and meet only in the voxel, which is what draws the dark outline in
opposed phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from napari_mrsr.phantoms.abdomen.motion import STEP, Axes, Motion, Three
from napari_mrsr.phantoms.abdomen.tissues import NUMBER, Shade
from napari_mrsr.phantoms.shapes import Array
from napari_mrsr.phantoms.sub_slices import mean_of_slices

Box = tuple[slice, slice, slice]

#: Sub-slices are at most this thick, mm.
SUB_SLICE = 2.5


def sub_slices(spacing: float) -> int:
    """Return into how many sub-slices a slice is cut."""
    return max(1, int(np.ceil(spacing / SUB_SLICE - 1e-6)))


def across(distance: Array) -> Array:
    """Return how much a distance changes over a sub-voxel, its three edges together."""
    total = np.zeros(distance.shape, np.float32)
    for axis, n in enumerate(distance.shape):
        if n < 2:
            continue
        d = np.moveaxis(distance, axis, 0)
        t = np.moveaxis(total, axis, 0)
        t[1:-1] += np.abs(d[2:] - d[:-2]) * np.float32(0.5)
        t[0] += np.abs(d[1] - d[0])
        t[-1] += np.abs(d[-1] - d[-2])
    return total


class Canvas:
    """The block, its coordinates in the anatomy, and what has been painted."""

    def __init__(self, axes: Axes, spacing: tuple[float, float, float], motion: Motion, shades: Mapping[str, Shade]):
        self.sub = sub_slices(spacing[2])
        parts = (np.arange(self.sub) + 0.5) / self.sub - 0.5
        thin = (axes[2][:, None] + parts * spacing[2]).ravel()
        self.axes: Axes = (axes[0], axes[1], thin)
        self.points, self._lattice, coarse = motion.on(self.axes)
        # Axes of the anatomy run nearly along those of the scanner: what each plane of the lattice reaches of its own.
        self._reach = []
        for axis, values in enumerate(coarse):
            others = tuple(a for a in range(3) if a != axis)
            self._reach.append((values.min(axis=others), values.max(axis=others)))
        self._z = (float(coarse[2].min()), float(coarse[2].max()))
        self.shades = shades
        self.edge = min(spacing[0], spacing[1])
        self.left = np.ones(self.points[0].shape, np.float32)
        shape = tuple(len(a) for a in axes)
        self.water, self.fat, self.grain_water, self.grain_fat, self.clouds_water, self.clouds_fat = (
            np.zeros(shape, np.float32) for _ in range(6)
        )
        self.most = np.zeros(shape, np.float32)
        self.labels = np.zeros(shape, np.uint8)
        self.whole: Box = (slice(0, shape[0]), slice(0, shape[1]), slice(0, len(thin)))

    # -- where ---------------------------------------------------------------------------------------
    def box(self, low: Sequence[float], high: Sequence[float]) -> Box | None:
        """Return the sub-voxels that may show anatomy between two corners, or nothing if there are none."""
        # Most vessels lie in other slices.
        if high[2] < self._z[0] - STEP or low[2] > self._z[1] + STEP:
            return None
        box = []
        for axis, (lowest, highest) in enumerate(self._reach):
            some = np.flatnonzero((highest >= low[axis] - STEP) & (lowest <= high[axis] + STEP))
            if not len(some):
                return None
            lattice, fine = self._lattice[axis], self.axes[axis]
            start = int(np.searchsorted(fine, lattice[some[0]] - STEP))
            stop = int(np.searchsorted(fine, lattice[some[-1]] + STEP, side="right"))
            if axis == 2:
                start, stop = start // self.sub * self.sub, -(-stop // self.sub) * self.sub
            if stop <= start:
                return None
            box.append(slice(start, stop))
        return box[0], box[1], box[2]

    def at(self, box: Box) -> Three:
        """Return the anatomy's coordinates in a box."""
        x, y, z = (c[box] for c in self.points)
        return x, y, z

    # -- what ----------------------------------------------------------------------------------------
    def paint(self, name: str, distance: Array, box: Box | None = None, *, width: float | None = None) -> None:
        """Lay a body over what is left in a box; ``width`` in mm for bodies too thin to have a slope."""
        box = self.whole if box is None else box
        if width is None:
            w = np.maximum(across(distance), np.float32(0.25 * self.edge))
            share = np.clip(np.float32(0.5) - distance / w, 0, 1)
        else:
            share = np.clip(np.float32(0.5) - distance * np.float32(1 / width), 0, 1)
        left = self.left[box]
        share *= left
        left -= share
        self._sum(name, self.mean(share), box)

    def fill(self, name: str) -> None:
        """Give all that is left to one tissue."""
        self._sum(name, self.mean(self.left), self.whole)
        self.left = np.zeros_like(self.left)

    def mean(self, values: Array) -> Array:
        """Return the mean over the sub-slices of each voxel."""
        return mean_of_slices(values, self.sub)

    def _sum(self, name: str, share: Array, box: Box) -> None:
        here = (box[0], box[1], slice(box[2].start // self.sub, box[2].stop // self.sub))
        shade = self.shades[name]
        if shade.water:
            one = share * np.float32(shade.water)
            self.water[here] += one
            self.grain_water[here] += one * np.float32(shade.grain)
            self.clouds_water[here] += one * np.float32(shade.clouds)
        if shade.fat:
            one = share * np.float32(shade.fat)
            self.fat[here] += one
            self.grain_fat[here] += one * np.float32(shade.grain)
            self.clouds_fat[here] += one * np.float32(shade.clouds)
        won = share > self.most[here]
        self.labels[here][won] = NUMBER[name]
        np.maximum(self.most[here], share, out=self.most[here])

    def voxel_points(self) -> Three:
        """Return the anatomy's coordinates in the middle of the voxels."""
        x, y, z = (self.mean(c) for c in self.points)
        return x, y, z
