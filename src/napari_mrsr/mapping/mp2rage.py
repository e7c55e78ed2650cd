r"""T1 from the uniform image of MP2RAGE, by a table of its closed form (:mod:`napari_mrsr.physics.mp2rage`).

The image falls with T1 between its largest and its smallest value; outside of this run a value could have two T1, so
the table ends there, and what lies beyond has none: NaN. Images come as -0.5 to 0.5, or as the whole numbers 0 to 4095
that scanners write. In air the image is noise over all its range, so that T1 is asked for where the second inversion
shows a head, if it is given. B1 enters through the flip angles, weakly at 3 T; M0 and the receive gain cancel.

T1 here is an apparent one: magnetisation transfer and an imperfect inversion shift it by some per cent.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch, MissingParameter
from napari_mrsr.mapping.noise import measure_noise
from napari_mrsr.physics.mp2rage import Mp2rageTimings, uniform
from napari_mrsr.scan import Scan

#: T1 of the table, ms, and its steps.
SEARCHED, STEPS = (50.0, 6000.0), 6000
#: Largest whole number of a scanner's uniform image, and largest value, rounded, of one as it is defined.
WHOLE, HALF = 4095.0, 0.501


def table(timings: Mp2rageTimings, b1: float = 1.0) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the uniform image, rising, and the T1 in ms that belongs to it."""
    t1 = np.geomspace(*SEARCHED, STEPS)
    values = uniform(t1, timings, b1=b1)
    top = int(values.argmax())
    bottom = top + int(values[top:].argmin())
    run = slice(top, bottom + 1)
    return values[run][::-1], t1[run][::-1]


def t1_from_mp2rage(image: Scan, timings: Mp2rageTimings, *, inv2: Scan | None = None) -> Scan:
    """Return T1 in ms.

    Parameters
    ----------
    image
        The uniform image, one volume: -0.5 to 0.5, or 0 to 4095.
    timings
        Of the sequence.
    inv2
        Magnitude of the second inversion: T1 is NaN where it shows air.

    Raises
    ------
    BadParameter
        The image is no uniform image.
    GeometryMismatch
        The second inversion lies on another grid.

    Examples
    --------
    >>> timings = Mp2rageTimings()
    >>> image = Scan(uniform(np.full((4, 4, 4), 1200.0), timings), np.eye(4))
    >>> float(t1_from_mp2rage(image, timings).array.mean().round(1))
    1200.0
    """
    if image.volumes != 1:
        raise BadParameter(f"has {image.volumes} volumes", where=image.where, remedy="give the uniform image alone")
    values = _scaled(image)
    grid, t1 = table(timings)
    with np.errstate(invalid="ignore"):
        within = (values >= grid[0]) & (values <= grid[-1])
    found = np.where(within, np.interp(values, grid, t1), np.nan)
    if inv2 is not None:
        if not image.same_grid(inv2):
            raise GeometryMismatch(
                "is not on the grid of the uniform image", where=inv2.where, remedy="give the same scan's"
            )
        found = np.where(inv2.array[0] > measure_noise(inv2.array[0]).air, found, np.nan)
    lines = () if inv2 is not None else ("air is not left out: give the second inversion (--inv2)",)
    base = image.warn(*lines)
    return base.after(
        "t1 from mp2rage",
        found.astype(np.float32),
        parameters={"timings": asdict(timings), "inv2": inv2.where if inv2 is not None else None},
        axis="map",
        names=("T1",),
        quantity="T1",
        unit="ms",
    )


def timings_of(inv1: Scan, inv2: Scan) -> Mp2rageTimings:
    """Return the timings that the headers of the two inversions state.

    Raises
    ------
    MissingParameter
        They lack one.
    BadParameter
        They are impossible.
    """
    first, second = inv1.acquisition, inv2.acquisition
    stated = {
        "RepetitionTimePreparation": first.repetition_time,
        "InversionTime of inv-1": first.inversion_time,
        "InversionTime of inv-2": second.inversion_time,
        "FlipAngle of inv-1": first.flip_angle,
        "FlipAngle of inv-2": second.flip_angle,
        "RepetitionTimeExcitation": first.echo_spacing,
        "NumberShots": first.shots,
    }
    missing = [name for name, value in stated.items() if value is None]
    if missing:
        raise MissingParameter(
            f"lacks {', '.join(missing)}",
            where=inv1.where,
            remedy="put them into the sidecars, or give --tr, --ti, --flip, --spacing and --pulses",
        )
    tr, ti1, ti2, flip1, flip2, spacing, shots = (float(value or 0) for value in stated.values())
    return of_protocol(tr, (ti1, ti2), (flip1, flip2), spacing, round(shots))


def of_protocol(
    repetition_time: float,
    inversion_times: tuple[float, float],
    flip_angles: tuple[float, float],
    echo_spacing: float,
    pulses: int,
) -> Mp2rageTimings:
    """Return timings whose trains have the centre of k-space in their middle."""
    return Mp2rageTimings(
        repetition_time, inversion_times, flip_angles, echo_spacing, before=pulses // 2, after=pulses - pulses // 2
    )


def _scaled(image: Scan) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = image.array[0].astype(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= -HALF and high <= HALF:
        return values
    if low >= 0 and 1 < high <= WHOLE:
        return np.asarray(values / WHOLE - 0.5)
    raise BadParameter(
        f"holds values of {low:g} to {high:g}, where a uniform image of MP2RAGE has -0.5 to 0.5, or 0 to 4095",
        where=image.where,
        remedy="give the uniform image (UNIT1)",
    )
