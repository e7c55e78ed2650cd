r"""Mean percentage error (MPE) of a map against its reference.

.. math:: \mathrm{MPE} = 100\, \overline{|y - x| / x}

over the voxels that count, as paper 4 and Qiu et al. (2021) print it for T1 and T2. Errors of either sign count alike:
an estimate that is 5 % too long in one half of the brain and 5 % too short in the other has 5 %, not 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch


def mean_percentage_error(reference: npt.ArrayLike, test: npt.ArrayLike, *, mask: npt.ArrayLike | None = None) -> float:
    """Return the mean percentage error, %; NaN where no voxel counts.

    Parameters
    ----------
    reference, test
        Maps of one shape. Voxels that are not finite in either do not count.
    mask
        Voxels that count.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        The reference is 0 or less in a voxel that counts: no percentage is defined there.

    Examples
    --------
    >>> round(mean_percentage_error([800.0, 1000.0], [840.0, 850.0]), 6)
    10.0
    """
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    keep = np.ones(x.shape, bool) if mask is None else np.asarray(mask).astype(bool)
    if not (x.shape == y.shape == keep.shape):
        raise GeometryMismatch(
            f"maps and mask of shape {x.shape}, {y.shape} and {keep.shape} cannot be compared",
            remedy="bring them to one grid first",
        )
    keep = keep & np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return float("nan")
    if (x[keep] <= 0).any():
        raise BadParameter("the reference is not positive everywhere", remedy="give a mask of the tissue")
    return float(100 * np.mean(np.abs(y[keep] - x[keep]) / x[keep]))
