"""Boxes of the coarse grid: how a volume is cut, in which order, and how much surrounding each needs.

A network whose output at a voxel depends on inputs at most ``halo`` voxels away gives exactly the whole volume's result
in the core of a tile that was cut with that much surrounding. At the true border of the volume nothing is added: there
the network pads as it would on the whole volume.

A network that pools sees its input in a grid of ``stride`` voxels. What is cut for it begins and ends at multiples of
the stride, or where the volume ends, so that it pools together what it pools together on the whole volume.

Boxes are full in depth along the axis that is super-resolved: data consistency couples all slices, and the halo, which
costs most along a short axis, is saved there. What remains to pay for a core of ``s`` x ``t`` voxels is the redundancy
``(s + 2 halo) (t + 2 halo) / (s t)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from napari_mrsr.triple import triple

Triple = tuple[int, int, int]

#: Smallest side of a core, voxels.
SMALLEST = 8


@dataclass(frozen=True)
class Box:
    """Voxels ``low <= index < high`` on each of three axes.

    Examples
    --------
    >>> Box((0, 4, 0), (4, 8, 5)).grown(2, (10, 10, 5))
    Box(low=(0, 2, 0), high=(6, 10, 5))
    """

    low: Triple
    high: Triple

    @property
    def shape(self) -> Triple:
        """Voxels along each axis."""
        return triple(b - a for a, b in zip(self.low, self.high, strict=True))

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        i, j, k = self.shape
        return i * j * k

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The box as an index."""
        return triple(slice(a, b) for a, b in zip(self.low, self.high, strict=True))

    def grown(self, halo: int | Triple, shape: Triple, stride: int = 1) -> Box:
        """Return the box with ``halo`` voxels around it, cut at the border of a volume of that shape.

        With a ``stride`` the ends are moved outwards to multiples of it, as far as the volume reaches.
        """
        reach = (halo, halo, halo) if isinstance(halo, int) else halo
        low = triple(max(0, (a - h) // stride * stride) for a, h in zip(self.low, reach, strict=True))
        high = triple(min(n, -(-(b + h) // stride) * stride) for b, h, n in zip(self.high, reach, shape, strict=True))
        return Box(low, high)

    def moved(self, by: Triple) -> Box:
        """Return the box moved by so many voxels."""
        low, high = (triple(a + b for a, b in zip(end, by, strict=True)) for end in (self.low, self.high))
        return Box(low, high)

    def inside(self, outer: Box, factor: int = 1) -> tuple[slice, slice, slice]:
        """Return where this box lies in an outer one, the last axis ``factor`` times finer."""
        fine = (1, 1, factor)
        return triple(
            slice((a - o) * f, (b - o) * f) for a, b, o, f in zip(self.low, self.high, outer.low, fine, strict=True)
        )

    def bounds(self, mask: npt.NDArray[np.bool_]) -> Box:
        """Return the smallest box around what is True in a mask of this box."""
        low, high = [], []
        for axis in range(3):
            there = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
            low.append(self.low[axis] + int(there[0]))
            high.append(self.low[axis] + int(there[-1]) + 1)
        return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))

    def halves(self, slicewise: bool = False) -> tuple[Box, Box] | None:
        """Return the box cut in two across its longer in-plane side, or None if it is a single line.

        With ``slicewise`` slices are parted first, as long as there are several.
        """
        i, j, k = self.shape
        axis = 2 if slicewise and k > 1 else 0 if i >= j else 1
        if self.shape[axis] < 2:
            return None
        middle = (self.low[axis] + self.high[axis]) // 2
        low, high = list(self.low), list(self.high)
        high[axis] = low[axis] = middle
        return Box(self.low, triple(high)), Box(triple(low), self.high)


def equal_cuts(n: int, size: int) -> list[int]:
    """Return the borders of the fewest nearly equal pieces of at most ``size``.

    Examples
    --------
    >>> equal_cuts(10, 4)
    [0, 3, 7, 10]
    """
    pieces = -(-n // max(1, size))
    return [round(p * n / pieces) for p in range(pieces + 1)]


def growing_cuts(n: int, size: int, centre: int, first: int) -> list[int]:
    """Return borders of pieces that grow outwards from ``centre``: ``first`` thick there, doubled until ``size``.

    Examples
    --------
    >>> growing_cuts(100, 40, centre=50, first=10)
    [0, 25, 45, 55, 75, 100]
    """
    first = max(1, min(first, size, n))
    low = min(max(0, centre - first // 2), n - first)
    borders = [low, low + first]
    for edge, end in ((low, 0), (low + first, n)):
        width = first
        while edge != end:
            left = abs(end - edge)
            width = min(2 * width, size)
            if width < left < 1.5 * width:  # two equal pieces rather than a sliver at the end
                width = -(-left // 2)
            edge += (1 if end > edge else -1) * min(width, left)
            borders.append(edge)
    return sorted(borders)


def least_redundant(shape: Triple, halo: int, voxels: float) -> tuple[int, int]:
    """Return the core in plane of least redundancy among full-depth boxes of at most so many voxels, halo included.

    Examples
    --------
    >>> least_redundant((400, 400, 10), 5, 1e9)
    (400, 400)
    >>> least_redundant((400, 400, 10), 5, 60_000)
    (67, 67)
    """
    area = max(voxels / shape[2], 1.0)
    square = max(SMALLEST, int(area**0.5) - 2 * halo)
    options = [(min(square, shape[0]), min(square, shape[1]))]
    for along in (0, 1):
        across = shape[1 - along]
        size = int(area / shape[along])
        core = across if size >= across else size - 2 * halo
        if core >= SMALLEST:
            options.append((shape[0], core) if along == 0 else (core, shape[1]))

    def redundancy(core: tuple[int, int]) -> float:
        i, j = (n if c == n else (c + 2 * halo) for c, n in zip(core, shape[:2], strict=True))
        return i * j / (core[0] * core[1])

    return min(options, key=redundancy)


def whole_slices(shape: Triple, halo: int, voxels: float) -> Triple:
    """Return the core of boxes of at most so many voxels for a network that looks at every slice by itself.

    As many whole slices as fit; only of one that does not fit, a part.

    Examples
    --------
    >>> whole_slices((100, 80, 30), 8, 50_000)
    (100, 80, 6)
    >>> whole_slices((100, 80, 30), 8, 4_000)
    (34, 80, 1)
    """
    i, j, n = shape
    if i * j > voxels:
        return (*least_redundant((i, j, 1), halo, voxels), 1)
    return i, j, min(n, int(voxels // (i * j)))


def plan(
    shape: Triple,
    core: tuple[int, int] | Triple,
    *,
    first: Sequence[int | None] = (None, None, None),
    thin: int | Triple = 16,
) -> list[Box]:
    """Cut a volume into boxes, nearest to the slice on screen first; full in depth unless their depth is given.

    Parameters
    ----------
    shape
        The coarse grid, the super-resolved axis last.
    core
        Largest core of a box, in plane, or along all three axes.
    first
        Index on screen along each axis, None for an axis that lies in the screen's plane.
    thin
        Thickness of the first box across an axis that has an index in ``first``, or one for each axis.

    Returns
    -------
    list of Box
        Disjoint, together the whole volume.
    """
    least = (thin, thin, thin) if isinstance(thin, int) else thin
    borders = [
        equal_cuts(n, c) if at is None else growing_cuts(n, c, min(max(0, at), n - 1), t)
        for n, c, at, t in zip(shape, core, first, least, strict=False)
    ]
    if len(borders) == 2:
        borders.append([0, shape[2]])
    boxes = [Box(*zip(*spans, strict=True)) for spans in product(*(pairwise(ends) for ends in borders))]
    centre = [n / 2 if at is None else at + 0.5 for n, at, _ in zip(shape, first, core, strict=False)]

    def distance(box: Box) -> tuple[float, float]:
        gaps = [max(0.0, a - c, c - b) for a, b, c in zip(box.low, box.high, centre, strict=False)]
        middle = [abs((a + b) / 2 - c) for a, b, c in zip(box.low, box.high, centre, strict=False)]
        shown = [g for g, at in zip(gaps, first, strict=False) if at is not None]
        return (sum(shown), sum(m * m for m in middle))

    return sorted(boxes, key=distance)
