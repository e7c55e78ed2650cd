r"""Signals of the three weighted images: as training simulates them, and as the edge loss synthesises them.

T1w is an MPRAGE, T2w a turbo spin echo of 180 degree pulses, FLAIR an inversion and such a train
(:mod:`~napari_mrsr.physics.mprage`, :mod:`~napari_mrsr.physics.tse`, :mod:`~napari_mrsr.physics.flair`); magnitudes.

Scans that teach are made with timings and angles a little off the nominal ones, which the edge loss goes on to assume.
A FLAIR read by a long train of varying angles has an echo time in its header (352 ms in paper 4) that is not what
weighs T2: its equivalent is drawn from :data:`EQUIVALENT_TE`. So its edges are left out of the loss, as published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.flair import flair_signal
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.training.edge_loss import Signal

#: Signal of arrays of T1 and T2 (ms), M0 and the relative transmit field.
Weighting = Callable[..., Any]
#: Equivalent echo time of a FLAIR that is read by a long train, ms: the range it is drawn from.
EQUIVALENT_TE = (90.0, 200.0)


def signals_of(conditions: MapConditions, contrasts: Sequence[str]) -> dict[str, Signal]:
    """Return the signal of each contrast whose edges count, a magnitude from T1, T2 and M0.

    Raises
    ------
    BadParameter
        A contrast has no model.
    """
    known: dict[str, Signal] = {
        "T1w": lambda t1, t2, m0: abs(mprage_signal(t1, conditions.mprage, m0=m0)),
        "T2w": lambda t1, t2, m0: abs(tse_signal(t1, t2, conditions.tse, m0=m0)),
        "FLAIR": lambda t1, t2, m0: abs(flair_signal(t1, t2, conditions.flair, m0=m0)),
    }
    unknown = [name for name in contrasts if name not in known]
    if unknown:
        raise BadParameter(f"no signal model of {unknown[0]!r}", remedy=f"give some of {', '.join(known)}")
    return {name: known[name] for name in contrasts}


def weightings(conditions: MapConditions, rng: np.random.Generator) -> dict[str, Weighting]:
    """Return how a scanner weighs the three images: with timings near the nominal ones, and a transmit field."""
    near = 1 + conditions.spread * rng.uniform(-1, 1, size=6)
    mprage = _varied(conditions.mprage, flip_angle=near[0], inversion_time=near[1])
    tse = _varied(conditions.tse, repetition_time=near[2], echo_time=near[3])
    flair = _varied(conditions.flair, repetition_time=near[4], inversion_time=near[5])
    flair = replace(flair, equivalent_echo_time=float(rng.uniform(*EQUIVALENT_TE)))
    return {
        "T1w": lambda t1, t2, m0, b1: mprage_signal(t1, mprage, m0=m0, b1=b1),
        "T2w": lambda t1, t2, m0, b1: tse_signal(t1, t2, tse, m0=m0, b1=b1),
        "FLAIR": lambda t1, t2, m0, b1: flair_signal(t1, t2, flair, m0=m0, b1=b1),
    }


def _varied(timings: Any, **factors: float) -> Any:
    """Return timings of which some are multiplied by a factor."""
    nominal = asdict(timings)
    return replace(timings, **{name: nominal[name] * float(factor) for name, factor in factors.items()})
