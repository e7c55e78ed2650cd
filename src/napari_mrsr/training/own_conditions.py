"""What a network that learned from some heads holds good for: the values, voxels and field strength that it met.

A network is believed a little beyond what it saw, and not further than where the images tell anything. A map that no
head has is not taught: the range of its values is empty, so that nobody is shown it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from napari_mrsr.files.own_layout import MAPS
from napari_mrsr.networks.map_conditions import MapConditions, Range
from napari_mrsr.scan import Scan
from napari_mrsr.training.map_material import MapSource

#: Percentiles of the labels, and by how much beyond them a network is believed.
ENDS, BEYOND = (0.1, 99.9), 1.25
#: Relative difference of voxel sides that still counts as trained for.
VOXELS = 0.3
#: Field strengths that differ by more are not one, T.
ONE_FIELD = 0.3


@dataclass(frozen=True)
class Met:
    """Of one head: sides of the voxels of its slices, mm, and the field strengths that its headers state, T."""

    sides: tuple[float, ...]
    fields: tuple[float, ...]

    @classmethod
    def of(cls, images: Sequence[Scan], normal: int) -> Met:
        """Return it for images of one grid whose slices lie across an axis."""
        sides = tuple(side for axis, side in enumerate(images[0].spacing) if axis != normal)
        return cls(sides, tuple(f for scan in images if (f := scan.acquisition.field_strength)))


def of_heads(
    conditions: MapConditions,
    sources: Sequence[MapSource],
    met: Sequence[Met],
    report: Callable[[str], None] = lambda _: None,
) -> tuple[MapConditions, tuple[str, ...]]:
    """Return conditions with the ranges, voxels and field strength of heads, and the maps that none of them has.

    Parameters
    ----------
    conditions
        Timings, and the widest ranges of values.
    sources, met
        The heads that teach.
    report
        Told what is odd.
    """
    values = {
        name: np.concatenate([part[np.isfinite(part)] for part in (source.labels[n] for source in sources)])
        for n, name in enumerate(MAPS)
    }
    untaught = tuple(name for name in MAPS if not values[name].size)
    for name in untaught:
        report(f"no head has {name}")
    sides = [side for one in met for side in one.sides]
    fields = [strength for one in met for strength in one.fields]
    if fields and max(fields) - min(fields) > ONE_FIELD:
        report(f"field strengths of {min(fields):g} to {max(fields):g} T: T1 differs between them")
    found = replace(
        conditions,
        t1=_range(values["T1"], conditions.t1),
        t2=_range(values["T2"], conditions.t2),
        voxel=(round((1 - VOXELS) * min(sides), 3), round((1 + VOXELS) * max(sides), 3)),
        field_strength=float(median(fields)) if fields else conditions.field_strength,
    )
    return found, untaught


def _range(values: np.ndarray, widest: Range) -> Range:
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values.astype(np.float32), ENDS)
    return round(max(widest[0], float(low) / BEYOND), 1), round(min(widest[1], float(high) * BEYOND), 1)
