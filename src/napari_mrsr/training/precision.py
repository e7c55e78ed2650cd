"""Which precision the convolutions of a training step have."""

from __future__ import annotations

import torch
from torch import nn


def mixed_precision(device: torch.device) -> torch.dtype | None:
    """Return the precision of the convolutions: bfloat16 where the chip multiplies matrices in it, else None."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    knows = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")  # the second halves the time of a step
    if device.type == "cpu" and any(getattr(torch.cpu, name, lambda: False)() for name in knows):
        return torch.bfloat16
    return None


def placed(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, its weights in the order in memory that its convolutions like best."""
    network.to(device)
    for weight in network.parameters():
        if weight.ndim in (4, 5):
            layout = torch.channels_last_3d if weight.ndim == 5 else torch.channels_last
            weight.data = weight.data.contiguous(memory_format=layout)
