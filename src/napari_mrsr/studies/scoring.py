r"""How far a reconstructed slab is from the reference, in the numbers of the paper.

The reference of each echo is taken to the scale 0 to 1 by its range :math:`L` over the whole scan, maximum minus
minimum, as the data were for training and for the published figures. On this scale

.. math:: \mathrm{MSE} = \overline{(y - x)^2} / L^2, \qquad \mathrm{RMSE} = \sqrt{\mathrm{MSE}}, \qquad
          \mathrm{pSNR} = -10 \log_{10} \mathrm{MSE}

over all voxels of the slab. SSIM is that of :mod:`napari_mrsr.metrics.ssim` on the slab alone, three-dimensional, its
mean over all voxels, those at the faces of the slab included, whose windows are reflected there.

**The noise limit.** Thick slices made of a noisy scan hold a part of its noise: with A the operator that makes them,
they say :math:`A^+ A x` of x, noise included, and the rest, :math:`(I - A^+ A) x`, has to be found. A method without
any error finds it free of noise and so differs from the noisy reference by :math:`(I - A^+ A) n`, whose mean square
is :math:`(1 - 1/d)\,\sigma^2` for slices made d times thicker. For a phantom, whose noise-free scan is known, this
best reconstruction is scored; for a real scan :math:`\sigma` is estimated from it, and there is no SSIM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_mrsr.inference.consistency import correct
from napari_mrsr.metrics.fidelity import data_range_of, errors
from napari_mrsr.metrics.ssim import mean_similarity, similarity
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.slab import Slab

#: Name of the limit among the methods.
NOISE_LIMIT = "noise limit"


@dataclass(frozen=True)
class Score:
    """Figures of one volume on the scale 0 to 1: SSIM, pSNR (dB), RMSE, MSE."""

    ssim: float
    psnr: float
    rmse: float
    mse: float

    @classmethod
    def of_mse(cls, mse: float, ssim: float = float("nan")) -> Score:
        """Return the score of a mean square error."""
        psnr = -10 * np.log10(mse) if mse > 0 else float("inf")
        return cls(float(ssim), float(psnr), float(np.sqrt(mse)), float(mse))


def score(reference: Scan, test: Scan, ranges: tuple[float, ...]) -> list[Score]:
    """Return the score of each volume of a slab.

    Parameters
    ----------
    reference, test
        The slab on one grid.
    ranges
        L of each volume.
    """
    found = []
    for x, y, span in zip(reference.array, test.array, ranges, strict=True):
        everywhere = np.ones(x.shape, bool)
        mean = mean_similarity(similarity(x, y, data_range=span), everywhere)
        found.append(Score.of_mse(errors(x, y).mse / span**2, mean))
    return found


def ranges_of(scan: Scan) -> tuple[float, ...]:
    """Return the range of each volume; raises ConstantImage where one shows nothing."""
    return tuple(data_range_of(volume) for volume in scan.array)


def noise_limit(
    subject: Subject, slab: Slab, reference: Scan, ranges: tuple[float, ...], factor: int
) -> list[Score] | None:
    """Return the score of a method without any error; None where the reference is noise-free.

    Parameters
    ----------
    subject
        Whose scan it is.
    slab
        What is scored.
    reference
        The slab of the scan, perhaps a last slice shorter.
    ranges
        L of each volume.
    factor
        How many times thicker the slices were made.
    """
    slices = subject.scan.find_slice_axis()
    if subject.noiseless is not None:
        clean = slab.crop(subject.noiseless).array[tuple(slice(0, n) for n in reference.array.shape)]
        if np.array_equal(clean, reference.array):
            return None
        operator = thick_slices.matrix(reference.shape[slices], factor)
        best = [
            correct(free, along.apply(operator, noisy, slices), slices, factor, 0.0)
            for free, noisy in zip(clean, reference.array, strict=True)
        ]
        return score(reference, replace(reference, array=np.stack(best)), ranges)
    from napari_mrsr.mapping import estimate_noise

    sigmas = [estimate_noise(np.moveaxis(volume, slices, 0)) for volume in subject.scan.array]
    return [Score.of_mse((1 - 1 / factor) * (sigma / span) ** 2) for sigma, span in zip(sigmas, ranges, strict=True)]
