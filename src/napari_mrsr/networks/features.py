r"""What an image looks like to a network that knows tissue: the measure of a perceptual loss, no super-resolver.

The way down of a 3-D U-Net. At level :math:`l = 1, 2, 3` two convolutions 3x3x3, each with batch normalisation and
ReLU, give the features :math:`\phi_l`; between levels the largest of each 2x2x2 voxels is kept. The published network
has 64, 128 and 256 features and was trained on vessels in 7 T angiography; its weights may not be shipped. Ours has a
quarter of the width, so that it runs within a training step on a CPU, and was trained on tissues
(:mod:`napari_mrsr.training.features`).

It is frozen when loaded: statistics of the normalisation are those of its training, and no weight takes a gradient.
Weights are read from safetensors as those of any network; the manifest lists ours under the kind ``features``, which is
no method of super-resolution.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, et al. Fine-tuning deep learning model parameters for improved super-resolution
of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196, section 2.3.1; layers as in the released code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.errors import BadParameter, WeightsCorrupt
from napari_mrsr.networks import registry

#: Name in the header of a file, in the manifest, and of the recipe.
NAME = "features"
#: Levels of which the features are compared.
LEVELS = 3
#: Features of the first level as published; the next have twice and four times as many.
PUBLISHED_WIDTH = 64


class Features(nn.Module):
    """The first levels of an encoder.

    Parameters
    ----------
    width
        Features of the first level; each further level has twice as many.

    Examples
    --------
    >>> levels = Features(width=4)(torch.rand(1, 1, 24, 24, 12))
    >>> [tuple(level.shape[1:]) for level in levels]
    [(4, 24, 24, 12), (8, 12, 12, 6), (16, 6, 6, 3)]
    """

    architecture = NAME

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {"width": width}
        self.widths = tuple(width * 2**level for level in range(LEVELS))
        self.levels = nn.ModuleList(
            _block(taken, given) for taken, given in zip((1, *self.widths), self.widths, strict=False)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the features of each level.

        Parameters
        ----------
        x
            Images ``(image, 1, i, j, k)``, 0 to about 1.

        Returns
        -------
        tuple of Tensor
            ``(image, width * 2**l, i // 2**l, j // 2**l, k // 2**l)`` for l = 0, 1, 2.

        Raises
        ------
        BadParameter
            A side is too short to be halved at every level.
        """
        least = 2 ** (LEVELS - 1)
        if min(x.shape[2:]) < least:
            raise BadParameter(
                f"images of {' x '.join(map(str, x.shape[2:]))} voxels have no features at {LEVELS} levels",
                remedy=f"give at least {least} voxels along every axis",
            )
        found: list[Tensor] = []
        for level in self.levels:
            x = level(functional.max_pool3d(x, 2) if found else x)
            found.append(x)
        return tuple(found)

    def freeze(self) -> Features:
        """Return the network itself, for good at inference: no gradient to it, statistics fixed."""
        self.requires_grad_(False)
        super().train(False)
        return self

    def train(self, mode: bool = True) -> Features:
        """Switch between training and inference; a frozen network stays at inference."""
        super().train(mode and any(p.requires_grad for p in self.parameters()))
        return self


def _block(taken: int, given: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(taken, given, 3, padding=1, bias=False), nn.BatchNorm3d(given), nn.ReLU(),
        nn.Conv3d(given, given, 3, padding=1, bias=False), nn.BatchNorm3d(given), nn.ReLU(),
    )  # fmt: skip


def load(path: Path | None = None, *, device: str = "cpu") -> Features:
    """Load a feature network, frozen.

    Parameters
    ----------
    path
        A safetensors file of one's own, as ``napari-mrsr train features`` writes it; the shipped one if not given.
    device
        Where to put it.

    Raises
    ------
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The file is not there, is damaged, is of another network, or is a pickle.
    """
    sha256 = None
    if path is None:
        path, sha256 = registry.shipped(NAME)
    content = registry.read_weights(path, sha256=sha256)
    header = registry.read_header(path)
    remedy = "use a file made by napari-mrsr train features"
    found = header.get("architecture")
    if found != NAME:
        holds = f"holds weights of {found!r}" if found else "does not say which network it is for"
        raise WeightsCorrupt(f"{holds}, not of a feature network", where=path, remedy=remedy)
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    try:
        network = Features(**json.loads(header["settings"]))
        tensors = {name: tensor.float() for name, tensor in parse(content).items()}
        missing, unexpected = network.load_state_dict(tensors, strict=False)
    except (SafetensorError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsCorrupt(f"does not hold a feature network ({reason})", where=path, remedy=remedy) from error
    missing = [name for name in missing if not name.endswith(_COUNT)]
    if missing or unexpected:
        what = f"lacks {missing[0]}" if missing else f"has {unexpected[0]} besides"
        raise WeightsCorrupt(f"does not hold a feature network ({what})", where=path, remedy=remedy)
    return network.to(device).freeze()


#: How many batches a normalisation has seen: of use to training alone, and not written.
_COUNT = "num_batches_tracked"


def save(network: Features, path: Path) -> Path:
    """Write the weights in half precision with what is needed to build the network again."""
    from safetensors.torch import save_file

    tensors = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith(_COUNT)
    }
    temporary = path.with_name(path.name + ".new")
    save_file(tensors, temporary, metadata={"architecture": NAME, "settings": json.dumps(network.settings)})
    temporary.replace(path)
    return path
