r"""Structural similarity (SSIM) of whole volumes, a slab of planes at a time.

With local means :math:`\mu`, variances :math:`\sigma^2` and the covariance :math:`\sigma_{xy}` under a Gaussian window
(sigma 1.5 voxels, 11 taps along every spatial axis, population moments) and the data range :math:`L`,

.. math:: S = \frac{(2 \mu_x \mu_y + C_1)(2 \sigma_{xy} + C_2)}
          {(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)}, \qquad C_1 = (0.01 L)^2, \quad C_2 = (0.03 L)^2

(Wang et al., IEEE Trans Image Process 2004;13:600, doi 10.1109/TIP.2003.819861). It is ``skimage.metrics.
structural_similarity(x, y, data_range=L, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)``, border
included, from four windowed means instead of five, because only the sum of the two variances is needed: those of
:math:`x`, :math:`y`, :math:`x^2 + y^2` and :math:`x y`. Beyond the result, memory is that of two slabs, one a
thread. Slabs are worked on in double precision: in single, :math:`\overline{x^2} - \mu^2` leaves errors of some 1e-4
in the map.

Voxels that are NaN or infinite in either image have no SSIM (NaN), and the windows of their neighbours are
renormalised over the voxels that are left.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch, WrongDimensions
from napari_mrsr.metrics.fidelity import data_range_of
from napari_mrsr.metrics.windows import RADIUS, Doubles, band, plane_means, slab_means

Image = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

K1, K2 = 0.01, 0.03
THREADS = 2  # slabs alive at once; more would be faster on more cores, and take more memory
SLAB_VOXELS = 1 << 19  # voxels of a slab: 4 MiB an image
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
            raise GeometryMismatch(
                f"mask of shape {chosen.shape} for images of shape {values.shape}",
                remedy="give a mask of the shape of the images",
            )
        inside = values[chosen.astype(bool)]
    finite = np.isfinite(inside)
    count = int(np.count_nonzero(finite))
    return float(np.sum(inside, where=finite, dtype=np.float64)) / count if count else float("nan")


def similarity(reference: npt.ArrayLike, test: npt.ArrayLike, *, data_range: float | None = None) -> Floats:
    """Return the structural similarity of every voxel, float32; arguments and errors as for :func:`ssim`."""
    x, y = np.asarray(reference), np.asarray(test)
    if x.shape != y.shape:
        raise GeometryMismatch(
            f"images of shape {x.shape} and {y.shape} cannot be compared", remedy="bring them to one grid first"
        )
    if x.ndim not in (2, 3):
        raise WrongDimensions(f"has {x.ndim} dimensions, not 2 or 3", remedy="give a slice or a volume")
    span = data_range_of(x) if data_range is None else float(data_range)
    if not (np.isfinite(span) and span > 0):
        raise BadParameter(f"data range {span:g} is not above 0", remedy="give the span of the values, or leave it out")
    result = np.empty(x.shape, np.float32)
    _fill(*((x, y, result) if x.ndim == 3 else (x[None], y[None], result[None])), span)
    return result


def _fill(x: Image, y: Image, result: Floats, span: float) -> None:
    """Write the SSIM of two 3-D images into ``result``, slab by slab."""
    planes = x.shape[0]
    thickness = max(SLAB_PLANES, SLAB_VOXELS // max(1, x[0].size))

    def fill_slab(start: int) -> None:
        b = band(planes, start, min(start + thickness, planes))
        images, valid = _moments(x[b.first : b.last], y[b.first : b.last])
        along_i = slab_means(images, b)
        del images
        for plane, parts in enumerate(along_i, b.start):
            means = plane_means(parts)
            if valid is not None:
                means = means[:4] / np.maximum(means[4], np.finfo(np.float64).tiny)
            result[plane] = _formula(means, span)
            if valid is not None:
                result[plane][~valid[plane - b.first]] = np.nan

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(fill_slab, range(0, planes, thickness)):
            pass


def _moments(x: Image, y: Image) -> tuple[Doubles, npt.NDArray[np.bool_] | None]:
    """Return x, y, x^2 + y^2 and x y; if some voxels are not finite, those that are as a fifth image and as a mask."""
    valid = np.isfinite(x) & np.isfinite(y)
    whole = bool(valid.all())
    images = np.empty((4 if whole else 5, *x.shape))
    images[0], images[1] = x, y
    if not whole:
        images[:2, ~valid] = 0
        images[4] = valid
    for a, b, squares, product in zip(*images[:4], strict=True):  # plane by plane, in the cache
        np.multiply(a, b, out=product)
        np.multiply(a, a, out=squares)
        squares += b * b
    return images, None if whole else valid


def _formula(means: Doubles, span: float) -> Doubles:
    """Return the SSIM of a plane from its windowed means."""
    x, y, squares, product = means
    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    cross, power = x * y, x * x + y * y
    luminance, structure = 2 * cross + c1, 2 * (product - cross) + c2
    similar: Doubles = luminance * structure / ((power + c1) * (squares - power + c2))
    return similar
