"""The critics of the adversarial networks: how far a 64 x 64 patch is from pictures as they are.

They are Wasserstein critics: a number without bounds, no probability. They are used in training only.

Source
------
GAN-CPCE: Shan et al., IEEE Trans Med Imaging 2018;37:1522. GAN-CIRCLE: You et al., IEEE Trans Med Imaging 2020;39:188.
"""

from __future__ import annotations

from torch import Tensor, nn

#: Side of the patches that they judge, voxels.
SIDE = 64


class CpceCritic(nn.Module):
    """Six 3x3 convolutions, every other one with stride 2, and two fully connected layers.

    Parameters
    ----------
    features
        Of the first two convolutions; the next ones have twice and four times as many.
    hidden
        Of the first fully connected layer.

    Examples
    --------
    >>> import torch
    >>> CpceCritic(features=4, hidden=8)(torch.rand(3, 1, 64, 64)).shape
    torch.Size([3])
    """

    def __init__(self, features: int = 64, hidden: int = 1024) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        taken = 1
        for given in (features, 2 * features, 4 * features):
            layers += [nn.Conv2d(taken, given, 3, padding=1), nn.LeakyReLU(0.2)]
            layers += [nn.Conv2d(given, given, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
            taken = given
        cells = (SIDE // 8) ** 2
        layers += [nn.Flatten(), nn.Linear(taken * cells, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Judge ``(batch, 1, 64, 64)``; one number each."""
        judged: Tensor = self.layers(x)
        return judged[:, 0]


class CircleCritic(nn.Module):
    """Four stages of convolution, instance normalisation and leaky ReLU, and two fully connected layers.

    Instance normalisation looks at one sample alone, so that the gradient penalty, which is one of single samples,
    means what it says.

    Examples
    --------
    >>> import torch
    >>> CircleCritic(features=4, hidden=8)(torch.rand(3, 1, 64, 64)).shape
    torch.Size([3])
    """

    def __init__(self, features: int = 64, hidden: int = 1024) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        taken = 1
        for given in (features, 2 * features, 4 * features, 8 * features):
            layers += [
                nn.Conv2d(taken, given, 4, stride=2, padding=1),
                nn.InstanceNorm2d(given, affine=True),
                nn.LeakyReLU(0.2),
            ]
            taken = given
        cells = (SIDE // 16) ** 2
        layers += [nn.Flatten(), nn.Linear(taken * cells, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Judge ``(batch, 1, 64, 64)``; one number each."""
        judged: Tensor = self.layers(x)
        return judged[:, 0]
