r"""``cpce`` and ``circle`` rewritten for the CPU: the same weights, the same picture, in about half the time.

As they are written they are trained; here nothing is kept that only moves memory.

- A **transposed** convolution without padding is a convolution with its kernel turned by half a turn, input and output
  exchanged, padded by two: :math:`(x \star^T w)(p) = \sum_q x(p - q)\, w(q)`.
- A **merge** of what was conveyed and what rose, :math:`W [a; b] = W_a a + W_b b`, adds the second product to the
  first: nothing is joined. So do the two branches of ``circle``, which look at all 423 features through 1x1
  convolutions: :math:`\sum_i W_i f_i`, added block by block, so that no more than one block's features are held.
- ReLU, leaky ReLU and additions are done by the convolution before its result leaves the cache, through the operators
  of :mod:`napari_mrsr.inference.fusing`.
- Pictures go through one after the other as far as they fill the cache (:data:`CHUNK`), not all layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.networks.circle import SLOPE, Circle
from napari_mrsr.networks.cpce import DEPTH, Cpce
from napari_mrsr.networks.planes import by_slices

#: Voxels that go through all layers at once: one picture of 256 x 256, or several smaller ones.
CHUNK = 1 << 16


class Planar(nn.Module):
    """A 2-D convolution that does what follows it, in the precision of its weights.

    Parameters
    ----------
    weight
        Shape ``(features out, features in, rows, columns)``.
    bias
        Shape ``(features out,)``; None for none.
    padding
        Zeros on each side.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None, padding: int = 0) -> None:
        super().__init__()
        weight = weight.detach().contiguous(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)
        bias = torch.zeros(len(weight)) if bias is None else bias.detach()
        self.bias = nn.Parameter(bias.to(weight), requires_grad=False)
        self.padding = padding
        self.pause: Callable[[], None] | None = None

    def forward(self, x: Tensor, then: str = "none", add_to: Tensor | None = None) -> Tensor:
        """Return ``w * x + b`` after ``"relu"`` or ``"leaky_relu"``; or add it to another before ``"relu"``."""
        if self.pause is not None:
            self.pause()
        x = x.to(self.weight.dtype).contiguous(memory_format=torch.channels_last)
        layer = (x, self.weight, self.bias, [self.padding] * 2, [1, 1], [1, 1], 1)
        result: Tensor
        if add_to is None:
            slope = [SLOPE] if then == "leaky_relu" else []
            result = torch.ops.mkldnn._convolution_pointwise(*layer, then, slope, "")
        else:
            unary = None if then == "none" else then
            binary = torch.ops.mkldnn._convolution_pointwise_.binary
            result = binary(add_to, *layer, "add", 1.0, unary, [], None)
        return result


class FusedCpce(nn.Module):
    """:class:`~napari_mrsr.networks.cpce.Cpce`, fused."""

    slicewise = True

    def __init__(self, network: Cpce) -> None:
        super().__init__()
        self.shortcut = network.shortcut
        self.inward = nn.ModuleList(Planar(layer.weight) for layer in _of(network.inward))
        turned = (layer.weight.detach().flip(2, 3).transpose(0, 1) for layer in _of(network.outward))
        self.outward = nn.ModuleList(Planar(weight, padding=2) for weight in turned)
        halves = [layer.weight.detach().chunk(2, dim=1) for layer in _of(network.merge)]
        self.conveyed = nn.ModuleList(Planar(one) for one, _ in halves)
        self.risen = nn.ModuleList(Planar(other) for _, other in halves)

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)`` slice by slice in the plane (i, j)."""
        return by_slices(lambda pictures: in_chunks(self.plane, pictures), x, least=2 * DEPTH + 1)

    def plane(self, x: Tensor) -> Tensor:
        """Sharpen pictures ``(n, 1, i, j)``."""
        conveyed = [x]
        for layer in self.inward:
            conveyed.append(layer(conveyed[-1], "relu"))
        y = self.outward[0](conveyed.pop(), "relu")
        for n in range(DEPTH - 1):
            y = self.risen[n](y, "relu", add_to=self.conveyed[n](conveyed.pop()))
            y = self.outward[n + 1](y, "relu" if n < DEPTH - 2 else "none")
        y = y.float()
        return torch.relu_(y.add_(x) if self.shortcut else y)


class FusedCircle(nn.Module):
    """:class:`~napari_mrsr.networks.circle.Circle` at the full matrix, fused."""

    slicewise = True

    def __init__(self, network: Circle) -> None:
        super().__init__()
        blocks = [layer for block in network.blocks for layer in _of(block)]
        self.blocks = nn.ModuleList(Planar(layer.weight, layer.bias, padding=1) for layer in blocks)
        a, b = _of(network.a1), _of(network.b)
        self.first = len(a[0].weight)
        # both branches begin with 1x1 convolutions of everything: one of them with the features of both
        weight = torch.cat([a[0].weight, b[0].weight]).detach()
        bias = torch.cat([_bias(a[0]), _bias(b[0])])
        parts = torch.split(weight, [layer.out_channels for layer in blocks], dim=1)
        self.branches = nn.ModuleList(Planar(part, bias if n == 0 else None) for n, part in enumerate(parts))
        self.second = Planar(b[1].weight, b[1].bias, padding=1)
        self.merge = Planar(network.merge.weight, network.merge.bias, padding=1)
        self.tail = Planar(network.tail.weight, padding=1)

    def forward(self, x: Tensor, factor: int = 1) -> Tensor:
        """Sharpen ``(batch, volume, i, j, k)`` slice by slice in the plane (i, j)."""
        return by_slices(lambda pictures: in_chunks(self.plane, pictures), x)

    def plane(self, x: Tensor) -> Tensor:
        """Sharpen pictures ``(n, 1, i, j)``."""
        y, found = x, None
        for block, branch in zip(self.blocks, self.branches, strict=True):
            y = block(y, "leaky_relu")
            found = branch(y, add_to=found)
        assert found is not None
        found = functional.leaky_relu_(found, SLOPE)
        found[:, self.first :] = self.second(found[:, self.first :])
        missing: Tensor = self.tail(self.merge(found, "leaky_relu"))
        return missing.float().add_(x)


def in_chunks(network: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """Run a network on so many pictures at a time as fill :data:`CHUNK` voxels."""
    n, _, i, j = pictures.shape
    many = max(1, CHUNK // (i * j))
    return network(pictures) if n <= many else torch.cat([network(part) for part in torch.split(pictures, many)])


def fuse(network: nn.Module) -> nn.Module | None:
    """Return a network rewritten, on the CPU; None where it is not one of those that can be."""
    if isinstance(network, Cpce):
        return FusedCpce(network)
    if isinstance(network, Circle) and not network.doubling:
        return FusedCircle(network)
    return None


@cache
def available(dtype: torch.dtype) -> bool:
    """Tell whether the fused operators are there and right in a precision."""
    generator = torch.Generator().manual_seed(0)
    weight, bias, x, y = (torch.randn(s, generator=generator) for s in ((4, 4, 3, 3), (4,), (2, 4, 5, 6), (2, 4, 5, 6)))
    with torch.inference_mode():
        plain = functional.conv2d(x, weight, bias, padding=1)
        expected = plain.relu(), functional.leaky_relu(plain, SLOPE), (plain + y).relu()
        try:
            layer = Planar(weight, bias, padding=1).to(dtype)
            total = y.to(dtype, memory_format=torch.channels_last, copy=True)
            found = layer(x, "relu"), layer(x, "leaky_relu"), layer(x, "relu", add_to=total)
        except (RuntimeError, AttributeError, TypeError):
            return False
    tolerance = 1e-4 if dtype is torch.float32 else 0.2
    return all(torch.allclose(a, b.float(), atol=tolerance) for a, b in zip(expected, found, strict=True))


def _of(layers: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    """Return the convolutions of a list of layers."""
    return [layer for layer in layers.children() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]


def _bias(layer: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    return torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach()
