r"""Shading by a knee coil: root sum of squares of loops on a cylinder around the joint.

On its axis and beyond, a loop of radius a receives about :math:`a^3 / (a^2 + d^2)^{3/2}` at distance d from its
centre (Biot-Savart).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.lattice import Array, carry, weights
from napari_mrsr.phantoms.subject import generator

#: Spacing of the lattice on which the smooth gain is computed, mm.
STEP = 12.0


def gain(seed: int, axes: tuple[npt.NDArray[np.float64], ...], coil: Mapping[str, float]) -> Array:
    """Return the coil gain on a grid with axes (y, z, x) in canonical mm; 1 at the joint centre."""
    rng = generator(seed, "coil")
    angles = rng.uniform(0, 2 * np.pi) + np.arange(coil["loops"]) * 2 * np.pi / coil["loops"]
    centre = rng.normal(0, coil["tilt_sd"], 3)
    strength = rng.normal(1, 0.08, len(angles))
    a2 = coil["loop_radius"] ** 2

    def total(
        x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], z: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        power = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape))
        for angle, one in zip(angles, strength, strict=True):
            for ring in (-0.5, 0.5):
                dx = x - centre[0] - coil["cylinder_radius"] * np.cos(angle)
                dy = y - centre[1] - coil["cylinder_radius"] * np.sin(angle)
                dz = z - centre[2] - ring * coil["half_length"]
                power = power + one**2 * (a2 / (a2 + dx * dx + dy * dy + dz * dz)) ** 3
        return np.asarray(np.sqrt(power))

    lattices, matrices = [], []
    for axis in axes:
        low = STEP * (np.floor(axis.min() / STEP) - 1)
        count = int(np.ceil(axis.max() / STEP) - np.floor(axis.min() / STEP)) + 4
        lattices.append(low + STEP * np.arange(count))
        matrices.append(weights(axis, low, STEP, count, "catmull_rom"))
    y, z, x = np.meshgrid(*lattices, indexing="ij")
    origin = np.zeros(1)
    values = (total(x, y, z) / total(origin, origin, origin)).astype(np.float32)
    return carry(values, (matrices[0], matrices[1], matrices[2]))
