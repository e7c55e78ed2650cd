r"""A network of planes over a volume in three orientations, averaged.

A network that looks at a slice by itself makes its errors without regard for the next one: in the other two planes they
stand as stripes. With :math:`N_a` the network over the slices across axis a,

.. math:: \hat x = \tfrac13 \left( N_0(x) + N_1(x) + N_2(x) \right)

keeps what the three agree on, and a third of each one's stripes. It takes three times as long.

All three see the same volume, on the grid of the result. Where that was cut along two axes only, the third is sharp
already: two of the three networks then see planes that are blurred along one axis, which they were not taught, and what
they add along the sharp axis is wrong where it was measured. Hard consistency takes that back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference.engine import Tile, stream
from napari_mrsr.networks.network import Network

#: Part of the work after which only the last tile, the mean, is missing.
ALMOST = 0.999


def stream_three(
    model: Network, array: npt.NDArray[Any], *, axis: int, first: Sequence[int] | None = None, **options: Any
) -> Iterator[Tile]:
    """Run a network over the slices across every axis and average.

    Parameters
    ----------
    model, array, first, options
        As for :func:`napari_mrsr.inference.engine.stream`.
    axis
        The slice axis, whose slices come first.

    Yields
    ------
    Tile
        What is known so far, as previews: of one orientation, then the mean of two, then of three. At last one tile,
        the whole. Ends early once ``stop`` answers True.
    """
    axes = (axis, *(a for a in range(3) if a != axis))
    total = np.zeros(array.shape, np.float32)
    for n, across in enumerate(axes):
        done = 0.0
        for tile in stream(model, array, axis=across, first=first if n == 0 else None, **options):
            done = tile.done
            if tile.preview:
                yield tile
                continue
            part = total[(slice(None), *tile.where)]
            part += tile.array
            yield replace(tile, array=part / np.float32(n + 1), done=ALMOST * (n + done) / len(axes), preview=True)
        if done < 1:
            return
    i, j, k = (slice(0, size) for size in array.shape[1:])
    yield Tile((i, j, k), total / np.float32(len(axes)), 1.0)
