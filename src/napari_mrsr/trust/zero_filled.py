"""Is there anything to recover? Whether a scan was zero-filled before, found by the edge of its band.

Scanners deliver larger matrices than they measure: k-space is filled up with zeros (ZIP, interpolation). The rim that a
network in plane would fill is then empty for another reason, and the detail that it was trained to find lies within
the matrix already.

The edge itself is looked for in :mod:`napari_mrsr.metrics.band_edge`. Along an axis it counts as that of zero-filling

- if it is deep: an excess of 12 dB (a cut of the simulated scans gave 15 to 40, that of a scanner that rounds the
  corners of its k-space 4 to 17; partial Fourier gives at most 3, the roll-off of full bands up to 7),
- or if it is deep and sharp, 3.5 dB, a drop of 8 dB and 1.5 dB within a tenth of the frequencies,
- or beside an axis that is, at about the same share, from 2.5 dB and a drop of 6.5 dB on.

Known shares were found to within 0.03, also after the noise of a scanner, rounding to 8 bits, a cut-out skull, and
linear interpolation (which lowers the share). What cannot be told: shares above 0.88; a picture without 32 samples of
bright tissue; one that was smoothed or interpolated with no edge left. "Not found" is no proof of a full band.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.metrics.band_edge import Edge, band_edges
from napari_mrsr.scan import Scan

#: Excess, dB, that is enough by itself.
DEEP = 12.0
#: Excess, drop and sharpness, dB, that are enough together.
STEP, DROP, SHARP = 3.5, 8.0, 1.5
#: Excess and drop, dB, and distance of the shares, beside an axis that surely is; and the largest such share.
STEP_BESIDE, DROP_BESIDE, NEAR_BESIDE, SHARE_BESIDE = 2.5, 6.5, 0.1, 0.7
#: A matrix of the header this near, as a part of the delivered one, is the measured one.
HEADER_TOLERANCE = 0.04
#: Matrices that are not known from the header are rounded to multiples of this.
ROUNDED = 8

_edges: dict[int, dict[tuple[int, ...], dict[int, Edge]]] = {}  # by arrays that are alive: planned often, seen once


@dataclass(frozen=True)
class ZeroFilled:
    """What of a scan was measured.

    Parameters
    ----------
    shape
        The matrix as delivered.
    shares
        The part of k-space that is filled, by axis; only axes that were zero-filled.
    measured
        The matrix that was measured, about: to multiples of 8, or as the header says.
    """

    shape: tuple[int, int, int]
    shares: dict[int, float]
    measured: tuple[int, int, int]

    def __bool__(self) -> bool:
        return bool(self.shares)


def zero_filled(scan: Scan, axes: tuple[int, ...] = (0, 1, 2)) -> ZeroFilled:
    """Return along which axes a scan was zero-filled, and how far.

    Parameters
    ----------
    scan
        Its first volume is looked at.
    axes
        Axes to look along.

    Examples
    --------
    >>> small = np.random.default_rng(0).random((24, 64, 64)) + 2.0
    >>> k = np.fft.fftshift(np.fft.fft2(small), axes=(1, 2))
    >>> large = np.abs(np.fft.ifft2(np.fft.ifftshift(np.pad(k, ((0, 0), (32, 32), (0, 0))), axes=(1, 2))))
    >>> zero_filled(Scan(large, np.eye(4))).measured
    (24, 64, 64)
    """
    edges = _edges_of(scan.array, axes)
    sure = {axis: edge for axis, edge in edges.items() if _is_cut(edge)}
    beside = {axis: edge for axis, edge in edges.items() if axis not in sure and _is_cut_beside(edge, sure)}
    shares = {axis: edge.share for axis, edge in sorted({**sure, **beside}.items())}
    measured = [
        _matrix(scan, scan.shape[axis], shares[axis]) if axis in shares else scan.shape[axis] for axis in range(3)
    ]
    return ZeroFilled(scan.shape, shares, (measured[0], measured[1], measured[2]))


def in_words(scan: Scan, axis: int) -> str | None:
    """Return in one line that a scan was zero-filled in plane, and what to do; None where it was not, or is not known.

    Parameters
    ----------
    scan
        The scan.
    axis
        Its slice axis.
    """
    one, other = (a for a in range(3) if a != axis)
    found = zero_filled(scan, (one, other))
    if not found:
        return None
    small, large = (f"{s[one]} x {s[other]}" for s in (found.measured, found.shape))
    return (
        f"zero-filled from about {small} to {large} before: what lies between was never measured, and there is "
        f"nothing to recover beyond; cut it first with degrade --matrix {small.replace(' ', '')}"
    )


def along_slices_in_words(scan: Scan, axis: int) -> str | None:
    """Return in one line that slices were made by zero-filling, as 3-D acquisitions deliver them; else None."""
    found = zero_filled(scan)
    if axis not in found.shares:
        return None
    return (
        f"zero-filled from about {found.measured[axis]} to {found.shape[axis]} slices before: "
        "every other detail between them is interpolated"
    )


def _edges_of(array: npt.NDArray[Any], axes: tuple[int, ...]) -> dict[int, Edge]:
    """Return the likeliest edges of the first volume; remembered as long as the array lives."""
    key = id(array)
    if key not in _edges:
        weakref.finalize(array, _edges.pop, key, None)
        _edges[key] = {}
    if axes not in _edges[key]:
        _edges[key][axes] = band_edges(array[0], axes)
    return _edges[key][axes]


def _is_cut(edge: Edge) -> bool:
    together = edge.excess >= STEP and edge.drop >= DROP and edge.sharpness >= SHARP
    return edge.excess >= DEEP or together


def _is_cut_beside(edge: Edge, sure: dict[int, Edge]) -> bool:
    near = any(abs(edge.share - other.share) <= NEAR_BESIDE for other in sure.values())
    return near and edge.share <= SHARE_BESIDE and edge.excess >= STEP_BESIDE and edge.drop >= DROP_BESIDE


def _matrix(scan: Scan, size: int, share: float) -> int:
    """Return how many samples were measured: what the header says if it is near, else a rounded number."""
    stated = scan.acquisition.others.get("AcquisitionMatrix")
    told: list[Any] = list(stated) if isinstance(stated, (list, tuple)) else []
    near = [int(n) for n in told if isinstance(n, (int, float)) and 0 < n < size]
    near = [n for n in near if abs(n - share * size) <= HEADER_TOLERANCE * size]
    if near:
        return min(near, key=lambda n: abs(n - share * size))
    return int(np.clip(round(share * size / ROUNDED) * ROUNDED, 1, size))
