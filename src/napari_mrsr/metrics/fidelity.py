r"""How far an image is from its reference: MSE, RMSE, MAE and PSNR, each named as what it is.

.. math:: \mathrm{MSE} = \overline{(y - x)^2}, \qquad \mathrm{RMSE} = \sqrt{\mathrm{MSE}}, \qquad
          \mathrm{MAE} = \overline{|y - x|}, \qquad \mathrm{PSNR} = 10 \log_{10} (L^2 / \mathrm{MSE})\ \mathrm{dB}

with the data range :math:`L`, by default the maximum minus the minimum of the reference. Papers differ in what they
print: the row "RMSE x 1000" of Table 1 in Chaudhari et al. (MRSR on dual-echo DESS) agrees with its own PSNR row
only as MSE x 1000.

Sums run in double precision, plane by plane. Voxels that are NaN or infinite in either image are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch


@dataclass(frozen=True)
class Errors:
    """Sums over the difference ``test - reference`` of ``n`` voxels."""

    n: int
    mean: float
    mse: float
    mae: float

    @property
    def rmse(self) -> float:
        """Root mean square error."""
        return float(np.sqrt(self.mse))

    @property
    def sd(self) -> float:
        """Standard deviation of the difference, ddof 1."""
        if self.n < 2:
            return float("nan")
        return float(np.sqrt(max(0.0, self.mse - self.mean**2) * self.n / (self.n - 1)))

    def psnr(self, data_range: float) -> float:
        """Peak signal-to-noise ratio, dB; infinite for equal images."""
        if not (np.isfinite(data_range) and data_range > 0):
            raise BadParameter(
                f"data range {data_range:g} is not above 0", remedy="give the span of the values, or leave it out"
            )
        if not self.mse > 0:
            return float("nan") if np.isnan(self.mse) else float("inf")
        return float(10 * np.log10(data_range**2 / self.mse))


def errors(reference: npt.ArrayLike, test: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> Errors:
    """Return the errors of an image of any dimensions, over the mask if there is one.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    """
    x, y = np.asarray(reference), np.asarray(test)
    chosen = None if mask is None else np.asarray(mask).astype(bool, copy=False)
    if x.shape != y.shape or (chosen is not None and chosen.shape != x.shape):
        shapes = " and ".join(str(image.shape) for image in (x, y, chosen) if image is not None)
        raise GeometryMismatch(
            f"images and mask of shape {shapes} cannot be compared", remedy="bring them to one grid first"
        )
    n, total, squares, absolute = 0, 0.0, 0.0, 0.0
    for index in range(len(x)) if x.ndim > 1 else (slice(None),):
        difference = np.subtract(y[index], x[index], dtype=np.float64)
        keep = np.isfinite(difference)
        if chosen is not None:
            keep &= chosen[index]
        difference = difference.ravel() if keep.all() else difference[keep]
        n += difference.size
        total += float(difference.sum())
        squares += float(difference @ difference)
        absolute += float(np.abs(difference).sum())
    if n == 0:
        return Errors(0, float("nan"), float("nan"), float("nan"))
    return Errors(n, total / n, squares / n, absolute / n)


def extent(image: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest finite value; NaN twice if there is none."""
    least, greatest = np.inf, -np.inf
    for plane in image:
        low, high = float(np.min(plane)), float(np.max(plane))
        if not (np.isfinite(low) and np.isfinite(high)):
            finite = plane[np.isfinite(plane)]
            if not finite.size:
                continue
            low, high = float(finite.min()), float(finite.max())
        least, greatest = min(least, low), max(greatest, high)
    return (least, greatest) if least <= greatest else (float("nan"), float("nan"))


def data_range_of(reference: npt.ArrayLike) -> float:
    """Return the maximum minus the minimum of the finite voxels.

    Raises
    ------
    ConstantImage
        All voxels have the same value, or none is finite.
    """
    low, high = extent(np.asarray(reference))
    if not high > low:
        raise ConstantImage("the reference is constant", remedy="give a data range")
    return high - low


def mse(reference: npt.ArrayLike, test: npt.ArrayLike, *, mask: npt.ArrayLike | None = None) -> float:
    """Return the mean square error, in the square of the images' unit.

    Examples
    --------
    >>> mse([0.0, 1.0], [0.0, 3.0])
    2.0
    """
    return errors(reference, test, mask).mse


def rmse(reference: npt.ArrayLike, test: npt.ArrayLike, *, mask: npt.ArrayLike | None = None) -> float:
    """Return the root mean square error, in the images' unit."""
    return errors(reference, test, mask).rmse


def mae(reference: npt.ArrayLike, test: npt.ArrayLike, *, mask: npt.ArrayLike | None = None) -> float:
    """Return the mean absolute error, in the images' unit."""
    return errors(reference, test, mask).mae


def psnr(
    reference: npt.ArrayLike,
    test: npt.ArrayLike,
    *,
    data_range: float | None = None,
    mask: npt.ArrayLike | None = None,
) -> float:
    """Return the peak signal-to-noise ratio, dB: infinite for equal images.

    Parameters
    ----------
    reference, test
        Images of one shape.
    data_range
        L; the maximum minus the minimum of the whole reference where not given (also with a mask).
    mask
        Count these voxels only.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    ConstantImage
        The reference is constant and no data range is given.

    Examples
    --------
    >>> round(psnr([0.0, 1.0], [0.1, 1.1]), 6)
    20.0
    """
    span = data_range_of(reference) if data_range is None else data_range
    return errors(reference, test, mask).psnr(span)
