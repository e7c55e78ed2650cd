r"""Signals of the three weighted images as the edge loss synthesises them.

T1w is an MPRAGE, T2w a turbo spin echo of 180 degree pulses, FLAIR an inversion and such a train
(:mod:`~napari_mrsr.physics.mprage`, :mod:`~napari_mrsr.physics.tse`, :mod:`~napari_mrsr.physics.flair`); magnitudes.

The timings are the nominal ones; those of the scans that teach are a little off
(:mod:`~napari_mrsr.training.brain_contrasts`). A FLAIR read by a long train of varying angles has an echo time in its
header (352 ms in paper 4) that is not what weighs T2, so its edges are left out of the loss, as published; where they
are asked for, the model's TI is the one at which it nulls fluid (:func:`~napari_mrsr.physics.flair.nulling_time`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.flair import flair_signal, nulling_time
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.training.edge_loss import Signal


def signals_of(conditions: MapConditions, contrasts: Sequence[str]) -> dict[str, Signal]:
    """Return the signal of each contrast whose edges count, a magnitude from T1, T2 and M0.

    Raises
    ------
    BadParameter
        A contrast has no model.
    """
    flair = replace(conditions.flair, inversion_time=nulling_time(conditions.flair))
    known: dict[str, Signal] = {
        "T1w": lambda t1, t2, m0: abs(mprage_signal(t1, conditions.mprage, m0=m0)),
        "T2w": lambda t1, t2, m0: abs(tse_signal(t1, t2, conditions.tse, m0=m0)),
        "FLAIR": lambda t1, t2, m0: abs(flair_signal(t1, t2, flair, m0=m0)),
    }
    unknown = [name for name in contrasts if name not in known]
    if unknown:
        raise BadParameter(f"no signal model of {unknown[0]!r}", remedy=f"give some of {', '.join(known)}")
    return {name: known[name] for name in contrasts}
