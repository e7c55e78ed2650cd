"""A small planning scan and a network that is easy to put right, for the tests of fine-tuning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from napari_mrsr.networks import registry
from napari_mrsr.networks.unet import Unet
from napari_mrsr.scan import Scan
from napari_mrsr.training.schedules import Schedule

SHAPE = (48, 40, 12)
#: Steps of a hundredth of a second.
TINY = Schedule("tiny", 3e-3, "l1", patch=(16, 16, 8), batch=2, steps=40, every=10, averaging=0.5)


def planning(shape: tuple[int, int, int] = SHAPE, seed: int = 0) -> Scan:
    """Return smooth blobs, finer in plane than along the slices."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), (1.5, 1.5, 1.0))
    picture = (noise - noise.min()) / np.ptp(noise)
    return Scan(100 * picture.astype(np.float32), np.diag([1.5, 1.5, 4.0, 1.0]), slice_axis=2)


def too_dark(path: Path, features: int = 2) -> Path:
    """Write weights of a network that gives its input, a fifth too dark: what any scan can teach it is that."""
    torch.manual_seed(0)
    network = Unet(features=features)
    with torch.no_grad():
        network.tail.weight.mul_(0.8)
    return registry.save(network, path)
