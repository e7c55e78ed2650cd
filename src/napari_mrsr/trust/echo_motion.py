r"""Have the echoes moved against each other? A shift in plane for every slice, from the acquired scan alone.

T2 comes from the ratio of two echoes, voxel by voxel; where one has moved by a pixel every edge becomes a T2 that is
not there. Super-resolution copies this faithfully, so that neither z nor the T2 difference, which compare the result
with what was measured, can see it. Edges lie in the same place in both echoes whatever their contrast. With g the size
of the gradient in plane, its mean taken off, the shift is where

.. math:: c(d) = \sum_r g_1(r)\, g_2(r + d)

is largest (by Fourier transform), between voxels by a parabola through the peak and its neighbours (Tian and Huhns,
CVGIP 1986;35:220). Slices that show little are passed over.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_mrsr.scan import Scan
from napari_mrsr.trust.plane_shifts import PlaneShifts, best_shift

#: Least part of the strongest slice's edges that a slice must have to be judged.
EDGES = 0.1


class EchoMotion(PlaneShifts):
    """Shift of the second echo against the first in each slice; not judged where nothing shows."""

    @property
    def line(self) -> str:
        """What is to be told; empty where the echoes lie on each other."""
        n = int(self.moved.sum())
        if not n:
            return ""
        which = f"slice {int(np.flatnonzero(self.moved)[0])}" if n == 1 else f"{n} of {len(self.voxels)} slices"
        return f"echo 2 lies {self.far:.1f} mm beside echo 1 in {which}: edges there have a false T2"


def echo_motion(acquired: Scan, axis: int) -> EchoMotion | None:
    """Return how far the second echo lies beside the first; None for a scan that is not of echoes.

    Parameters
    ----------
    acquired
        The scan, its first two volumes echoes.
    axis
        Its slice axis.
    """
    if acquired.volumes < 2 or acquired.axis != "echo" or min(acquired.shape) < 2:
        return None
    first, second = (np.moveaxis(np.asarray(volume), axis, 0) for volume in acquired.array[:2])
    found = np.full((first.shape[0], 2), np.nan)
    strength = np.zeros(first.shape[0])
    for n, (one, other) in enumerate(zip(first, second, strict=True)):
        edges = [_edges(np.nan_to_num(np.asarray(plane, np.float32))) for plane in (one, other)]
        strength[n] = min(float(np.vdot(e, e)) for e in edges)
        if strength[n] > 0:
            found[n] = _shift(*edges)
    found[strength < EDGES * strength.max(initial=0.0)] = np.nan
    spacing = [s for a, s in enumerate(acquired.spacing) if a != axis]
    return EchoMotion(found * spacing, np.hypot(*found.T))


def _edges(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows, columns = np.gradient(plane)
    size = np.sqrt(rows * rows + columns * columns)
    return np.asarray(size - size.mean(), np.float32)


def _shift(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return where the correlation of two planes is largest, voxels."""
    rows, columns, _ = best_shift(np.conj(fft.rfft2(one)) * fft.rfft2(other), one.shape)
    return rows, columns
