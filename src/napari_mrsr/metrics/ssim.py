r"""Structural similarity (SSIM) of whole volumes, a slab of planes at a time.

With local means :math:`\mu`, variances :math:`\sigma^2` and the covariance :math:`\sigma_{xy}` under a Gaussian window
(sigma 1.5 voxels, 11 taps along every spatial axis, population moments) and the data range :math:`L`,

.. math:: S = \frac{(2 \mu_x \mu_y + C_1)(2 \sigma_{xy} + C_2)}{(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)},
          \qquad C_1 = (0.01 L)^2, \quad C_2 = (0.03 L)^2

(Wang et al., IEEE Trans Image Process 2004;13:600, doi 10.1109/TIP.2003.819861). It is ``skimage.metrics.
structural_similarity(x, y, data_range=L, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)``, border included,
from four windowed means instead of five, because only the sum of the two variances is needed: those of :math:`x`,
:math:`y`, :math:`x^2 + y^2` and :math:`x y`. Beyond the result, memory is one slab.

Both images are first shifted by the middle :math:`m` of the reference and divided by :math:`L`. No variance changes by it, and
single precision stays exact enough where a map varies little about a large value; :math:`m / L` is added to the means.

Voxels that are NaN or infinite in either image have no SSIM (NaN), and the windows of their neighbours are
renormalised over the voxels that are left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch, WrongDimensions
from napari_mrsr.metrics.fidelity import extent
from napari_mrsr.metrics.windows import RADIUS, Floats, band, plane_means

Image = npt.NDArray[Any]

K1, K2 = 0.01, 0.03
SLAB_VOXELS = 1 << 20  # voxels of a slab: 4 MiB an array, ten of which are alive at once
SLAB_PLANES = 8  # at least, so that the 2 x 5 planes of overlap do not dominate


def ssim(
    reference: npt.ArrayLike,
    test: npt.ArrayLike,
    *,
    data_range: float | None = None,
    mask: npt.ArrayLike | None = None,
) -> float:
    """Return the mean structural similarity of two images: 1 where they are equal.

    Parameters
    ----------
    reference, test
        Images, shape ``(i, j, k)`` or ``(i, j)``.
    data_range
        L; the maximum minus the minimum of the reference where not given.
    mask
        Average over these voxels. Without a mask: over all voxels but the outer 5 of every axis longer than 10, whose
        windows leave the image, as in scikit-image.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    WrongDimensions
        The images are neither 2-D nor 3-D.
    ConstantImage
        The reference is constant and no data range is given.
    BadParameter
        The data range is not above 0.

    Examples
    --------
    >>> image = np.random.default_rng(0).random((16, 16, 16))
    >>> round(ssim(image, image), 6)
    1.0
    """
    return mean_similarity(similarity(reference, test, data_range=data_range), mask)


def mean_similarity(values: Floats, mask: npt.ArrayLike | None = None) -> float:
    """Return the mean of an SSIM map over a mask, or over the voxels whose windows lie inside; NaN is left out."""
    if mask is None:
        inside = values[tuple(slice(RADIUS, -RADIUS) if n > 2 * RADIUS else slice(None) for n in values.shape)]
    else:
        chosen = np.asarray(mask)
        if chosen.shape != values.shape:
            raise GeometryMismatch(f"mask of shape {chosen.shape} for images of shape {values.shape}")
        inside = values[chosen.astype(bool)]
    finite = np.isfinite(inside)
    count = int(np.count_nonzero(finite))
    return float(np.sum(inside, where=finite, dtype=np.float64)) / count if count else float("nan")


def similarity(reference: npt.ArrayLike, test: npt.ArrayLike, *, data_range: float | None = None) -> Floats:
    """Return the structural similarity of every voxel, float32; arguments and errors as for :func:`ssim`."""
    x, y = np.asarray(reference), np.asarray(test)
    if x.shape != y.shape:
        raise GeometryMismatch(f"images of shape {x.shape} and {y.shape} cannot be compared")
    if x.ndim not in (2, 3):
        raise WrongDimensions(f"has {x.ndim} dimensions, not 2 or 3")
    low, high = extent(x)
    if data_range is None and not high > low:
        raise ConstantImage("the reference is constant", remedy="give a data range")
    span = high - low if data_range is None else float(data_range)
    if not (np.isfinite(span) and span > 0):
        raise BadParameter(f"data range {span:g} is not above 0")
    middle = 0.5 * (low + high) if np.isfinite(low) else 0.0
    result = np.empty(x.shape, np.float32)
    if x.ndim == 3:
        _fill(x, y, result, middle, span)
    else:
        _fill(x[None], y[None], result[None], middle, span)
    return result


def _fill(x: Image, y: Image, result: Floats, middle: float, span: float) -> None:
    """Write the SSIM of two 3-D images into ``result``, one slab of planes after the other."""
    planes = x.shape[0]
    thickness = max(SLAB_PLANES, SLAB_VOXELS // max(1, x[0].size))
    for start in range(0, planes, thickness):
        b = band(planes, start, min(start + thickness, planes))
        images, valid = _moments(x[b.first : b.last], y[b.first : b.last], middle, span)
        along_i = np.matmul(b.weights, images.reshape(len(images), b.last - b.first, -1))
        along_i = along_i.reshape(len(images), b.stop - b.start, *x.shape[1:])
        for n, plane in enumerate(range(b.start, b.stop)):
            means = plane_means(along_i[:, n])
            if valid is not None:
                means = means[:4] / np.maximum(means[4], np.finfo(np.float32).tiny)
            result[plane] = _formula(means, middle / span)
            if valid is not None:
                result[plane][~valid[plane - b.first]] = np.nan


def _moments(x: Image, y: Image, middle: float, span: float) -> tuple[Floats, npt.NDArray[np.bool_] | None]:
    """Return x, y, x^2 + y^2, x y and, where not all voxels are finite, the finite ones as a fifth image and as a mask."""
    images = np.empty((5, *x.shape), np.float32)
    for image, out in zip((x, y), images[:2], strict=True):
        exact = np.float32 if image.dtype == np.float32 else np.float64
        out[:] = np.subtract(image, exact(middle), dtype=exact)
        out *= np.float32(1 / span)
    valid = np.isfinite(images[0]) & np.isfinite(images[1])
    whole = bool(valid.all())
    if not whole:
        images[:2, ~valid] = 0
        images[4] = valid
    a, b, squares, product = images[:4]
    np.multiply(a, b, out=product)
    np.multiply(a, a, out=squares)
    squares += b * b
    return (images[:4], None) if whole else (images, valid)


def _formula(means: Floats, shift: float) -> Floats:
    """Return the SSIM of a plane from its windowed means, which are in units of the data range."""
    x, y, squares, product = means
    c1, c2 = np.float32(K1**2), np.float32(K2**2)
    variances = squares - (x * x + y * y)
    covariance = product - x * y
    x, y = x + np.float32(shift), y + np.float32(shift)
    luminance, structure = (2 * x * y + c1), (2 * covariance + c2)
    similar: Floats = luminance * structure / ((x * x + y * y + c1) * (variances + c2))
    return similar
