"""One network on one device in one precision, that can be stopped between two layers.

**Slow path.** With a batch of one, torch leaves oneDNN aside for a 3-D convolution when ``channels * D * H <= 20480``
and is up to fourteen times slower. Where fused layers (:mod:`napari_mrsr.inference.fusing`) cannot be had, such tiles
are run twice in one batch, and the copy is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from napari_mrsr.inference import cost, precision
from napari_mrsr.inference.precision import Precision

Floats = npt.NDArray[np.float32]

#: ``batch * channels * D * H`` up to which torch takes its slow path with a batch of one.
SLOW_PATH = 20480


#: Coarse voxels from which a tile tells the speed; smaller ones are mostly overhead.
TRUSTED = 30_000
#: Speed assumed until a tile was run, operations/s: a core or two of a laptop, of a server with matrix units, a GPU.
ASSUMED = {"fp32": 6e10, "bf16": 2.5e11, "cuda": 5e12}
#: Operations per second by network, device and precision, kept from one volume to the next.
_rates: dict[tuple[str, torch.device, str], float] = {}


class Interrupted(Exception):
    """The person asked to stop in the middle of a tile."""


class Runner:
    """A network ready to run.

    Parameters
    ----------
    model
        A super-resolver (see :mod:`napari_mrsr.networks`); it is copied, not changed.
    factor
        Fine slices for each thick one.
    echoes
        Number of echoes that it will see.
    device
        Where.
    kind
        ``"fp32"`` or ``"bf16"``.
    """

    def __init__(
        self, model: nn.Module, factor: int, echoes: int, device: torch.device, kind: Precision = "fp32"
    ) -> None:
        self.factor = factor
        self.echoes = echoes
        self.device = device
        self.kind: Precision = kind
        self.cost = cost.of(model, factor, echoes)
        self._name = cost.fingerprint(model)
        self._stop: Callable[[], bool] | None = None
        self._model = model
        self._module = precision.convert(model, kind, device)
        self.fused = any(isinstance(module, precision.FUSED) for module in self._module.modules())
        for layer in precision.layers(self._module):
            if isinstance(layer, precision.FUSED):
                layer.pause = self._interrupt
            else:
                layer.register_forward_pre_hook(self._interrupt)

    def _interrupt(self, *_: object) -> None:
        if self._stop is not None and self._stop():
            raise Interrupted

    @property
    def interruptible(self) -> bool:
        """Whether it hears Stop within a layer, however large the tile."""
        return self.fused

    @property
    def rate(self) -> float:
        """Operations per second on the last tile, or what is assumed until one was run."""
        return self.measured or ASSUMED["cuda" if self.device.type == "cuda" else self.kind]

    @property
    def measured(self) -> float | None:
        """Operations per second on the last tile; None until one was run."""
        return _rates.get(self._key)

    @property
    def _key(self) -> tuple[str, torch.device, str]:
        return (self._name, self.device, self.kind)

    @property
    def bytes_per_voxel(self) -> float:
        """Memory for activations per voxel of the coarse grid."""
        return self.cost.values * (2 if self.kind == "bf16" else 4)

    def __call__(self, x: Floats, stop: Callable[[], bool] | None = None) -> Floats:
        """Super-resolve the last axis of ``(echo, i, j, k)``, on the scale of the network.

        Raises
        ------
        Interrupted
            ``stop`` answered True before some layer or part of it.
        """
        started = time.perf_counter()
        tensor = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).to(self.device)[None]
        twice = self.takes_slow_path(x.shape)
        if twice:
            tensor = tensor.expand(2, *tensor.shape[1:])
        self._stop = stop
        try:
            with torch.inference_mode():
                result = self._module(tensor, self.factor)[0].float().cpu().numpy()
        finally:
            self._stop = None
        voxels = x[0].size
        if voxels >= TRUSTED:
            _rates[self._key] = voxels * self.cost.operations / max(time.perf_counter() - started, 1e-6)
        return np.asarray(result, dtype=np.float32)

    def takes_slow_path(self, shape: tuple[int, ...]) -> bool:
        """Tell whether the widest layers of a tile would miss oneDNN."""
        if self.fused or self.device.type != "cpu" or self.kind != "fp32":
            return False
        return self.cost.batch == 1 and self.cost.channels * shape[1] * shape[2] <= SLOW_PATH

    def on_cpu(self) -> Runner:
        """Return the same network on the CPU in float32."""
        return Runner(self._model, self.factor, self.echoes, torch.device("cpu"))
