"""T2 from a multi-echo spin echo, voxel by voxel.

The decay of :mod:`~napari_mrsr.mapping.exponential` is fitted to the echoes. The **first echo is left out** by
default: refocusing pulses that miss 180 degrees store part of the signal along the field, and these stimulated echoes
lift every echo but the first (Milford 2015). What is fitted is therefore an apparent T2, longer than that of a single
spin echo.

**Reasons**, the first that applies: not finite; air (the first echo used is no brighter than noise); no solution (the
signal does not decay, or the fit does not settle); out of range; low SNR, where the standard deviation of T2 by the
Cramér-Rao bound exceeds a fifth of it -- such voxels keep their value.

Sources
-------
- Milford D, Rosbach N, Bendszus M, Heiland S. Mono-exponential fitting in T2-relaxometry: relevance of offset and
  first echo. PLoS One 2015;10:e0145255.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from napari_mrsr.errors import BadParameter, EchoesNeeded, MissingParameter
from napari_mrsr.mapping.cores import cores
from napari_mrsr.mapping.exponential import fit
from napari_mrsr.mapping.noise import measure_noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.t2_map import T2Map, make_map, noise_is_measured, with_sigma
from napari_mrsr.scan import Scan

#: T2 outside this range is out of range, ms.
T2_RANGE = (1.0, 300.0)
#: Standard deviation of T2 over T2 above which a voxel is not to be trusted.
LARGEST_SPREAD = 0.2
#: Voxels fitted at a time.
PIECE = 1 << 13


def t2_from_multi_echo(
    scan: Scan,
    *,
    skip_first: bool = True,
    noise_floor: float | None = None,
    t2_range: tuple[float, float] = T2_RANGE,
    threads: int | None = None,
) -> T2Map:
    """Return the apparent T2 map of a multi-echo spin echo scan.

    Parameters
    ----------
    scan
        Echoes with their ``acquisition.echo_times``, in any order.
    skip_first
        Whether to leave the first echo out (never where only two echoes are given).
    noise_floor
        Magnitude that noise leaves where there is no signal, ``sqrt(2 L - 1) sigma``, in units of the image; 0 leaves
        it out of the model; measured in the last echo where not given.
    t2_range
        T2 accepted, ms.
    threads
        Threads to work with; one per core of this process where not given.

    Returns
    -------
    T2Map
        T2 in ms with reasons and, where the noise can be told, sigma; what was odd is in its ``warnings``.

    Raises
    ------
    EchoesNeeded
        The scan has one volume.
    MissingParameter
        The echo times are not known, one for each volume.
    BadParameter
        Two echo times are equal, or the noise floor is impossible.
    """
    if scan.volumes < 2:
        raise EchoesNeeded("has one volume; a T2 fit needs several echoes", where=scan.where, remedy="give all echoes")
    times = np.array(scan.acquisition.echo_times, dtype=np.float64)
    if len(times) != scan.volumes:
        raise MissingParameter(
            f"has {scan.volumes} volumes and {len(times)} echo times",
            where=scan.where,
            remedy='give one --te for each or JSON sidecars with "EchoTime"',
        )
    if noise_floor is not None and not (math.isfinite(noise_floor) and noise_floor >= 0):
        raise BadParameter(
            f"noise floor {noise_floor:g} is not a finite number of at least 0",
            remedy="give it in units of the image, or leave it out",
        )
    order = np.argsort(times, kind="stable")
    if (np.diff(times[order]) <= 0).any() or times[order[0]] < 0:
        raise BadParameter("echo times are negative or stand twice", where=scan.where, remedy="give one TE an echo")
    warnings: tuple[str, ...] = ()
    if (order != np.arange(len(order))).any():
        warnings += ("echoes are not in the order of their echo times: taken in that order",)
    if skip_first and len(order) > 2:
        order = order[1:]
    elif skip_first:
        warnings += ("only two echoes: the first one is used too, and stimulated echoes lengthen T2",)
    noise = measure_noise(scan.array[order[-1]])
    floor = noise.sigma * math.sqrt(2 * noise.coils - 1) if noise_floor is None else noise_floor
    if noise_floor is None and noise.source == "foreground":
        warnings += ("no background to measure noise in: the noise floor is taken from the details of the tissue",)

    voxels = int(np.prod(scan.shape))
    echoes = scan.array.reshape(scan.volumes, voxels)
    t2 = np.full(voxels, np.nan, np.float32)
    sigma = np.full(voxels, np.nan, np.float32)
    reason = np.zeros(voxels, np.uint8)

    def work(start: int) -> None:
        piece = slice(start, min(start + PIECE, voxels))
        signal = echoes[order, piece].astype(np.float64)
        codes = reason[piece]
        finite = np.isfinite(signal).all(axis=0)
        with np.errstate(invalid="ignore"):
            air = signal[0] <= noise.air
        inside = np.flatnonzero(finite & ~air)
        decay = fit(signal[:, inside], times[order], floor=floor)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = 1 / decay.rate
            spread = noise.sigma * np.sqrt(decay.rate_variance) * value
        why = np.where(spread > LARGEST_SPREAD, Reason.LOW_SNR, Reason.OK).astype(np.uint8)
        why[~((value >= t2_range[0]) & (value <= t2_range[1]))] = Reason.OUT_OF_RANGE
        why[~(value > 0)] = Reason.NO_SOLUTION
        codes[air] = Reason.AIR
        codes[~finite] = Reason.NOT_FINITE
        codes[inside] = why
        kept = (why == Reason.OK) | (why == Reason.LOW_SNR)
        t2[start + inside[kept]] = value[kept]
        sigma[start + inside[kept]] = (spread * value)[kept]

    with ThreadPoolExecutor(threads or cores()) as pool:
        for _ in pool.map(work, range(0, voxels, PIECE)):
            pass
    parameters = {
        "echo_times": [float(t) for t in times[order]],
        "noise_floor": floor,
        "noise": asdict(noise),
        "t2_range": t2_range,
    }
    found = make_map(
        scan,
        "t2 from multi-echo",
        t2.reshape(scan.shape),
        reason.reshape(scan.shape),
        parameters=parameters,
        warnings=warnings,
    )
    return with_sigma(found, sigma.reshape(scan.shape), noise) if noise_is_measured(scan) else found
