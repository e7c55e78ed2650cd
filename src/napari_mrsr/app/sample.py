"""The embedded samples: a knee as a fast dual-echo DESS scan would give it, an abdomen that breathes, and a brain."""

from __future__ import annotations

from napari_mrsr.app.memory_order import for_the_screen
from napari_mrsr.phantoms import KneePhantom, sample_knee
from napari_mrsr.scan import Scan

__all__ = ["load", "load_brain", "load_brain_quarter", "load_contrasts", "load_series"]


def load() -> tuple[Scan, KneePhantom]:
    """Return the sample scan (S1 and S2, thick slices), and the knee with thin slices that it was made from."""
    scan, truth = sample_knee()
    return scan, truth


def load_series() -> tuple[Scan, Scan]:
    """Return the sample series over time, and the planning scan of the same person in another pose."""
    from napari_mrsr.phantoms.abdomen.sample import sample_abdomen

    scan, planning = sample_abdomen()
    return for_the_screen(scan), for_the_screen(planning)


def load_brain() -> Scan:
    """Return the sample brain, T2-weighted, with thin pixels and plaques."""
    from napari_mrsr.phantoms.brain.sample import sample_brain

    return for_the_screen(sample_brain())


def load_brain_quarter() -> Scan:
    """Return the sample brain as the central quarter of its k-space shows it, on the smaller matrix."""
    from napari_mrsr.phantoms.brain.sample import sample_brain
    from napari_mrsr.sampling import degrade

    return for_the_screen(degrade(sample_brain(), kspace=0.25))


def load_contrasts() -> tuple[Scan, ...]:
    """Return T1w, T2w and FLAIR of a made brain, each as a scan of its own."""
    from napari_mrsr.phantoms.brain.sample_contrasts import sample_contrasts

    return tuple(for_the_screen(scan) for scan in sample_contrasts().scans)
