"""The moving average of a network's weights: what a run is judged by and leaves behind, since single steps swing."""

from __future__ import annotations

import torch
from torch import Tensor

from napari_mrsr.networks.network import Network


class Average:
    """The average, beside the network that learns.

    Parameters
    ----------
    network
        Whose weights are averaged.
    decay
        Share of the average that a step leaves as it was; 0 always takes the last weights. Early steps leave less, at
        most (1 + n) / (10 + n) after n steps, so that a short run is not held back by how it began.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.network, self.decay = network, decay
        self.weights: dict[str, Tensor] = {name: p.detach().clone() for name, p in network.named_parameters()}

    def update(self, step: int) -> None:
        """Take in the weights after a step, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        with torch.no_grad():
            for name, p in self.network.named_parameters():
                self.weights[name].mul_(decay).add_(p.detach(), alpha=1 - decay)

    def averaged(self) -> Network:
        """Return another network that has the average."""
        twin = type(self.network)(**self.network.settings)
        twin.load_state_dict(self.weights)
        return twin.to(next(self.network.parameters()).device).eval()
