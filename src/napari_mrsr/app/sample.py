"""The embedded sample: a simulated knee as a fast dual-echo DESS scan would give it, with thick slices."""

from __future__ import annotations

from napari_mrsr.phantoms import KneePhantom, sample_knee
from napari_mrsr.scan import Scan

__all__ = ["load"]


def load() -> tuple[Scan, KneePhantom]:
    """Return the sample scan (S1 and S2, thick slices), and the knee with thin slices that it was made from."""
    scan, truth = sample_knee()
    return scan, truth
