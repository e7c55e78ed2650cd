r"""The 3D U-Net of Sarasaen et al., as published.

Three levels of 64, 128 and 256 features, two 3x3x3 convolutions with ReLU in each, average pooling on the way down,
transposed convolutions on the way up, a 1x1x1 convolution at the end, nothing added to the input. The input is the
coarse picture, interpolated trilinearly to the grid of the result. 5 418 177 parameters, 0.747 million multiplications
a voxel.

What the paper leaves open is chosen here:

- *Borders.* Convolutions pad with zeros; a matrix that is no multiple of 4 is continued by reflection at its far end,
  so that a tile that begins at a multiple of 4 pools together what the whole volume pools together.
- *Start.* One feature of the first level and of its way up carries the input through (a kernel that is 1 in its
  middle), the others are drawn so that the size of what passes is kept (He et al., 2015), and the last layer does not
  listen to them yet: the untrained network is its input. A picture has no negative values, so ReLU lets it pass.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, et al. Fine-tuning deep learning model parameters for improved super-resolution
of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196; layers as in the authors' released code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.networks.network import Network


class Unet(Network):
    """The published network.

    Parameters
    ----------
    features
        Of the first level; the two below have twice and four times as many.

    Examples
    --------
    >>> picture = torch.rand(1, 2, 10, 9, 7)
    >>> unet = Unet(features=4)
    >>> unet(picture).shape, torch.allclose(unet(picture), picture)
    (torch.Size([1, 2, 10, 9, 7]), True)
    >>> sum(p.numel() for p in Unet().parameters())
    5418177
    """

    architecture = "unet"
    sharpens = "in-plane"
    interpolation = "trilinear"
    stride = 4
    factors = (1,)
    echoes = None
    #: Two convolutions at steps of 1, 2, 4, 2 and 1 voxels, and what pooling takes in besides.
    halo = 23

    def __init__(self, features: int = 64) -> None:
        super().__init__()
        self.settings = {"features": features}
        a, b, c = features, 2 * features, 4 * features
        self.down = nn.ModuleList([_block(1, a), _block(a, b), _block(b, c)])
        self.rise = nn.ModuleList([nn.ConvTranspose3d(c, b, 2, stride=2), nn.ConvTranspose3d(b, a, 2, stride=2)])
        self.up = nn.ModuleList([_block(2 * b, b), _block(2 * a, a)])
        self.tail = nn.Conv3d(a, 1, 1)
        self._carry_the_input_through()

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)``; volumes are looked at one by one."""
        batch, volumes, *grid = x.shape
        x = to_multiples(x.reshape(batch * volumes, 1, *grid), (4, 4, 4))
        fine = self.down[0](x)
        middle = self.down[1](pooled(fine, (2, 2, 2)))
        coarse = self.down[2](pooled(middle, (2, 2, 2)))
        middle = self.up[0](torch.cat([self.rise[0](coarse), middle], dim=1))
        fine = self.up[1](torch.cat([self.rise[1](middle), fine], dim=1))
        y: Tensor = self.tail(fine)
        return y[..., : grid[0], : grid[1], : grid[2]].reshape(batch, volumes, *grid)

    @torch.no_grad()
    def _carry_the_input_through(self) -> None:
        """Let the network start as the identity: feature 0 of the first level and of its way up is the input."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv3d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(biases(layer))
        own = self.tail.in_channels  # of the features joined on the way up the first half rose from below
        passed = [layer for block in (self.down[0], self.up[1]) for layer in block.modules()]
        for convolution, source in zip((m for m in passed if isinstance(m, nn.Conv3d)), (0, 0, own, 0), strict=True):
            convolution.weight[0] = 0
            convolution.weight[0, source, 1, 1, 1] = 1
        nn.init.zeros_(self.tail.weight)[0, 0] = 1


def _block(taken: int, given: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(taken, given, 3, padding=1), nn.ReLU(), nn.Conv3d(given, given, 3, padding=1), nn.ReLU()
    )


def biases(convolution: nn.Conv3d) -> Tensor:
    """Return the biases of a convolution that has some."""
    assert convolution.bias is not None
    return convolution.bias


def pooled(x: Tensor, size: tuple[int, int, int]) -> Tensor:
    """Average blocks of the last three axes; in single precision, since torch pools no bfloat16 on a CPU."""
    return functional.avg_pool3d(x.float(), size).to(x.dtype)


def to_multiples(x: Tensor, steps: tuple[int, int, int]) -> Tensor:
    """Continue the last three axes by reflection at their far ends until they are whole multiples of the steps.

    Examples
    --------
    >>> to_multiples(torch.arange(6.0).reshape(1, 1, 6, 1, 1), (4, 1, 1)).flatten()
    tensor([0., 1., 2., 3., 4., 5., 4., 3.])
    """
    for axis, step in zip((-3, -2, -1), steps, strict=True):
        n = x.shape[axis]
        missing = -n % step
        if missing:
            # a short axis is reflected as often as need be
            period = max(1, 2 * (n - 1))
            index = [min(m % period, period - m % period) if n > 1 else 0 for m in range(n, n + missing)]
            x = torch.cat([x, x.index_select(x.dim() + axis, torch.tensor(index, device=x.device))], dim=axis)
    return x
