"""When each frame of a series was taken, and how fast it is played."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

#: Frames a second where the header does not say, and where real time would be too slow or too fast to watch.
USUAL_RATE = 4.0

#: Frames a second that can be played.
SLOWEST, FASTEST = 0.5, 15.0


class TimeAxis(NamedTuple):
    """How the slider counts: distance of frames, the first one, and their unit (s, or frames where that is unknown)."""

    scale: float
    translate: float
    unit: str


def times_of(scan: Scan) -> npt.NDArray[np.float64] | None:
    """Return when each frame began, s, shape ``(frame,)``; None where the header does not say so of every frame.

    Examples
    --------
    >>> series = Scan(np.zeros((2, 4, 4, 4)), np.eye(4), axis="time")
    >>> times_of(series.with_acquisition(others={"VolumeTiming": [0.0, 5.5]}))
    array([0. , 5.5])
    """
    told = scan.acquisition.others.get("VolumeTiming")
    if scan.axis != "time" or told is None or np.ndim(told) != 1 or len(told) != scan.volumes:
        return None
    try:
        times = np.asarray(told, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    rising = bool(np.isfinite(times).all() and (np.diff(times) > 0).all())
    return times if rising else None


def time_axis(scan: Scan) -> TimeAxis:
    """Return the axis of the time slider; frames that are not evenly spaced stand at their mean distance.

    Examples
    --------
    >>> time_axis(Scan(np.zeros((2, 4, 4, 4)), np.eye(4), axis="time"))
    TimeAxis(scale=1.0, translate=0.0, unit='pixel')
    """
    times = times_of(scan)
    if times is None or len(times) < 2:
        return TimeAxis(1.0, 0.0, "pixel")
    return TimeAxis(float((times[-1] - times[0]) / (len(times) - 1)), float(times[0]), "s")


def real_rate(scan: Scan) -> float | None:
    """Return how many frames a second were acquired; None where the header does not say."""
    axis = time_axis(scan)
    return 1.0 / axis.scale if axis.unit == "s" else None


def playing_rate(scan: Scan) -> float:
    """Return at how many frames a second to play a series: as acquired where a person can watch that, else 4.

    Examples
    --------
    >>> series = Scan(np.zeros((3, 4, 4, 4)), np.eye(4), axis="time")
    >>> playing_rate(series.with_acquisition(others={"VolumeTiming": [0.0, 0.5, 1.0]}))
    2.0
    >>> playing_rate(series.with_acquisition(others={"VolumeTiming": [0.0, 11.8, 23.5]}))
    4.0
    """
    rate = real_rate(scan)
    return rate if rate is not None and SLOWEST <= rate <= FASTEST else USUAL_RATE


def clock(scan: Scan, frame: int) -> str:
    """Return what a frame is called: its number and, where it is known, its time.

    Examples
    --------
    >>> clock(Scan(np.zeros((2, 4, 4, 4)), np.eye(4), axis="time"), 1)
    'frame 2 of 2'
    """
    times = times_of(scan)
    return f"frame {frame + 1} of {scan.volumes}" + ("" if times is None else f", {times[frame]:.1f} s")
