r"""A network that maps: T1w, T2w and FLAIR in, T1, T2 and M0 out, slice by slice. It super-resolves nothing.

Paper 4 takes the network of Qiu et al. (2021), of which is known that it is a two-dimensional U-Net. Its depth and
width are not; here: four levels of 16, 32, 64 and 128 features, in each two 3x3 convolutions with ReLU and no
normalisation (tissues are told by their intensity), the largest of 2x2 voxels on the way down, transposed convolutions
on the way up, a 1x1 convolution at the end. 482 067 parameters, 35 424 multiplications a voxel; both grow with the
square of the features.

Maps are positive by construction: with what the last layer says, u,

.. math:: m = m_0 \log(1 + e^u) / \log 2, \qquad m_0 = 1000\ \mathrm{ms},\ 100\ \mathrm{ms},\ 1

for T1, T2 and M0. An untrained network says about :math:`m_0`; small values are told apart by their ratio, large ones
(fluid) by their difference.

Images are each divided by a number of their own (:mod:`~napari_mrsr.networks.head_scale`), so that gain does not
matter, and M0 is known up to a factor and with the receiving coils' sensitivity: it is no proton density.

With ``neighbours`` n the network is two-and-a-half-dimensional: of each contrast it sees n slices to either side too.

What the weights hold good for (timings, ranges, voxels, plane) is in the settings, and so in the header of the file.

Source
------
Qiu S, Chen Y, Ma S, et al. Multiparametric mapping in the brain from conventional contrast-weighted images using deep
learning. Magn Reson Med 2022;87:488-495, doi:10.1002/mrm.28962.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.errors import WeightsCorrupt
from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.networks.unet import to_multiples

#: Weighted images in, in this order.
CONTRASTS = ("T1w", "T2w", "FLAIR")
#: Maps out, in this order, their units, and what an untrained network says.
MAPS = ("T1", "T2", "M0")
UNITS = ("ms", "ms", "")
MIDDLE = (1000.0, 100.0, 1.0)
#: What is shipped under the kind "maps" of the manifest: taught by the hybrid loss with maps compared as thick as
#: labels, by the hybrid loss as published, and by labels alone.
HYBRID, PUBLISHED, SUPERVISED = "brain-maps", "brain-maps-published", "brain-maps-supervised"


class Mapper(Network):
    """The mapping network.

    Parameters
    ----------
    features
        Of the first level; each level below has twice as many.
    levels
        Of the U.
    neighbours
        Slices to either side that are seen besides.
    conditions
        What the weights hold good for, JSON-able (:class:`napari_mrsr.mapping.conditions.Conditions`).

    Examples
    --------
    >>> mapper = Mapper(features=4, neighbours=1)
    >>> maps = mapper(torch.rand(1, 3, 18, 13, 5))
    >>> maps.shape, bool((maps > 0).all())
    (torch.Size([1, 3, 18, 13, 3]), True)
    >>> sum(p.numel() for p in Mapper().parameters())
    482067
    """

    architecture = "mapper"
    sharpens = "nothing"
    factors = (1,)
    echoes = len(CONTRASTS)

    def __init__(
        self, features: int = 16, levels: int = 4, neighbours: int = 0, conditions: dict[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.settings = {
            "features": features,
            "levels": levels,
            "neighbours": neighbours,
            "conditions": dict(conditions or {}),
        }
        self.neighbours = neighbours
        self.stride = 2 ** (levels - 1)
        # two convolutions at each step down, two on the way up, and what pooling takes in besides
        self.halo = 4 * (self.stride - 1) + 2 * self.stride + self.stride - 1
        widths = [features * 2**level for level in range(levels)]
        taken = [len(CONTRASTS) * (2 * neighbours + 1), *widths]
        self.down = nn.ModuleList(_block(a, b) for a, b in zip(taken, widths, strict=False))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in widths[:-1])
        self.up = nn.ModuleList(_block(2 * w, w) for w in widths[:-1])
        self.tail = nn.Conv2d(features, len(MAPS), 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.tail.weight.mul_(0.1)

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Return the maps of slices.

        Parameters
        ----------
        x
            Weighted images, each divided by its scale: ``(batch, 3, i, j, k + 2 * neighbours)``.
        factor
            1.

        Returns
        -------
        Tensor
            T1 and T2 in ms, and M0: ``(batch, 3, i, j, k)``, single precision.
        """
        batch = len(x)
        stacks = x.unfold(-1, 2 * self.neighbours + 1, 1)  # (batch, contrast, i, j, k, neighbour)
        pictures = stacks.permute(0, 4, 1, 5, 2, 3).flatten(2, 3).flatten(0, 1)
        maps = self.plane(pictures.contiguous(memory_format=torch.channels_last))
        return maps.reshape(batch, -1, *maps.shape[1:]).movedim(1, -1)

    def plane(self, x: Tensor) -> Tensor:
        """Return the maps ``(n, 3, i, j)`` of pictures ``(n, contrast and neighbour, i, j)``."""
        i, j = x.shape[-2:]
        x = to_multiples(x, (1, self.stride, self.stride))
        passed: list[Tensor] = []
        for level in self.down:
            x = level(functional.max_pool2d(x, 2) if passed else x)
            passed.append(x)
        for rise, up, beside in reversed(list(zip(self.rise, self.up, passed, strict=False))):
            x = up(torch.cat([rise(x), beside], dim=1))
        with torch.autocast(x.device.type, enabled=False):  # half precision would round T1 to 0.4 %
            said = self.tail(x[..., :i, :j].float())
            middle = torch.tensor(MIDDLE, device=said.device).reshape(1, -1, 1, 1)
            maps: Tensor = functional.softplus(said) * (middle / math.log(2))
            return maps


def _block(taken: int, given: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(taken, given, 3, padding=1), nn.ReLU(), nn.Conv2d(given, given, 3, padding=1), nn.ReLU()
    )


def load(which: str | Path = HYBRID, *, device: str = "cpu") -> Mapper:
    """Load a mapping network with its weights, ready for inference.

    Parameters
    ----------
    which
        Name of shipped weights (:data:`HYBRID`, :data:`SUPERVISED`), or a safetensors file.
    device
        Where to put it.

    Raises
    ------
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The file is not there, is damaged, is of another network, or is a pickle.
    """
    path, sha256 = (which, None) if isinstance(which, Path) else registry.shipped(which)
    content = registry.read_weights(path, sha256=sha256)
    header = registry.read_header(path)
    remedy = "use a file made by napari-mrsr train brain-maps"
    found = header.get("architecture")
    if found != Mapper.architecture:
        holds = f"holds weights of {found!r}" if found else "does not say which network it is for"
        raise WeightsCorrupt(f"{holds}, which maps nothing", where=path, remedy=remedy)
    try:
        mapper = Mapper(**json.loads(header["settings"]))
    except (KeyError, ValueError, TypeError) as error:
        raise WeightsCorrupt(f"has settings of no mapping network ({error})", where=path, remedy=remedy) from error
    registry.fill(mapper, content, path)
    return mapper.to(device).eval()
