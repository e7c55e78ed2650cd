"""The int8 backend, on OpenVINO (extra ``openvino``): for CPUs without matrix units for bfloat16.

The network is traced, its convolutions are quantised to eight bits by NNCF with blocks of the volume itself as
calibration, and its picture is compared with float32 on other blocks; it is used only if they agree to 50 dB of the
scale. The interpolated input and the last addition stay float32. The quantised network is kept in the user's cache
folder, named by the digest of its weights.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_mrsr.errors import MissingDependency
from napari_mrsr.inference import cost, precision
from napari_mrsr.inference.precision import Precision
from napari_mrsr.inference.runner import Floats, Interrupted, Runner

log = logging.getLogger(__name__)

#: Speed assumed until a tile was run, operations/s.
ASSUMED_RATE = 2e11
#: How often a running tile looks whether it should stop, ms.
POLL = 50


def installed() -> bool:
    """Tell whether OpenVINO and NNCF are there."""
    return all(importlib.util.find_spec(name) is not None for name in ("openvino", "nncf"))


def require() -> None:
    """Raise MissingDependency unless OpenVINO and NNCF are there."""
    if not installed():
        raise MissingDependency("int8 needs OpenVINO", remedy='pip install "napari-mrsr[openvino]"')


class Quantised:
    """A network in int8 on the CPU.

    Parameters
    ----------
    model
        A super-resolver.
    factor, echoes
        What it is quantised for.
    samples
        Blocks ``(echo, i, j, k)`` on the scale of the network to calibrate with.
    threads
        CPU threads; by default what torch is set to.
    cache
        Keep the quantised network for the next time.

    Raises
    ------
    MissingDependency
        OpenVINO or NNCF is not installed.
    """

    kind: Precision = "int8"
    interruptible = True

    def __init__(
        self,
        model: nn.Module,
        factor: int,
        echoes: int,
        samples: Sequence[Floats],
        *,
        threads: int | None = None,
        cache: bool = True,
    ) -> None:
        require()
        import openvino

        self.model, self.factor, self.echoes = model, factor, echoes
        self.device = torch.device("cpu")
        self.cost = cost.of(model, factor, echoes)
        self.rate = ASSUMED_RATE
        core = openvino.Core()
        path = cache_folder() / f"{cost.fingerprint(model)[:16]}-x{factor}-{echoes}-int8.xml"
        if cache and path.is_file():
            graph = core.read_model(path)
        else:
            graph = quantise(convert(model, factor, echoes), samples)
            if cache:
                _keep(graph, path)
        options = {"INFERENCE_NUM_THREADS": threads or torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
        self._compile: Callable[[], Any] = lambda: core.compile_model(graph, "CPU", options).create_infer_request()
        self._request = self._compile()

    @property
    def bytes_per_voxel(self) -> float:
        """Memory for activations per voxel of the coarse grid; sums stay float32 and buffers live longer."""
        return self.cost.values * 4

    def __call__(self, x: Floats, stop: Callable[[], bool] | None = None) -> Floats:
        """Super-resolve the last axis of ``(echo, i, j, k)``; raises Interrupted once ``stop`` answers True."""
        started = time.perf_counter()
        self._request.start_async([np.ascontiguousarray(x[None], dtype=np.float32)])
        while not self._request.wait_for(POLL):
            if stop is not None and stop():
                self._request.cancel()
                try:
                    self._request.wait()
                except RuntimeError:
                    pass  # this is how OpenVINO says that it was cancelled
                self._request = self._compile()  # a cancelled one keeps shapes of the tile that it left
                raise Interrupted
        result = np.array(self._request.get_output_tensor(0).data[0], dtype=np.float32)
        self.rate = x[0].size * self.cost.operations / max(time.perf_counter() - started, 1e-6)
        return result

    def on_cpu(self) -> Runner:
        """Return the same network on the CPU in float32."""
        return Runner(self.model, self.factor, self.echoes, torch.device("cpu"))


def checked(model: nn.Module, factor: int, echoes: int, samples: Sequence[Floats]) -> Quantised | None:
    """Return the int8 network if it agrees with float32 on the last sample, its ranges learnt from the others."""
    *calibration, held_out = samples
    quantised = Quantised(model, factor, echoes, calibration)
    reference = Runner(model, factor, echoes, torch.device("cpu"))
    found = precision.agreement(reference(held_out), quantised(held_out))
    passed = found >= precision.LEAST_AGREEMENT
    log.info("int8 agrees with float32 to %.1f dB: %s", found, "it is used" if passed else "it is not used")
    return quantised if passed else None


class _OneFactor(nn.Module):
    def __init__(self, model: nn.Module, factor: int) -> None:
        super().__init__()
        self.model, self.factor = model, factor

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.model(x, self.factor)
        return result


def convert(model: nn.Module, factor: int, echoes: int) -> Any:
    """Return a network as an OpenVINO graph for tiles of any size."""
    import openvino

    example = torch.rand(1, echoes, 12, 14, 16)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapes that tracing takes for constants are whole factors, and are
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            _OneFactor(model.cpu().eval(), factor), example, check_trace=False
        )
    return openvino.convert_model(traced, example_input=example, input=[openvino.PartialShape([1, echoes, -1, -1, -1])])


def quantise(graph: Any, samples: Sequence[Floats]) -> Any:
    """Return the graph with its 3-D convolutions in int8; the interpolation and the last addition stay as they are."""
    import nncf

    kept: list[str] = []
    convolutions: list[str] = []
    for node in graph.get_ordered_ops():
        rank = node.get_output_partial_shape(0).rank if node.get_output_size() else None
        volumes = rank is not None and rank.is_static and rank.get_length() == 5
        if node.get_type_name() in ("Convolution", "GroupConvolution"):
            (convolutions if volumes else kept).append(node.get_friendly_name())
    kept += [convolutions[0], convolutions[-1]] if convolutions else []
    result = graph.get_results()[0].input_value(0).get_node()
    if result.get_type_name() == "Add":
        kept.append(result.get_friendly_name())
    logging.getLogger("nncf").setLevel(logging.ERROR)
    return nncf.quantize(
        graph,
        nncf.Dataset([np.ascontiguousarray(sample[None], dtype=np.float32) for sample in samples]),
        subset_size=len(samples),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=kept, validate=False),
    )


def cache_folder() -> Path:
    """Return the folder for quantised networks."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "napari-mrsr"


def _keep(graph: Any, path: Path) -> None:
    """Write the graph to the cache; a folder that cannot be written to is no reason to stop."""
    import openvino

    temporary = path.with_name(f"{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        openvino.save_model(graph, temporary, compress_to_fp16=False)
        temporary.with_suffix(".bin").replace(path.with_suffix(".bin"))
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        log.info("the quantised network is not kept: %s", error)
