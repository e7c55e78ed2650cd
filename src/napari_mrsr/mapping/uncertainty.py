r"""The standard deviation that noise alone gives T2, voxel by voxel.

**DESS.** In the symbols of :mod:`napari_mrsr.mapping.sveinsson`, with ``x = ln(S2 / (k S1)) + c1``::

    T2 = -2 (TR - TE1) / x      dT2/dx = 2 (TR - TE1) / x^2 = T2^2 / (2 (TR - TE1))

    sigma_T2 = T2^2 / (2 (TR - TE1)) * sqrt(SD(ln S1)^2 + SD(ln S2)^2)

k and c1 have dropped out: T1, diffusivity and flip angle do not enter but through T2 itself. Where the signal is high
``SD(ln S) = sigma/S``; S2 of short T2 is not, and :mod:`~napari_mrsr.mapping.log_noise` has the rest. Both echoes
come through one receiver, so that sigma of S2, which the map was made with, serves for both; then the order of the
echoes does not matter.

**The table** (:mod:`~napari_mrsr.mapping.epg_table`) holds the rate ``1/T2`` over ``ln(S2/S1)``; its slope takes the
place of ``-1/(2 (TR - TE1))``::

    sigma_T2 = T2^2 * |d(1/T2) / d ln(S2/S1)| * sqrt(SD(ln S1)^2 + SD(ln S2)^2)

The slope is that of nominal flip angle and, with a map of T1, of its median: B1 off by 10 % changes it by 2 % at 50 ms.

**Multi-echo**: the bound of Cramér and Rao of the fit (:mod:`~napari_mrsr.mapping.exponential`), with
:func:`~napari_mrsr.mapping.t2_multi_echo.t2_from_multi_echo` itself.

**How far it holds.** It is a derivative, right while sigma_T2 is small beside T2: at a tenth the scatter of T2 is wider
by 4 %. From 0.3 on (:data:`LARGEST_SPREAD`) the distribution is so skewed that no single number describes it. Where S2
is lost in noise (menisci, tendons, ligaments) sigma tells little, because noise itself looks like a T2: a meniscus of 8
ms at an SNR of 30 in S1 is read as 14 +- 4 ms. Both are :func:`undetermined`: their signal bounds T2, it does not
measure it. What is wrong with T1, B1 or diffusivity is no noise, and stands in :mod:`~napari_mrsr.mapping.bias`.

**The mean of a region** has a smaller error, by the root of its voxels; where the scanner filled the matrix with zeros
they share their noise, and :mod:`~napari_mrsr.mapping.shared_noise` tells how many do. It stands as ``correlated`` in
the step that made sigma.

It is also no more than the noise of the background. Parallel imaging and the correction of coil shading give tissue
another noise than air, most often more; pulsation and motion are in neither. On such scans sigma is a lower bound.

**Not of a super-resolved or interpolated scan.** A network does to noise what it has learned, in air something else
than in tissue, so that the background of the result says nothing about the noise of its cartilage; and neighbours
share their noise. Such scans are refused unless the noise is given; of the *mean* of a region there
:mod:`napari_mrsr.roi.carried_noise` tells the error. Thick slices that were averaged from magnitudes
keep a background that reads 7 % low.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.mapping.cores import cores
from napari_mrsr.mapping.epg_table import ratio_table
from napari_mrsr.mapping.log_noise import log_deviation
from napari_mrsr.mapping.noise import Noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.shared_noise import shared_noise
from napari_mrsr.mapping.t2_map import T2Map, noise_is_measured, with_sigma
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.scan import Scan, Step

#: Fraction of T2 above which sigma leaves T2 undetermined.
LARGEST_SPREAD = 0.3
#: Voxels worked on at a time.
PIECE = 1 << 16


def with_uncertainty(scan: Scan, found: T2Map, *, noise: Noise | None = None) -> T2Map:
    """Return a T2 map with the standard deviation of T2 from noise beside it.

    Parameters
    ----------
    scan
        The echoes that the map was made from.
    found
        Their T2 map.
    noise
        Noise of the tissue; the one that the map was made with where not given.

    Returns
    -------
    T2Map
        The same map with ``sigma``, one volume in ms; NaN where T2 is.

    Raises
    ------
    BadParameter
        The scan was super-resolved or interpolated and no noise is given, or the map was not made from DESS and
        has no sigma of its own.
    GeometryMismatch
        The map is not on the grid of the scan.

    Examples
    --------
    >>> from napari_mrsr.mapping import t2_from_dess
    >>> from napari_mrsr.physics.dess import signals
    >>> echoes = np.stack([np.full((4, 4, 4), s, np.float32) for s in signals(1200.0, 35.0, DessSequence(23, 7, 20))])
    >>> scan = Scan(echoes, np.eye(4), axis="echo", names=("S1", "S2"))
    >>> t2 = t2_from_dess(scan, noise=float(echoes.max()) / 50, repetition_time=23, echo_time=7, flip_angle=20)
    >>> print(f"{with_uncertainty(scan, t2).sigma.array.mean():.1f} ms")
    2.7 ms
    """
    if noise is None and not noise_is_measured(scan):
        raise BadParameter(
            "was super-resolved or interpolated: its background does not tell the noise of its tissue",
            where=scan.where,
            remedy="take sigma of T2 from the acquired scan, or give the noise",
        )
    if found.sigma is not None and noise is None:
        return found
    step = dess_step(found.map)
    if step is None:
        raise BadParameter("the T2 map was not made from DESS", where=found.map.where, remedy="map T2 of both echoes")
    if found.map.shape != scan.shape:
        raise GeometryMismatch(
            "the T2 map is not on the grid of the scan",
            where=found.map.where,
            remedy="give the scan that it was made of",
        )
    level = Noise(**step.parameters["noise"]) if noise is None else noise
    values = np.full(scan.shape, np.nan, np.float32)
    t2, out = np.ascontiguousarray(found.map.array[0]).reshape(-1), values.reshape(-1)
    first, second = (np.ascontiguousarray(echo).reshape(-1) for echo in scan.array)

    def work(start: int) -> None:
        piece = slice(start, start + PIECE)
        valid = np.flatnonzero(np.isfinite(t2[piece]))
        echoes = first[piece][valid], second[piece][valid]
        out[piece][valid] = _sigma(t2[piece][valid].astype(np.float64), echoes, level, step)

    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(work, range(0, out.size, PIECE)):
            pass
    shared = 1.0 if noise is not None else shared_noise(scan.array[-1], level)
    return with_sigma(found, values, level, correlated=shared)


def undetermined(found: T2Map, *, limit: float = LARGEST_SPREAD) -> npt.NDArray[np.bool_]:
    """Return where noise leaves T2 undetermined, shape ``(i, j, k)``.

    That is where ``sigma/T2 > limit``, or where noise lifts the later echo by more than 5 % (``Reason.LOW_SNR``), so
    that T2 is too long.

    Raises
    ------
    BadParameter
        The map has no sigma.
    """
    if found.sigma is None:
        raise BadParameter("the T2 map has no sigma", where=found.map.where, remedy="add it with with_uncertainty")
    with np.errstate(invalid="ignore"):
        beyond: npt.NDArray[np.bool_] = found.sigma.array[0] > limit * found.map.array[0]
    beyond |= found.reason.array[0] == Reason.LOW_SNR
    return beyond


def _sigma(
    t2: npt.NDArray[np.float64], echoes: tuple[npt.NDArray[Any], npt.NDArray[Any]], noise: Noise, step: Step
) -> npt.NDArray[np.float64]:
    """Return sigma of T2 in ms for a run of voxels with a value."""
    spread = np.hypot(*(log_deviation(echo, noise) for echo in echoes))
    sigma: npt.NDArray[np.float64] = per_log_ratio(t2, step) * spread
    return sigma


def per_log_ratio(t2: npt.NDArray[np.float64], step: Step) -> npt.NDArray[np.float64]:
    """Return by how much T2 grows with ln(S2/S1), ms, where it is ``t2`` (ms) in a map that a step made."""
    sequence, t1 = made_with(step)
    if step.parameters["method"] == "analytic":
        slope: Any = 1 / (2 * (sequence.repetition_time - sequence.echo_time))
    else:
        table = ratio_table(sequence, t1)
        slopes = -np.gradient(table.rate, table.log_ratio)
        slope = np.interp(t2, 1 / table.rate, slopes)
    grows: npt.NDArray[np.float64] = t2**2 * slope
    return grows


def dess_step(map: Scan) -> Step | None:
    """Return the step that made a T2 map from DESS; None where it was made in another way."""
    return next((one for one in reversed(map.history) if one.name == "t2 from dess"), None)


def made_with(step: Step) -> tuple[DessSequence, float]:
    """Return the sequence and T1 in ms (of a map of T1 its median) that a T2 map was made with."""
    names = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration", "diffusivity")
    t1 = step.parameters["t1"]
    known = t1 if isinstance(t1, int | float) else step.parameters["t1_median"]
    return DessSequence(**{name: float(step.parameters[name]) for name in names}), float(known)
