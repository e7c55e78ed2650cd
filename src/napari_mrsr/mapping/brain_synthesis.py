r"""The weighted images that maps of a brain explain, beside those that were acquired.

From T1, T2 and M0 the signal equations of MPRAGE and TSE, with the timings of the header, make T1w and T2w anew, at the
gain that makes :math:`\sum |g \hat s - s|` over the head least. What they are above the acquired images tells where the
maps do not explain these. (With least squares what is mixed would set the gain of what is not: where fluid meets tissue
signals of both signs add up in FLAIR, which no T1 and T2 of a voxel can say; all of the brain came out 3 to 7 % off.)

FLAIR is made by a stated model, a train that leaves nothing along the field, whose T2 weighting is that of an
equivalent echo time and whose TI nulls fluid; no header says either (:mod:`~napari_mrsr.physics.flair`). A difference
there may be the model's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.flair import flair_signal, nulling_time
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.scan import Scan

Signal = Callable[[Any, Any, Any], Any]
#: Slices of the first axis whose signals are computed at once: what a formula holds on its way stays in the cache.
SLICES = 8
#: Every so many voxels are asked for the gain.
SOME = 5
#: What the synthesised FLAIR says of itself.
FLAIR_MODEL = "FLAIR by a model: fluid nulled, T2 weighting of an equivalent echo time; a difference may be the model's"


@dataclass(frozen=True, eq=False)
class Synthesised:
    """Images by contrast, what they are above the acquired ones, and the median modulus of that, % of the scale."""

    images: Mapping[str, Scan]
    difference: Mapping[str, Scan]
    misfit: Mapping[str, float]


def synthesise(
    scans: Mapping[str, Scan],
    maps: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    *,
    timings: MapConditions,
    scales: Mapping[str, float],
    use: str = "",
) -> Synthesised:
    """Return T1w, T2w and FLAIR as maps explain them.

    Parameters
    ----------
    scans
        The acquired images, by contrast.
    maps
        T1 and T2 (ms) and M0, ``(3, i, j, k)``, NaN where there is none.
    inside
        Where the head is, ``(i, j, k)``.
    timings
        Of the scans.
    scales
        Of each image, which misfit is told in.
    use
        Said in the history of what is made.
    """
    inside = inside & np.isfinite(maps).all(axis=0)
    flair = replace(timings.flair, inversion_time=nulling_time(timings.flair))
    signals: dict[str, Signal] = {
        "T1w": lambda t1, t2, m0: mprage_signal(t1, timings.mprage, m0=m0),
        "T2w": lambda t1, t2, m0: tse_signal(t1, t2, timings.tse, m0=m0),
        "FLAIR": lambda t1, t2, m0: flair_signal(t1, t2, flair, m0=m0),
    }
    images, difference, misfit = {}, {}, {}
    for name, signal in signals.items():
        scan = scans[name]
        made, gain = _fitted(signal, maps, inside, scan.array[0])
        apart = made - np.asarray(scan.array[0], np.float32)
        apart[~inside] = 0
        parameters: dict[str, Any] = {"from": "T1, T2 and M0", "gain": gain, "use": use}
        if name == "FLAIR":
            parameters |= {
                "model": FLAIR_MODEL,
                "equivalent_echo_time": flair.equivalent_echo_time,
                "inversion_time": flair.inversion_time,
            }
        images[name] = scan.after("synthesised from maps", made, parameters=parameters)
        difference[name] = scan.after("synthesised less acquired", apart, parameters=parameters)
        middle = float(np.median(np.abs(apart[inside]))) if inside.any() else math.nan
        misfit[name] = round(100 * middle / scales[name], 2)
    return Synthesised(images, difference, misfit)


def _fitted(
    signal: Signal, maps: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_], acquired: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], float]:
    """Return the modulus of a signal at the gain that fits an image, 0 outside, and that gain."""
    made = np.zeros(acquired.shape, np.float32)
    weights, ratios = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    for begin in range(0, len(made), SLICES):
        part = slice(begin, begin + SLICES)
        there = inside[part]
        values = np.abs(signal(*maps[:, part][:, there])).astype(np.float32)
        made[part][there] = values
        some = np.maximum(values[::SOME], np.float32(1e-12))
        weights.append(some)
        ratios.append(acquired[part][there][::SOME].astype(np.float32) / some)
    gain = _weighted_median(np.concatenate(ratios), np.concatenate(weights))
    made *= np.float32(gain)
    return made, gain


def _weighted_median(values: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> float:
    """Return the value below and above which lies half of the weight; 0 of nothing."""
    if not values.size:
        return 0.0
    order = np.argsort(values)
    below = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order][np.searchsorted(below, below[-1] / 2)])
