"""Small networks whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from napari_mrsr.inference import job
from napari_mrsr.networks.lean import Lean
from napari_mrsr.networks.mrsr import Mrsr


def shaken(network: nn.Module, seed: int = 1) -> nn.Module:
    """Give every layer weights that matter, also those that start at zero, so that every voxel within reach does."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.05)
    return network.eval()


@pytest.fixture(scope="session")
def lean() -> nn.Module:
    """An untrained ``lean`` of 8 features and one block: halo 4."""
    return shaken(Lean(features=8, blocks=1))


@pytest.fixture(scope="session")
def mrsr() -> nn.Module:
    """An untrained MRSR of 4 features and three layers, two echoes: halo 5."""
    return shaken(Mrsr(echoes=2, features=4, layers=3))


@pytest.fixture(autouse=True)
def nothing_to_collect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory runs out in play only: a look through all objects of a worker at every halving would take seconds."""
    monkeypatch.setattr(job, "gc", SimpleNamespace(collect=lambda: 0))


class MovingSum(nn.Module):
    """The sum of the 3 x 3 x 3 neighbourhood in every fine slice: known by hand, and sensitive to every halo voxel."""

    halo, stride = 1, 1
    factors = (2, 3, 4)
    echoes = None

    def forward(self, x: Tensor, factor: int) -> Tensor:
        """Repeat the neighbourhood sum ``factor`` times."""
        sums = nn.functional.conv3d(x.flatten(0, 1)[:, None], torch.ones(1, 1, 3, 3, 3).to(x), padding=1)
        return sums.reshape(x.shape).repeat_interleave(factor, dim=-1)


@pytest.fixture
def moving_sum() -> nn.Module:
    return MovingSum()


@pytest.fixture
def echoes() -> npt.NDArray[np.float32]:
    """Two echoes of odd sizes without any air, ``(2, 23, 19, 9)``."""
    return np.random.default_rng(0).uniform(100, 900, (2, 23, 19, 9)).astype(np.float32)


@pytest.fixture(scope="session")
def whole() -> Callable[..., npt.NDArray[np.float32]]:
    """Run a network on the whole volume at once, in float32, by plain layers."""

    def run(network: nn.Module, array: npt.NDArray[np.float32], factor: int, axis: int) -> npt.NDArray[np.float32]:
        scale = np.float32(np.percentile(array, 99.9))
        x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(array / scale, axis + 1, -1)))
        with torch.inference_mode():
            y = network(x[None], factor)[0].numpy() * scale
        return np.moveaxis(y, -1, axis + 1)

    return run
