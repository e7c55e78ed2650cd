"""lean: the fast default for thick slices. All convolutions run on the acquired grid.

Interpolating first, as the published network does, runs every convolution on ``factor`` times more voxels that hold no
new information. Here a residual trunk works on the thick slices and only the last layer makes the thin ones::

    [echo, mean of all echoes] -> conv 3x3x3 -> blocks x (conv, ReLU, conv, + ) -> conv 3x3x3 -> factor channels
                               -> pixel shuffle along the slice axis -> + cubic interpolation of the echo

Each echo (or contrast) goes through the same trunk beside the mean of all of them, so one set of weights serves any
number of echoes, and what a bright echo shows of an edge helps a noisy one. Factors 2, 3 and 4 share the trunk; each
has a last layer of its own, which starts at zero: an untrained ``lean`` is cubic interpolation. Kernels of the trunk
may be separable, 3x3x1 in plane and then 1x1x3 along the slices: 12 taps in place of 27, the same reach.

Design: residual blocks without normalisation (Lim et al., EDSR, CVPRW 2017), sub-pixel convolution (Shi et al., ESPCN,
CVPR 2016), here along one axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from napari_mrsr.networks.network import Network
from napari_mrsr.networks.upsampling import CUBIC_REACH, cubic, shuffle_last_axis


class Block(nn.Module):
    """Two convolutions whose result is added to the input, scaled so that a deep stack starts out calm."""

    scale = 0.2

    def __init__(self, features: int, *, separable: bool = False) -> None:
        super().__init__()
        self.first = _kernel(features, separable)
        self.second = _kernel(features, separable)

    def forward(self, x: Tensor) -> Tensor:
        """Shape ``(batch, features, i, j, k)`` in and out."""
        residual: Tensor = self.second(torch.relu(self.first(x)))
        return x + self.scale * residual


def _kernel(features: int, separable: bool) -> nn.Module:
    if not separable:
        return nn.Conv3d(features, features, 3, padding=1)
    return nn.Sequential(
        nn.Conv3d(features, features, (3, 3, 1), padding=(1, 1, 0)),
        nn.Conv3d(features, features, (1, 1, 3), padding=(0, 0, 1)),
    )


class Lean(Network):
    """Super-resolution of one axis on the low-resolution grid.

    Parameters
    ----------
    features
        Channels of the trunk.
    blocks
        Residual blocks of the trunk.
    factors
        Factors for which a last layer is made.
    separable
        Whether the trunk's kernels are parted into one in plane and one along the slices.

    Examples
    --------
    >>> Lean(features=8, blocks=1)(torch.rand(1, 2, 6, 6, 4), factor=3).shape
    torch.Size([1, 2, 6, 6, 12])
    """

    architecture = "lean"
    echoes = None

    def __init__(
        self, features: int = 32, blocks: int = 6, factors: Sequence[int] = (2, 3, 4), *, separable: bool = False
    ) -> None:
        super().__init__()
        self.settings = {"features": features, "blocks": blocks, "factors": list(factors)}
        if separable:
            self.settings["separable"] = True
        self.factors = tuple(factors)
        self.halo = max(2 * blocks + 2, CUBIC_REACH)
        self.head = nn.Conv3d(2, features, 3, padding=1)
        self.trunk = nn.Sequential(*(Block(features, separable=separable) for _ in range(blocks)))
        self.tails = nn.ModuleDict({str(factor): nn.Conv3d(features, factor, 3, padding=1) for factor in factors})
        for layer in self.modules():
            if isinstance(layer, nn.Conv3d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        for tail in self.tails.values():
            nn.init.zeros_(tail.weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor, factor: int = 2) -> Tensor:
        """Super-resolve the last axis.

        Parameters
        ----------
        x
            Shape ``(batch, echo, i, j, k)``, all echoes on one scale.
        factor
            One of ``factors``.

        Returns
        -------
        Tensor
            Shape ``(batch, echo, i, j, factor * k)``, float32.
        """
        batch, echoes, *grid = x.shape
        mean = x.mean(dim=1, keepdim=True).expand_as(x)
        pairs = torch.stack([x, mean], dim=2).reshape(batch * echoes, 2, *grid)
        features = self.trunk(self.head(pairs.contiguous(memory_format=torch.channels_last_3d)))
        residual = shuffle_last_axis(self.tails[str(factor)](features), factor)
        return cubic(x, factor) + residual.reshape(batch, echoes, *residual.shape[2:]).to(x.dtype)
