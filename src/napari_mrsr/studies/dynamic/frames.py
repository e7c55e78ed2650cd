r"""One frame found again, in the numbers of the paper's Table 3.

With the reference x of a frame, its range :math:`R = \max x - \min x` and the difference :math:`d = \hat x - x`,

.. math:: \mathrm{PSNR} = 10 \log_{10} (R^2 / \overline{d^2}), \qquad
          \mathrm{SD} = \sqrt{\overline{(d - \bar d)^2}} / \max x ,

over all voxels of the volume but those of slices that were not acquired (all 0). SSIM is three-dimensional
(:mod:`napari_mrsr.metrics.ssim`, eq. 4 with L = R), its mean over the same voxels. Every time point is a volume of its
own, as published.

Since :math:`\mathrm{SD}^2 = \overline{d^2} - \bar d^2 \le \overline{d^2}` and R is at most the maximum of an image
without negative values, an SD can never exceed :math:`10^{-\mathrm{PSNR}/20}`: the 0.064 that the paper prints beside
37.98 dB for zero-padding cannot be this quantity on any image scaled to a maximum of 1, whose RMSE is 0.013.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.frames import acquired
from napari_mrsr.metrics.fidelity import data_range_of, errors
from napari_mrsr.metrics.ssim import similarity
from napari_mrsr.studies.packed import pack, unpack

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Score:
    """SSIM, PSNR (dB) and SD of the difference on a scale whose maximum is 1."""

    ssim: float
    psnr: float
    sd: float


@dataclass(frozen=True, eq=False)
class Found:
    """What is remembered of a frame that was found again.

    Parameters
    ----------
    score
        How far it is from the reference.
    seconds
        How long it took.
    still
        Its error in the voxels that do not move, the maximum of the series being 1.
    picture, map
        The slice that figures show, and its SSIM map, shape ``(rows, columns)``; None where no figure shows it.
    """

    score: Score
    seconds: float
    still: Floats
    picture: Floats | None = None
    map: Floats | None = None


def score(reference: Floats, test: Floats, axis: int | None = None) -> tuple[Score, Floats]:
    """Return the score of a volume ``(i, j, k)`` and its SSIM map; with a slice axis, empty slices do not count.

    Raises
    ------
    ConstantImage
        The reference shows nothing.
    GeometryMismatch
        The shapes differ.

    Examples
    --------
    >>> x = np.linspace(0, 4, 8 * 8 * 8).reshape(8, 8, 8).astype(np.float32)
    >>> found, _ = score(x, x + 1)
    >>> round(found.psnr, 3), found.sd < 1e-6
    (12.041, True)
    """
    span = data_range_of(reference)
    values = similarity(reference, test, data_range=span)
    mask = None if axis is None else acquired(reference, axis)
    if mask is not None:
        values = np.where(mask, values, np.float32(np.nan))
    between = errors(reference, test, mask)
    sd = float(np.sqrt(max(0.0, between.mse - between.mean**2))) / float(reference.max())
    return Score(float(np.nanmean(values, dtype=np.float64)), between.psnr(span), sd), values


def as_json(found: Found) -> dict[str, Any]:
    """Return what is remembered as JSON can hold it."""
    return {
        "ssim": found.score.ssim,
        "psnr": found.score.psnr,
        "sd": found.score.sd,
        "seconds": found.seconds,
        "still": pack(found.still),
        "picture": None if found.picture is None else pack(found.picture),
        "map": None if found.map is None else pack(found.map),
    }


def from_json(content: Mapping[str, Any]) -> Found:
    """Return what :func:`as_json` wrote."""
    picture, seen = content["picture"], content["map"]
    return Found(
        Score(content["ssim"], content["psnr"], content["sd"]),
        content["seconds"],
        unpack(content["still"]),
        None if picture is None else unpack(picture),
        None if seen is None else unpack(seen),
    )
