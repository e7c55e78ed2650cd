"""T2 from the two echoes of DESS, voxel by voxel, with a reason where there is none.

Two estimators: the closed form of :mod:`~napari_mrsr.mapping.sveinsson` and the exact inversion of
:mod:`~napari_mrsr.mapping.epg_table`. Both see the two echoes only through their ratio, so that the echoes must share
one intensity scale. Both assume T1 and diffusivity of the tissue: 20 % in T1 changes T2 by about 2 ms at 35 ms
(:mod:`~napari_mrsr.mapping.bias`).

**Reasons**, the first that applies: not finite; air, fat, fluid (:mod:`~napari_mrsr.mapping.masks`); no solution; out
of range; low SNR. All but the last leave NaN. Where noise lifts S2 by more than 5 % on average the voxel *keeps* its
value, which is too long, and is marked ``LOW_SNR``: cutting such voxels away would leave holes in menisci and
ligaments, whose T2 is short; statistics may leave them out (:attr:`~napari_mrsr.mapping.t2_map.T2Map.trusted`).

The volume is worked through in pieces that stay in the processor's cache, by a few threads (numpy lets go of the
interpreter), in single precision.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, EchoesNeeded
from napari_mrsr.mapping import epg_table, masks, sveinsson, t1_map
from napari_mrsr.mapping.b1_map import relative_flip
from napari_mrsr.mapping.cores import cores
from napari_mrsr.mapping.masks import Thresholds
from napari_mrsr.mapping.noise import Noise, measure_noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.t2_map import T2Map, make_map
from napari_mrsr.physics.dess import CARTILAGE_DIFFUSIVITY, DessSequence, sequence_of
from napari_mrsr.scan import Scan

Method = Literal["analytic", "epg"]

#: T2 outside this range is out of range, ms. Generous: a narrow one would cut the distribution and pull its mean.
T2_RANGE = (1.0, 200.0)
#: Voxels worked on at a time: a handful of arrays of this size fit into the second-level cache.
PIECE = 1 << 16
#: Difference of TE2 from 2 TR - TE1 that is worth a warning, ms.
ECHO_TIME_TOLERANCE = 0.5


def t2_from_dess(
    scan: Scan,
    *,
    method: Method = "analytic",
    t1: float | Scan = 1200.0,
    diffusivity: float = CARTILAGE_DIFFUSIVITY,
    b1: Scan | None = None,
    fat: bool = True,
    fluid: bool = True,
    noise: float | None = None,
    t2_range: tuple[float, float] = T2_RANGE,
    threads: int | None = None,
    **sequence_overrides: float | None,
) -> T2Map:
    """Return the T2 map of a dual-echo DESS scan.

    Parameters
    ----------
    scan
        Two echoes, S1 and S2, on one intensity scale. Echoes in the other order are recognised.
    method
        ``"analytic"`` (Sveinsson 2017) or ``"epg"`` (unbiased).
    t1
        Assumed T1, ms: one for all, or a map on the grid of the scan, by tissue as
        :func:`~napari_mrsr.mapping.t1_map.t1_by_label` makes it.
    diffusivity
        Assumed apparent diffusion coefficient, m2/s.
    b1
        Actual over nominal flip angle (1.0 is nominal), on the grid of the scan.
    fat, fluid
        Whether to leave suppressed fat and fluid out.
    noise
        Standard deviation of the noise of S2 in units of the image; measured where not given.
    t2_range
        T2 accepted, ms.
    threads
        Threads to work with; one per core of this process where not given.
    **sequence_overrides
        ``repetition_time``, ``echo_time`` (ms), ``flip_angle`` (degrees), ``spoiler_moment`` (mT s/m) and
        ``spoiler_duration`` (ms) that replace what the header says.

    Returns
    -------
    T2Map
        T2 in ms with reasons; what was odd is in its ``warnings``.

    Raises
    ------
    EchoesNeeded
        The scan has one volume.
    MissingParameter
        TR, TE or flip angle is not known.
    GeometryMismatch
        The map of B1 or T1 lies on another grid.
    BadParameter
        The scan has more than two volumes, a parameter is impossible, or the map of T1 holds too many values for the
        tables of ``"epg"``.

    Examples
    --------
    >>> from napari_mrsr.physics.dess import signals
    >>> qdess = DessSequence(23, 7, 20)
    >>> echoes = np.stack([np.full((4, 4, 4), s, np.float32) for s in signals(1200.0, 35.0, qdess)])
    >>> scan = Scan(echoes, np.eye(4), axis="echo", names=("S1", "S2"))
    >>> t2 = t2_from_dess(scan, method="epg", repetition_time=23, echo_time=7, flip_angle=20)
    >>> print(f"{np.nanmean(t2.map.array):.3f}")
    35.000
    """
    if scan.volumes < 2:
        raise EchoesNeeded("has one volume; T2 needs both echoes of DESS", where=scan.where, remedy="give both echoes")
    if scan.volumes > 2:
        raise BadParameter(f"has {scan.volumes} volumes; DESS has two echoes", where=scan.where, remedy="choose two")
    if method not in ("analytic", "epg"):
        raise BadParameter(f"T2 method {method!r} is not known", remedy='choose "analytic" or "epg"')
    longitudinal = t1_map.check(scan, t1, few=method == "epg")
    if noise is not None and not (math.isfinite(noise) and noise >= 0):
        raise BadParameter(
            f"noise {noise:g} is not a finite number of at least 0",
            remedy="give its standard deviation in units of the image",
        )
    sequence = sequence_of(scan, diffusivity=diffusivity, **sequence_overrides)
    flip_reached = None if b1 is None else relative_flip(scan, b1)
    first, second, warnings = _in_order(scan, sequence)
    level = measure_noise(second) if noise is None else Noise(noise)
    limits = masks.thresholds(first, second, level, fat=fat, fluid=fluid)
    warnings += _doubts(scan, sequence, level)

    t2 = np.empty(scan.shape, np.float32)
    reason = np.empty(scan.shape, np.uint8)
    estimate = _Estimator(method, sequence, limits, t2_range)
    flat = [np.ascontiguousarray(volume).reshape(-1) for volume in (first, second)]
    flip = None if flip_reached is None else np.ascontiguousarray(flip_reached).reshape(-1)
    relaxation = longitudinal if isinstance(longitudinal, float) else np.ascontiguousarray(longitudinal).reshape(-1)
    out = t2.reshape(-1), reason.reshape(-1)

    def work(start: int) -> None:
        piece = slice(start, start + PIECE)
        echoes = flat[0][piece], flat[1][piece]
        here = relaxation if isinstance(relaxation, float) else relaxation[piece]
        estimate(*echoes, here, None if flip is None else flip[piece], out[0][piece], out[1][piece])

    with ThreadPoolExecutor(threads or cores()) as pool:
        for _ in pool.map(work, range(0, t2.size, PIECE)):
            pass
    parameters = {
        "method": method,
        **t1_map.record(longitudinal, t1),
        **asdict(sequence),
        "b1": None if b1 is None else (b1.where or "map"),
        "t2_range": t2_range,
        "noise": asdict(level),
        "thresholds": {name: level if math.isfinite(level) else None for name, level in asdict(limits).items()},
    }
    return make_map(scan, "t2 from dess", t2, reason, parameters=parameters, warnings=warnings)


@dataclass(frozen=True)
class _Estimator:
    """T2 and reasons of a run of voxels."""

    method: Method
    sequence: DessSequence
    limits: Thresholds
    t2_range: tuple[float, float]

    def __call__(
        self,
        first: npt.NDArray[Any],
        second: npt.NDArray[Any],
        t1: float | npt.NDArray[np.float32],
        b1: npt.NDArray[np.float32] | None,
        t2: npt.NDArray[np.float32],
        reason: npt.NDArray[np.uint8],
    ) -> None:
        """Fill ``t2`` and ``reason``."""
        s1 = first.astype(np.float32, copy=False)
        s2 = second.astype(np.float32, copy=False)
        limits = self.limits
        with np.errstate(all="ignore"):
            # S1 > air fails for NaN; an infinite S1 makes the difference infinite or NaN
            air = ~(s1 > limits.air)
            difference = np.multiply(s2, np.float32(-masks.FLUID_WEIGHT))
            difference += s1
            fluid = difference <= limits.fluid
            np.divide(s2, s1, out=t2)
            np.log(t2, out=t2)
            if self.method == "analytic":
                self._analytic(t2, t1, b1)
            else:
                self._exact(t2, t1, b1, ~air)
            # from the weakest reason to the strongest, each over the one before
            np.multiply(s2 < limits.low_snr, np.uint8(Reason.LOW_SNR), out=reason)
            np.putmask(reason, ~((t2 >= self.t2_range[0]) & (t2 <= self.t2_range[1])), Reason.OUT_OF_RANGE)
            np.putmask(reason, ~(t2 >= 0), Reason.NO_SOLUTION)
            np.putmask(reason, fluid, Reason.FLUID)
            np.putmask(reason, s1 <= limits.fat, Reason.FAT)
            np.putmask(reason, air, Reason.AIR)
            if not np.isfinite(s1.sum(dtype=np.float64) + s2.sum(dtype=np.float64)):
                np.putmask(reason, ~(np.isfinite(s1) & np.isfinite(s2)), Reason.NOT_FINITE)
        np.putmask(t2, (reason != Reason.OK) & (reason != Reason.LOW_SNR), np.nan)

    def _analytic(
        self, t2: npt.NDArray[np.float32], t1: float | npt.NDArray[np.float32], b1: npt.NDArray[np.float32] | None
    ) -> None:
        """Turn ln(S2/S1) into T2 in place; negative or NaN without a solution."""
        k, c1 = sveinsson.coefficients(self.sequence, t1, 1.0 if b1 is None else b1)
        t2 -= (np.log(k) - c1).astype(np.float32)
        np.divide(np.float32(-2 * (self.sequence.repetition_time - self.sequence.echo_time)), t2, out=t2)

    def _exact(
        self,
        t2: npt.NDArray[np.float32],
        t1: float | npt.NDArray[np.float32],
        b1: npt.NDArray[np.float32] | None,
        inside: npt.NDArray[np.bool_],
    ) -> None:
        """Turn ln(S2/S1) into T2 in place where there is signal."""
        for one in (t1,) if isinstance(t1, float) else np.unique(t1):
            here = inside if isinstance(t1, float) else inside & (t1 == one)
            b1_here = None if b1 is None else b1[here]
            t2[here] = 1 / epg_table.rates(t2[here], self.sequence, t1=float(one), b1=b1_here)


def _in_order(scan: Scan, sequence: DessSequence) -> tuple[npt.NDArray[Any], npt.NDArray[Any], tuple[str, ...]]:
    """Return S1, S2 and what to say about their order. Brightness decides, then echo times, then the order given."""
    first, second = scan.array
    times = scan.acquisition.echo_times
    descending = len(times) == 2 and times[0] > times[1]
    air = min(measure_noise(first).air, measure_noise(second).air)
    brighter = masks.brighter_second(first, second, air)
    if brighter >= masks.SWAPPED_FRACTION:
        said = "" if descending else ", against the echo times" if len(times) == 2 else ""
        return (
            second,
            first,
            (
                f"the second volume is the brighter one in {100 * brighter:.0f} % of the voxels: "
                f"it is taken as the first echo{said}",
            ),
        )
    if descending and brighter > 1 - masks.SWAPPED_FRACTION:
        return second, first, ("the second volume has the shorter echo time: it is taken as the first echo",)
    if descending:
        return (
            first,
            second,
            ("echo times descend, yet the first volume is the brighter one: it is taken as the first echo",),
        )
    return first, second, ()


def _doubts(scan: Scan, sequence: DessSequence, noise: Noise) -> tuple[str, ...]:
    """Return what makes the map less certain, one line each."""
    lines = []
    if sequence.spoiler_moment == 0:
        lines.append(
            "no spoiler data: diffusion is left out, and T2 comes out too short (by 1 ms at 35 ms for a GE spoiler)"
        )
    elif sequence.spoiler_duration == 0:
        lines.append("no spoiler duration: taken as 0 ms, which changes T2 by less than 0.1 ms")
    times = scan.acquisition.echo_times
    if len(times) == 2 and abs(max(times) - sequence.second_echo_time) > ECHO_TIME_TOLERANCE:
        lines.append(
            f"the later echo time, {max(times):g} ms, is not 2 TR - TE1 = {sequence.second_echo_time:g} ms: "
            "is this a DESS scan, and is TE1 that of the first echo?"
        )
    if noise.source == "foreground":
        lines.append("no background to measure noise in: noise is taken from the finest details of the tissue")
    return tuple(lines)
