"""When the volumes of a dynamic series were acquired, and slices that only their time tells apart.

The clock of a frame is looked for in this order: ``FrameAcquisitionDateTime`` or ``AcquisitionDateTime``,
``AcquisitionTime``. Where none rises from volume to volume, ``TriggerTime`` (ms from the start of a dynamic scan, as GE
and Philips write it) is tried, then the number of the volume times ``TemporalResolution`` (ms).

Multi-slice sequences stamp every slice with a time of its own. Where nothing else tells the time points apart, the
first image of each position makes the first volume, the second one the second, and so on: possible only if every
position was imaged equally often, at different times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from napari_mrsr.errors import MissingSlice
from napari_mrsr.files.dicom.frames import Frame
from napari_mrsr.files.dicom.slices import SAME_SLICE, heights

_DAY = 86400.0  # s


def clock(frame: Frame) -> float | None:
    """Return when a frame was acquired, s; of the day where only that is said, ``None`` if nothing is."""
    for keyword in ("FrameAcquisitionDateTime", "AcquisitionDateTime"):
        stamp = str(frame.value(keyword) or "")
        days = _number(stamp[:8])
        seconds = _seconds(stamp[8:])
        if days is not None and seconds is not None:
            return float(np.datetime64(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}", "D").astype(int)) * _DAY + seconds
    return _seconds(str(frame.value("AcquisitionTime") or ""))


def volume_timing(volumes: Sequence[Sequence[Frame]]) -> list[float] | None:
    """Return when each volume began, s after the first, to the millisecond; ``None`` where that is not known.

    Parameters
    ----------
    volumes
        The frames of each volume, in order.
    """
    if len(volumes) < 2:
        return None
    for start in (_clock_of, _trigger_of):
        times = _over_midnight([start(frames) for frames in volumes])
        if times is not None and all(b > a for a, b in pairwise(times)):
            return [round(time - times[0], 3) for time in times]
    step = volumes[0][0].number_of("TemporalResolution")
    return None if not step or step <= 0 else [round(n * step / 1000, 3) for n in range(len(volumes))]


def in_turn(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Return frames as time points by the order in which each position was imaged; one part where that cannot be.

    Raises
    ------
    MissingSlice
        Some positions were imaged less often than most: a frame lacks slices.
    """
    height = heights(frames)
    order = np.argsort(height, kind="stable")
    positions: list[list[Frame]] = []
    last = -np.inf
    for n in order:
        if height[n] - last > SAME_SLICE:
            positions.append([])
        positions[-1].append(frames[n])
        last = float(height[n])
    counts = Counter(len(found) for found in positions)
    usual = counts.most_common(1)[0][0]
    if usual < 2:
        return [list(frames)]
    times = [[clock(frame) for frame in found] for found in positions]
    if any(None in some or len(set(some)) < len(some) for some in times):
        return [list(frames)]
    few = [found for found in positions if len(found) < usual]
    if len(counts) > 1:
        odd = few[0] if few else max(positions, key=len)
        at = float(heights([odd[0]])[0])
        raise MissingSlice(
            f"has {len(odd)} time point{'s' * (len(odd) != 1)} at {at:.2f} mm, {usual} at most other positions",
            where=frames[0].path.parent,
            remedy="copy or export the series again",
        )
    for found in positions:
        found.sort(key=lambda frame: clock(frame) or 0.0)
    return [[found[n] for found in positions] for n in range(usual)]


def _clock_of(frames: Sequence[Frame]) -> float | None:
    return _earliest(frames, clock)


def _trigger_of(frames: Sequence[Frame]) -> float | None:
    found = _earliest(frames, lambda frame: frame.number_of("TriggerTime"))
    return None if found is None else found / 1000


def _earliest(frames: Sequence[Frame], of: Callable[[Frame], float | None]) -> float | None:
    times = [of(frame) for frame in frames]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def _over_midnight(times: Sequence[float | None]) -> list[float] | None:
    """Return times with a day added after midnight; ``None`` where one is not known."""
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None
    past = 0.0
    risen = known[:1]
    for a, b in pairwise(known):
        past += _DAY if a - b > _DAY / 2 else 0.0
        risen.append(b + past)
    return risen


def _seconds(text: str) -> float | None:
    """Return the seconds of ``HHMMSS.FFFFFF``, as DICOM writes times (PS3.5 6.2), also without its end.

    Examples
    --------
    >>> _seconds("120001.5"), _seconds("12"), _seconds("noon")
    (43201.5, 43200.0, None)
    """
    digits = text.split("+")[0].split("-")[0].strip().replace(":", "")
    parts = [_number(digits[0:2]), _number(digits[2:4] or "0"), _number(digits[4:] or "0")]
    hours, minutes, seconds = parts
    return None if hours is None or minutes is None or seconds is None else 3600 * hours + 60 * minutes + seconds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
