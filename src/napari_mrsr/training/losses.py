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

A perceptual loss needs a network whose features mean something for MRI; none whose weights may be shipped is at hand.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.errors import BadParameter

Loss = Callable[[Tensor, Tensor], Tensor]

#: Weight of the mean modulus of the error's spectrum (Cho et al. 2021), and of the focal frequency loss.
FREQUENCY, FOCAL = 0.1, 10.0


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


LOSSES: dict[str, Loss] = {
    "l1": functional.l1_loss,
    "l2": functional.mse_loss,
    "l1+frequency": l1_and_frequency,
    "l1+focal": l1_and_focal,
}


def find(name: str) -> Loss:
    """Return a loss by name; raises BadParameter."""
    if name not in LOSSES:
        raise BadParameter(f"no loss {name!r}", remedy=f"choose one of {', '.join(LOSSES)}")
    return LOSSES[name]
