r"""How near a map is to the truth in one slice, in the numbers of paper 4, T1 and T2 each divided by 3 s.

- *MPE*: mean percentage error over the voxels that count (:mod:`napari_mrsr.metrics.percentage_error`).
- *HFEN*: high-frequency error norm, not normalised, as published (:mod:`napari_mrsr.metrics.hfen`); it grows with the
  root of the number of voxels, so figures of other matrices are not to be compared.
- *PSNR*, *SSIM*: data range 1. Once of the whole slice, where everything that does not count is 0 in both maps, as the
  figures of the paper suggest, and once in the brain alone: air flatters, and raises both.

M0 is not scored: it holds the sensitivity of the coils and a gain, and is no proton density.
"""

from __future__ import annotations

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
PUBLISHED = (
    Column("mpe", "MPE [%]", 2, "lower"),
    Column("hfen", "HFEN", 3, "lower"),
    Column("psnr", "PSNR [dB]", 2),
    Column("ssim", "SSIM", 4),
)
#: All measures, in the order of the tables.
COLUMNS = (
    *PUBLISHED,
    Column("brain_psnr", "PSNR in the brain [dB]", 2, fidelity=False),
    Column("brain_ssim", "SSIM in the brain", 4, fidelity=False),
)


def measure(truth: Floats, found: Floats, counts: Mask) -> dict[str, float]:
    """Return every measure of a slice.

    Parameters
    ----------
    truth, found
        T1 or T2, ms, ``(i, j)``; both have a value wherever a voxel counts.
    counts
        Which voxels do.

    Examples
    --------
    >>> truth = np.full((16, 16), 900.0, np.float32)
    >>> told = measure(truth, truth * 1.1, truth > 0)  # 90 ms of 3 s: 20 log10(3000 / 90) dB
    >>> round(told["mpe"], 3), round(told["psnr"], 2)
    (10.0, 30.46)
    """
    x, y = (np.where(counts, values, 0).astype(np.float64) / SCALE for values in (truth, found))
    apart = errors(x, y)
    inside = similarity(np.where(counts, x, np.nan), np.where(counts, y, np.nan), data_range=1.0)
    return {
        "mpe": mean_percentage_error(x, y, mask=counts),
        "hfen": hfen(x, y),
        "psnr": apart.psnr(1.0),
        "ssim": float(similarity(x, y, data_range=1.0).mean(dtype=np.float64)),
        "brain_psnr": errors(x, y, counts).psnr(1.0),
        "brain_ssim": float(np.nanmean(inside[counts], dtype=np.float64)),
    }
