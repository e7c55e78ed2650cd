r"""The small U-Net for a picture every few seconds on a CPU.

Against the published one (:mod:`napari_mrsr.networks.unet`): it takes the zero-filled picture, which holds all that was
measured and nothing else, and gives what is missing from it; 2x2 voxels in plane are the first features (pixel
unshuffle), so that everything runs on a grid four times smaller; slices are thick already and are never pooled; and
there are half as many features: about a tenth of the multiplications.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_mrsr.networks.network import Network
from napari_mrsr.networks.unet import biases, pooled, to_multiples

#: Convolutions across one step of the coarse level in each residual block.
PER_BLOCK = 2


class Swift(Network):
    """A residual U-Net of two levels behind a pixel unshuffle in plane.

    Parameters
    ----------
    features
        Of the first level; the one below has twice as many.
    blocks
        Residual blocks of the lower level.

    Examples
    --------
    >>> picture = torch.rand(1, 2, 10, 9, 7)
    >>> swift = Swift(features=8)
    >>> swift(picture).shape, torch.equal(swift(picture), picture)
    (torch.Size([1, 2, 10, 9, 7]), True)
    """

    architecture = "swift"
    sharpens = "in-plane"
    interpolation = "fourier"
    stride = 4
    factors = (1,)
    echoes = None

    def __init__(self, features: int = 32, blocks: int = 3) -> None:
        super().__init__()
        self.settings = {"features": features, "blocks": blocks}
        # two convolutions at 2 voxels, those of the blocks and the first at 4, two more at 2, and the pooling
        self.halo = 4 + 4 * (1 + PER_BLOCK * blocks) + 4 + 3
        a, b = features, 2 * features
        self.head = nn.Sequential(_convolution(4, a), nn.ReLU(), _convolution(a, a), nn.ReLU())
        self.sink = _convolution(a, b)
        self.body = nn.ModuleList(
            nn.Sequential(_convolution(b, b), nn.ReLU(), _convolution(b, b)) for _ in range(blocks)
        )
        self.rise = nn.Conv3d(b, 4 * a, 1)
        self.join = nn.Sequential(_convolution(2 * a, a), nn.ReLU(), _convolution(a, a), nn.ReLU())
        self.tail = nn.Conv3d(a, 4, 1)
        self._start()

    def _start(self) -> None:
        """Draw weights that keep the size of what passes (He et al., 2015); blocks and tail add nothing yet.

        With the usual ones, a third as large, 150 steps gained a fifth as much.
        """
        _draw(self)
        self._begin_with_nothing()
        nn.init.zeros_(self.tail.weight)

    def _begin_with_nothing(self) -> None:
        for block in self.body:
            assert isinstance(block, nn.Sequential)
            assert isinstance(block[-1], nn.Conv3d)
            nn.init.zeros_(block[-1].weight)

    def is_dead(self, x: Tensor) -> bool:
        """Tell whether the coarse level gives nothing anywhere in a picture: such a level has no gradient either.

        Parameters
        ----------
        x
            As :meth:`forward` takes it.
        """
        with torch.no_grad():
            padded = to_multiples(x.reshape(-1, 1, *x.shape[2:]), (4, 4, 1))
            return not bool((self._coarse(self.head(_gather(padded))) > 0).any())

    @torch.no_grad()
    def revive(self) -> None:
        """Draw a dead coarse level anew: what the network gives stays the same, and the level can learn again."""
        _draw(self.sink)
        _draw(self.body)
        self._begin_with_nothing()
        nn.init.zeros_(self.rise.weight)

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)`` in the plane (i, j); volumes are looked at one by one."""
        batch, volumes, *grid = x.shape
        padded = to_multiples(x.reshape(batch * volumes, 1, *grid), (4, 4, 1))
        fine = self.head(_gather(padded))
        y = self.tail(self.join(torch.cat([_spread(self.rise(self._coarse(fine))), fine], dim=1)))
        missing = _spread(y)[..., : grid[0], : grid[1], : grid[2]].reshape(batch, volumes, *grid)
        return x + missing

    def _coarse(self, fine: Tensor) -> Tensor:
        coarse = torch.relu(self.sink(pooled(fine, (2, 2, 1))))
        for block in self.body:
            coarse = coarse + block(coarse)
        return torch.relu(coarse)


def _draw(part: nn.Module) -> None:
    for layer in part.modules():
        if isinstance(layer, nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(biases(layer))


def _convolution(taken: int, given: int) -> nn.Conv3d:
    return nn.Conv3d(taken, given, 3, padding=1)


def _gather(x: Tensor) -> Tensor:
    """Make the four voxels of each 2x2 in plane features: ``(b, c, 2 i, 2 j, k)`` to ``(b, 4 c, i, j, k)``."""
    b, c, i, j, k = x.shape
    x = x.reshape(b, c, i // 2, 2, j // 2, 2, k).permute(0, 1, 3, 5, 2, 4, 6)
    return x.reshape(b, 4 * c, i // 2, j // 2, k)


def _spread(x: Tensor) -> Tensor:
    """Undo :func:`_gather`."""
    b, c, i, j, k = x.shape
    x = x.reshape(b, c // 4, 2, 2, i, j, k).permute(0, 1, 4, 2, 5, 3, 6)
    return x.reshape(b, c // 4, 2 * i, 2 * j, k)
