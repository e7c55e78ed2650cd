r"""An array as it looks on another grid, computed slice by slice.

With spacing :math:`s` and first voxel :math:`t` along an axis (mm on the screen; :math:`f` fine, :math:`c` coarse),
fine voxel :math:`i` lies at the coarse index

.. math:: x_i = (t_f + i s_f - t_c) / s_c,

taken to the nearest voxel (what napari shows of the coarse layer by itself) or linearly between two. More than half a
coarse voxel outside there is nothing: NaN, which is transparent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch

Values = npt.NDArray[np.float32]
Key = tuple[int | slice, ...]
Order = Literal["nearest", "linear"]


@dataclass(frozen=True)
class Grid:
    """Where an array lies on the screen: voxels, spacing (mm) and first voxel (mm) along each axis."""

    shape: tuple[int, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]

    @classmethod
    def of(cls, layer: Any) -> Grid:
        """Return the grid of an image layer."""
        return cls(
            tuple(int(n) for n in layer.data.shape),
            tuple(float(s) for s in layer.scale),
            tuple(float(t) for t in layer.translate),
        )


class OnGrid:
    """An array as it looks on another grid, computed slice by slice.

    Parameters
    ----------
    data
        The array, any number of axes.
    own, grid
        Where it lies, and the grid to see it on; both of as many axes.
    order
        ``"nearest"`` voxel or ``"linear"`` between two along each axis.

    Raises
    ------
    GeometryMismatch
        The numbers of axes differ.

    Examples
    --------
    >>> thick = np.array([[0.0], [10.0]])
    >>> own, fine = Grid((2, 1), (3.0, 1.0), (0.0, 0.0)), Grid((4, 1), (1.5, 1.0), (0.0, 0.0))
    >>> OnGrid(thick, own, fine, "linear")[:, 0].tolist()
    [0.0, 5.0, 10.0, 10.0]
    """

    def __init__(self, data: Any, own: Grid, grid: Grid, order: Order = "nearest") -> None:
        if len(own.shape) != len(grid.shape):
            raise GeometryMismatch(
                f"a picture of {len(own.shape)} axes cannot be laid beside one of {len(grid.shape)}",
                remedy="choose two volumes of one scan",
            )
        self.data, self.order = data, order
        self.shape, self.ndim, self.dtype = grid.shape, len(grid.shape), np.dtype(np.float32)
        self._axes = [
            _Along(n, s, t, m, u, v)
            for n, s, t, m, u, v in zip(
                own.shape, own.scale, own.translate, grid.shape, grid.scale, grid.translate, strict=True
            )
        ]

    def __getitem__(self, key: Any) -> Values:
        """Return part of the array; ``key`` holds whole numbers and slices."""
        key = full_key(key, self.shape)
        wanted = [along.wanted(k) for along, k in zip(self._axes, key, strict=True)]
        first = tuple(
            k if along.same else along.span(w) for along, k, w in zip(self._axes, _as_slices(key), wanted, strict=True)
        )
        block = np.asarray(self.data[first]).astype(np.float32, copy=False)
        for axis, (along, w) in enumerate(zip(self._axes, wanted, strict=True)):
            if not along.same:
                block = along.sample(block, axis, w, self.order)
        numbers = tuple(axis for axis, k in enumerate(key) if isinstance(k, int))
        return block.squeeze(numbers) if numbers else block

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return the whole array."""
        whole = self[(slice(None),) * self.ndim]
        return whole if dtype is None else whole.astype(dtype)


class _Along:
    """The way from fine to coarse voxels along one axis."""

    def __init__(
        self, n: int, scale: float, translate: float, m: int, fine_scale: float, fine_translate: float
    ) -> None:
        self.n = n
        self.x = (fine_translate + np.arange(m) * fine_scale - translate) / scale
        self.same = n == m and bool(np.abs(self.x - np.arange(m)).max(initial=0.0) < 1e-3)

    def wanted(self, key: int | slice) -> npt.NDArray[np.float64]:
        """Return the coarse positions of the fine voxels asked for."""
        return np.atleast_1d(self.x[key])

    def span(self, x: npt.NDArray[np.float64]) -> slice:
        """Return the coarse voxels that are needed for these positions."""
        low, high = self._inside(np.floor(x)), self._inside(np.ceil(x))
        return slice(int(low.min()), int(high.max()) + 1)

    def sample(self, block: Values, axis: int, x: npt.NDArray[np.float64], order: Order) -> Values:
        """Return the block, cut to :meth:`span`, at the positions ``x`` along ``axis``."""
        start = self.span(x).start
        if order == "nearest":
            found = block.take(self._inside(np.rint(x)) - start, axis=axis)
        else:
            low, high = self._inside(np.floor(x)), self._inside(np.ceil(x))
            weight = (
                np.clip(x - low, 0.0, 1.0)
                .astype(np.float32)
                .reshape([-1 if a == axis else 1 for a in range(block.ndim)])
            )
            one, two = block.take(low - start, axis=axis), block.take(high - start, axis=axis)
            found = np.where(weight > 0, one * (1 - weight) + two * weight, one)  # NaN beyond an edge stays there
        outside = (x < -0.5 - 1e-6) | (x > self.n - 0.5 + 1e-6)
        if outside.any():
            found[(slice(None),) * axis + (outside,)] = np.nan
        return found

    def _inside(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        return np.clip(x, 0, self.n - 1).astype(np.intp)


def full_key(key: Any, shape: tuple[int, ...]) -> Key:
    """Return a whole number (not negative) or a slice with its numbers for every axis."""
    key = key if isinstance(key, tuple) else (key,)
    if Ellipsis in key:
        place = key.index(Ellipsis)
        key = (*key[:place], *(slice(None),) * (len(shape) - len(key) + 1), *key[place + 1 :])
    key = (*key, *(slice(None),) * (len(shape) - len(key)))
    return tuple(
        slice(*k.indices(n)) if isinstance(k, slice) else int(range(n)[int(k)]) for k, n in zip(key, shape, strict=True)
    )


def _as_slices(key: Key) -> tuple[slice, ...]:
    return tuple(k if isinstance(k, slice) else slice(k, k + 1) for k in key)
