r"""The generator of GAN-CPCE: conveying paths between a valid encoder and its mirror, slice by slice.

Four 3x3 convolutions without padding (32 features, no biases) make the picture smaller by a voxel on each side, four
transposed ones make it whole again. Before each but the last the features of the encoder at the same size, as they were
before their ReLU, are joined and merged by a 1x1 convolution. 62 016 weights.

Its input is the zero-filled picture on the grid of the result, as in paper 2 (one size for both). ``shortcut`` adds it
to the last layer: an option of the authors' code that starts as the input and is learned in a fraction of the time.

Source
------
Shan H, Zhang Y, Yang Q, et al. 3-D convolutional encoder-decoder network for low-dose CT via transfer learning from a
2-D trained network. IEEE Trans Med Imaging 2018;37:1522-1534; the 1x1 layers as in the authors' released code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_mrsr.networks.network import Network
from napari_mrsr.networks.planes import by_slices

#: Convolutions on the way in.
DEPTH = 4


class Cpce(Network):
    """The published generator.

    Parameters
    ----------
    features
        Of every layer.
    shortcut
        Add the input before the last ReLU.

    Examples
    --------
    >>> Cpce()(torch.rand(1, 2, 20, 21, 3)).shape, sum(p.numel() for p in Cpce().parameters())
    (torch.Size([1, 2, 20, 21, 3]), 62016)
    """

    architecture = "cpce"
    sharpens = "in-plane"
    interpolation = "fourier"
    slicewise = True
    factors = (1,)
    echoes = None
    #: Every convolution reaches one voxel to either side, on the way in and on the way out.
    halo = 2 * DEPTH

    def __init__(self, features: int = 32, *, shortcut: bool = False) -> None:
        super().__init__()
        self.settings = {"features": features, "shortcut": shortcut}
        self.shortcut = shortcut
        taken = (1, *(features,) * (DEPTH - 1))
        self.inward = nn.ModuleList(nn.Conv2d(c, features, 3, bias=False) for c in taken)
        self.outward = nn.ModuleList(
            nn.ConvTranspose2d(features, features if n < DEPTH - 1 else 1, 3, bias=False) for n in range(DEPTH)
        )
        self.merge = nn.ModuleList(nn.Conv2d(2 * features, features, 1, bias=False) for _ in range(DEPTH - 1))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_normal_(layer.weight)
        if shortcut:
            nn.init.zeros_(next(self.outward[-1].parameters()))

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)`` slice by slice in the plane (i, j)."""
        return by_slices(self.plane, x, least=2 * DEPTH + 1)

    def plane(self, x: Tensor) -> Tensor:
        """Sharpen pictures ``(n, 1, i, j)`` of at least nine voxels a side."""
        conveyed: list[Tensor] = []
        y = x
        for layer in self.inward:
            y = layer(torch.relu(y) if conveyed else y)
            conveyed.append(y)
        y = torch.relu(self.outward[0](torch.relu(y)))
        for layer, merge, features in zip(self.outward[1:], self.merge, reversed(conveyed[:-1]), strict=True):
            y = layer(torch.relu(merge(torch.cat([features, y], dim=1).relu())))
            if layer is not self.outward[-1]:
                y = torch.relu(y)
        return torch.relu(y + x if self.shortcut else y)
