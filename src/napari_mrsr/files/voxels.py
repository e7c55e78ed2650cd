"""What every reader asks of the values: finite, and not all the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage, NonFiniteVoxels

Float32 = npt.NDArray[np.float32]


def check_values(
    array: Float32, *, where: Path, names: Sequence[str] = (), allow_nonfinite: bool = False, keep_nan: bool = False
) -> tuple[Float32, tuple[str, ...]]:
    """Return the array fit for use, with the warnings that it earned.

    Parameters
    ----------
    array
        Shape ``(volume, i, j, k)``; changed in place where voxels are set to 0.
    allow_nonfinite
        Set NaN and infinite voxels to 0, with a warning, instead of refusing them.
    keep_nan
        NaN means "invalid" here (a map): keep it.

    Raises
    ------
    NonFiniteVoxels
        Some voxels are NaN or infinite, and neither option allows that.
    ConstantImage
        All voxels of a volume have the same value.
    """
    warnings: list[str] = []
    bad = ~np.isfinite(array)
    if keep_nan:
        bad &= ~np.isnan(array)
    count = int(bad.sum())
    if count:
        if not allow_nonfinite:
            share = 100 * count / array.size
            raise NonFiniteVoxels(
                f"has {count} voxels that are NaN or infinite ({share:.2g} % of {array.size})",
                where=where,
                remedy="give --allow-nonfinite to set them to 0",
            )
        array[bad] = np.nan if keep_nan else 0
        warnings.append(f"{count} voxels were NaN or infinite and are {'NaN' if keep_nan else '0'} now")
    for index, volume in enumerate(array):
        low, high = _range(volume)
        if not low < high:
            which = f"volume {index + 1}" + (f" ({names[index]})" if index < len(names) else "")
            subject = "" if len(array) == 1 else f"{which}: "
            raise ConstantImage(
                f"{subject}all voxels are {low:g}: there is nothing to see", where=where, remedy="check the export"
            )
    return array, tuple(warnings)


def _range(volume: npt.NDArray[Any]) -> tuple[float, float]:
    """Smallest and largest value that is not NaN (NaN, NaN if there is none)."""
    low, high = float(np.min(volume)), float(np.max(volume))
    if np.isnan(low):
        finite = volume[np.isfinite(volume)]
        if finite.size == 0:
            return float("nan"), float("nan")
        low, high = float(finite.min()), float(finite.max())
    return low, high
