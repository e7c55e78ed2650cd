"""Is this scan like those that a network in plane was trained on? Lines from its card, against what the scan shows.

The anatomy (:mod:`napari_mrsr.trust.anatomy`) and the contrast (:mod:`napari_mrsr.contrast`) are compared with what the
card names; what is not known of the scan, or not named by the card, is not doubted. Whether there is anything to
recover at all (:mod:`napari_mrsr.trust.zero_filled`) and what was done to the grey values before are told of any
method: :func:`notes`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.contrast import contrast_of
from napari_mrsr.networks.registry import Method
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of

#: Largest value of 8 bits.
EIGHT_BITS = 255
#: Of the voxels around a brain without its skull at least this part is exactly 0, also where slices from its middle are
#: cut to its width (1 - pi / 4) ...
EMPTY = 0.2
#: ... and where the zeros end, the median is at least this part of that of all that is not 0: skin fades, a cut not.
EDGE = 0.25
#: Every how many voxels of an axis are looked at, at most so many in all.
SAMPLES = 1_000_000


def outside_in_plane(scan: Scan, method: Method) -> list[str]:
    """Return where a scan is unlike what the card of a method in plane names, a line each."""
    lines = []
    part = anatomy_of(scan)
    if part and method.anatomy and part not in method.anatomy:
        lines.append(f"anatomy {part}: {method.name} was trained on {' and '.join(method.anatomy)}")
    contrast = contrast_of(scan)
    if contrast and method.contrasts and contrast not in method.contrasts:
        *first, last = method.contrasts
        trained = f"{', '.join(first)} and {last}" if first else last
        lines.append(
            f"{contrast} scan, weights of {trained} ({method.name}): take weights that learned from {contrast}"
        )
    return lines


def notes(scan: Scan) -> list[str]:
    """Return what was done to the grey values before, as far as it can be seen: 8 bits, a brain without its skull."""
    lines = []
    few = _sample(scan.array[0])
    if scan.array[0].max() <= EIGHT_BITS and is_eight_bit(few):
        lines.append("8 bit: at most 256 grey values, and a network may take their steps for structure")
    if anatomy_of(scan) in ("brain", "") and is_stripped(few):
        lines.append("skull-stripped: the edge of the mask is no anatomy, and is sharpened like one")
    return lines


def is_eight_bit(values: npt.NDArray[Any]) -> bool:
    """Tell whether values are whole numbers of 0 to 255 that use most of that range.

    Examples
    --------
    >>> is_eight_bit(np.array([0.0, 17.0, 255.0])), is_eight_bit(np.array([0.5, 255.0])), is_eight_bit(np.ones(3))
    (True, False, False)
    """
    found = np.asarray(values, np.float32)
    if not found.size or not np.isfinite(found).all():
        return False
    whole = bool((found == np.rint(found)).all())
    return whole and bool(found.min() >= 0 and EIGHT_BITS // 2 < found.max() <= EIGHT_BITS)


def is_stripped(volume: npt.NDArray[Any]) -> bool:
    """Tell whether a mask was laid over an object: many exact zeros, and beside them tissue at once.

    A magnitude has noise in air, and where a scanner sets air to zero the skin fades into it.

    Parameters
    ----------
    volume
        Shape ``(i, j, k)``.
    """
    from scipy.ndimage import binary_erosion

    kept = volume > 0
    if not kept.any() or 1 - kept.mean() < EMPTY:
        return False
    edge = kept & ~binary_erosion(kept, border_value=1)
    return bool(edge.any() and np.median(volume[edge]) >= EDGE * np.median(volume[kept]))


def _sample(volume: npt.NDArray[Any]) -> npt.NDArray[np.generic]:
    step = max(1, int(np.ceil((volume.size / SAMPLES) ** (1 / 3))))
    return volume[::step, ::step, ::step]
