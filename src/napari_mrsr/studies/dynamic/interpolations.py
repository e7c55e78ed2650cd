r"""The interpolations of the paper's tables: on the exact grid, and as its published code lays them on the fine grid.

The centre of k-space keeps the first voxel where it was: fine voxel m lies at coarse position :math:`m n / N`, and so
all interpolations of :mod:`napari_mrsr.interpolation`. ``torch.nn.functional.interpolate``, which the paper names,
aligns the edges of the grids instead: :math:`(m + 1/2)\, n / N - 1/2`. Its result lies half a coarse minus half a fine
voxel beside the truth, 1.6 mm at 6.25 % of a k-space of 1.09 mm voxels. Its area interpolation, adaptive average
pooling to *more* voxels, repeats coarse voxels: fine voxel m is the mean of coarse
:math:`\lfloor m n / N \rfloor` to :math:`\lceil (m + 1)\, n / N \rceil - 1`.

Both are scored: ours, and what the same name means in the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr import interpolation
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan

Floats = npt.NDArray[np.float32]
#: Called with the coarse frames, the frames on the grid to reach, and the first frame that is wanted; gives from there
#: on the number of each frame and its values ``(i, j, k)``. Ends early where it was stopped.
Series = Callable[[Scan, Scan, int], Iterator[tuple[int, Floats]]]
Kind = Literal["interpolation", "main training", "fine-tuned", "limit"]
#: What stands behind the name of an interpolation as the published code lays it.
AS_PUBLISHED = " (edges aligned)"


@dataclass(frozen=True, eq=False)
class Way:
    """A way from frames of low resolution to frames of full resolution.

    Parameters
    ----------
    name
        What tables call it.
    kind
        What it learned from: nothing, the main training, or the planning scan besides.
    series
        Does it, frame by frame.
    network
        Name of the network; None for an interpolation.
    depends_on
        All that the result depends on besides the frames, as JSON can hold it.
    """

    name: str
    kind: Kind
    series: Series
    network: str | None = None
    depends_on: Mapping[str, Any] = field(default_factory=dict)


def edges_aligned(name: str, n: int, size: int) -> npt.NDArray[np.float64]:
    """Return the matrix of an interpolation as ``torch.nn.functional.interpolate`` does it.

    Parameters
    ----------
    name
        ``"trilinear"`` or ``"area"``.
    n, size
        Coarse and fine samples.

    Examples
    --------
    >>> edges_aligned("trilinear", 2, 4)
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    >>> edges_aligned("area", 2, 3)
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ]])
    """
    result = np.zeros((size, n))
    for m in range(size):
        if name == "area":
            first, last = m * n // size, math.ceil((m + 1) * n / size)
            result[m, first:last] = 1 / (last - first)
            continue
        t = min(max((m + 0.5) * n / size - 0.5, 0.0), n - 1.0)
        k = min(int(t), max(0, n - 2))
        result[m, k] += 1 - (t - k)
        if n > 1:
            result[m, k + 1] += t - k
    return result


def _frame_by_frame(
    matrix: Callable[[int, int], npt.NDArray[np.float64]], coarse: Scan, like: Scan, first: int
) -> Iterator[tuple[int, Floats]]:
    """Interpolate frame by frame along every axis whose matrix differs."""
    for number in range(first, coarse.volumes):
        array = np.asarray(coarse.array[number], np.float32)
        for axis, (n, size) in enumerate(zip(coarse.shape, like.shape, strict=True)):
            if n != size:
                array = along.apply(matrix(n, size), array, axis)
        yield number, array


def _exact(name: str, method: interpolation.Interpolation) -> Way:
    return Way(name, "interpolation", partial(_frame_by_frame, partial(interpolation.matrix, method)))


def _aligned(method: str) -> Way:
    return Way(method + AS_PUBLISHED, "interpolation", partial(_frame_by_frame, partial(edges_aligned, method)))


#: By the name that tables use, in their order.
INTERPOLATIONS: dict[str, Way] = {
    way.name: way
    for way in (
        _exact("area", "area"),
        _aligned("area"),
        _exact("trilinear", "trilinear"),
        _aligned("trilinear"),
        _exact("tricubic", "tricubic"),
        _exact("zero-padded", "fourier"),
    )
}
#: Those that are scored where nothing else is said.
USUAL = ("area", "area" + AS_PUBLISHED, "trilinear", "trilinear" + AS_PUBLISHED, "zero-padded")
