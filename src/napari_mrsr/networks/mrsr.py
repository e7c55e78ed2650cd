"""MRSR, as published: twenty convolutions on the interpolated volume that predict what interpolation lost.

Chaudhari et al., "Deep learning super-resolution enables rapid simultaneous morphological and quantitative magnetic
resonance imaging", MLMIR 2018 (dual-echo), after Magn Reson Med 2018;80:2139 (DeepResolve, single contrast): 3x3x3
kernels, 64 feature maps, ReLU after each layer but the last (a residual has a sign), zero padding, the output added to
the interpolated input; both echoes enter together as channels. The papers do not give the initial weights: here they
are He-normal, the last layer zero, so that an untrained network is cubic interpolation.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from napari_mrsr.networks.network import Network
from napari_mrsr.networks.upsampling import CUBIC_REACH, cubic


class Mrsr(Network):
    """The published network.

    Parameters
    ----------
    echoes
        Channels in and out: 1 for single-contrast DESS, 2 for dual-echo.
    features
        Feature maps.
    layers
        Convolutions.

    Examples
    --------
    >>> sum(p.numel() for p in Mrsr(echoes=1).parameters())
    1995329
    """

    architecture = "mrsr"
    factors = (2, 3, 4)

    def __init__(self, echoes: int = 2, features: int = 64, layers: int = 20) -> None:
        super().__init__()
        self.settings = {"echoes": echoes, "features": features, "layers": layers}
        self.echoes = echoes
        self.halo = layers + CUBIC_REACH
        channels = [echoes, *[features] * (layers - 1), echoes]
        self.convolutions = nn.ModuleList(
            nn.Conv3d(before, after, 3, padding=1) for before, after in pairwise(channels)
        )
        for layer in self.convolutions:
            nn.init.kaiming_normal_(layer.weight)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.convolutions[-1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor, factor: int = 2) -> Tensor:
        """Super-resolve the last axis: ``(batch, echo, i, j, k)`` to ``(batch, echo, i, j, factor * k)``."""
        interpolated = cubic(x, factor)
        features = interpolated.contiguous(memory_format=torch.channels_last_3d)
        for layer in self.convolutions[:-1]:
            features = torch.relu(layer(features))
        residual: Tensor = self.convolutions[-1](features)
        return interpolated + residual.to(interpolated.dtype)

    def for_echoes(self, echoes: int, *, divide: bool = True) -> Mrsr:
        """Transfer the weights to another number of echoes, as from single-contrast to dual-echo DESS.

        The input weights are repeated for every echo and, with ``divide``, divided by their number, which keeps the
        scale of the activations where the echoes look alike (the paper does not say). The output weights are repeated.

        Raises
        ------
        ValueError
            The network was not made for a single contrast.
        """
        if self.echoes != 1:
            raise ValueError(f"weights for {self.echoes} echoes cannot be repeated; start from a single contrast")
        other = Mrsr(echoes, self.settings["features"], self.settings["layers"])
        state = {name: tensor.clone() for name, tensor in self.state_dict().items()}
        first, last = "convolutions.0", f"convolutions.{len(self.convolutions) - 1}"
        state[f"{first}.weight"] = state[f"{first}.weight"].repeat(1, echoes, 1, 1, 1) / (echoes if divide else 1)
        state[f"{last}.weight"] = state[f"{last}.weight"].repeat(echoes, 1, 1, 1, 1)
        state[f"{last}.bias"] = state[f"{last}.bias"].repeat(echoes)
        other.load_state_dict(state)
        return other
