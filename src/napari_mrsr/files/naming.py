"""What the volumes of a scan are called, and when two echoes are those of a DESS.

The second echo of a dual-echo steady state is a spin echo refocused by the *next* pulse, so its nominal echo time is
``TE2 = 2 TR - TE1`` (Welsch et al. 2009, doi:10.1002/mrm.22036). Headers that obey it are taken for DESS.
"""

from __future__ import annotations

from collections.abc import Sequence

from napari_mrsr.scan import VolumeAxis

#: How far TE2 may be from 2 TR - TE1, ms: headers round to 0.01 ms, some vendors to 0.1 ms.
ECHO_TIME_TOLERANCE = 0.2


def is_dess(echo_times: Sequence[float], repetition_time: float | None) -> bool:
    """Tell whether two echo times (ms) are those of a DESS of this repetition time (ms).

    Examples
    --------
    >>> is_dess((7.48, 42.52), 25), is_dess((4.0, 6.5), 25)
    (True, False)
    """
    if len(echo_times) != 2 or repetition_time is None:
        return False
    first, second = echo_times
    return abs(2 * repetition_time - first - second) <= ECHO_TIME_TOLERANCE and first != second


def volume_names(
    axis: VolumeAxis, count: int, *, echo_times: Sequence[float] = (), repetition_time: float | None = None
) -> tuple[str, ...]:
    """Return one name per volume: ``S1, S2`` for DESS, else by echo time or number.

    Examples
    --------
    >>> volume_names("echo", 2, echo_times=(7.48, 42.52), repetition_time=25)
    ('S1', 'S2')
    >>> volume_names("echo", 2, echo_times=(4, 6.5))
    ('TE 4 ms', 'TE 6.5 ms')
    """
    if axis == "echo" and len(echo_times) == count:
        if is_dess(echo_times, repetition_time):
            return ("S1", "S2") if echo_times[0] < echo_times[1] else ("S2", "S1")
        if len(set(echo_times)) == count:
            return tuple(f"TE {time:g} ms" for time in echo_times)
    return tuple(f"{axis} {n + 1}" for n in range(count))
