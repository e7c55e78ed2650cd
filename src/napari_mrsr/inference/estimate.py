"""How long a volume will take, from a probe tile."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference import devices
from napari_mrsr.inference.air import signal_mask
from napari_mrsr.inference.backends import choose_backend, probe
from napari_mrsr.inference.boxes import plan
from napari_mrsr.inference.engine import check
from napari_mrsr.inference.job import core_side, slices_core, threads_for
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks.network import Network

#: Side of the probe tile, coarse voxels: large enough for the speed of a real one.
SIDE = 40


def estimate_seconds(
    model: Network,
    array: npt.NDArray[Any],
    *,
    factor: int,
    axis: int,
    device: str = "auto",
    precision: str = "auto",
    air: bool = True,
    threads: int | None = None,
    scale: float | None = None,
) -> float:
    """Return how long :func:`napari_mrsr.inference.engine.run` will take, s.

    A probe tile is timed (about a second on a CPU), its speed is applied to all tiles with their halos, air left out.

    Parameters
    ----------
    model, array, factor, axis, device, precision, air, threads, scale
        As for :func:`napari_mrsr.inference.engine.stream`.
    """
    check(model, array, factor, axis)
    x = np.moveaxis(array, axis + 1, -1)
    shape = x.shape[1:]
    scale = common_scale(array) if scale is None else scale
    halo, stride, slicewise = model.halo, model.stride, getattr(model, "slicewise", False)
    around = (halo, halo, 0 if slicewise else halo)
    with threads_for(threads):
        backend = choose_backend(model, x, factor, scale, devices.choose(device), precision)
        known = backend.measured
        sample = probe(x, scale, SIDE)
        started = time.perf_counter()
        backend(sample)
        rate = sample[0].size * backend.cost.operations / max(time.perf_counter() - started, 1e-6)
    mask = signal_mask(x, scale, around) if air else np.ones(shape, bool)
    voxels = 0
    core = (slices_core if slicewise else core_side)(backend, shape, halo + stride - 1)
    for box in plan(shape, core):
        inside = mask[box.slices]
        if inside.any():
            voxels += box.bounds(inside).grown(around, shape, stride).voxels
    # tiles of an earlier volume were larger than the probe and tell more, unless the computer is busier now
    return float(voxels * backend.cost.operations / (max(rate, known) if known is not None else rate))
