r"""The generators of GAN-CIRCLE, G from coarse to fine and F back: twelve blocks of features, two branches.

Twelve 3x3 convolutions with leaky ReLU (0.1) have :math:`n_i = \lfloor 48 (1 - (i / 11)^{2/3}) + 16 \rfloor` features,
64, 54, 48, 43, 39, 35, 31, 28, 25, 22, 18 and 16, and all 423 of them are joined. Two branches of 1x1 convolutions look
at them side by side (24 features; 8, then a 3x3 with 8), and what both found is joined, convolved, and added to the
input. In paper 2 coarse and fine pictures have one size; ``doubling`` is what the released code does instead: the first
convolution has a stride of 2, and a transposed one of 4x4 brings the picture back.

Source
------
You C, Li G, Zhang Y, et al. CT super-resolution GAN constrained by the identical, residual, and cycle learning ensemble
(GAN-CIRCLE). IEEE Trans Med Imaging 2020;39:188-203. Their code drops nothing out (``training`` was never set): nor do
we unless asked.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_mrsr.networks.network import Network
from napari_mrsr.networks.planes import by_slices

#: Blocks of the feature extraction, and features of the first and the last.
BLOCKS, FIRST, LAST = 12, 64, 16
#: Features of the branches A1, B1 and B2.
BRANCHES = (24, 8, 8)
#: Slope of the leaky ReLU below zero.
SLOPE = 0.1


def block_features(first: int = FIRST) -> list[int]:
    """Return how many features each block has.

    Examples
    --------
    >>> block_features(), sum(block_features())
    ([64, 54, 48, 43, 39, 35, 31, 28, 25, 22, 18, 16], 423)
    """
    return [int((first - LAST) * (1 - (i / (BLOCKS - 1)) ** (1 / 1.5)) + LAST) for i in range(BLOCKS)]


class Circle(Network):
    """One of the two generators; both have the same layers.

    Parameters
    ----------
    features
        Of the first block.
    dropout
        Share of features that training leaves out.
    doubling
        Work at half the matrix, as the released code does.

    Examples
    --------
    >>> x = torch.rand(1, 1, 9, 12, 2)
    >>> circle = Circle(features=20)
    >>> torch.equal(circle(x), x), Circle(features=20, doubling=True)(x).shape
    (True, torch.Size([1, 1, 9, 12, 2]))
    """

    architecture = "circle"
    sharpens = "in-plane"
    interpolation = "fourier"
    slicewise = True
    factors = (1,)
    echoes = None

    def __init__(self, features: int = FIRST, *, dropout: float = 0.0, doubling: bool = False) -> None:
        super().__init__()
        self.settings = {"features": features, "dropout": dropout, "doubling": doubling}
        self.doubling = doubling
        # blocks, B2, the merging and the last convolution reach one voxel each; two where the matrix is halved
        self.halo = 2 * (BLOCKS + 3) if doubling else BLOCKS + 3
        self.stride = 2 if doubling else 1
        widths = block_features(features)
        a1, b1, b2 = BRANCHES
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(taken, given, 3, stride=2 if doubling and n == 0 else 1, padding=1),
                nn.LeakyReLU(SLOPE),
                nn.Dropout2d(dropout),
            )
            for n, (taken, given) in enumerate(zip((1, *widths[:-1]), widths, strict=True))
        )
        joined = sum(widths)
        self.a1 = nn.Sequential(nn.Conv2d(joined, a1, 1), nn.LeakyReLU(SLOPE))
        self.b = nn.Sequential(nn.Conv2d(joined, b1, 1), nn.LeakyReLU(SLOPE), nn.Conv2d(b1, b2, 3, padding=1))
        self.merge = nn.Conv2d(a1 + b2, a1 + b2, 3, padding=1)
        self.rise = nn.ConvTranspose2d(a1 + b2, a1 + b2, 4, stride=2, padding=1) if doubling else nn.Identity()
        self.tail = nn.Conv2d(a1 + b2, 1, 3, padding=1, bias=False)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.tail.weight)

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)`` slice by slice in the plane (i, j)."""
        return by_slices(self.plane, x)

    def plane(self, x: Tensor) -> Tensor:
        """Sharpen pictures ``(n, 1, i, j)``."""
        i, j = x.shape[-2:]
        y = nn.functional.pad(x, (0, j % 2, 0, i % 2), mode="replicate") if self.doubling else x
        found = []
        for block in self.blocks:
            y = block(y)
            found.append(y)
        features = torch.cat(found, dim=1)
        y = self.merge(torch.cat([self.a1(features), self.b(features)], dim=1))
        missing: Tensor = self.tail(nn.functional.leaky_relu(self.rise(y), SLOPE))
        return x + missing[..., :i, :j]
