"""Frames of a dynamic series: that there are several, which slices they lack, and in which order they are worked on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

#: Gaps that are named one by one in a warning.
NAMED = 4


def check_series(scan: Scan) -> tuple[str, ...]:
    """Refuse what is no series, and return what a person should know of its frames, one line each.

    Raises
    ------
    BadParameter
        There are fewer than two time points, or the volumes are echoes, maps or labels.

    Examples
    --------
    >>> check_series(Scan(np.ones((3, 4, 4, 4)), np.diag([1, 1, 3.0, 1]), axis="time"))
    ()
    """
    if scan.volumes < 2:
        raise BadParameter(
            "has one time point, and a series has at least 2", where=scan.where, remedy="give a 4-D scan over time"
        )
    if scan.axis not in ("time", "contrast"):
        raise BadParameter(
            f"holds {scan.volumes} volumes of kind {scan.axis!r}, not time points",
            where=scan.where,
            remedy='give a scan over time (sidecar: "VolumeAxis": "time")',
        )
    lines = dropped_in_words(scan)
    if scan.axis != "time":
        lines = (f"does not say that its {scan.volumes} volumes are time points: they are taken for such", *lines)
    return lines


def dropped_slices(scan: Scan) -> tuple[tuple[int, int], ...]:
    """Return (frame, slice) of every slice that a frame lacks: nothing in it is finite and other than 0.

    A slice that no frame holds, as at the end of a padded volume, is not dropped. Of a single frame, slices are taken
    for dropped that have others on both sides.

    Raises
    ------
    AmbiguousAxis
        The slice axis cannot be told.

    Examples
    --------
    >>> array = np.ones((2, 4, 4, 5))
    >>> array[1, :, :, 3] = 0
    >>> dropped_slices(Scan(array, np.diag([1, 1, 3.0, 1]), axis="time"))
    ((1, 3),)
    """
    axis = scan.find_slice_axis()
    held = np.stack([_held(volume, axis) for volume in scan.array])
    if len(held) > 1:
        expected = np.broadcast_to(held.any(axis=0), held.shape)
    else:
        there = np.flatnonzero(held[0])
        expected = np.zeros_like(held)
        if there.size:
            expected[0, there[0] : there[-1] + 1] = True
    return tuple((int(n), int(k)) for n, k in np.argwhere(expected & ~held))


def _held(volume: npt.NDArray[np.generic], axis: int) -> npt.NDArray[np.bool_]:
    """Tell of each slice whether it shows anything."""
    shown = volume != 0
    if volume.dtype.kind == "f":
        shown &= np.isfinite(volume)
    return np.asarray(shown.any(axis=tuple(a for a in range(3) if a != axis)))


def acquired(volume: npt.NDArray[np.generic], axis: int) -> npt.NDArray[np.bool_] | None:
    """Return which voxels ``(i, j, k)`` lie in slices that hold something; None where all do.

    What was not acquired must not count: nothing against nothing would be a perfect match.
    """
    held = _held(volume, axis)
    if held.all() or not held.any():
        return None
    return np.broadcast_to(np.expand_dims(held, tuple(a for a in range(3) if a != axis)), volume.shape)


def dropped_in_words(scan: Scan) -> tuple[str, ...]:
    """Return one line about dropped slices, counted from 1; nothing where there are none."""
    found = dropped_slices(scan)
    if not found:
        return ()
    whole = [n for n, volume in enumerate(scan.array) if not _held(volume, scan.find_slice_axis()).any()]
    parts = [f"frame {n + 1}" for n in whole]
    parts += [
        f"frame {n + 1} slice {k + 1}" if scan.volumes > 1 else f"slice {k + 1}" for n, k in found if n not in whole
    ]
    more = f" and {len(parts) - NAMED} more" if len(parts) > NAMED else ""
    verb = "was" if len(parts) == 1 else "were"
    named = ", ".join(parts[:NAMED])
    return (f"{named}{more} {verb} not acquired (empty): left empty, and not to be trusted beside it",)


def visible_first(frames: int, first: int | None) -> Iterator[int]:
    """Yield the frames, the visible one first, then the others in order from it.

    Examples
    --------
    >>> list(visible_first(5, 3))
    [3, 4, 0, 1, 2]
    """
    begin = 0 if first is None else min(max(first, 0), frames - 1)
    yield from range(begin, frames)
    yield from range(begin)
