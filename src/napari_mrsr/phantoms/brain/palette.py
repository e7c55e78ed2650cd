"""A block of the head while it is painted: bodies are laid one behind the other, each over what is left of a voxel.

A body takes the share ``1/2 - d / w`` of what is left of a voxel, d being its distance and w the width of a voxel as a
border sees it. A border is then some per cent of a voxel softer or harder than it should be, and its place is right.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.brain.space import Box
from napari_mrsr.phantoms.shapes import Array

#: Width of a voxel as borders of all directions see it, over its edge.
EDGE = 1.2


class Palette:
    """Shares of tissues in a block whose voxels have edges of ``spacing`` mm."""

    def __init__(self, shape: tuple[int, int, int], spacing: tuple[float, float, float]):
        self.left = np.ones(shape, np.float32)
        self.parts: dict[str, Array] = {}
        self._per_mm = np.float32(1 / (EDGE * np.cbrt(np.prod(spacing))))

    def share(self, distance: Array) -> Array:
        """Return how much of each voxel lies within a body."""
        return np.asarray(np.clip(np.float32(0.5) - distance * self._per_mm, 0, 1), np.float32)

    def paint(self, name: str, distance: Array, box: Box | None = None) -> None:
        """Lay a body over what is left, in a box or everywhere."""
        here = (slice(None),) * 3 if box is None else box
        share = self.share(distance)
        share *= self.left[here]
        self.left[here] -= share
        self._of(name)[here] += share

    def fill(self, name: str) -> None:
        """Give all that is left to one tissue."""
        self._of(name)[...] += self.left
        self.left = np.zeros_like(self.left)

    def _of(self, name: str) -> Array:
        if name not in self.parts:
            self.parts[name] = np.zeros(self.left.shape, np.float32)
        return self.parts[name]
