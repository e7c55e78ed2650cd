"""Scans as SimpleITK knows them: LPS millimetres, arrays with the last axis first.

SimpleITK is an extra of this package (``register``) and is imported where it is used.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import MissingDependency

#: From RAS to LPS and back.
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


def require() -> None:
    """Raise MissingDependency unless SimpleITK is installed."""
    if importlib.util.find_spec("SimpleITK") is None:
        raise MissingDependency(
            "registration needs SimpleITK, which is not installed", remedy='pip install "napari-mrsr[register]"'
        )


def image_of(array: npt.NDArray[Any], affine: npt.NDArray[np.float64]) -> Any:
    """Return an array ``(i, j, k)`` with its affine (RAS mm) as an image of SimpleITK."""
    import SimpleITK as sitk

    placed = FLIP @ affine
    spacing = np.sqrt((placed[:3, :3] ** 2).sum(axis=0))
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(placed[:3, 3].tolist())
    image.SetDirection((placed[:3, :3] / spacing).ravel().tolist())
    return image


def motion_of(transform: Any) -> npt.NDArray[np.float64]:
    """Return a linear transform of SimpleITK about a centre as a matrix in RAS mm.

    Examples
    --------
    >>> import SimpleITK
    >>> turn = SimpleITK.Euler3DTransform((5, 0, 0), 0, 0, np.pi / 2, (0, 0, 7))
    >>> (motion_of(turn) @ (-5, 0, 0, 1)).round(6).tolist()
    [-5.0, 0.0, 7.0, 1.0]
    """
    centre, shift = np.array(transform.GetCenter()), np.array(transform.GetTranslation())
    found = np.eye(4)
    found[:3, :3] = np.array(transform.GetMatrix()).reshape(3, 3)
    found[:3, 3] = centre + shift - found[:3, :3] @ centre
    return np.asarray(FLIP @ found @ FLIP)


def transform_of(motion: npt.NDArray[Any]) -> Any:
    """Return a matrix in RAS mm as a transform of SimpleITK."""
    import SimpleITK as sitk

    placed = FLIP @ motion @ FLIP
    found = sitk.AffineTransform(3)
    found.SetMatrix(placed[:3, :3].ravel().tolist())
    found.SetTranslation(placed[:3, 3].tolist())
    return found
