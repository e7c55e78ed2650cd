"""Which backend runs a network: torch in float32 or bfloat16, or OpenVINO in int8."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import cost, devices, openvino, precision
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
    def interruptible(self) -> bool:
        """Whether it hears Stop within a layer, however large the tile."""

    @property
    def rate(self) -> float:
        """Operations per second on the last tile, or what is assumed until one was run."""

    @property
    def bytes_per_voxel(self) -> float:
        """Memory for activations per voxel of the coarse grid."""

    def __call__(self, x: Floats, stop: Callable[[], bool] | None = None) -> Floats:
        """Super-resolve the last axis of ``(echo, i, j, k)``."""

    def on_cpu(self) -> Backend:
        """Return the same network on the CPU in float32."""


#: Part of the time in float32 that bfloat16 may take without matrix units, and how often and how long that is measured.
WORTH_ROUNDING, ROUNDS, ENOUGH_SECONDS = 0.8, 5, 0.5
#: Seconds in float32 from which building the int8 network pays.
WORTH_QUANTISING = 60.0

#: What the check of a network said, kept from one volume to the next.
_decisions: dict[tuple[str, torch.device, int, int], Precision] = {}


def choose_backend(
    model: nn.Module, x: npt.NDArray[Any], factor: int, scale: float, device: torch.device, wanted: str = "auto"
) -> Runner:
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
    if wanted == "int8":
        if device.type != "cpu":
            raise BadParameter("int8 runs on the CPU only", remedy="give --device cpu")
        if not can_quantise(model):
            raise BadParameter(
                "int8 is there for networks of slices, not for those in plane", remedy="give fp32, or auto"
            )
        openvino.require()
        wanted = "auto"
    try:
        return _choose(model, x, factor, scale, device, wanted)
    except Exception as error:
        if not devices.is_out_of_memory(error):
            raise
        return Runner(model, factor, x.shape[0], device)  # the engine finds tiles that fit


def _choose(
    model: nn.Module, x: npt.NDArray[Any], factor: int, scale: float, device: torch.device, wanted: str
) -> Runner:
    echoes = x.shape[0]
    fast = precision.has_fast_bfloat16(device)
    if wanted == "fp32" or (wanted == "auto" and not (fast or precision.has_bfloat16_products(device))):
        return Runner(model, factor, echoes, device)
    runner = Runner(model, factor, echoes, device, "bf16")
    if wanted == "bf16":
        if not _runs(runner, x, scale):
            raise BadParameter("bfloat16 cannot run this network on this device", remedy="give fp32, or auto")
        return runner
    key = (cost.fingerprint(model), device, factor, echoes)
    if key not in _decisions:
        if not _runs(runner, x, scale):
            _decisions[key] = "fp32"
            return Runner(model, factor, echoes, device)
        sample = probe(x, scale)
        reference = Runner(model, factor, echoes, device)
        found = precision.agreement(reference(sample), runner(sample))
        taken = found >= precision.LEAST_AGREEMENT and (fast or _pays(runner, reference, sample))
        _decisions[key] = "bf16" if taken else "fp32"
        log.info("bfloat16 agrees with float32 to %.1f dB: %s is used", found, _decisions[key])
    return runner if _decisions[key] == "bf16" else Runner(model, factor, echoes, device)


def _pays(runner: Runner, reference: Runner, sample: Floats) -> bool:
    """Tell whether a precision takes enough less time than float32, by turns, so that both share what else runs."""
    seconds: dict[str, list[float]] = {runner.kind: [], reference.kind: []}
    while len(seconds["fp32"]) < ROUNDS and sum(seconds["fp32"]) < ENOUGH_SECONDS:
        for one in (reference, runner):
            started = time.perf_counter()
            one(sample)
            seconds[one.kind].append(time.perf_counter() - started)
    return min(seconds[runner.kind]) <= WORTH_ROUNDING * min(seconds["fp32"])


def _runs(runner: Runner, x: npt.NDArray[Any], scale: float) -> bool:
    """Tell whether a device knows every layer of a network in its precision: pooling in bfloat16 is not everywhere."""
    try:
        runner(probe(x, scale, side=8))
    except NotImplementedError:
        return False
    return True


def for_whole_volume(
    backend: Backend, model: nn.Module, x: npt.NDArray[Any], factor: int, scale: float, wanted: str, voxels: float
) -> Backend:
    """Return the int8 backend where it is asked for, or pays and passes its check; else the one that is there.

    It pays on a CPU without fast bfloat16 but with integer dot products, for a volume that takes longer than a minute.

    Parameters
    ----------
    backend, model, x, factor, scale, wanted
        As for :func:`choose_backend`, and what that returned.
    voxels
        Coarse voxels that the network will see.
    """
    if wanted == "int8":
        *calibration, _ = samples(x, scale)
        return openvino.Quantised(model, factor, x.shape[0], calibration)
    pays = voxels * backend.cost.operations / backend.rate > WORTH_QUANTISING
    if wanted != "auto" or not pays or backend.device.type != "cpu" or backend.kind != "fp32":
        return backend
    if not (can_quantise(model) and openvino.installed() and precision.has_fast_int8()):
        return backend
    key = (cost.fingerprint(model), backend.device, factor, -x.shape[0])
    if _decisions.get(key) == "fp32":
        return backend
    quantised = openvino.checked(model, factor, x.shape[0], samples(x, scale))
    _decisions[key] = "int8" if quantised is not None else "fp32"
    return quantised or backend


def can_quantise(model: nn.Module) -> bool:
    """Tell whether a network of slices takes any tile as it is: what pools or pads by the size of a tile does not."""
    return getattr(model, "stride", 1) == 1 and getattr(model, "sharpens", "slices") == "slices"


def samples(x: npt.NDArray[Any], scale: float, count: int = 8, side: int = 32) -> list[Floats]:
    """Return blocks from all over the volume, where it is bright, on the scale of the network."""
    rng = np.random.default_rng(0)
    shape = x.shape[1:]
    places = [[int(rng.integers(0, max(1, n - side + 1))) for n in shape] for _ in range(8 * count)]
    blocks = [x[(slice(None), *(slice(p, p + side) for p in place))] for place in places]
    brightest = sorted(blocks, key=lambda block: -float(np.abs(block[0]).mean()))[: 4 * count : 4]
    return [np.asarray(block, dtype=np.float32) / np.float32(scale) for block in brightest]


def probe(x: npt.NDArray[Any], scale: float, side: int = PROBE) -> Floats:
    """Return a block from the brightest part of the middle slice, on the scale of the network."""
    middle = np.abs(x[0, :, :, x.shape[3] // 2])
    centre = [int(np.argmax(middle.sum(axis=1 - a))) for a in (0, 1)] + [x.shape[3] // 2]
    slices = [slice(None)]
    for c, n in zip(centre, x.shape[1:], strict=True):
        low = min(max(0, c - side // 2), max(0, n - side))
        slices.append(slice(low, low + side))
    return np.asarray(x[tuple(slices)], dtype=np.float32) / np.float32(scale)
