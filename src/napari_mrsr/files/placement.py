"""Where a NIfTI file says its voxels lie, and whether that can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import UnreadableFile

Affine = npt.NDArray[np.float64]
_TO_MM = {"meter": 1000.0, "micron": 0.001}

#: Distances below which two placements count as one, in voxels; and spacings, relative.
_DIFFERENCE, _SPACING = 0.1, 0.01


def placement(header: Any, *, where: Path) -> tuple[Affine, tuple[str, ...]]:
    """Return voxel indices to millimetres (RAS+), and what is odd about it.

    The sform is used where it has a code and can be inverted, then the qform, then (with a warning) the spacing alone.

    Raises
    ------
    UnreadableFile
        The header states a placement, but none that can be inverted.
    """
    warnings: list[str] = []
    sform, qform = _form(header, "sform"), _form(header, "qform")
    stated = any(int(header[f"{form}_code"]) > 0 for form in ("sform", "qform"))
    affine = sform if sform is not None else qform
    if affine is None:
        if stated:
            raise UnreadableFile("has an orientation that cannot be inverted", where=where, remedy="export it again")
        affine = np.asarray(header.get_base_affine(), np.float64)
        warnings.append("the header states no orientation: left and right cannot be told")
    elif sform is None and int(header["sform_code"]) > 0:
        warnings.append("the sform cannot be inverted: the qform is used")
    if not _invertible(affine):
        raise UnreadableFile("has a voxel size of 0", where=where, remedy="export it again")
    if sform is not None and qform is not None:
        distance = _farthest(sform, qform, header.get_data_shape())
        smallest = float(np.sqrt((sform[:3, :3] ** 2).sum(0)).min())
        if distance > _DIFFERENCE * smallest:
            warnings.append(f"sform and qform differ by up to {distance:.3g} mm: the sform is used")
    lengths = np.sqrt((affine[:3, :3] ** 2).sum(0))
    zooms = np.abs(np.array(header.get_zooms()[:3], np.float64))
    if stated and np.abs(lengths / np.where(zooms > 0, zooms, np.nan) - 1).max() > _SPACING:
        text = f"the header's voxel size, {_size(zooms)} mm, is not that of its orientation"
        warnings.append(f"{text}, {_size(lengths)} mm, which is used")
    unit = header.get_xyzt_units()[0]
    if unit in _TO_MM:
        affine = np.diag([_TO_MM[unit]] * 3 + [1.0]) @ affine
        warnings.append(f"the header's unit is {unit}: converted to mm")
    return affine, tuple(warnings)


def _form(header: Any, name: str) -> Affine | None:
    """Return one of the two forms if it has a code and can be inverted."""
    if int(header[f"{name}_code"]) <= 0:
        return None
    try:
        affine = header.get_sform() if name == "sform" else header.get_qform()
    except ValueError:  # a quaternion that is none
        return None
    affine = np.asarray(affine, np.float64)
    return affine if _invertible(affine) else None


def _invertible(affine: Affine) -> bool:
    size = float(np.prod(np.sqrt((affine[:3, :3] ** 2).sum(0))))
    return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-6 * size > 0)


def _farthest(a: Affine, b: Affine, shape: tuple[int, ...]) -> float:
    """Largest distance between the two places of a corner voxel, mm."""
    last = np.array((*shape[:3], 1, 1, 1)[:3]) - 1
    corners = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)]).T
    corners[:3] *= last[:, None]
    return float(np.sqrt((((a - b) @ corners)[:3] ** 2).sum(0)).max())


def _size(lengths: npt.NDArray[np.float64]) -> str:
    return " x ".join(f"{length:.4g}" for length in lengths)
