r"""Two volumes in one picture, computed slice by slice: a swipe (one on either side of a line) or a checkerboard.

napari has no clipping planes for images in two dimensions, so the two are woven together in the data: an array that
computes a slice only when napari asks for it. Both volumes stand on the finer grid (:mod:`.on_grid`), the coarser one
by its nearest voxel, as napari shows it by itself, so that a swipe adds no smoothness.

While the line moves the slice stays, so the two sampled slices are kept and only woven anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.compare.on_grid import Grid, Key, OnGrid, Order, Values, full_key

Mode = Literal["swipe", "checkerboard"]

#: Slices kept while the line moves: one per plane on the screen, and one to spare.
KEPT = 4


class Woven:
    """Two volumes on one grid as one array: a swipe or a checkerboard.

    Parameters
    ----------
    one, other
        What is shown left of the line (or on the first tile), and right of it; arrays of one shape.
    grid
        Where they lie.
    mode
        ``"swipe"`` or ``"checkerboard"``.

    Attributes
    ----------
    at
        Where the line is, as a fraction of the width.
    across
        The axis along which the line divides: the columns of the screen. In a plane that does not show this axis, its
        last one takes its place.
    tile
        Width of a tile of the checkerboard, mm.
    line
        Value of the line between the two; None draws none.
    """

    def __init__(self, one: Any, other: Any, grid: Grid, mode: Mode = "swipe") -> None:
        self.one, self.other, self.grid, self.mode = one, other, grid, mode
        self.shape, self.ndim, self.dtype = grid.shape, len(grid.shape), np.dtype(np.float32)
        self.at, self.across, self.tile = 0.5, self.ndim - 1, 10.0
        self.line: float | None = None
        self._kept: OrderedDict[Any, tuple[Values, Values]] = OrderedDict()

    def forget(self) -> None:
        """Sample anew at the next slice: the volumes have changed."""
        self._kept.clear()

    def __getitem__(self, key: Any) -> Values:
        """Return a slice of the picture; ``key`` holds whole numbers and slices.

        napari asks for the slice on the screen as a slab of one voxel; it counts as a whole number here.
        """
        full = full_key(key, self.shape)
        slabs = [k for k in full if isinstance(k, slice)]
        thin = tuple(axis for axis, k in enumerate(slabs) if len(range(k.start, k.stop, k.step)) == 1)
        one_voxel = tuple(
            k.start if isinstance(k, slice) and len(range(k.start, k.stop, k.step)) == 1 else k for k in full
        )
        return np.expand_dims(self._weave(one_voxel), thin)

    def _weave(self, key: Key) -> Values:
        one, other = self._sampled(key)
        shown = [axis for axis, k in enumerate(key) if isinstance(k, slice)]
        if not shown:
            return one
        if self.mode == "checkerboard":
            return np.where(self._tiles(key, shown), other, one)
        axis = self.across if self.across in shown else shown[-1]
        return self._swiped(one, other, shown.index(axis), key[axis], axis)

    def _sampled(self, key: Key) -> tuple[Values, Values]:
        name = tuple((k.start, k.stop, k.step) if isinstance(k, slice) else k for k in key)
        if name not in self._kept:
            one, other = (np.ascontiguousarray(side[key], dtype=np.float32) for side in (self.one, self.other))
            if sum(isinstance(k, slice) for k in key) > 2:  # a whole volume is not worth keeping
                return one, other
            self._kept[name] = one, other
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return self._kept[name]

    def _swiped(self, one: Values, other: Values, place: int, key: Any, axis: int) -> Values:
        length = self.shape[axis]
        column = round(self.at * length)
        voxels = np.arange(length)[key]
        picture = other.copy()
        left: tuple[Any, ...] = (*(slice(None),) * place, voxels < column)
        if place == picture.ndim - 1 and key.step == 1:  # the usual case: a plain copy of columns
            left = (..., slice(0, int((voxels < column).sum())))
        picture[left] = one[left]
        if self.line is not None and 0 < column < length:
            picture[self._dashes(place, picture, voxels == column, axis)] = self.line
        return picture

    def _dashes(self, place: int, picture: Values, columns: npt.NDArray[np.bool_], axis: int) -> tuple[Any, ...]:
        """Return where the line is drawn; where columns are much wider than rows, as dashes, or it would hide much."""
        rows: list[Any] = [slice(None)] * picture.ndim
        wide = picture.ndim == 2 and self.grid.scale[axis] > 1.5 * min(self.grid.scale)
        rows[place] = np.flatnonzero(columns)
        if wide:
            along = np.arange(picture.shape[1 - place])
            rows[1 - place] = along[along % 8 < 3]
            return np.ix_(*rows)
        return tuple(rows)

    def _tiles(self, key: Key, shown: Sequence[int]) -> npt.NDArray[np.bool_]:
        total: Any = 0
        for place, axis in enumerate(shown):
            tile = np.floor(np.arange(self.shape[axis])[key[axis]] * self.grid.scale[axis] / self.tile).astype(int)
            total = total + tile.reshape([-1 if p == place else 1 for p in range(len(shown))])
        return np.asarray(total % 2 == 1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return the whole picture."""
        whole = self[(slice(None),) * self.ndim]
        return whole if dtype is None else whole.astype(dtype)


def woven(one: Any, other: Any, mode: Mode = "swipe", *, order: Order = "nearest") -> Woven:
    """Return two image layers as one array on the finer of their grids.

    Parameters
    ----------
    one, other
        Image layers that lie on one screen.
    mode
        ``"swipe"`` or ``"checkerboard"``.
    order
        How the coarser one is sampled.

    Raises
    ------
    GeometryMismatch
        The numbers of axes differ.
    """
    grids = [Grid.of(one), Grid.of(other)]
    fine = max(grids, key=lambda grid: int(np.prod(grid.shape)))
    sides = [OnGrid(layer.data, own, fine, order) for layer, own in zip((one, other), grids, strict=True)]
    return Woven(sides[0], sides[1], fine, mode)
