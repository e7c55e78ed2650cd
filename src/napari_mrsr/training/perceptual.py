r"""Perceptual loss: how differently two images look to a network that knows tissue.

With the features :math:`\phi_l` of the three levels of a frozen encoder (:mod:`napari_mrsr.networks.features`), as
published (Sarasaen et al. 2021, section 2.3.1: L1 of each level, added together),

.. math:: L = \sum_{l=1}^{3} \overline{|\phi_l(\text{sharp}) - \phi_l(\text{thin})|}

The gradient goes through the encoder to the image, never to the encoder. All of it is in single precision, whatever
the training step has: in bfloat16 the gradient turns away the more, the smaller the error is, since the features of two
images that hardly differ agree in most of their 8 bits (measured in ``docs/results/abdomen_losses.md``). Volumes are
looked at one by one.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.networks import features
from napari_mrsr.networks.features import Features


class Perceptual:
    """The loss, with the network that it looks through; that one follows the images to their device."""

    def __init__(self, network: Features) -> None:
        self.network = network.freeze().to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def __call__(self, sharp: Tensor, thin: Tensor) -> Tensor:
        """Return the loss of ``(batch, volume, i, j, k)``, at least 4 voxels along each side; raises BadParameter."""
        self.network.to(sharp.device)
        with torch.autocast(sharp.device.type, enabled=False):
            with torch.no_grad():
                wanted = self.network(_images(thin))
            found = self.network(_images(sharp))
            return torch.stack([functional.l1_loss(f, w) for f, w in zip(found, wanted, strict=True)]).sum()


def _images(x: Tensor) -> Tensor:
    """Return the volumes ``(batch, volume, i, j, k)`` one by one, ``(batch * volume, 1, i, j, k)``."""
    return x.float().reshape(-1, 1, *x.shape[2:]).contiguous(memory_format=torch.channels_last_3d)


def perceptual(path: Path | None = None) -> Perceptual:
    """Return the perceptual loss through the shipped feature network, or through one of the user's own.

    Raises
    ------
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        As :func:`napari_mrsr.networks.features.load` says.
    """
    return Perceptual(features.load(path))
