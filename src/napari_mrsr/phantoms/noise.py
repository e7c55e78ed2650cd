r"""Rician noise: the magnitude of a signal with Gaussian noise in both channels.

With noise of SD sigma in the real and the imaginary channel the magnitude is

    :math:`|S + n_1 + i n_2|`.

The random numbers belong to cubes of 32 voxels of the whole grid, so that a block of a volume has the noise of the
whole volume.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.subject import generator

Array = npt.NDArray[np.floating[Any]]

CUBE = 32


def rician(signal: Array, sigma: float, seed: int, start: tuple[int, int, int] = (0, 0, 0)) -> Array:
    """Return volumes ``(echo, i, j, k)`` with noise; ``start`` is the block's first voxel in the whole grid."""
    out = np.empty_like(signal, dtype=np.float32)
    shape = signal.shape[1:]
    cubes = [range(s // CUBE, (s + n - 1) // CUBE + 1) for s, n in zip(start, shape, strict=True)]
    for cube in product(*cubes):
        inside, within = [], []
        for c, s, n in zip(cube, start, shape, strict=True):
            low, high = max(c * CUBE, s), min((c + 1) * CUBE, s + n)
            inside.append(slice(low - s, high - s))
            within.append(slice(low - c * CUBE, high - c * CUBE))
        # Grids may start before the origin: negative cubes get numbers of their own.
        rng = generator(seed, "noise", *(2 * abs(c) + (c < 0) for c in cube))
        for echo in range(signal.shape[0]):
            n = rng.standard_normal((2, CUBE, CUBE, CUBE), dtype=np.float32)[:, within[0], within[1], within[2]]
            n *= np.float32(sigma)
            here = (echo, inside[0], inside[1], inside[2])
            out[here] = np.hypot(signal[here] + n[0], n[1])
    return out
