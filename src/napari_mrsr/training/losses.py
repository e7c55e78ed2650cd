r"""What a training step tries to make small.

With e = sharp - thin and :math:`\hat e` its orthonormal discrete Fourier transform along the slice axis, where thick
slices have lost the upper part of the band:

``l1``
    mean :math:`|e|`.
``l2``
    mean :math:`e^2`, as published for MRSR.
``l1+frequency``
    mean :math:`|e|` + 0.1 mean :math:`|\hat e|`: an error that sits in few frequencies costs as much as one that is
    spread (after Cho et al., ICCV 2021, whose transform is two-dimensional).
``l1+focal``
    mean :math:`|e|` + 10 mean :math:`w |\hat e|^2` with :math:`w = |\hat e| / \max |\hat e|`, no gradient through w:
    the frequencies that are worst count most (focal frequency loss, Jiang et al., ICCV 2021, along one axis). The
    factor brings a squared error of some per cent to the size of the first term.
``ssim``
    1 - mean SSIM in three dimensions (:mod:`napari_mrsr.training.dissimilarity`).
``perceptual``
    differences of the features of a frozen network, as published for the abdomen
    (:mod:`napari_mrsr.training.perceptual`); through VGG-19 where that is the file.
``vgg``
    the same through VGG-19 and nothing else, as published for GAN-CPCE: mean squared difference of the features after
    its 16th convolution, slice by slice. The weights are the user's.
``l1+perceptual``
    mean :math:`|e|` + 0.1 times the perceptual loss: what a network adds is held to the image as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.errors import BadParameter
from napari_mrsr.training.dissimilarity import dissimilarity
from napari_mrsr.training.perceptual import perceptual, through_vgg

Loss = Callable[[Tensor, Tensor], Tensor]

#: Weight of the mean modulus of the error's spectrum (Cho et al. 2021), and of the focal frequency loss.
FREQUENCY, FOCAL = 0.1, 10.0
#: Weight of the perceptual loss beside the mean modulus of the error: both are then of about one size.
PERCEPTUAL = 0.1


def spectrum(sharp: Tensor, thin: Tensor) -> Tensor:
    """Return the error's spectrum along the last axis, complex, orthonormal: its squares sum to those of the error."""
    transformed: Tensor = torch.fft.fft((sharp - thin).float(), dim=-1, norm="ortho")
    return transformed


def l1_and_frequency(sharp: Tensor, thin: Tensor) -> Tensor:
    """Return the mean modulus of the error and, weighted, of its spectrum."""
    return functional.l1_loss(sharp, thin) + FREQUENCY * spectrum(sharp, thin).abs().mean()


def l1_and_focal(sharp: Tensor, thin: Tensor) -> Tensor:
    """Return the mean modulus of the error and, weighted, the focal frequency loss."""
    modulus = spectrum(sharp, thin).abs()
    weight = modulus.detach()
    weight = weight / weight.max().clamp_min(torch.finfo(weight.dtype).tiny)
    return functional.l1_loss(sharp, thin) + FOCAL * (weight * modulus**2).mean()


def l1_and_perceptual(path: Path | None = None) -> Loss:
    """Return the mean modulus of the error and, weighted, the perceptual loss."""
    look = perceptual(path)
    return lambda sharp, thin: functional.l1_loss(sharp, thin) + PERCEPTUAL * look(sharp, thin)


#: Losses of the images alone.
PLAIN: dict[str, Loss] = {
    "l1": functional.l1_loss,
    "l2": functional.mse_loss,
    "l1+frequency": l1_and_frequency,
    "l1+focal": l1_and_focal,
    "ssim": dissimilarity,
}
#: Losses that look through a network, made from its weights (those shipped where there is no file).
THROUGH_FEATURES: dict[str, Callable[[Path | None], Loss]] = {
    "perceptual": perceptual,
    "vgg": through_vgg,
    "l1+perceptual": l1_and_perceptual,
}
#: Names of all of them.
LOSSES = (*PLAIN, *THROUGH_FEATURES)


def find(name: str, *, features: Path | None = None) -> Loss:
    """Return a loss by name.

    Parameters
    ----------
    name
        One of :data:`LOSSES`.
    features
        Network of one's own for a perceptual loss: a feature network, or VGG-19; the shipped one if not given.

    Raises
    ------
    BadParameter
        No loss of that name, a feature network for a loss that looks through none, or none for ``vgg``.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The feature network cannot be read.
    """
    if name in THROUGH_FEATURES:
        return THROUGH_FEATURES[name](features)
    if name not in PLAIN:
        raise BadParameter(f"no loss {name!r}", remedy=f"choose one of {', '.join(LOSSES)}")
    if features is not None:
        raise BadParameter(
            f"loss {name!r} looks through no feature network",
            where=features,
            remedy="leave the file out, or choose perceptual",
        )
    return PLAIN[name]
