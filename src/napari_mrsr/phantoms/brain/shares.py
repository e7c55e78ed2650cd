"""Shares of tissues in the voxels of a grid, of which most voxels hold one or two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int32]


class Shares(Mapping[str, Array]):
    """Share of each tissue by name, as an array of the grid; kept as lists of the voxels that hold any.

    Examples
    --------
    >>> shares = Shares((1, 1, 2), {"CSF": (np.array([1], np.int32), np.array([0.25], np.float32))})
    >>> shares["CSF"].ravel().tolist(), list(shares)
    ([0.0, 0.25], ['CSF'])
    """

    def __init__(self, shape: tuple[int, int, int], lists: Mapping[str, tuple[Index, Array]]):
        self.shape = shape
        self._lists = dict(lists)

    def __getitem__(self, name: str) -> Array:
        where, share = self._lists[name]
        dense = np.zeros(int(np.prod(self.shape)), np.float32)
        dense[where] = share
        return dense.reshape(self.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def voxels(self, name: str) -> tuple[Index, Array]:
        """Return the flat indices of the voxels that hold a tissue, and its share in each."""
        return self._lists[name]


class Gathering:
    """Collects the shares of parts of a grid, cut across its last axis."""

    def __init__(self, shape: tuple[int, int, int]):
        self._shape = shape
        self._found: dict[str, list[tuple[Index, Array]]] = {}

    def add(self, name: str, share: Array, first: int) -> None:
        """Add the share of a tissue in the part that begins at ``first``."""
        flat = np.ascontiguousarray(share).ravel()
        where = np.flatnonzero(flat > 1e-4)
        if len(where):
            line, k = np.divmod(where, share.shape[2])
            index = (line * self._shape[2] + first + k).astype(np.int32)
            self._found.setdefault(name, []).append((index, flat[where]))

    def shares(self) -> Shares:
        """Return everything, scaled to sum to 1 together with the air, which is what is missing."""
        lists = {
            name: (np.concatenate([w for w, _ in parts]), np.concatenate([s for _, s in parts]))
            for name, parts in self._found.items()
        }
        return Shares(self._shape, lists)
