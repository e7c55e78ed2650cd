r"""Maps as thick labels saw them: what a network says at full resolution is averaged as the label was, then compared.

A label of 3.5 mm that was brought to a grid of 1 mm is not what the maps are there. Held to it as it stands, a network
learns its blur, and with it its bias: a voxel of cortex beside fluid is labelled as the two of them together, far too
long in T2. Held to it after the same averaging, sharp maps cost nothing.

With :math:`S` the mean over the voxels of each slab and :math:`R` the linear interpolation back to the grid, both along
the coarse axis, a label is :math:`R\,(\text{maps of } S(M_0, A, B))`, where M0, A and B are the linear moments of
:mod:`~napari_mrsr.physics.mixtures`. A map counts where all the voxels of the slabs behind its label are in the patch
and have a label.

This is not in paper 4, which compares maps with interpolated labels as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_mrsr.physics.mixtures import ECHO, FAINTEST, RECOVERY

Matrix = npt.NDArray[np.float32]

#: Part of a slab, or of a label, that must be known for it to count.
WHOLE = 0.999


@dataclass(frozen=True, eq=False)
class Slabs:
    """How labels came about along their coarse axis.

    Parameters
    ----------
    mean
        From voxels to slabs, ``(slab, voxel)``; rows of sum 1.
    back
        From slabs to the grid, ``(voxel, slab)``; rows of sum 1.
    """

    mean: Matrix
    back: Matrix

    @property
    def mirrored(self) -> Slabs:
        """The same along an axis that runs the other way."""
        return Slabs(np.ascontiguousarray(self.mean[:, ::-1]), np.ascontiguousarray(self.back[::-1]))

    def cut(self, first: int, count: int) -> Matrix:
        """Return both matrices for the voxels ``first`` to ``first + count``, zero where a slab is not wholly there.

        A patch may begin before the first voxel, and end behind the last.

        Returns
        -------
        array
            ``(2, count, count)``: the mean, ``(slab, voxel)``, and the way back, ``(voxel, slab)``, filled with zeros.

        Examples
        --------
        >>> slabs = Slabs(np.kron(np.eye(3), np.full((1, 2), 0.5)), np.kron(np.eye(3), np.ones((2, 1))))
        >>> slabs.cut(1, 4).sum(axis=(1, 2)).tolist()
        [1.0, 2.0]
        """
        low = max(first, 0)
        mean, back = self.mean[:, low : first + count], self.back[low : first + count]
        there = np.flatnonzero(mean.sum(axis=1) >= WHOLE)
        both, begin = np.zeros((2, count, count), np.float32), low - first
        both[0, : len(there), begin : begin + mean.shape[1]] = mean[there]
        both[1, begin : begin + back.shape[0], : len(there)] = back[:, there]
        return both


def as_labelled(maps: Tensor, mean: Tensor, back: Tensor) -> Tensor:
    """Return maps as labels show them.

    Parameters
    ----------
    maps
        T1 and T2 in ms, and M0, positive: ``(n, 3, i, j)``, i the coarse axis of the labels.
    mean, back
        ``(n, i, i)`` as :meth:`Slabs.cut` gives them.

    Examples
    --------
    >>> maps = torch.tensor([838.0, 74.0, 0.7]).reshape(1, 3, 1, 1).expand(1, 3, 4, 5)
    >>> mean, back = torch.full((1, 4, 4), 0.25), torch.full((1, 4, 4), 0.25)
    >>> [round(float(value), 3) for value in as_labelled(maps, mean, back)[0, :, 0, 0]]
    [838.0, 74.0, 0.7]
    """
    t1, t2, m0 = maps.double().unbind(dim=1)
    parts = torch.stack([m0, m0 * torch.exp(-RECOVERY / t1), m0 * torch.exp(-ECHO / t2)], dim=1)
    thick = torch.einsum("nsi,ncij->ncsj", mean.double(), parts)
    total = thick[:, 0].clamp_min(FAINTEST)
    # the ratio of moments lies between 0 and 1, and a label is never so short or long that these bounds matter
    recovered, left = ((thick[:, n] / total).clamp(1e-12, 1 - 1e-6) for n in (1, 2))
    read = torch.stack([-RECOVERY / torch.log(recovered), -ECHO / torch.log(left), thick[:, 0]], dim=1)
    return torch.einsum("nis,ncsj->ncij", back.double(), read).to(maps.dtype)


def where_known(valid: Tensor, mean: Tensor, back: Tensor) -> Tensor:
    """Return where a label is known, ``(n, maps, i, j)``, from the voxels that have one: all behind it must."""
    whole = (torch.einsum("nsi,ncij->ncsj", mean, valid) >= WHOLE).to(valid.dtype)
    there = (torch.einsum("nis,ncsj->ncij", back, whole) >= WHOLE).to(valid.dtype)
    return there * valid
