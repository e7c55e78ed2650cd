"""How far planes of a scan lie beside others: where a correlation is largest, between samples, and what is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

#: Shift that is told, voxels: above what noise and contrast make of still planes (0.1 usually, 0.6 at the most seen).
TOLD = 0.75
#: Largest shift that is looked for, voxels.
FURTHEST = 8


@dataclass(frozen=True, eq=False)
class PlaneShifts:
    """Shift of each plane, mm along both axes in plane, and its size in voxels; NaN where it is not judged."""

    mm: npt.NDArray[np.float64]
    voxels: npt.NDArray[np.float64]

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """The planes that are told."""
        return np.nan_to_num(self.voxels) > TOLD

    @property
    def far(self) -> float:
        """Median shift of these, mm."""
        return float(np.median(np.hypot(*self.mm[self.moved].T)))


def best_shift(product: npt.NDArray[np.complex64], size: tuple[int, ...]) -> tuple[float, float, float]:
    """Return where a correlation is largest, voxels, and how large it is there.

    Parameters
    ----------
    product
        Its half spectrum, as of ``rfft2``.
    size
        Of the plane.
    """
    correlation = fft.irfft2(product, s=size)
    reach = [min(FURTHEST, (n - 1) // 2) for n in size]
    near = np.roll(correlation, reach, axis=(0, 1))[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
    i, j = (int(n) for n in np.unravel_index(int(near.argmax()), near.shape))
    return i - reach[0] + _between(near[:, j], i), j - reach[1] + _between(near[i], j), float(near[i, j])


def _between(line: npt.NDArray[np.float32], peak: int) -> float:
    """Return how far from the largest sample the top of a parabola through it and its neighbours lies."""
    if not 0 < peak < len(line) - 1:
        return 0.0
    low, top, high = (float(v) for v in line[peak - 1 : peak + 2])
    curve = low - 2 * top + high
    return 0.5 * (low - high) / curve if curve < 0 else 0.0
