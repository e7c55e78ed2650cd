r"""Gaussian-windowed means along the axes of a volume, as products with banded matrices.

The mean at row :math:`r` of an axis of :math:`n` voxels is :math:`\sum_t w_t\, x_{r+t}`, :math:`|t| \le 5`, with
:math:`w_t \propto \exp(-t^2 / 2\sigma^2)`, :math:`\sum w = 1`, and the image mirrored about the edge of its outer
voxels (``d c b a | a b c d | d c b a``: ``scipy.ndimage.gaussian_filter(x, 1.5, mode="reflect", truncate=3.5)``). As
a matrix this is a band; the border rule is folded into its first and last rows. It is multiplied a block of rows at
a time, so that few of its zeros are: 32 rows take 42 multiplications a voxel, which the matrix product does faster
than 11 shifted sums pass through memory.

Every single product stays below the size from which OpenBLAS, numpy's matrix library, shares one among threads.
Products this small gain nothing by it, and its threads wait for each other: with a second program on the same two
cores that made the whole 10 to 80 times slower. Threads take different slabs instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

SIGMA = 1.5  # voxels
RADIUS = 5  # voxels: int(3.5 * SIGMA + 0.5), so 11 taps, as in scikit-image
ROWS = 32  # of the band in a block, at most
PRODUCT = 1 << 18  # multiplications of one product: OpenBLAS' SMP_THRESHOLD_MIN * GEMM_MULTITHREAD_THRESHOLD


@dataclass(frozen=True)
class Band:
    """The rows ``start`` to ``stop`` of the windowed mean: ``weights`` times the voxels ``first`` to ``last``."""

    start: int
    stop: int
    first: int
    last: int
    weights: Doubles


def taps() -> Doubles:
    """Return the 11 weights of the window, which sum to 1."""
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weights: Doubles = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    weights /= weights.sum()
    return weights


def band(n: int, start: int, stop: int) -> Band:
    """Return the rows ``start`` to ``stop`` of the windowed mean along an axis of ``n`` voxels."""
    first, last = max(0, start - RADIUS), min(n, stop + RADIUS)
    weights = np.zeros((stop - start, last - first))
    rows = np.arange(start, stop)
    for offset, weight in zip(range(-RADIUS, RADIUS + 1), taps(), strict=True):
        mirrored = (rows + offset) % (2 * n)
        source = np.where(mirrored < n, mirrored, 2 * n - 1 - mirrored)
        np.add.at(weights, (rows - start, source - first), weight)
    return Band(start, stop, first, last, weights)


@lru_cache(maxsize=64)
def bands(n: int, columns: int) -> tuple[Band, ...]:
    """Return an axis of ``n`` voxels as blocks of rows, small enough to be multiplied with so many columns at once."""
    rows = ROWS
    while rows > 1 and rows * (rows + 2 * RADIUS) * columns > PRODUCT:
        rows -= 1
    return tuple(band(n, start, min(start + rows, n)) for start in range(0, n, rows))


def slab_means(images: Doubles, b: Band) -> Doubles:
    """Return the means along ``i`` of images ``(image, i, j, k)``, the voxels of a band; shape ``(i, image, j, k)``."""
    count, _, columns, rows = images.shape
    means = np.empty((b.stop - b.start, count, columns, rows))
    np.matmul(b.weights, images.transpose(0, 2, 1, 3), out=means.transpose(1, 2, 0, 3))
    return means


def plane_means(planes: Doubles) -> Doubles:
    """Return the means along ``j`` and ``k`` of images ``(image, j, k)``."""
    along_j, means = np.empty_like(planes), np.empty_like(planes)
    for b in bands(planes.shape[1], planes.shape[2]):
        np.matmul(b.weights, planes[:, b.first : b.last], out=along_j[:, b.start : b.stop])
    for lines, out in zip(_bundles(along_j), _bundles(means), strict=True):
        for b in bands(planes.shape[2], ROWS):
            np.matmul(lines[:, :, b.first : b.last], b.weights.T, out=out[:, :, b.start : b.stop])
    return means


def _bundles(planes: Doubles) -> tuple[Doubles, Doubles]:
    """Return the lines along ``k`` in bundles of :data:`ROWS`, and those left over as one bundle."""
    lines = planes.reshape(-1, planes.shape[2])
    whole = len(lines) // ROWS * ROWS
    return lines[:whole].reshape(-1, ROWS, planes.shape[2]), lines[None, whole:]
