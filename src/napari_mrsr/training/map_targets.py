"""What maps are held to, in one tensor, so that the training loop can carry it: labels, where they hold, and images.

Each map has a mask of its own, since a subject may have T1 and no T2 (MP2RAGE, VFA), and a voxel may have one of them.
Subjects may differ in their timings: with each picture goes the number of its protocol. So do the matrices by which
labels became coarse, where they are known (:mod:`~napari_mrsr.training.label_slabs`).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from napari_mrsr.networks.mapper import CONTRASTS, MAPS


class Target(NamedTuple):
    """What was packed: ``(batch, ..., i, j, k)`` with 3 labels, 3 masks, 3 images, 1 number, and 2 or no matrices."""

    labels: Tensor
    valid: Tensor
    images: Tensor
    protocol: Tensor
    slabs: Tensor


def packed(
    labels: Tensor,
    valid: Tensor,
    images: Tensor,
    protocols: Tensor | None = None,
    slabs: Tensor | None = None,
) -> Tensor:
    """Return labels, their masks, the weighted images and the protocol as one tensor ``(batch, 10 or 12, i, j, k)``.

    Parameters
    ----------
    labels
        T1 and T2 in ms, and M0: ``(batch, 3, i, j, k)``, of any value where they are not valid.
    valid
        Ones and zeros, a mask for each map, ``(batch, 3, i, j, k)``, or one for all, ``(batch, 1, i, j, k)``.
    images
        As the network sees them, in the order of its contrasts: ``(batch, 3, i, j, k)``.
    protocols
        Whose timings each picture has, whole numbers ``(batch,)``; 0 where not given.
    slabs
        How labels became coarse along i, ``(batch, 2, i, i, 1)`` of square pictures; none where not given.
    """
    numbers = labels.new_zeros(len(labels)) if protocols is None else protocols.to(labels)
    protocol = numbers.reshape(-1, 1, 1, 1, 1).expand_as(labels[:, :1])
    parts = [torch.nan_to_num(labels), valid.expand_as(labels), images, protocol]
    return torch.cat(parts if slabs is None else [*parts, slabs], dim=1)


def unpacked(target: Tensor) -> Target:
    """Return what was packed.

    Examples
    --------
    >>> [part.shape[1] for part in unpacked(torch.zeros(1, 10, 4, 4, 1))]
    [3, 3, 3, 1, 0]
    """
    known = [len(MAPS), len(MAPS), len(CONTRASTS), 1]
    return Target(*torch.split(target, [*known, target.shape[1] - sum(known)], dim=1))
