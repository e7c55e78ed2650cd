r"""float32, bfloat16 or int8: as little as the picture allows.

In bfloat16 only the convolutions run in eight bits of mantissa; the interpolated input, to which the network adds a
residual, stays float32, so that the error is a small part of a small correction. Whether that holds is not assumed:
before a low precision is chosen by itself, the finished picture of a probe is compared with float32, and must agree
within

.. math:: 20 \log_{10} (s / \mathrm{rms}) \ge 50\ \mathrm{dB}

of the common scale s. On CPUs bfloat16 is tried with matrix units for it (AMX), and with dot products alone (AVX-512
BF16) where it takes at most four fifths of the time of float32 on that probe: how much faster it is depends on the chip
and on the layers. Emulated it is slower and never tried. int8 needs the extra ``openvino``, see
:mod:`napari_mrsr.inference.openvino`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import fusing, fusing_slices

Precision = Literal["fp32", "bf16", "int8"]
Choice = Literal["auto", "fp32", "bf16", "int8"]

#: Layers that do what follows them.
FUSED = (fusing.Convolution, fusing_slices.Planar)
#: Least agreement with float32, dB of the common scale.
LEAST_AGREEMENT = 50.0


def check_name(precision: str) -> None:
    """Raise BadParameter if there is no such precision."""
    if precision not in get_args(Choice):
        raise BadParameter(
            f"precision {precision!r} is not one of {', '.join(get_args(Choice))}", remedy="choose one of these"
        )


def has_fast_bfloat16(device: torch.device) -> bool:
    """Tell whether bfloat16 is faster than float32 on a device, whatever the network."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(_capabilities().get("amx_bf16"))


def has_bfloat16_products(device: torch.device) -> bool:
    """Tell whether a CPU has dot products of bfloat16, which may be faster than float32 or not."""
    return device.type == "cpu" and bool(_capabilities().get("avx512_bf16"))


def has_fast_int8() -> bool:
    """Tell whether the CPU has integer dot products."""
    return any(_capabilities().get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))


def _capabilities() -> dict[str, Any]:
    ask: Callable[[], dict[str, Any]] | None = getattr(torch.cpu, "get_capabilities", None)
    return ask() if ask is not None else {}


def convert(model: nn.Module, precision: Precision, device: torch.device) -> nn.Module:
    """Return a copy of a network for a device, its convolutions in a precision, fused where that can be."""
    result = copy.deepcopy(model).to(device).eval()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "cpu":
        result = _fused(result, dtype)
    for module in layers(result):
        module.to(dtype)
        if not isinstance(module, FUSED) and dtype is not torch.float32:
            module.register_forward_pre_hook(_to_bfloat16)
    if device.type == "cpu" or precision == "bf16":
        planar = getattr(result, "slicewise", False)
        order = torch.channels_last if planar else torch.channels_last_3d
        result = result.to(memory_format=order)  # type: ignore[call-overload]
    return result


def _fused(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Return a network with layers that bring along what follows them, where that can be."""
    if fusing_slices.available(dtype):
        rewritten = fusing_slices.fuse(network)
        if rewritten is not None:
            return rewritten.eval()
    return fusing.fuse(network) if fusing.available(dtype) else network


def layers(network: nn.Module) -> list[nn.Module]:
    """Return the convolutions of a network."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d, *FUSED)
    return [module for module in network.modules() if isinstance(module, kinds)]


def _to_bfloat16(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(x.to(torch.bfloat16) for x in inputs)


def agreement(reference: npt.NDArray[Any], test: npt.NDArray[Any], scale: float = 1.0) -> float:
    """Return how closely two pictures agree, dB of the scale: inf if equal, -inf if one is not finite."""
    rms = float(np.sqrt(np.mean((np.asarray(test, np.float64) - reference) ** 2)))
    if not np.isfinite(rms):
        return -np.inf
    return float(20 * np.log10(scale / rms)) if rms > 0 else np.inf
