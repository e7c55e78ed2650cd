r"""T1 and M0 from two or more spoiled gradient echoes, voxel by voxel.

The estimator is :mod:`napari_mrsr.mapping.vfa`: exact for any flip angles and TR. What it reads is T1 of the FLASH
equation, an *apparent* T1:

- **B1** enters with its square. At 3 T it differs by some 20 % across a brain, and T1 without a B1 map by twice as
  much.
- **Spoiling** by radio frequency alone leaves a few per cent, depending on its phase increment (Preibisch and
  Deichmann 2009).
- **Receive gain** and T2* until TE are in M0: M0 is no proton density. They cancel in T1 if TE and shim are the same
  for all scans.
- **Magnetisation transfer** by the pulses themselves is left out, and scans with a transfer pulse are refused.

**Reasons**, the first that applies: not finite; air (every scan is no brighter than noise); no solution (the ratio of
the signals fits no T1, or B1 is impossible there); out of range; low SNR, where the standard deviation of T1 by the
bound of Cramér and Rao exceeds a fifth of it -- such voxels keep their value.

Source
------
Preibisch C, Deichmann R. Influence of RF spoiling on the stability and accuracy of T1 mapping based on spoiled FLASH
with varying flip angles. Magn Reson Med 2009;61:125-135.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, EchoesNeeded, GeometryMismatch, MissingParameter
from napari_mrsr.mapping.b1_map import relative_flip
from napari_mrsr.mapping.cores import cores
from napari_mrsr.mapping.noise import Noise, measure_noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.t1_m0 import T1Map
from napari_mrsr.mapping.t2_map import noise_is_measured
from napari_mrsr.mapping.vfa import fit
from napari_mrsr.scan import Scan, stack

#: T1 outside this range is out of range, ms. Fluid at body temperature has 4 to 5 s.
T1_RANGE = (50.0, 6000.0)
#: Standard deviation of T1 over T1 above which a voxel is not to be trusted.
LARGEST_SPREAD = 0.2
#: Voxels fitted at a time.
PIECE = 1 << 14
#: Flip angles that differ by less are the same, degrees.
SAME_ANGLE = 0.1
#: Echo times that differ by less are the same, ms.
SAME_ECHO = 0.2
#: Fraction of the voxels with signal without a solution that is worth a warning.
MANY_UNSOLVED = 0.3


def t1_from_flash(
    scans: Sequence[Scan],
    *,
    flip_angles: Sequence[float] | None = None,
    repetition_times: Sequence[float] | None = None,
    b1: Scan | None = None,
    noise: float | None = None,
    t1_range: tuple[float, float] = T1_RANGE,
    threads: int | None = None,
) -> T1Map:
    """Return T1 and M0 of spoiled gradient echoes with different flip angles.

    Parameters
    ----------
    scans
        Two or more, of one volume each, on one grid and one intensity scale.
    flip_angles, repetition_times
        Degrees and ms, one for each scan; those of the headers where not given.
    b1
        Actual over nominal flip angle (1.0 is nominal), on the grid of the scans.
    noise
        Standard deviation of the noise in units of the image; measured in each scan where not given.
    t1_range
        T1 accepted, ms.
    threads
        Threads to work with; one per core of this process where not given.

    Returns
    -------
    T1Map
        T1 in ms and M0 with reasons and, where the noise can be told, sigma; what was odd is in its ``warnings``.

    Raises
    ------
    EchoesNeeded
        There is one scan only.
    MissingParameter
        A flip angle or TR is neither given nor in a header.
    GeometryMismatch
        A scan, or the B1 map, lies on another grid.
    BadParameter
        The flip angles are equal or impossible, a scan has several volumes or a magnetisation transfer pulse, or the
        B1 map does not hold relative flip angles.

    Examples
    --------
    >>> from napari_mrsr.physics.flash import FlashSequence, flash_signal
    >>> def scan(flip, tr):
    ...     signal = flash_signal(np.full((4, 4, 4), 900.0), 1e9, FlashSequence(tr, 2, flip), m0=1000.0)
    ...     return Scan(signal.astype(np.float32), np.eye(4)).with_acquisition(flip_angle=flip, repetition_time=tr)
    >>> found = t1_from_flash([scan(6, 28), scan(20, 18)], noise=0.1)
    >>> f"{found.map.array.mean():.1f} ms, {found.m0.array.mean():.1f}, +- {found.sigma.array.mean():.1f} ms"
    '900.0 ms, 1000.0, +- 2.4 ms'
    """
    angles, times = _check(scans, flip_angles, repetition_times)
    if noise is not None and not (math.isfinite(noise) and noise > 0):
        raise BadParameter(
            f"noise {noise:g} is not a positive number", remedy="give its standard deviation in units of the image"
        )
    flip = None if b1 is None else relative_flip(scans[0], b1).reshape(-1)
    levels = [measure_noise(scan.array[0]) if noise is None else Noise(noise) for scan in scans]
    signals = [scan.array[0].reshape(-1) for scan in scans]
    sigmas = np.array([level.sigma for level in levels])
    known = bool((sigmas > 0).all())
    weights = sigmas if known else np.ones(len(scans))

    voxels = signals[0].size
    t1, m0, sigma = (np.full(voxels, np.nan, np.float32) for _ in range(3))
    reason = np.zeros(voxels, np.uint8)

    def work(start: int) -> None:
        piece = slice(start, min(start + PIECE, voxels))
        signal = np.stack([one[piece] for one in signals]).astype(np.float64)
        finite = np.isfinite(signal).all(axis=0)
        with np.errstate(invalid="ignore"):
            air = np.all([one <= level.air for one, level in zip(signal, levels, strict=True)], axis=0)
        inside = np.flatnonzero(finite & ~air)
        relative = 1.0 if flip is None else flip[piece][inside]
        found = fit(signal[:, inside], angles, times, b1=relative, sigmas=weights)
        why = np.full(inside.size, Reason.OK, np.uint8)
        with np.errstate(invalid="ignore"):
            if known:
                why[found.t1_deviation > LARGEST_SPREAD * found.t1] = Reason.LOW_SNR
            why[~((found.t1 >= t1_range[0]) & (found.t1 <= t1_range[1]))] = Reason.OUT_OF_RANGE
        why[~np.isfinite(found.t1)] = Reason.NO_SOLUTION
        codes = reason[piece]
        codes[air] = Reason.AIR
        codes[~finite] = Reason.NOT_FINITE
        codes[inside] = why
        kept = (why == Reason.OK) | (why == Reason.LOW_SNR)
        where = start + inside[kept]
        t1[where], m0[where], sigma[where] = found.t1[kept], found.m0[kept], found.t1_deviation[kept]

    with ThreadPoolExecutor(threads or cores()) as pool:
        for _ in pool.map(work, range(0, voxels, PIECE)):
            pass
    parameters: dict[str, Any] = {
        "flip_angles": angles.tolist(),
        "repetition_times": times.tolist(),
        "b1": None if b1 is None else (b1.where or "map"),
        "t1_range": t1_range,
        "noise": [asdict(level) for level in levels],
    }
    both = stack([_alone(scan) for scan in scans], axis="contrast").warn(*_doubts(scans, levels, b1, reason))

    def volume(values: npt.NDArray[Any], quantity: str, unit: str, axis: Any = "map") -> Scan:
        return both.after(
            "t1 from flash",
            values.reshape(scans[0].shape),
            parameters=parameters,
            axis=axis,
            names=(quantity,),
            quantity=quantity,
            unit=unit,
        )

    told = known and (noise is not None or all(noise_is_measured(scan) for scan in scans))
    return T1Map(
        volume(t1, "T1", "ms"),
        volume(m0, "M0", "a.u."),
        volume(reason, "reason", "", "label"),
        volume(sigma, "sigma T1", "ms") if told else None,
    )


def _alone(scan: Scan) -> Scan:
    """Return a scan without the flip angle and TR that hold for it alone."""
    return scan.with_acquisition(flip_angle=None, repetition_time=None)


def _check(
    scans: Sequence[Scan], flip_angles: Sequence[float] | None, repetition_times: Sequence[float] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return flip angles and TR, or refuse the scans."""
    if len(scans) < 2:
        raise EchoesNeeded(
            "is a single scan; T1 needs two with different flip angles",
            where=scans[0].where if scans else None,
            remedy="give the other scan too",
        )
    first = scans[0]
    for scan in scans:
        if scan.volumes != 1:
            raise BadParameter(
                f"has {scan.volumes} volumes", where=scan.where, remedy="give one file for each flip angle"
            )
        if not first.same_grid(scan):
            raise GeometryMismatch(
                f"is not on the grid of {first.where or 'the first scan'}",
                where=scan.where,
                remedy="bring the scans to one grid first",
            )
        if scan.acquisition.others.get("MTState") is True:
            raise BadParameter(
                "was acquired with a magnetisation transfer pulse", where=scan.where, remedy="give the scan without it"
            )
    angles = _values(scans, flip_angles, "flip_angle", "flip angle", "--flip", "FlipAngle")
    times = _values(scans, repetition_times, "repetition_time", "repetition time", "--tr", "RepetitionTime")
    if angles.max() > 90:
        raise BadParameter(f"flip angle {angles.max():g} is above 90 degrees", remedy="give the flip angles in degrees")
    if np.ptp(angles) < SAME_ANGLE:
        raise BadParameter(
            f"all scans have a flip angle of {angles[0]:g} degrees: T1 cannot be told",
            where=first.where,
            remedy="give scans with different flip angles, or their angles with --flip",
        )
    return angles, times


def _values(
    scans: Sequence[Scan], given: Sequence[float] | None, field: str, name: str, option: str, key: str
) -> npt.NDArray[np.float64]:
    """Return one value for each scan, given or from its header."""
    example = f"give {option} A,B with one for each scan"
    if given is not None and len(given) != len(scans):
        raise BadParameter(f"{len(given)} values of {option} for {len(scans)} scans", remedy=example)
    values = [getattr(scan.acquisition, field) for scan in scans] if given is None else list(given)
    for scan, value in zip(scans, values, strict=True):
        if value is None:
            raise MissingParameter(
                f"has no {name}", where=scan.where, remedy=f'{example}, or a JSON sidecar with "{key}"'
            )
        if not (math.isfinite(value) and value > 0):
            raise BadParameter(f"{name} {value:g} is not a positive number", where=scan.where, remedy=example)
    return np.array(values, np.float64)


def _doubts(
    scans: Sequence[Scan], levels: Sequence[Noise], b1: Scan | None, reason: npt.NDArray[np.uint8]
) -> tuple[str, ...]:
    """Return what makes the map less certain, one line each."""
    lines = []
    if b1 is None:
        lines.append("no B1 map: T1 is wrong by twice the error of the flip angle, up to some 40 % at 3 T")
    times = [scan.acquisition.echo_times[0] for scan in scans if scan.acquisition.echo_times]
    if len(times) == len(scans) and np.ptp(times) > SAME_ECHO:
        lines.append(f"echo times differ ({', '.join(f'{t:g}' for t in times)} ms): T2* is taken for T1")
    if any(level.source == "foreground" for level in levels):
        lines.append("no background to measure noise in: noise is taken from the finest details of the tissue")
    bright = np.count_nonzero((reason != Reason.AIR) & (reason != Reason.NOT_FINITE))
    unsolved = np.count_nonzero(reason == Reason.NO_SOLUTION)
    if unsolved > MANY_UNSOLVED * bright:
        lines.append(
            f"no T1 explains {100 * unsolved / bright:.0f} % of the voxels with signal: do flip angles and TR stand "
            "in the order of the scans, and are all on one intensity scale?"
        )
    return tuple(lines)
