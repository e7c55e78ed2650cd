"""Convolutions that bring their ReLU or their addition along, on the CPU.

Between two convolutions of 32 channels a ReLU and an addition only move memory, yet take as long as the convolution
itself once that runs on matrix units. oneDNN can do both while a result is still in the cache; torch reaches it through
the operators that its compiler emits, ``mkldnn::_convolution_pointwise``. They also avoid the slow path that torch
takes for small batches of one. They are not a public interface: where they are missing, or do not give what ``conv3d``
gives, plain layers are used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.networks.lean import Block

#: Voxels that a convolution works on at once: less than half a second on one core of a laptop.
CHUNK = 250_000


class Convolution(nn.Module):
    """A 3-D convolution with an optional ReLU, in the precision of its weights, that pauses between chunks of planes.

    Parameters
    ----------
    layer
        A convolution that keeps the size of its input.
    scale
        Multiplies the result.
    """

    def __init__(self, layer: nn.Conv3d, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach() * scale, requires_grad=False)
        bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach() * scale
        self.bias = nn.Parameter(bias.to(layer.weight), requires_grad=False)
        self.reach: tuple[int, ...] = tuple(n // 2 for n in layer.kernel_size)
        self.pause: Callable[[], None] | None = None

    def forward(self, x: Tensor, relu: bool = False, add_to: Tensor | None = None) -> Tensor:
        """Return ``w * x + b``, negative values cut with ``relu``; or add it to a tensor, in place."""
        x = x.to(self.weight.dtype).contiguous(memory_format=torch.channels_last_3d)
        batch, _, planes, rows, columns = x.shape
        thick = max(1, CHUNK // (rows * columns))
        if batch * planes <= thick:
            self._pause()
            return self._convolve(x, self.reach, relu, add_to)
        shape = (batch, len(self.weight), planes, rows, columns)
        total = add_to
        if total is None:
            total = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last_3d)
        reach = self.reach[0]
        for n in range(batch):
            for start in range(0, planes, thick):
                self._pause()
                stop = min(planes, start + thick)
                low, high = max(0, start - reach), min(planes, stop + reach)
                chunk = x[n : n + 1, :, low:high]
                missing = (low - start + reach, stop + reach - high)
                if any(missing):
                    chunk = functional.pad(chunk, (0, 0, 0, 0, *missing))
                    chunk = chunk.contiguous(memory_format=torch.channels_last_3d)
                place = total[n : n + 1, :, start:stop]
                within = (0, *self.reach[1:])
                if add_to is None:
                    place.copy_(self._convolve(chunk, within, relu, None))
                else:
                    self._convolve(chunk, within, False, place)
        return total

    def _convolve(self, x: Tensor, padding: tuple[int, ...], relu: bool, add_to: Tensor | None) -> Tensor:
        layer = (x, self.weight, self.bias, list(padding), [1, 1, 1], [1, 1, 1], 1)
        result: Tensor
        if add_to is None:
            result = torch.ops.mkldnn._convolution_pointwise(*layer, "relu" if relu else "none", [], "")
        else:
            binary = torch.ops.mkldnn._convolution_pointwise_.binary
            result = binary(add_to, *layer, "add", 1.0, None, [], None)
        return result

    def _pause(self) -> None:
        if self.pause is not None:
            self.pause()


class FusedBlock(nn.Module):
    """A residual block of ``lean`` in two steps; its input is overwritten."""

    def __init__(self, first: nn.Conv3d, second: nn.Conv3d, scale: float) -> None:
        super().__init__()
        self.first = Convolution(first)
        self.second = Convolution(second, scale)

    def forward(self, x: Tensor) -> Tensor:
        """Shape ``(batch, features, i, j, k)`` in and out."""
        result: Tensor = self.second(self.first(x, relu=True), add_to=x)
        return result


def fuse(network: nn.Module) -> nn.Module:
    """Replace the convolutions and residual blocks of a network by fused ones, in place."""
    for name, child in network.named_children():
        if isinstance(child, Block) and isinstance(child.first, nn.Conv3d) and isinstance(child.second, nn.Conv3d):
            setattr(network, name, FusedBlock(child.first, child.second, child.scale))
        elif isinstance(child, nn.Conv3d) and _keeps_size(child):
            setattr(network, name, Convolution(child))
        else:
            fuse(child)
    return network


def _keeps_size(layer: nn.Conv3d) -> bool:
    """Tell whether a convolution is of the plain kind that :class:`Convolution` does."""
    odd = all(n % 2 for n in layer.kernel_size)
    padded = tuple(layer.padding) == tuple(n // 2 for n in layer.kernel_size)
    plain = set(layer.stride) | set(layer.dilation) | {layer.groups} == {1}
    return odd and padded and plain and layer.padding_mode == "zeros"


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
