r"""The weighted images that maps of a brain explain, beside those that were acquired.

From T1, T2 and M0 the signal equations of MPRAGE and TSE, with the timings of the header, make T1w and T2w anew, at the
gain :math:`g = \langle \hat s, s \rangle / \langle \hat s, \hat s \rangle` over the head. What they are above the
acquired images tells where the maps do not explain these.

FLAIR is made by a stated model, a train that leaves nothing along the field, whose T2 weighting is that of an
equivalent echo time and whose TI nulls fluid; no header says either (:mod:`~napari_mrsr.physics.flair`). A difference
there may be the model's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.flair import flair_signal, nulling_time
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.scan import Scan

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
    t1, t2, m0 = (maps[n][inside] for n in range(3))
    flair = replace(timings.flair, inversion_time=nulling_time(timings.flair))
    signals = {
        "T1w": np.abs(mprage_signal(t1, timings.mprage, m0=m0)),
        "T2w": np.abs(tse_signal(t1, t2, timings.tse, m0=m0)),
        "FLAIR": np.abs(flair_signal(t1, t2, flair, m0=m0)),
    }
    images, difference, misfit = {}, {}, {}
    for name, signal in signals.items():
        scan = scans[name]
        acquired = scan.array[0][inside].astype(np.float64)
        gain = float(signal @ acquired / max(float(signal @ signal), 1e-30))
        made = np.zeros(scan.shape, np.float32)
        made[inside] = gain * signal
        apart = np.where(inside, made - scan.array[0], 0).astype(np.float32)
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
