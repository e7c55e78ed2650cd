r"""Maps held to their labels, and to the edges of the weighted images that they explain (paper 4).

Labels are coarse along one axis, the weighted images are not. From the maps found, signal equations give weighted
images :math:`\hat\imath`, whose edges must lie where those of the acquired images :math:`i` lie:

.. math:: L = \overline{|\hat m - m|} + \lambda\, \overline{|a\, S \hat\imath - S i|}, \qquad
          a = \frac{\langle S \hat\imath, S i \rangle}{\langle S \hat\imath, S \hat\imath \rangle},

maps :math:`m` as :data:`MAP_UNITS` has them (T1 and T2 divided by 3 s, as published), :math:`S` Sobel's operator, and
:math:`a` the least-squares scale, one for each image and each contrast: gain and M0's unit do not matter. It multiplies
the synthesised edges. (The text of the paper has the two hats the other way round; were the acquired edges
multiplied, maps of nothing would cost nothing.) The gradient passes through :math:`a` too.

The paper leaves open what is chosen here. :math:`S` gives both components of the gradient, in signal per voxel
(1/8 of Sobel's whole numbers): a sign and a direction say more than a length, and a length has no derivative in flat
places; ``"length"`` is what Ea-GANs take. Borders are continued by their last voxel. A map counts where it has a label;
edges count where any map has one, but not within one voxel of where none has: where T2 was not measured they alone
teach it. :math:`\lambda` is not given, nor how M0 is weighed.

Source
------
Paper 4 of this project: a hybrid supervised and physics-informed self-supervised loss for T1 and T2 maps from
conventional weighted images. Sobel edges: Yu B, Zhou L, Wang L, et al. Ea-GANs: edge-aware generative adversarial
networks for cross-modality MR image synthesis. IEEE Trans Med Imaging 2019;38:1750-1762.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.networks.mapper import CONTRASTS, MAPS
from napari_mrsr.training.label_slabs import as_labelled, where_known
from napari_mrsr.training.map_targets import unpacked

#: A weighted image from T1 and T2 in ms and M0, element by element, differentiable.
Signal = Callable[[Tensor, Tensor, Tensor], Tensor]
Edges = Literal["components", "length"]

#: What each map is divided by before it is compared: ms, ms, and M0 as it is.
MAP_UNITS = {"T1": 3000.0, "T2": 3000.0, "M0": 1.0}
#: Contrasts whose edges count, as published: that of a FLAIR train of varying flip angles is left out.
PUBLISHED_CONTRASTS = ("T1w", "T2w")
#: Added to the energy of synthesised edges, so that a flat image gives a = 0 and no NaN.
TINY = 1e-12
#: Added under the root of a length, so that flat places have a derivative.
FLAT = 1e-16


def sobel(images: Tensor) -> Tensor:
    """Return the gradient of images by Sobel's operator, in signal per voxel.

    Parameters
    ----------
    images
        Shape ``(..., i, j)``.

    Returns
    -------
    Tensor
        ``(2, ..., i, j)``: along i, along j.

    Examples
    --------
    >>> ramp = torch.arange(4.0)[:, None].expand(4, 3)
    >>> sobel(ramp)[:, 1, 1]
    tensor([1., 0.])
    """
    flat = images.reshape(-1, 1, *images.shape[-2:])
    smooth = torch.tensor([1.0, 2.0, 1.0], dtype=images.dtype, device=images.device) / 4
    slope = torch.tensor([-1.0, 0.0, 1.0], dtype=images.dtype, device=images.device) / 2
    kernels = torch.stack([slope[:, None] * smooth, smooth[:, None] * slope])[:, None]
    gradient = functional.conv2d(functional.pad(flat, (1, 1, 1, 1), mode="replicate"), kernels)
    both: Tensor = gradient.movedim(1, 0).reshape(2, *images.shape)
    return both


def edge_maps(images: Tensor, edges: Edges = "components") -> Tensor:
    """Return the edges of ``(..., i, j)`` as ``(component, ..., i, j)``: two components of the gradient, or its length.

    Examples
    --------
    >>> edge_maps(torch.zeros(3, 4), "length").shape
    torch.Size([1, 3, 4])
    """
    gradient = sobel(images)
    if edges == "components":
        return gradient
    length: Tensor = torch.sqrt((gradient**2).sum(dim=0, keepdim=True) + FLAT) - FLAT**0.5
    return length


def inner(valid: Tensor) -> Tensor:
    """Return where a mask ``(batch, 1, i, j)`` of ones and zeros is one with all its neighbours."""
    eroded: Tensor = -functional.max_pool2d(-functional.pad(valid, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return eroded


def edge_loss(made: Tensor, acquired: Tensor, valid: Tensor | None = None, *, edges: Edges = "components") -> Tensor:
    """Return how far the edges of synthesised images lie from those acquired, each image at its own best scale.

    Parameters
    ----------
    made, acquired
        Shape ``(batch, contrast, i, j)``; units of their own.
    valid
        Shape ``(batch, 1, i, j)``, ones where edges count; everywhere if not given.
    edges
        ``"components"`` of the gradient, or its ``"length"``.

    Returns
    -------
    Tensor
        Mean over the valid voxels, components and images, in the unit of ``acquired`` per voxel; 0 where none is valid.

    Examples
    --------
    >>> image = torch.rand(1, 2, 8, 8)
    >>> float(edge_loss(5 * image, image)) < 1e-6
    True
    """
    weight = torch.ones_like(made[:, :1]) if valid is None else inner(valid.to(made.dtype))
    found, wanted = edge_maps(made, edges) * weight, edge_maps(acquired, edges) * weight
    over = (0, -2, -1)
    scale = (found * wanted).sum(over, keepdim=True) / ((found * found).sum(over, keepdim=True) + TINY)
    apart = (scale * found - wanted).abs().sum()
    return apart / (weight.sum() * made.shape[1] * len(found)).clamp_min(1)


def map_loss(found: Tensor, labels: Tensor, valid: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean modulus of the error of maps ``(batch, map, i, j)``, in :data:`MAP_UNITS`.

    The mean is over the maps and the voxels where any of them has a label. What one map lacks there costs nothing, and
    changes nothing for the others.

    Parameters
    ----------
    found, labels
        T1 and T2 in ms, and M0.
    valid
        Ones and zeros, a mask for each map, ``(batch, 3, i, j)``, or one for all, ``(batch, 1, i, j)``.
    weights
        Of the three maps, shape ``(3,)``; all 1 if not given.

    Examples
    --------
    >>> maps = torch.tensor([900.0, 90.0, 1.0]).reshape(1, 3, 1, 1)
    >>> round(float(map_loss(1.1 * maps, maps, torch.ones(1, 1, 1, 1))), 4)
    0.0443
    """
    units = torch.tensor([MAP_UNITS[name] for name in MAPS], dtype=found.dtype, device=found.device)
    per = (1 / units if weights is None else weights.to(units) / units).reshape(1, -1, 1, 1)
    apart = ((found - labels) * per).abs() * valid
    return apart.sum() / (valid.amax(dim=1).sum() * len(MAPS)).clamp_min(1)


@dataclass(frozen=True)
class HybridLoss:
    """The loss of a batch: maps as a network gives them, and what :mod:`~napari_mrsr.training.map_targets` packs.

    Parameters
    ----------
    signals
        Signal equation of each contrast whose edges count; none, or a weight of 0: supervised alone.
    weight
        Lambda.
    map_weights
        Of T1, T2 and M0 in the supervised term; all 1 as far as is known of the paper.
    edges
        What an edge is.
    others
        Signals of the same contrasts where pictures have other timings: those of protocol 1, 2, ...; ``signals`` are
        those of protocol 0.
    """

    signals: Mapping[str, Signal]
    weight: float
    map_weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    edges: Edges = "components"
    others: Sequence[Mapping[str, Signal]] = ()

    def __call__(self, maps: Tensor, target: Tensor) -> Tensor:
        """Return the loss of maps ``(batch, 3, i, j, k)`` against a packed target."""
        supervised, edges = self.terms(maps, target)
        return supervised + self.weight * edges

    def terms(self, maps: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the supervised term, and the edge term without its weight (0 where it has none)."""
        labels, valid, images, protocol, slabs = (by_picture(part) for part in unpacked(target))
        found = by_picture(maps)
        supervised = self.supervised(found, labels, valid, slabs)
        if not (self.weight and self.signals):
            return supervised, supervised.new_zeros(())
        made = self.synthesised(found, protocol[:, 0, 0, 0])
        acquired = images[:, [CONTRASTS.index(name) for name in self.signals]]
        return supervised, edge_loss(made, acquired, valid.amax(dim=1, keepdim=True), edges=self.edges)

    def supervised(self, found: Tensor, labels: Tensor, valid: Tensor, slabs: Tensor) -> Tensor:
        """Return the loss of maps against labels, as coarse as these where it is known how they became so."""
        weights = torch.tensor(self.map_weights)
        if not slabs.shape[1]:
            return map_loss(found, labels, valid, weights)
        mean, back = slabs.unbind(dim=1)
        return map_loss(as_labelled(found, mean, back), labels, where_known(valid, mean, back), weights)

    def synthesised(self, maps: Tensor, protocols: Tensor) -> Tensor:
        """Return the images ``(n, contrast, i, j)`` of maps ``(n, 3, i, j)``, each by the timings of its protocol."""
        if not self.others:
            return torch.stack([signal(*maps.unbind(dim=1)) for signal in self.signals.values()], dim=1)
        every, made = (self.signals, *self.others), maps.new_zeros(len(maps), len(self.signals), *maps.shape[2:])
        for number in {int(one) for one in protocols.tolist()}:
            which = protocols == number
            parts = [every[number][name](*maps[which].unbind(dim=1)) for name in self.signals]
            made[which] = torch.stack(parts, dim=1).to(made.dtype)
        return made


def by_picture(x: Tensor) -> Tensor:
    """Return slices ``(batch, channel, i, j, k)`` as pictures ``(batch * k, channel, i, j)``."""
    return x.movedim(-1, 1).flatten(0, 1)
