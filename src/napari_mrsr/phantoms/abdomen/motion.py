r"""Where a point of the scanner lies in the anatomy as it was drawn: pose first, then breath.

A point p of the scanner (RAS mm) is, in the body, :math:`q = R^T (p - t) / s`, with s the size of the person along the
axes, and was, at the end of expiration, at

    :math:`r = q + (0, \, -b \, h(q) / s_y, \, a \, w(q) / s_z)`,

with a the way of the diaphragm and b that of the belly wall, mm. w is 1 where the domes are, falls to 0.3 towards
the pelvis, and to 0 at the wall of the trunk and around the spine, both of which stand still; h rises from 0 behind the
kidneys to 1 at the front. Images are drawn backwards (each voxel asks which anatomy it shows), so that this is the
direction needed. The other one is found by iteration, which converges because both fields are flat:
:math:`|a \nabla w|, |b \nabla h| < 1`. Sliding at the chest wall is a steep but smooth shear 12 mm wide.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen.breathing import EXPIRED, State
from napari_mrsr.phantoms.lattice import Array, carry, weights

Axes = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
Three = tuple[Array, Array, Array]

#: Spacing of the lattice on which the deformation is computed, mm.
STEP = 5.0


def smooth_step(t: Array) -> Array:
    """Return 0 below 0, 1 above 1, and a smooth rise between."""
    t = np.clip(t, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


#: Half axes of the abdominal cavity, and where the middle of the vertebrae lies, in the body of size 1, mm.
CAVITY = (114.0, 76.0)
SPINE = -38.0


@dataclass(frozen=True, eq=False)
class Motion:
    """Pose and breath of one frame.

    Parameters
    ----------
    size
        Factors along x, y, z.
    rotation, shift
        Pose in the scanner: 3 x 3 and mm.
    """

    size: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(3))
    state: State = EXPIRED
    rotation: npt.NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    shift: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def weight(self, x: Array, y: Array, z: Array) -> Array:
        """Return w: how much of the way of the diaphragm a point of the body goes."""
        ax, ay = CAVITY
        rho = np.sqrt((x / ax) ** 2 + (y / ay) ** 2)
        inside = smooth_step((1.0 - rho) * ay / 12.0)
        # Around the spine and the muscles behind it.
        reach = np.where(y > SPINE, 32.0, 60.0)
        column = np.sqrt((x / 34.0) ** 2 + ((y - SPINE) / reach) ** 2)
        away = smooth_step((column - 1.0) / 0.5) * smooth_step((y + 72.0) / 15.0)
        return np.asarray(inside * away * (0.3 + 0.7 * smooth_step((z + 110.0) / 150.0)))

    def front(self, x: Array, y: Array, z: Array) -> Array:
        """Return h: how much of the way of the belly wall a point of the body goes."""
        side = np.clip(1 - (x / (1.45 * CAVITY[0])) ** 2, 0, 1)
        return np.asarray(smooth_step((y + 25.0) / 115.0) * side * (1 - 0.4 * smooth_step(z / 120.0)))

    def at_rest(self, x: Array, y: Array, z: Array) -> Three:
        """Return where points of the body were at the end of expiration, mm of the body of size 1."""
        a, b = self.state.diaphragm / self.size[2], self.state.wall / self.size[1]
        if a == b == 0:
            return x, y, z
        return x, y - b * self.front(x, y, z), z + a * self.weight(x, y, z)

    def to_anatomy(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return points of the scanner, ``(n, 3)`` RAS mm, in the anatomy as it was drawn."""
        q = (np.asarray(points, np.float64) - self.shift) @ self.rotation / self.size
        return np.stack(self.at_rest(q[:, 0], q[:, 1], q[:, 2]), axis=1)

    def to_scanner(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where points of the anatomy, ``(n, 3)`` mm, lie in the scanner."""
        r = np.asarray(points, np.float64)
        q = r.copy()
        for _ in range(60):
            step = r - np.stack(self.at_rest(q[:, 0], q[:, 1], q[:, 2]), axis=1)
            q += step
            if np.abs(step).max(initial=0.0) < 1e-9:
                break
        return np.asarray((q * self.size) @ self.rotation.T + self.shift)

    def on(self, axes: Axes) -> tuple[Three, Axes, Three]:
        """Return the anatomy's coordinates on a grid of three scanner axes; the lattice, and the coordinates on it."""
        lattice, matrices = [], []
        for axis in axes:
            # Anchored in the scanner, so that a part of a grid has the lattice of the whole.
            low = STEP * (np.floor(axis.min() / STEP) - 1)
            count = int(np.ceil(axis.max() / STEP) - np.floor(axis.min() / STEP)) + 4
            lattice.append(low + STEP * np.arange(count))
            matrices.append(weights(axis, low, STEP, count, "catmull_rom"))
        grid = np.stack(np.meshgrid(*lattice, indexing="ij"), axis=-1)
        coarse = self.to_anatomy(grid.reshape(-1, 3)).astype(np.float32).T.reshape(3, *grid.shape[:3])
        across = (matrices[0], matrices[1], matrices[2])
        fine = tuple(carry(c, across) for c in coarse)
        return (fine[0], fine[1], fine[2]), (lattice[0], lattice[1], lattice[2]), (coarse[0], coarse[1], coarse[2])
