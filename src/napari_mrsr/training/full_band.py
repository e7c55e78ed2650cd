r"""Which axes of a scan hold real detail, and may therefore teach.

A scanner that zero-fills k-space delivers more samples than it measured; a network that learned from such an axis would
learn to blur. Along each axis the mean power spectrum :math:`P(f)` of the brighter lines is taken (Hann window, f = 1
at the edge of the band), and compared near the edge and in the middle:

.. math:: r = P(0.85 \ldots 0.95) / P(0.45 \ldots 0.55) .

Fully sampled axes of the scans at hand have r from 0.07 to 0.2; axes acquired with 62 to 80 % of their matrix, 0.005 to
0.03. What the test cannot see: the magnitude operation spreads the spectrum again, so that a very coarse axis,
zero-filled twofold, may pass (it does along one axis of one abdominal scan). Say then which scans not to train on.
Whether a person's scan was zero-filled, and how far, is another question: that looks for the edge itself
(:mod:`napari_mrsr.metrics.band_edge`) and would rather say nothing; this one would rather leave an axis out.
Where the plane is known, both its axes are asked (:func:`true_band`): zero-filling fills both.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan

#: Ratio of spectral power below which an axis counts as zero-filled or interpolated.
LEAST_RATIO = 0.05
#: An axis with a spacing this many times the finest one is a thick-slice axis.
LARGEST_SPACING_RATIO = 2.0


def band_ratio(scan: Scan, axis: int, *, edge: float = 1.0) -> float:
    """Return the power near the edge of the band over that in its middle, along one voxel axis.

    With an ``edge`` below 1 only that part of the band counts: what is left when the axis is sampled less finely.
    """
    volume = np.moveaxis(np.asarray(scan.array[0], dtype=np.float32), axis, -1)
    lines = volume.reshape(-1, volume.shape[-1])
    lines = lines[np.argsort(lines.mean(axis=1))[-max(1, len(lines) // 4) :]]
    spectrum = np.abs(np.fft.rfft(lines * np.hanning(lines.shape[1]), axis=1)) ** 2
    power = spectrum.mean(axis=0)
    f = np.linspace(0, 1 / edge, len(power))
    return float(power[(f >= 0.85) & (f <= 0.95)].mean() / (power[(f >= 0.45) & (f <= 0.55)].mean() + 1e-30))


def full_band_axes(scan: Scan) -> tuple[int, ...]:
    """Return the voxel axes that are sampled as finely as their spacing says, and not much coarser than the finest."""
    finest = min(scan.spacing)
    return tuple(
        axis
        for axis in range(3)
        if scan.shape[axis] >= 32
        and scan.spacing[axis] <= LARGEST_SPACING_RATIO * finest
        and band_ratio(scan, axis) >= LEAST_RATIO
    )


#: The same ratio for a scan that is to be brought to its band. Stricter, since its edge may lie within the window: what
#: is found is up to a tenth too wide.
BAND_RATIO = 0.09
#: Shares of the matrix that are tried, largest first.
EDGES = tuple(float(n / 20) for n in range(20, 7, -1))


def true_band(scan: Scan, slices: int) -> float:
    """Return the share of its matrix in plane up to which a scan holds detail, the same along both axes.

    Parameters
    ----------
    scan
        Its first volume is looked at.
    slices
        The slice axis.
    """
    plane = [axis for axis in range(3) if axis != slices]
    first = scan.volume(0)
    for edge in EDGES:
        if all(band_ratio(first, axis, edge=edge) >= BAND_RATIO for axis in plane):
            return edge
    return EDGES[-1]


def to_true_band(scan: Scan) -> Scan:
    """Return a scan with the matrix in plane that it holds detail of; itself where that is its own.

    Raises
    ------
    AmbiguousAxis
        The slice axis cannot be told.
    """
    slices = scan.find_slice_axis()
    edge = true_band(scan, slices)
    # A little more than the share, so that rounding takes no line away.
    return scan if edge == 1 else degrade(scan, axis=slices, kspace=edge**2 + 1e-6)
