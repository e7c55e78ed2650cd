r"""What structural similarity lacks of 1, as a loss: 1 - mean SSIM in three dimensions.

The similarity is that of :mod:`napari_mrsr.metrics.ssim` (Gaussian window of 1.5 voxels, 11 taps, images mirrored at
their border), of every voxel of a patch, in single precision. The data range L is 1: images are on a scale of 0 to
about 1. The windowed mean along an axis of n voxels is a matrix n x n with the border rule folded in, so that a patch
takes three small products and gradients come by themselves.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from napari_mrsr.metrics.ssim import K1, K2
from napari_mrsr.metrics.windows import band

#: L: the span of the images.
DATA_RANGE = 1.0


def dissimilarity(sharp: Tensor, thin: Tensor) -> Tensor:
    """Return 1 - mean SSIM of ``(batch, volume, i, j, k)``, windows along all three axes.

    Examples
    --------
    >>> x = torch.rand(2, 1, 12, 12, 12)
    >>> float(dissimilarity(x, x))
    0.0
    """
    with torch.autocast(sharp.device.type, enabled=False):
        x, y = sharp.float(), thin.float()
        mean_x, mean_y, squares, product = _means(torch.stack([x, y, x * x + y * y, x * y])).unbind()
        c1, c2 = (K1 * DATA_RANGE) ** 2, (K2 * DATA_RANGE) ** 2
        cross, power = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
        similar = (2 * cross + c1) * (2 * (product - cross) + c2) / ((power + c1) * (squares - power + c2))
        return 1 - similar.mean()


def _means(x: Tensor) -> Tensor:
    """Return the windowed means along the last three axes."""
    i, j, k = (_window(n, x.device) for n in x.shape[-3:])
    means: Tensor = torch.einsum("ai,...ijk->...ajk", i, j @ (x @ k.T))
    return means


@lru_cache(maxsize=16)
def _window(n: int, device: torch.device) -> Tensor:
    """Return the windowed mean along an axis of n voxels, ``(n, n)``."""
    return torch.from_numpy(band(n, 0, n).weights).float().to(device)
