r"""One slice found again: SSIM and PSNR of the whole slice as in paper 2, and inside the head.

The paper does not print its data range. Here, for the whole slice, L is the maximum minus the minimum of the reference
slice, the usual choice; SSIM is two-dimensional, its mean over all pixels.

Both are kind: half of a slice is air, which every method gets right, and one bright vessel or fat spot that raises L
raises the PSNR of everything. So both stand a second time: errors and SSIM over the pixels of the head alone, L the
99th percentile of the reference's head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage
from napari_mrsr.metrics.fidelity import data_range_of, errors
from napari_mrsr.metrics.ssim import similarity

Mask = npt.NDArray[np.bool_]

#: Percentile of the head that is the data range inside it.
BRIGHT = 99.0


@dataclass(frozen=True)
class Score:
    """SSIM and PSNR (dB) of a slice, and inside the head."""

    ssim: float
    psnr: float
    head_ssim: float
    head_psnr: float


def score(reference: npt.ArrayLike, test: npt.ArrayLike, head: Mask) -> Score:
    """Return the score of a slice, shape ``(i, j)``.

    Raises
    ------
    ConstantImage
        The reference shows nothing, or no head.
    GeometryMismatch
        The shapes differ.

    Examples
    --------
    >>> x = np.zeros((16, 16))
    >>> x[4:12, 4:12] = 100.0
    >>> found = score(x, x + 1, x > 0)  # an error of 1 on a range of 100
    >>> round(found.psnr, 6), round(found.head_psnr, 6)
    (40.0, 40.0)
    """
    x, y = np.asarray(reference, np.float32), np.asarray(test, np.float32)
    span = data_range_of(x)
    inside = x[head]
    bright = float(np.percentile(inside, BRIGHT)) if inside.size else 0.0
    if not bright > 0:
        raise ConstantImage("holds a slice without a head", remedy="leave the slice out")
    whole = similarity(x, y, data_range=span)
    within = similarity(x, y, data_range=bright)
    return Score(
        float(np.nanmean(whole, dtype=np.float64)),
        errors(x, y).psnr(span),
        float(np.nanmean(within[head], dtype=np.float64)),
        errors(x, y, head).psnr(bright),
    )
