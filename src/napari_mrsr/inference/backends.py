"""Which backend runs a network: torch in float32 or bfloat16, or OpenVINO in int8."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from napari_mrsr.inference import devices, precision
from napari_mrsr.inference.cost import Cost
from napari_mrsr.inference.precision import Precision
from napari_mrsr.inference.runner import Floats, Runner

log = logging.getLogger(__name__)

#: Side of the block on which a low precision is compared with float32, coarse voxels.
PROBE = 24


class Backend(Protocol):
    """What the engine asks of a backend."""

    kind: Precision
    cost: Cost
    device: torch.device

    @property
    def rate(self) -> float | None:
        """Operations per second on the last tile; None until one was run."""

    @property
    def bytes_per_voxel(self) -> float:
        """Memory for activations per voxel of the coarse grid."""

    def __call__(self, x: Floats, stop: Callable[[], bool] | None = None) -> Floats:
        """Super-resolve the last axis of ``(echo, i, j, k)``."""

    def on_cpu(self) -> Backend:
        """Return the same network on the CPU in float32."""


_decisions: weakref.WeakKeyDictionary[nn.Module, dict[tuple[Any, ...], Precision]] = weakref.WeakKeyDictionary()


def choose_backend(
    model: nn.Module, x: npt.NDArray[Any], factor: int, scale: float, device: torch.device, wanted: str = "auto"
) -> Backend:
    """Return the fastest backend whose picture of this volume's middle agrees with float32, or the one wanted.

    Parameters
    ----------
    model
        The network.
    x
        Volume, ``(echo, i, j, k)``, the super-resolved axis last.
    factor, scale
        Fine slices for each thick one; the common scale of all echoes.
    device
        Where to run.
    wanted
        ``"auto"``, ``"fp32"``, ``"bf16"`` or ``"int8"``; a precision that is asked for is not checked.
    """
    precision.check_name(wanted)
    try:
        backend = _choose(model, x, factor, scale, device, wanted)
        if backend.rate is None:
            backend(probe(x, scale))
    except Exception as error:
        if not devices.is_out_of_memory(error):
            raise
        return Runner(model, factor, x.shape[0], device)  # the engine finds tiles that fit
    return backend


def _choose(
    model: nn.Module, x: npt.NDArray[Any], factor: int, scale: float, device: torch.device, wanted: str
) -> Backend:
    echoes = x.shape[0]
    if wanted == "fp32" or (wanted == "auto" and not precision.has_fast_bfloat16(device)):
        return Runner(model, factor, echoes, device)
    runner = Runner(model, factor, echoes, device, "bf16")
    if wanted == "bf16":
        return runner
    known = _decisions.setdefault(model, {})
    key = (device, factor, echoes)
    if key not in known:
        sample = probe(x, scale)
        reference = Runner(model, factor, echoes, device)
        found = precision.agreement(reference(sample), runner(sample))
        known[key] = "bf16" if found >= precision.LEAST_AGREEMENT else "fp32"
        log.info("bfloat16 agrees with float32 to %.1f dB: %s is used", found, known[key])
    return runner if known[key] == "bf16" else Runner(model, factor, echoes, device)


def probe(x: npt.NDArray[Any], scale: float, side: int = PROBE) -> Floats:
    """Return a block from the brightest part of the middle slice, on the scale of the network."""
    middle = np.abs(x[0, :, :, x.shape[3] // 2])
    centre = [int(np.argmax(middle.sum(axis=1 - a))) for a in (0, 1)] + [x.shape[3] // 2]
    slices = [slice(None)]
    for c, n in zip(centre, x.shape[1:], strict=True):
        low = min(max(0, c - side // 2), max(0, n - side))
        slices.append(slice(low, low + side))
    return np.asarray(x[tuple(slices)], dtype=np.float32) / np.float32(scale)
