r"""Perceptual loss: how differently two images look to a network that knows tissue.

With the features :math:`\phi_l` of the three levels of a frozen encoder (:mod:`napari_mrsr.networks.features`), as
published (Sarasaen et al. 2021, section 2.3.1: L1 of each level, added together),

.. math:: L = \sum_{l=1}^{3} \overline{|\phi_l(\text{sharp}) - \phi_l(\text{thin})|}

The gradient goes through the encoder to the image, never to the encoder. All of it is in single precision, whatever
the training step has: in bfloat16 the gradient turns away the more, the smaller the error is, since the features of two
images that hardly differ agree in most of their 8 bits (measured in ``docs/results/abdomen_losses.md``). Volumes are
looked at one by one.

GAN-CPCE looks through VGG-19 instead (:mod:`napari_mrsr.networks.vgg`), where a user has its weights. With the
:math:`w h d` features :math:`\phi` of a slice after its 16th convolution

.. math:: L_p = \overline{\, \frac{1}{w h d}\, \lVert \phi(\text{sharp}) - \phi(\text{thin}) \rVert_2^2 \,} ,

the mean running over the slices. The squared norm is as printed in paper 2; it is divided by the number of features, as
by Yang et al. (IEEE Trans Med Imaging 2018;37:1348-1357), whom it cites, so that patches of any size cost alike.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks import features, vgg
from napari_mrsr.networks.features import Features
from napari_mrsr.networks.vgg import Vgg19


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


class ThroughVgg:
    """The loss of GAN-CPCE, with the VGG-19 that it looks through; that one follows the images to their device."""

    def __init__(self, network: Vgg19) -> None:
        self.network = network.freeze()

    def __call__(self, sharp: Tensor, thin: Tensor) -> Tensor:
        """Return the loss of ``(batch, volume, i, j, slice)``, at least 16 voxels along i, j; raises BadParameter."""
        self.network.to(sharp.device)
        with torch.autocast(sharp.device.type, enabled=False):
            with torch.no_grad():
                wanted = self.network(_slices(thin))
            return functional.mse_loss(self.network(_slices(sharp)), wanted)


def _slices(x: Tensor) -> Tensor:
    """Return the slices of ``(batch, volume, i, j, slice)`` one by one, ``(batch * volume * slice, 1, i, j)``."""
    return x.float().permute(0, 1, 4, 2, 3).reshape(-1, 1, *x.shape[2:4])


def perceptual(path: Path | None = None) -> Perceptual | ThroughVgg:
    """Return the perceptual loss through the shipped feature network, or through one of the user's own.

    Parameters
    ----------
    path
        A feature network as ``napari-mrsr train features`` writes it, or VGG-19 in torchvision's format: which of the
        two it is says the file.

    Raises
    ------
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the loader of either says.
    """
    return ThroughVgg(vgg.load(path)) if path is not None and vgg.is_vgg(path) else Perceptual(features.load(path))


def through_vgg(path: Path | None = None) -> ThroughVgg:
    """Return the perceptual loss through VGG-19.

    Raises
    ------
    BadParameter
        No file is given: its weights are not shipped.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        As :func:`napari_mrsr.networks.vgg.load` says.
    """
    if path is None:
        raise BadParameter(
            "loss 'vgg' looks through VGG-19, whose weights are not shipped",
            remedy="give them by --features, or choose perceptual",
        )
    return ThroughVgg(vgg.load(path))
