"""How certain the means of a report are, from the scans and maps that a command line names.

A T2 file tells in its sidecar how it was made. Noise and reasons are found again from the echoes; a map of another
making (another program, spin echoes) has no error here, and its column stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import MrsrError

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.mapping import T2Map
    from napari_mrsr.physics.dess import DessSequence
    from napari_mrsr.roi.certainty import Refinement
    from napari_mrsr.scan import Scan


def with_certainty_of(
    scan: Scan,
    refined: Scan | None,
    maps: Mapping[str, Scan],
    tables: Mapping[str, pd.DataFrame],
    labels: Scan,
    names: Mapping[int, str],
) -> dict[str, pd.DataFrame]:
    """Return the tables of T2 maps with the columns of :func:`napari_mrsr.roi.certainty.certainty`.

    Parameters
    ----------
    scan, refined
        Acquired and super-resolved echoes.
    maps, tables
        By role, ``"acquired"`` and ``"SR"``.
    labels, names
        The regions.
    """
    from napari_mrsr.roi.certainty import certainty, with_certainty

    found = dict(tables)
    measured = _measured(scan, maps.get("acquired", maps.get("SR")))
    for role, one in maps.items():
        if one.quantity != "T2":
            continue
        how = None if role == "acquired" else _refinement(scan, refined, one)
        told = certainty(one, labels, acquired=measured, refinement=how, names=names)
        if role != "acquired" and how is None:  # the noise of the acquired map is not that of this one
            told = told.assign(standard_error=float("nan"), n_effective=float("nan"))
        found[role] = with_certainty(tables[role], told)
    return found


def _measured(scan: Scan, map: Scan | None) -> T2Map | None:
    """Return the T2 map of the acquired echoes with reasons and sigma, made as a map was; None where it cannot be."""
    from napari_mrsr.mapping import t2_from_dess, with_uncertainty
    from napari_mrsr.mapping.uncertainty import dess_step, made_with

    step = None if map is None else dess_step(map)
    if step is None or map is None or scan.volumes != 2:
        return None
    sequence, t1 = made_with(step)
    try:
        found = t2_from_dess(scan, method=step.parameters["method"], t1=t1, **_of(sequence))
        if map.shape == scan.shape and map.same_grid(scan):
            found = replace(found, map=map)
        return with_uncertainty(scan, found)
    except MrsrError:
        return None


def _of(sequence: DessSequence) -> dict[str, Any]:
    names = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration", "diffusivity")
    return {name: float(getattr(sequence, name)) for name in names}


def _refinement(scan: Scan, refined: Scan | None, map: Scan) -> Refinement | None:
    """Return how a super-resolved map came to be, where its echoes are at hand and one axis was refined."""
    from napari_mrsr.roi.certainty import Refinement

    if refined is None or refined.shape != map.shape:
        return None
    steps = [step.parameters for step in refined.history if step.name == "super-resolution"]
    if len(steps) != 1 or steps[0].get("axis") not in (0, 1, 2):
        return None
    axis = int(steps[0]["axis"])
    return Refinement(refined, str(steps[0].get("method", "")), axis, scan.shape[axis])
