"""The embedded sample: a simulated knee as a fast dual-echo DESS scan would give it, with thick slices."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_mrsr.scan import Scan


def sample_knee(seed: int = 0, *, factor: int = 2) -> tuple[Scan, Any]:
    """Return the sample scan (S1 and S2, thick slices) and the phantom that it was made from, which knows the truth."""
    from napari_mrsr.phantoms import knee
    from napari_mrsr.sampling import degrade

    phantom = knee(seed)
    thick = degrade(phantom.scan, factor=factor)
    return thick.after("magnitude", np.abs(thick.array)), phantom
