"""The frames of a folder as series: what was scanned in one go, on one grid.

Frames with the same ``SeriesInstanceUID``, matrix, orientation and pixel spacing make a series (a localiser in three
planes makes three). Some scanners and archives put the echoes of one scan into series of their own: two series are
joined if they have the same matrix, positions, repetition time, flip angle and sequence, and differ in echo time or
echo number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_mrsr.files.dicom.frames import Frame
from napari_mrsr.files.dicom.slices import heights
from napari_mrsr.files.dicom.volumes import magnitude

_SAME_POSITION = 0.01  # mm


@dataclass(frozen=True, eq=False)
class Series:
    """Frames that make one scan."""

    frames: Sequence[Frame]
    joined: int = 1  # number of SeriesInstanceUIDs
    repeated: bool = False  # they are time points

    @property
    def uid(self) -> str:
        """``SeriesInstanceUID`` of the first frame."""
        return str(self.frames[0].value("SeriesInstanceUID") or "")

    @property
    def uids(self) -> set[str]:
        """Every ``SeriesInstanceUID``."""
        return {str(frame.value("SeriesInstanceUID") or "") for frame in self.frames}

    @property
    def number(self) -> int | None:
        """``SeriesNumber``."""
        found = self.frames[0].number_of("SeriesNumber")
        return None if found is None else int(found)

    @property
    def description(self) -> str:
        """``SeriesDescription``."""
        return str(self.frames[0].value("SeriesDescription") or self.frames[0].value("ProtocolName") or "").strip()


def group(frames: Sequence[Frame]) -> list[Series]:
    """Return the series of some frames, by their number; echoes in series of their own are joined."""
    piles: list[list[Frame]] = []
    for frame in frames:
        for pile in piles:
            if _belongs(frame, pile[0]):
                pile.append(frame)
                break
        else:
            piles.append([frame])
    found = [Series(pile) for pile in piles]
    joined: list[Series] = []
    for series in sorted(found, key=_first_echo):
        for n, other in enumerate(joined):
            if _is_echo_of(series, other):
                joined[n] = Series([*other.frames, *series.frames], other.joined + 1)
                break
        else:
            joined.append(series)
    return sorted(joined, key=lambda one: (one.number is None, one.number or 0, one.uid))


def repeats(found: Sequence[Series]) -> Series | None:
    """Return series of one grid and sequence as the time points of one; ``None`` where one of them is another scan.

    Scanners keep the repetitions of a dynamic scan in one series or in one each.
    """
    first = found[0]
    kept = [magnitude(series.frames)[0] for series in found]
    if any(_sequence(one) != _sequence(kept[0]) or not _same_grid(one, kept[0]) for one in kept[1:]):
        return None
    frames = [frame for series in found for frame in series.frames]
    return replace(first, frames=frames, joined=len(found), repeated=True)


def _sequence(frames: Sequence[Frame]) -> tuple[object, ...]:
    """Return what scans of one sequence have in common."""
    frame = frames[0]
    numbers = [frame.number_of(key) for key in ("EchoTime", "RepetitionTime", "FlipAngle", "InversionTime")]
    words = [frame.value(key) for key in ("SequenceName", "ScanningSequence", "MRAcquisitionType")]
    return (*numbers, *map(str, words), frame.component)


def _first_echo(series: Series) -> tuple[float, float]:
    frame = series.frames[0]
    return frame.number_of("EchoTime") or 0.0, frame.number_of("EchoNumbers") or 0.0


def _belongs(frame: Frame, other: Frame) -> bool:
    """Tell whether two frames are of one series and one grid."""
    if frame.value("SeriesInstanceUID") != other.value("SeriesInstanceUID") or frame.size != other.size:
        return False
    turned = np.abs(frame.orientation - other.orientation).max()
    return bool(turned < 2e-3 and np.allclose(frame.pixel_spacing, other.pixel_spacing, rtol=1e-3))


def _echoes(frames: Sequence[Frame]) -> set[tuple[float | None, float | None]]:
    return {(frame.number_of("EchoTime"), frame.number_of("EchoNumbers")) for frame in frames}


def _is_echo_of(series: Series, other: Series) -> bool:
    """Tell whether two series are echoes of one scan."""
    a, b = magnitude(series.frames)[0], magnitude(other.frames)[0]
    if not series.uids.isdisjoint(other.uids) or _echoes(a) & _echoes(b):
        return False
    if {frame.component for frame in a} != {frame.component for frame in b}:
        return False
    for keyword in ("RepetitionTime", "FlipAngle"):
        one, two = a[0].number_of(keyword), b[0].number_of(keyword)
        if (one is None) != (two is None) or (one is not None and two is not None and abs(one - two) > 1e-3 * abs(one)):
            return False
    for keyword in ("ScanningSequence", "SequenceName", "MRAcquisitionType", "FrameOfReferenceUID"):
        first, second = a[0].value(keyword), b[0].value(keyword)
        if first is not None and second is not None and first != second:
            return False
    return _same_grid(a, b)


def _same_grid(a: Sequence[Frame], b: Sequence[Frame]) -> bool:
    """Tell whether two sets of frames lie at the same places (the shorter one within the longer)."""
    turned = np.abs(a[0].orientation - b[0].orientation).max()
    if a[0].size != b[0].size or turned > 1e-4 or not np.allclose(a[0].pixel_spacing, b[0].pixel_spacing, rtol=1e-4):
        return False
    h, g = np.unique(np.round(heights(a), 3)), np.unique(np.round(heights(b), 3))
    few, many = (h, g) if len(h) <= len(g) else (g, h)
    near = np.abs(few[:, None] - many[None]).argmin(1)
    if np.abs(few - many[near]).max() > _SAME_POSITION or len(few) <= len(many) / 2:
        return False
    in_plane = a[0].orientation @ (a[0].position - b[0].position)
    return bool(np.abs(in_plane).max() <= _SAME_POSITION)
