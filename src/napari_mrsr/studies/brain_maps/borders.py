"""How sharp maps are: borders of white with grey matter in the maps, in the weighted images, and in the true maps.

Borders are found in a true map and read from every image at the same voxels (:mod:`napari_mrsr.metrics.edge_spread`),
along each axis: labels are coarse along the body, and a map that learned to be coarse is so along the body. T1 stands
beside T1w and T2 beside T2w, since both show the same borders. Deep grey matter has a T1 of its own, but hardly a T2:
it counts for T1 alone. Only borders count at which every map has values.
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

#: Weighted image that shows the borders of a map.
BESIDE = {"T1": "T1w", "T2": "T2w"}
#: Numbers of the tissues on either side, by map.
ONE, OTHER = (1,), {"T1": (2, 4), "T2": (2,)}
#: Directions by the plane that they are across.
DIRECTIONS = {"axial": "head to foot", "coronal": "front to back", "sagittal": "side to side"}
#: What stands for the method where an image was not found by one.
ACQUIRED, TRUE = "acquired", "true"


def widths(head: Head, maps: Mapping[str, Mapped]) -> list[dict[str, Any]]:
    """Return the width of borders in every image and map of a head, by direction; none where tissues are not known."""
    across = planes_of(head.scans.t1w)
    rows = []
    for of, image in BESIDE.items():
        one, other = np.isin(head.tissues, ONE), np.isin(head.tissues, OTHER[of])
        true = getattr(head, of.lower())
        images: dict[tuple[str, str], Floats] = {
            (ACQUIRED, image): head.scans.by_name[image].array[0],
            (TRUE, of): true,
            **{(name, of): getattr(found, of.lower()) for name, found in maps.items()},
        }
        for plane, direction in DIRECTIONS.items():
            found = find_borders(true, one, other, head.scans.t1w.spacing, across[plane])
            found = finite_in(found, list(images.values()))
            for (method, shown), values in images.items():
                try:
                    width = width_of(found, values)
                except BadParameter:
                    continue
                row = {"direction": direction, "map": of, "image": shown, "method": method, "width": width}
                rows.append({**row, "borders": len(found)})
    return rows
