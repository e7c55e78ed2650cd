"""Convolutions that bring their ReLU or their addition along, on the CPU.

Between two convolutions of 32 channels a ReLU and an addition only move memory, yet take as long as the convolution
itself once that runs on matrix units. oneDNN can do both while a result is still in the cache; torch reaches it through
the operators that its compiler emits, ``mkldnn::_convolution_pointwise``. They also avoid the slow path that torch
takes for small batches of one. They are not a public interface: where they are missing, or do not give what ``conv3d``
gives, plain layers are used.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.networks.lean import Block


class Convolution(nn.Module):
    """A 3-D convolution with an optional ReLU, in the precision of its weights."""

    def __init__(self, layer: nn.Conv3d, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach() * scale, requires_grad=False)
        bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach() * scale
        self.bias = nn.Parameter(bias.to(layer.weight), requires_grad=False)
        self.geometry: tuple[Any, ...] = (list(layer.padding), list(layer.stride), list(layer.dilation), layer.groups)

    def forward(self, x: Tensor, relu: bool = False, add_to: Tensor | None = None) -> Tensor:
        """Return ``w * x + b``, negative values cut with ``relu``; or add it to a tensor, in place."""
        x = x.to(self.weight.dtype).contiguous(memory_format=torch.channels_last_3d)
        layer = (x, self.weight, self.bias, *self.geometry)
        result: Tensor
        if add_to is None:
            result = torch.ops.mkldnn._convolution_pointwise(*layer, "relu" if relu else "none", [], "")
        else:
            binary = torch.ops.mkldnn._convolution_pointwise_.binary
            result = binary(add_to, *layer, "add", 1.0, None, [], None)
        return result


class FusedBlock(nn.Module):
    """A residual block of ``lean`` in two steps; its input is overwritten."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first = Convolution(block.first)
        self.second = Convolution(block.second, block.scale)

    def forward(self, x: Tensor) -> Tensor:
        """Shape ``(batch, features, i, j, k)`` in and out."""
        result: Tensor = self.second(self.first(x, relu=True), add_to=x)
        return result


def fuse(network: nn.Module) -> nn.Module:
    """Replace the convolutions and residual blocks of a network by fused ones, in place."""
    for name, child in network.named_children():
        if isinstance(child, Block):
            setattr(network, name, FusedBlock(child))
        elif isinstance(child, nn.Conv3d) and child.padding_mode == "zeros" and not isinstance(child.padding, str):
            setattr(network, name, Convolution(child))
        else:
            fuse(child)
    return network


@cache
def available(dtype: torch.dtype) -> bool:
    """Tell whether the fused operators are there and right in a precision."""
    generator = torch.Generator().manual_seed(0)
    layer = nn.Conv3d(4, 4, 3, padding=1)
    with torch.inference_mode():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 10)
        x = torch.randn(2, 4, 5, 6, 7, generator=generator)
        expected = functional.relu(layer(x)), x + layer(x)
        try:
            fused = Convolution(layer).to(dtype)
            total = x.to(dtype, memory_format=torch.channels_last_3d, copy=True)
            found = fused(x, relu=True), fused(x, add_to=total)
        except (RuntimeError, AttributeError, TypeError):
            return False
    tolerance = 1e-5 if dtype is torch.float32 else 0.05
    return all(torch.allclose(a, b.float(), atol=tolerance) for a, b in zip(expected, found, strict=True))
