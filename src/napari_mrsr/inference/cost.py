"""What a network takes per voxel of the grid of its input, found by running it on a small volume.

A real one: torch takes longer than a second to prepare for tensors without data.

Only convolutions are counted; they are all but a percent or two of the work. One multiplication with its addition is
two operations.
"""

from __future__ import annotations

import copy
import hashlib
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Cost:
    """Operations and memory per voxel of the coarse grid, all echoes together.

    Parameters
    ----------
    operations
        Of the whole network.
    largest_layer
        Of its most expensive convolution.
    values
        Numbers that must be kept at once: input and output of the widest layer and what a shortcut holds.
    batch
        Batch that its most expensive convolution sees for one tile (the echoes, where they share the weights).
    channels
        Channels that this convolution takes in.
    """

    operations: float
    largest_layer: float
    values: float
    batch: int
    channels: int


#: Volume that a network is run on. Pictures are larger: convolutions without padding make them smaller.
_VOLUME, _PICTURES = (8, 8, 8), (96, 96, 1)
#: Layers that are counted.
_COUNTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d)


def fingerprint(model: nn.Module) -> str:
    """Return a digest of a network's class and weights: what is known of it holds for every copy of it."""
    digest = hashlib.sha256(repr(model).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def of(model: nn.Module, factor: int, echoes: int) -> Cost:
    """Return the cost of a network for a factor and a number of echoes."""
    twin = copy.deepcopy(model).cpu().float()
    seen: list[tuple[float, float, int, int]] = []

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        assert isinstance(module, _COUNTED)
        x: Tensor = inputs[0]
        # a kernel gathers what a value is made of, a transposed one scatters what a value gives
        times = x.numel() if isinstance(module, nn.ConvTranspose2d | nn.ConvTranspose3d) else output.numel()
        seen.append((2.0 * module.weight[0].numel() * times, float(x.numel() + output.numel()), x.shape[0], x.shape[1]))

    hooks = [m.register_forward_hook(note) for m in twin.modules() if isinstance(m, _COUNTED)]
    shape = _PICTURES if getattr(model, "slicewise", False) else _VOLUME
    voxels = math.prod(shape)
    with torch.inference_mode():
        twin(torch.zeros(1, echoes, *shape), factor)
    for hook in hooks:
        hook.remove()
    if not seen:
        return Cost(1.0, 1.0, 4.0 * echoes * factor, echoes, 1 << 30)
    heaviest = max(seen)
    return Cost(
        operations=sum(s[0] for s in seen) / voxels,
        largest_layer=heaviest[0] / voxels,
        values=2.0 * max(s[1] for s in seen) / voxels,
        batch=heaviest[2],
        channels=heaviest[3],
    )
