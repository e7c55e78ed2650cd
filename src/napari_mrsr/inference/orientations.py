r"""A network of planes over a volume in three orientations, put together by frequency.

A network that looks at a slice by itself makes its errors without regard for the next one: in the other two planes
they stand as stripes. With :math:`N_a` the network over the slices across axis a, all three on the same zero-filled
volume x, the plain mean keeps what they agree on, and a third of each one's stripes. But what lies beyond the measured
centre of k-space along axis a can only be made by planes that hold this axis: two of the three, so that the mean makes
two thirds of it. Therefore every frequency f is the mean of the orientations whose planes hold all axes along which f
was not measured,

.. math:: \hat X(f) = X(f) + \sum_a w_a(f) \, \mathcal F\{N_a(x) - x\}(f), \qquad
          w_a(f) = \frac{[a \notin B(f)]}{3 - |B(f)|} ,

B(f) being the axes along which f lies beyond the centre; of all three where it does so along all. What lies within is
the plain mean. It takes three times as long.

Where the volume was cut along two axes only, the third is sharp already: two of the three networks see planes that are
blurred along one axis, which they were not taught, and what they add along the sharp one is wrong where it was
measured. Hard consistency takes that back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference.engine import Tile, stream
from napari_mrsr.inference.runner import Floats
from napari_mrsr.networks.network import Network

#: Part of the work after which only the last tile is missing.
ALMOST = 0.999
Triple = tuple[int, int, int]


def stream_three(
    model: Network,
    array: npt.NDArray[Any],
    *,
    axis: int,
    measured: Triple | None = None,
    first: Sequence[int] | None = None,
    **options: Any,
) -> Iterator[Tile]:
    """Run a network over the slices across every axis and put the three together.

    Parameters
    ----------
    model, array, first, options
        As for :func:`napari_mrsr.inference.engine.stream`.
    axis
        The slice axis, whose slices come first.
    measured
        Samples that were measured along each axis; by default all, so that everything is the plain mean.

    Yields
    ------
    Tile
        What is known so far, as previews: of one orientation, then the mean of two, then of three. At last one tile,
        the whole. Ends early once ``stop`` answers True.
    """
    axes = (axis, *(a for a in range(3) if a != axis))
    found: list[Floats] = []
    for n, across in enumerate(axes):
        one, done = np.empty(array.shape, np.float32), 0.0
        for tile in stream(model, array, axis=across, first=first if n == 0 else None, **options):
            done = tile.done
            if tile.preview:
                yield tile
                continue
            tile.write(one)
            where = (slice(None), *tile.where)
            mean = sum((other[where] for other in found), tile.array) / np.float32(n + 1)
            yield replace(tile, array=mean, done=ALMOST * (n + done) / len(axes), preview=True)
        if done < 1:
            return
        found.append(one)
    i, j, k = (slice(0, size) for size in array.shape[1:])
    by_axis = dict(zip(axes, found, strict=True))
    yield Tile((i, j, k), together([by_axis[a] for a in range(3)], array, measured or array.shape[1:]), 1.0)


def together(found: Sequence[Floats], array: npt.NDArray[Any], measured: Sequence[int]) -> Floats:
    """Return the results over the planes across axis 0, 1 and 2 as one.

    Parameters
    ----------
    found
        Three volumes ``(n, i, j, k)``.
    array
        What the networks were given, the same shape.
    measured
        Samples that were measured along i, j and k.
    """
    from scipy import fft

    shape = array.shape[1:]
    axes = (1, 2, 3)
    beyond = _beyond(shape, measured)
    count = 3 - np.add.reduce(np.broadcast_arrays(*beyond), dtype=np.float32)
    total: Any = 0
    for one, outside in zip(found, beyond, strict=True):
        weight = np.where(count == 0, 1 / 3, ~outside / np.maximum(count, 1)).astype(np.float32)
        total = total + weight * fft.rfftn(one - array, axes=axes)
    return np.asarray(array + fft.irfftn(total, s=shape, axes=axes), np.float32)


def _beyond(shape: Sequence[int], measured: Sequence[int]) -> list[npt.NDArray[np.bool_]]:
    """Tell for each axis which frequencies of :func:`scipy.fft.rfftn` were not measured along it; they broadcast."""
    result = []
    for axis, (size, n) in enumerate(zip(shape, measured, strict=True)):
        f = np.fft.rfftfreq(size, 1 / size) if axis == 2 else np.abs(np.fft.fftfreq(size, 1 / size))
        where = [1, 1, 1]
        where[axis] = len(f)
        result.append(((f >= n / 2) & (n < size)).reshape(where))
    return result
