r"""Has a slice moved against its neighbours? A shift in plane for every slice, from the acquired scan alone.

A slice that was acquired while a person moved lies beside the slices around it, in all echoes alike, so that neither
their ratio nor agreement with the measurement tells (:mod:`~napari_mrsr.trust.echo_motion` compares the echoes). What
is super-resolved between such slices runs from one place to another. Neighbours have the same contrast, so that their
gradients in plane, with direction, are compared: :math:`s_n` is the shift from slice n to n + 1 at which

.. math:: c_n(d) = \frac{\sum_r g_n(r) \cdot g_{n+1}(r + d)}{\|g_n\| \, \|g_{n+1}\|}

is largest, mean over the volumes. Anatomy drifts from slice to slice; its drift :math:`m_n` is the median of the shifts
around. A slice that moved alone goes there and comes back,

.. math:: e_n = s_n - m_n, \qquad d_n = (e_{n-1} - e_n) / 2, \qquad |e_{n-1} + e_n| < |d_n| / 2 ,

which tells it from its neighbours and from anatomy that changes. A slice is judged where it looks like both neighbours:
:math:`c` at least half its median over the scan. Slices at the ends, slices apart by more than they show in common, and
motion that does not come back are not seen; a shift below three quarters of a voxel is not told.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_mrsr.scan import Scan
from napari_mrsr.trust.plane_shifts import TOLD, PlaneShifts, best_shift

#: Largest part of a shift by which the ways there and back may differ.
UNEQUAL = 0.5
#: Least likeness of neighbours as a part of its median.
ALIKE = 0.5
#: Shifts to either side from which the drift of the anatomy is taken, and fewest slices for it.
AROUND, FEWEST = 3, 7

_Spectra = list[tuple[npt.NDArray[np.complex64], float]]


class SliceMotion(PlaneShifts):
    """How far each slice lies beside its neighbours."""

    @property
    def line(self) -> str:
        """What is to be told; empty where no slice has moved."""
        which = np.flatnonzero(self.moved)
        if not len(which):
            return ""
        if len(which) == 1:
            return f"slice {which[0]} lies {self.far:.1f} mm beside its neighbours: what is between them is wrong there"
        told = ", ".join(map(str, which[:5])) + (" ..." if len(which) > 5 else "")
        return f"slices {told} lie {self.far:.1f} mm beside their neighbours: what is between them is wrong there"


def slice_motion(acquired: Scan, axis: int) -> SliceMotion | None:
    """Return how far slices lie beside their neighbours; None for a scan too small to tell.

    Parameters
    ----------
    acquired
        The scan; of several volumes the first two are looked at together.
    axis
        Its slice axis.
    """
    n = acquired.shape[axis]
    if n < FEWEST or min(acquired.shape) < 2:
        return None
    volumes = [np.moveaxis(np.asarray(volume), axis, 0) for volume in acquired.array[:2]]
    size = volumes[0].shape[1:]
    shifts, likeness = np.zeros((n - 1, 2)), np.zeros(n - 1)
    before = _gradients([volume[0] for volume in volumes])
    for k in range(1, n):
        here = _gradients([volume[k] for volume in volumes])
        *shifts[k - 1], likeness[k - 1] = _from_to(before, here, size)
        before = here
    drift = [np.median(shifts[max(0, k - AROUND) : k + AROUND + 1], axis=0) for k in range(n - 1)]
    beside = shifts - np.array(drift)
    found = np.full((n, 2), np.nan)
    there, back = beside[:-1], -beside[1:]
    alone = (there + back) / 2
    far = np.hypot(*alone.T)
    judged = np.minimum(likeness[:-1], likeness[1:]) >= ALIKE * np.median(likeness)
    judged &= (far <= TOLD) | (np.hypot(*(there - back).T) < UNEQUAL * far)
    found[1:-1][judged] = alone[judged]
    spacing = [s for a, s in enumerate(acquired.spacing) if a != axis]
    return SliceMotion(found * spacing, np.hypot(*found.T))


def _gradients(planes: list[npt.NDArray[np.generic]]) -> _Spectra:
    """Return the spectra of both gradients of each plane, shape ``(2, rows, columns)``, and their size."""
    found = []
    for plane in planes:
        slopes = np.stack([*np.gradient(np.nan_to_num(np.asarray(plane, np.float32)))])
        found.append((fft.rfft2(slopes), float(np.linalg.norm(slopes))))
    return found


def _from_to(one: _Spectra, other: _Spectra, size: tuple[int, ...]) -> tuple[float, float, float]:
    """Return the shift from one slice to another, voxels, and how alike they are there; 0 where nothing shows."""
    product = np.zeros((size[0], size[1] // 2 + 1), np.complex64)
    for (a, length), (b, other_length) in zip(one, other, strict=True):
        if length * other_length > 0:
            product += (np.conj(a) * b).sum(axis=0) / np.float32(length * other_length * len(one))
    return best_shift(product, size)
