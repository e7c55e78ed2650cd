r"""The game of a generator and a critic, as Wasserstein distance with a gradient penalty.

The critic D gives large numbers to pictures as they are, small ones to what the generator made; how far apart it can
bring them, while its slope is held to 1, is the distance between the two kinds:

.. math::

    L_D = \overline{D(\hat y)} - \overline{D(y)}
          + \lambda\, \overline{(\lVert \nabla_{\tilde y} D(\tilde y) \rVert_2 - 1)^2},
    \qquad L_G = -\overline{D(\hat y)}

with :math:`\tilde y = \epsilon y + (1 - \epsilon) \hat y`, one :math:`\epsilon` of 0 to 1 for each sample. The norm is
that of the gradient of **one sample**, over all its voxels (the released code of GAN-CPCE takes it column by column).

Source
------
Gulrajani I, Ahmed F, Arjovsky M, Dumoulin V, Courville A. Improved training of Wasserstein GANs. NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

#: Weight of the gradient penalty (Gulrajani et al.; Shan et al.; You et al.).
PENALTY = 10.0
Critic = Callable[[Tensor], Tensor]


def critic_loss(critic: Critic, real: Tensor, made: Tensor, mix: Tensor) -> Tensor:
    """Return what a critic is to make small.

    Parameters
    ----------
    critic
        Takes ``(n, 1, i, j)`` and gives ``(n,)``.
    real, made
        Pictures as they are, and what the generator made (no gradient reaches the generator).
    mix
        One number of 0 to 1 for each sample, ``(n,)``: where between the two its slope is looked at.
    """
    made = made.detach()
    apart = critic(made).mean() - critic(real).mean()
    return apart + PENALTY * gradient_penalty(critic, real, made, mix)


def gradient_penalty(critic: Critic, real: Tensor, made: Tensor, mix: Tensor) -> Tensor:
    """Return the mean squared distance of the critic's slope from 1; parameters as for :func:`critic_loss`.

    Examples
    --------
    >>> real, made = torch.rand(2, 5, 1, 4, 4)
    >>> steep = gradient_penalty(lambda x: 3 * x[:, 0, 0, 0], real, made, torch.rand(5))
    >>> round(float(steep), 4)
    4.0
    """
    share = mix.view(-1, *(1,) * (real.ndim - 1))
    between = (share * real + (1 - share) * made).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(slope.flatten(1), dim=1)
    return ((norms - 1) ** 2).mean()


def generator_loss(critic: Critic, made: Tensor) -> Tensor:
    """Return what the generator is to make small: minus what the critic says of its pictures."""
    return -critic(made).mean()
