"""How sharp maps are: borders of white with grey matter in the maps, in the weighted images, and in the true maps.

Borders are found in the true T1 map and read from every image at the same voxels
(:mod:`napari_mrsr.metrics.edge_spread`), along each axis: labels are coarse along the body, and a map that learned to
be coarse is so along the body. Only those count at which every map has values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.edge_spread import find_borders, finite_in, width_of
from napari_mrsr.planes import planes_of
from napari_mrsr.studies.brain_maps.heads import Head
from napari_mrsr.studies.brain_maps.ways import Floats, Mapped

#: What lies on either side, by number of the tissue.
ONE, OTHER = (1,), (2, 4)
#: Directions by the plane that they are across.
DIRECTIONS = {"axial": "head to foot", "coronal": "front to back", "sagittal": "side to side"}
#: What stands for the method where an image was not found by one.
ACQUIRED, TRUE = "acquired", "true"


def widths(head: Head, maps: Mapping[str, Mapped]) -> list[dict[str, Any]]:
    """Return the width of borders in every image and map of a head, by direction; none where tissues are not known."""
    one, other = np.isin(head.tissues, ONE), np.isin(head.tissues, OTHER)
    if not (one.any() and other.any()):
        return []
    images: dict[tuple[str, str], Floats] = {
        (ACQUIRED, name): scan.array[0] for name, scan in head.scans.by_name.items()
    }
    images |= {(TRUE, "T1"): head.t1, (TRUE, "T2"): head.t2}
    images |= {(name, of): getattr(found, of.lower()) for name, found in maps.items() for of in ("T1", "T2")}
    spacing = head.scans.t1w.spacing
    across = planes_of(head.scans.t1w)
    rows = []
    for plane, direction in DIRECTIONS.items():
        borders = find_borders(head.t1, one, other, spacing, across[plane])
        borders = finite_in(borders, list(images.values()))
        for (method, of), image in images.items():
            try:
                width = width_of(borders, image)
            except BadParameter:
                continue
            rows.append(
                {"direction": direction, "image": of, "method": method, "width": width, "borders": len(borders)}
            )
    return rows
