"""Volumes through networks of single slices."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional


def by_slices(network: Callable[[Tensor], Tensor], x: Tensor, least: int = 1) -> Tensor:
    """Run a network of pictures on every slice of ``(batch, volume, i, j, k)``, in one batch.

    Parameters
    ----------
    network
        Takes ``(n, 1, i, j)`` and keeps the shape.
    x
        Slices along the last axis.
    least
        Voxels that a side must have: shorter ones are continued by their last voxel, and cut again.
    """
    batch, volumes, i, j, k = x.shape
    pictures = x.permute(0, 1, 4, 2, 3).reshape(-1, 1, i, j)
    missing = (0, max(0, least - j), 0, max(0, least - i))
    if any(missing):
        pictures = functional.pad(pictures, missing, mode="replicate")
    y = network(pictures)[..., :i, :j]
    return y.reshape(batch, volumes, k, i, j).permute(0, 1, 3, 4, 2)
