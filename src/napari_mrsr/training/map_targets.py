"""What maps are held to, in one tensor, so that the training loop can carry it: labels, where they hold, and images."""

from __future__ import annotations

import torch
from torch import Tensor

from napari_mrsr.networks.mapper import CONTRASTS, MAPS


def packed(labels: Tensor, valid: Tensor, images: Tensor) -> Tensor:
    """Return labels, their mask and the weighted images as one tensor ``(batch, 7, i, j, k)``.

    Parameters
    ----------
    labels
        T1 and T2 in ms, and M0: ``(batch, 3, i, j, k)``, of any value where they are not valid.
    valid
        Shape ``(batch, 1, i, j, k)``, ones and zeros.
    images
        As the network sees them, in the order of its contrasts: ``(batch, 3, i, j, k)``.
    """
    return torch.cat([torch.nan_to_num(labels), valid, images], dim=1)


def unpacked(target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return labels, mask and images of a packed tensor.

    Examples
    --------
    >>> [part.shape[1] for part in unpacked(torch.zeros(1, 7, 4, 4, 1))]
    [3, 1, 3]
    """
    labels, valid, images = torch.split(target, [len(MAPS), 1, len(CONTRASTS)], dim=1)
    return labels, valid, images
