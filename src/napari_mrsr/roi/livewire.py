r"""Livewire: the cheapest way along an edge between two clicked points.

"Intelligent scissors" (Mortensen and Barrett, SIGGRAPH 1995, doi:10.1145/218380.218442): a pixel costs little where the
gradient :math:`G` is steep,

.. math:: c = \varepsilon + 1 / (1 + (G / G_0)^2) ,

with :math:`G_0` the 75th percentile of the gradient around the click, so that contrast does not matter. Dijkstra's
algorithm (``skimage.graph.MCP_Geometric``) finds the costs from the last click to everywhere within
:data:`REACH` mm at once; the wire to the cursor is then only traced back, which keeps pace with the mouse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.propagate import steepness

Image = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.intp]

#: How far a wire may reach from the last click, mm; within it costs are found in some hundredths of a second.
REACH = 45.0

#: What a pixel costs at least: a longer way along the edge must be worth it.
LEAST = 0.05


class Wire:
    """The wire from one clicked point.

    Parameters
    ----------
    image
        Channels of the slice, ``(channel, row, column)``.
    start
        The pixel that was clicked.
    spacing
        Of the pixels, mm.

    Raises
    ------
    BadParameter
        The point lies beside the picture.

    Examples
    --------
    >>> edge = np.zeros((1, 20, 20))
    >>> edge[:, 10:] = 1.0
    >>> way = Wire(edge, (10, 2), (1.0, 1.0)).to((10, 17))
    >>> way[0].tolist(), way[-1].tolist(), bool(np.isin(way[:, 0], (9, 10)).all())
    ([10, 2], [10, 17], True)
    """

    def __init__(self, image: Image, start: tuple[int, int], spacing: tuple[float, float]) -> None:
        from skimage.graph import MCP_Geometric

        shape = image.shape[1:]
        if not all(0 <= s < n for s, n in zip(start, shape, strict=True)):
            raise BadParameter("the point lies beside the picture", remedy="click inside it")
        reach = [int(np.ceil(REACH / s)) for s in spacing]
        self._box = tuple(slice(max(0, s - r), min(n, s + r + 1)) for s, r, n in zip(start, reach, shape, strict=True))
        self._corner = np.array([b.start for b in self._box])
        part = np.asarray(image[(slice(None), *self._box)], np.float32)
        steep = steepness(part)
        unit = float(np.percentile(steep, 75)) or 1.0
        self._graph: Any = MCP_Geometric(LEAST + 1 / (1 + np.square(steep / unit)), sampling=spacing)
        self._graph.find_costs([tuple(np.array(start) - self._corner)])
        self._size = np.array(part.shape[1:])
        self.start = start

    def to(self, end: tuple[int, int]) -> Points:
        """Return the pixels from the start to ``end``, ``(n, 2)``; an end out of reach is brought within it."""
        inside = np.clip(np.array(end) - self._corner, 0, self._size - 1)
        way: Points = np.array(self._graph.traceback(tuple(int(i) for i in inside)), np.intp) + self._corner
        return way


def enclosed(outline: npt.ArrayLike, shape: tuple[int, int]) -> Mask:
    """Return the pixels within a closed line, those under the line included, ``(row, column)``.

    Parameters
    ----------
    outline
        Pixels along the line, ``(n, 2)``; its ends are joined by a straight line.
    shape
        Of the slice.

    Raises
    ------
    BadParameter
        Fewer than three points.
    """
    from skimage.draw import polygon

    points = np.asarray(outline)
    if len(points) < 3:
        raise BadParameter("the wire encloses nothing", remedy="click at least three points around the region")
    mask = np.zeros(shape, bool)
    mask[polygon(points[:, 0], points[:, 1], shape)] = True
    mask[tuple(points.T)] = True
    return mask
