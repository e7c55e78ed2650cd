r"""Smooth functions known at the points of a lattice, evaluated on any grid with the same axes.

A function given at lattice points is carried to the voxels by one small matrix per axis (cubic, four neighbours), so
that a block of a volume costs in proportion to its size and equals the cut of the whole volume.

``catmull_rom`` passes through the values (distances); ``b_spline`` smooths them (random fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.subject import generator

Array = npt.NDArray[np.floating[Any]]
Kernel = Literal["catmull_rom", "b_spline"]

#: Standard deviation of white noise after cubic B-spline smoothing along three axes (mean over positions).
B_SPLINE_SD = 0.479**1.5


def weights(x: npt.NDArray[np.float64], first: float, step: float, count: int, kernel: Kernel) -> Array:
    """Return the matrix ``(len(x), count)`` from lattice values at ``first + step * n`` to positions ``x``, mm."""
    u = (np.asarray(x, dtype=np.float64) - first) / step
    base = np.clip(np.floor(u).astype(int), 1, count - 3)
    t = u - base
    if kernel == "catmull_rom":
        taps = (
            ((-0.5 * t + 1) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1,
            ((-1.5 * t + 2) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        )
    else:
        taps = ((1 - t) ** 3 / 6, (3 * t - 6) * t * t / 6 + 2 / 3, ((-3 * t + 3) * t + 3) * t / 6 + 1 / 6, t**3 / 6)
    matrix = np.zeros((len(u), count), dtype=np.float32)
    rows = np.arange(len(u))
    for n, tap in enumerate(taps):
        matrix[rows, base - 1 + n] = tap
    return matrix


def carry(values: Array, matrices: tuple[Array, Array, Array]) -> Array:
    """Return lattice values carried to a grid: a matrix product per axis, without points that no voxel needs."""
    cut = []
    for axis, matrix in enumerate(matrices):
        used = np.flatnonzero(np.abs(matrix).max(axis=0))
        keep = slice(used[0], used[-1] + 1)
        values = values[(slice(None),) * axis + (keep,)]
        cut.append(matrix[:, keep])
    out = np.tensordot(cut[0], values, (1, 0))
    out = np.matmul(cut[1], out)
    return np.asarray(np.matmul(out, cut[2].T), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class RandomField:
    """A smooth random field of mean 0 and SD 1 over the whole field of view; ``scale`` mm is its lattice spacing."""

    values: Array
    first: float
    scale: float

    @classmethod
    def draw(cls, seed: int, name: str, scale: float, reach: float = 160.0) -> RandomField:
        """Return the field of a seed and a purpose, defined within ``reach`` mm of the joint."""
        count = 2 * int(np.ceil(reach / scale)) + 5
        values = generator(seed, "field", name).standard_normal((count,) * 3, dtype=np.float32)
        return cls(values / np.float32(B_SPLINE_SD), -scale * (count // 2), scale)

    def on(self, axes: tuple[npt.NDArray[np.float64], ...]) -> Array:
        """Return the field at the grid of three axes, mm."""
        count = self.values.shape[0]
        first, second, third = (weights(a, self.first, self.scale, count, "b_spline") for a in axes)
        return carry(self.values, (first, second, third))
