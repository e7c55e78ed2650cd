"""A small DESS scan of two condyles whose deep and superficial cartilage have T2 of 30 and 50 ms."""

from __future__ import annotations

import numpy as np

from napari_mrsr.physics.dess import DessSequence, signals
from napari_mrsr.scan import Scan
from tests.app.conftest import ACQUISITION
from tests.roi.cartilage.shapes import condyle

SPACING = (0.8, 0.8, 1.5)


def two_condyles() -> tuple[Scan, np.ndarray]:
    """Return the scan and what is cartilage in it, ``(i, j, k)``."""
    labels, depth = condyle(SPACING, thickness=4.0, width=54.0, notch=18.0)
    inside = labels.array[0] > 0
    s1, s2 = signals(1200.0, np.where(depth < 0.5, 30.0, 50.0), DessSequence(23.0, 7.0, 20.0))
    rng = np.random.default_rng(0)
    noise = np.abs(rng.normal(0.0, 2.0, (2, *inside.shape)) + 1j * rng.normal(0.0, 2.0, (2, *inside.shape)))
    array = np.stack([s1, s2]) * inside * 4000.0 + noise
    scan = Scan(
        array.astype(np.float32), labels.affine, axis="echo", names=("S1", "S2"), acquisition=ACQUISITION, slice_axis=2
    )
    return scan, inside
