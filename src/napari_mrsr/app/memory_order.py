"""In which order voxels lie in memory: a slice on the screen in one piece.

A slice of a C-ordered array ``(i, j, k)`` across ``k`` touches every cache line of the volume; for 416 x 416 x 160
voxels gathering it costs more than drawing it. The same values stored slice after slice, row after row as the screen
shows them, are read in one sweep. Shape, indices and values stay what they were: only strides differ.

Done in the worker thread that made the array, never in the window's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.frame import frame_of
from napari_mrsr.scan import Scan


def ordered(array: npt.NDArray[Any], axes: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Return the array with ``axes[0]`` outermost and ``axes[2]`` innermost in memory; itself if it is so already.

    Parameters
    ----------
    array
        Shape ``(volume, i, j, k)``.
    axes
        The spatial axes as the screen shows them: slices, rows, columns.

    Examples
    --------
    >>> array = np.arange(24.0).reshape(1, 2, 3, 4)
    >>> stored = ordered(array, (2, 1, 0))
    >>> bool((stored == array).all()), stored[0, :, :, 1].T.flags.c_contiguous
    (True, True)
    """
    order = (0, *(axis + 1 for axis in axes))
    seen = array.transpose(order)
    return array if seen.flags.c_contiguous else np.ascontiguousarray(seen).transpose(np.argsort(order))


def for_the_screen(scan: Scan) -> Scan:
    """Return the scan with its voxels stored as its own frame shows them; history and the rest stay."""
    array = ordered(scan.array, frame_of(scan).axes)
    return scan if array is scan.array else replace(scan, array=array)
