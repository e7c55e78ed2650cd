r"""The terms of GAN-CIRCLE beside the adversarial ones: there and back, left alone, and few edges.

With G from coarse to fine and F back (paper 2, section II.2; You et al., IEEE Trans Med Imaging 2020;39:188)

.. math::

    L_\mathrm{CYC} &= \overline{|F(G(x)) - x|} + \overline{|G(F(y)) - y|} \\
    L_\mathrm{IDT} &= \overline{|G(y) - y|} + \overline{|F(x) - x|} \\
    L_\mathrm{JST} &= \tau \lVert G(x) \rVert_\mathrm{TV} + (1 - \tau) \lVert y - G(x) \rVert_\mathrm{TV}

The papers do not say how total variation is normalised. Here it is the mean over pixels of the length of the gradient
from differences to the next pixel, so that it does not depend on the size of a patch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

#: Added under the root, so that flat places have a gradient.
TINY = 1e-8


def cycle(x: Tensor, there_and_back: Tensor, y: Tensor, back_and_there: Tensor) -> Tensor:
    """Return how far F(G(x)) is from x and G(F(y)) from y."""
    return functional.l1_loss(there_and_back, x) + functional.l1_loss(back_and_there, y)


def identity(x: Tensor, coarsened: Tensor, y: Tensor, sharpened: Tensor) -> Tensor:
    """Return how much G changes what is sharp already, and F what is coarse already."""
    return functional.l1_loss(sharpened, y) + functional.l1_loss(coarsened, x)


def total_variation(x: Tensor) -> Tensor:
    """Return the mean length of the in-plane gradient of ``(batch, volume, i, j, k)``.

    Examples
    --------
    >>> ramp = 3 * torch.arange(5.0).view(1, 1, 5, 1, 1).expand(1, 1, 5, 5, 2)
    >>> round(float(total_variation(ramp)), 3)
    3.0
    """
    along_i = x[:, :, 1:, :-1] - x[:, :, :-1, :-1]
    along_j = x[:, :, :-1, 1:] - x[:, :, :-1, :-1]
    return torch.sqrt(along_i**2 + along_j**2 + TINY).mean()


def joint_sparsity(y: Tensor, made: Tensor, tau: float = 0.5) -> Tensor:
    """Return the total variation of what was made and of what is missing from it, weighted by tau and 1 - tau."""
    return tau * total_variation(made) + (1 - tau) * total_variation(y - made)
