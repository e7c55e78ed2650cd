r"""High-frequency error norm (HFEN), unnormalised as in paper 4, and its usual normalised form.

The difference of two slices is filtered with a Laplacian of a Gaussian, :math:`\sigma = 1.5` voxels, 15 x 15:

.. math:: \mathrm{HFEN} = \lVert h * (y - x) \rVert_2, \qquad
          h = g\, \frac{r^2 - 2 \sigma^2}{\sigma^4} - \text{mean},

with the Gaussian g of sum 1. It grows with the root of the number of voxels: 256 x 256 of maps divided by 3 s, as
paper 4 prints it (Table 2), are not to be compared with others. Divided by :math:`\lVert h * x \rVert_2` it is what
Ravishankar and Bresler define. Borders are continued by reflection.

Voxels that are not finite, or left out by a mask, have no difference: 0 is filtered there.

Source
------
Ravishankar S, Bresler Y. MR image reconstruction from highly undersampled k-space data by dictionary learning. IEEE
Trans Med Imaging 2011;30:1028-1041. (The kernel: rotationally symmetric LoG, 15 x 15, 1.5 pixels.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage, GeometryMismatch, WrongDimensions

#: Standard deviation and side of the kernel, voxels.
SIGMA, SIDE = 1.5, 15
Values = npt.NDArray[np.float64]


def kernel(sigma: float = SIGMA, side: int = SIDE) -> Values:
    """Return the Laplacian of a Gaussian, its mean taken away.

    Examples
    --------
    >>> round(float(np.linalg.norm(kernel())), 6), round(float(kernel()[7, 7]), 6)
    (0.118205, -0.062876)
    """
    at = np.arange(side) - side // 2
    squares = at[:, None] ** 2 + at[None, :] ** 2
    gaussian = np.exp(-squares / (2 * sigma**2))
    gaussian /= gaussian.sum()
    h = gaussian * (squares - 2 * sigma**2) / sigma**4
    return np.asarray(h - h.mean())


def hfen(
    reference: npt.ArrayLike, test: npt.ArrayLike, *, mask: npt.ArrayLike | None = None, normalised: bool = False
) -> float:
    """Return the high-frequency error norm of a slice.

    Parameters
    ----------
    reference, test
        Slices ``(i, j)`` of one shape; for figures beside those of paper 4, T1 or T2 divided by 3 s.
    mask
        Voxels that count.
    normalised
        Divide by the norm of the filtered reference.

    Raises
    ------
    WrongDimensions, GeometryMismatch
        Not slices, or not of one shape.
    ConstantImage
        A normalised norm of a reference without any edge.

    Examples
    --------
    >>> slice_ = np.eye(32)
    >>> hfen(slice_, slice_), round(hfen(slice_, 0 * slice_, normalised=True), 3)
    (0.0, 1.0)
    """
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    keep = np.ones(x.shape, bool) if mask is None else np.asarray(mask).astype(bool)
    if x.ndim != 2:
        raise WrongDimensions(f"has {x.ndim} dimensions, not 2", remedy="give one slice at a time")
    if not (x.shape == y.shape == keep.shape):
        raise GeometryMismatch(
            f"slices and mask of shape {x.shape}, {y.shape} and {keep.shape} cannot be compared",
            remedy="bring them to one grid first",
        )
    keep = keep & np.isfinite(x) & np.isfinite(y)
    norm = _filtered(np.where(keep, y - x, 0.0))
    if not normalised:
        return norm
    of_reference = _filtered(np.where(keep, x, 0.0))
    if of_reference == 0:
        raise ConstantImage("the reference has no edge", remedy="leave the norm unnormalised")
    return norm / of_reference


def _filtered(image: Values) -> float:
    from scipy import ndimage

    return float(np.linalg.norm(ndimage.convolve(image, kernel(), mode="reflect")))
