"""Figure 2 of paper 4 for one head: T1 and T2 by every way and as they are, what is wrong with them, and the inputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.brain_maps.borders import ACQUIRED, TRUE
from napari_mrsr.studies.brain_maps.measures import MAPS
from napari_mrsr.studies.detail import Region
from napari_mrsr.studies.sheets import Colours, Panel, minus, sheet
from napari_mrsr.studies.writing import Figure

#: Colours of maps, ms (Fuderer et al., Magn Reson Med 2025: lipari for T1, navia for T2), and of differences.
KINDS: Mapping[str, Colours] = {
    "T1": ("lipari", 0.0, 2400.0),
    "T2": ("navia", 0.0, 180.0),
    "T1 difference": ("gray", -300.0, 300.0),
    "T2 difference": ("gray", -40.0, 40.0),
    "image": ("gray", 0.0, 1.0),
}
#: Around the voxels with a true value, mm.
MARGIN = 6.0


def of_head(name: str, caption: str, shown: Mapping[tuple[str, str], Picture]) -> Figure:
    """Return the figure of a head.

    Parameters
    ----------
    name, caption
        Of the figure.
    shown
        Pictures of one slice, as :class:`.head_scored.Scored` holds them.
    """
    truth = shown[TRUE, "T1"]
    box = _around(truth)
    own = {key: box.cut(picture) for key, picture in shown.items()}
    ways = [method for method, of in own if of == MAPS[0] and method != TRUE]
    inputs = [(of, picture) for (method, of), picture in own.items() if method == ACQUIRED]
    wide = max(len(ways) + 1, len(inputs))
    blank = Panel(own[TRUE, "T1"], kind="empty")

    def filled(row: list[Panel]) -> list[Panel]:
        return row + [blank] * (wide - len(row))

    rows: list[list[Panel]] = []
    names: list[str] = []
    bars: dict[int, str] = {}
    for of in MAPS:
        true = own[TRUE, of]
        bars |= {len(rows): f"{of} [ms]", len(rows) + 1: f"{of} difference [ms]"}
        rows.append(filled([*(Panel(own[way, of], way, of) for way in ways), Panel(true, "true", of)]))
        rows.append(filled([Panel(minus(own[way, of], true), kind=f"{of} difference") for way in ways]))
        names += [of, "found - true"]
    rows.append(filled([Panel(_windowed(picture), of, "image") for of, picture in inputs]))
    return sheet(
        name, caption, rows, [*names, "images"], truth, kinds={**KINDS, "image": ("gray", 0.0, 1.0)}, bars=bars
    )


def _windowed(picture: Picture) -> Picture:
    """Return a weighted image, its own window from 0 to 1."""
    high = float(np.nanpercentile(picture.values, 99.5))
    return Picture(picture.values / (high or 1.0), picture.spacing, picture.letters, picture.corner)


def _around(picture: Picture) -> Region:
    """Return the part of a picture that has values, and a little around it."""
    known = np.isfinite(picture.values)
    found = []
    for axis in (0, 1):
        there = np.flatnonzero(known.any(axis=1 - axis))
        room = round(MARGIN / picture.spacing[axis])
        low, high = (int(there[0]), int(there[-1])) if there.size else (0, known.shape[axis] - 1)
        first = max(0, low - room)
        found.append((first, min(known.shape[axis], high + room + 1) - first))
    (row, rows), (column, columns) = found
    return Region(row, column, rows, columns)
