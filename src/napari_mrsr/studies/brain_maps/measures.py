r"""How near a map is to the truth in one slice, in the numbers of paper 4, T1 and T2 each divided by 3 s.

- *MPE*: mean percentage error over the voxels that count (:mod:`napari_mrsr.metrics.percentage_error`); and once more
  without fluid, of which the paper does not say whether it counts.
- *HFEN*: high-frequency error norm, not normalised, as published (:mod:`napari_mrsr.metrics.hfen`); it grows with the
  root of the number of voxels, so figures of other matrices are not to be compared.
- *PSNR*, *SSIM*: data range 1. Once of the whole slice, where everything that does not count is 0 in both maps, as the
  figures of the paper suggest, and once in the brain alone: air flatters, and raises both.

M0 is not scored: it holds the sensitivity of the coils and a gain, and is no proton density.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.metrics.fidelity import errors
from napari_mrsr.metrics.hfen import hfen
from napari_mrsr.metrics.percentage_error import mean_percentage_error
from napari_mrsr.metrics.ssim import similarity
from napari_mrsr.studies.measured import Column

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: The maps that are scored, and what both are divided by, ms.
MAPS, SCALE = ("T1", "T2"), 3000.0
#: Voxels that the widest window reaches, and one more: that of HFEN.
REACH = 8
PUBLISHED = (
    Column("mpe", "MPE [%]", 2, "lower"),
    Column("hfen", "HFEN", 3, "lower"),
    Column("psnr", "PSNR [dB]", 2),
    Column("ssim", "SSIM", 4),
)
#: All measures, in the order of the tables.
COLUMNS = (
    *PUBLISHED,
    Column("tissue_mpe", "MPE without fluid [%]", 2, "lower", fidelity=False),
    Column("brain_psnr", "PSNR in the brain [dB]", 2, fidelity=False),
    Column("brain_ssim", "SSIM in the brain", 4, fidelity=False),
)


def measure(truth: Floats, found: Floats, counts: Mask, fluid: Mask | None = None) -> dict[str, float]:
    """Return every measure of a slice.

    Parameters
    ----------
    truth, found
        T1 or T2, ms, ``(i, j)``; both have a value wherever a voxel counts.
    counts
        Which voxels do.
    fluid
        Which voxels are fluid, whose long T1 is the hardest to tell; none where not given.

    Examples
    --------
    >>> truth = np.full((16, 16), 900.0, np.float32)
    >>> told = measure(truth, truth * 1.1, truth > 0)  # 90 ms of 3 s: 20 log10(3000 / 90) dB
    >>> round(told["mpe"], 3), round(told["psnr"], 2)
    (10.0, 30.46)
    """
    tissue = counts if fluid is None else counts & ~fluid
    without = mean_percentage_error(truth, found, mask=tissue)
    whole = counts.size
    box = _around(counts)
    counts = counts[box]
    x, y = (np.where(counts, values[box], 0).astype(np.float64) / SCALE for values in (truth, found))
    apart, part = errors(x, y), counts.size / whole
    inside = similarity(np.where(counts, x, np.nan), np.where(counts, y, np.nan), data_range=1.0)
    alike = float(similarity(x, y, data_range=1.0).mean(dtype=np.float64))
    return {
        "mpe": mean_percentage_error(x, y, mask=counts),
        "hfen": hfen(x, y),
        "psnr": replace(apart, mse=apart.mse * part).psnr(1.0),
        "ssim": part * alike + (1 - part),
        "tissue_mpe": without,
        "brain_psnr": errors(x, y, counts).psnr(1.0),
        "brain_ssim": float(np.nanmean(inside[counts], dtype=np.float64)),
    }


def _around(counts: Mask) -> tuple[slice, slice]:
    """Return the part of a slice beyond which both maps are 0 as far as any window reaches: there SSIM is 1."""
    found = []
    for axis in (0, 1):
        there = np.flatnonzero(counts.any(axis=1 - axis))
        low, high = (int(there[0]), int(there[-1])) if there.size else (0, 0)
        found.append(slice(max(0, low - REACH), high + REACH + 1))
    return found[0], found[1]
