"""The table of cartilage regions: every region and layer, and their totals, of one map.

For each plate: compartments by parts, every layer and all layers together (the 18 regions of DOSMA for a femoral
plate with two compartments and two layers), then each compartment as a whole, then the plate. Voxels without a value
are left out and counted, as in :mod:`napari_mrsr.roi.statistics`, which does the arithmetic.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage.regions import BOTH, PLATES, Regions, region_of
from napari_mrsr.roi.grid import bounding_box, resample_labels
from napari_mrsr.roi.statistics import COLUMNS as STATISTICS
from napari_mrsr.roi.statistics import statistics
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

#: Columns of :func:`regional_statistics`, in order.
COLUMNS = ("plate", "region", "layer", "definition", *STATISTICS)

#: Layer of a row that takes all layers together.
TOTAL = "total"


def regional_statistics(map: Scan, regions: Regions) -> pd.DataFrame:
    """Return the statistics of a map in every region of cartilage.

    Parameters
    ----------
    map
        One volume: T2 in ms, thickness in mm. On the grid of the regions or another (nearest neighbour, said).
    regions
        Of :func:`~napari_mrsr.roi.cartilage.divide`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`. A region without a voxel has ``n`` 0 and NaN, and a line in ``attrs["warnings"]`` that
        names it. ``label`` is the number of the region (the lowest one of those taken together).

    Raises
    ------
    BadParameter
        The map has several volumes.
    """
    import pandas as pd

    if map.volumes != 1:
        raise BadParameter(f"has {map.volumes} volumes: a table is of one", where=map.where, remedy="choose a volume")
    there = resample_labels(regions.labels, map)
    warnings = list(there.warnings[len(regions.labels.warnings) :])
    box = bounding_box(there.array[0]) or (slice(0, 1),) * 3
    map, there = (replace(scan, array=scan.array[(slice(None), *box)]) for scan in (map, there))
    kinds = [region_of(n) for n in regions.numbers]
    rows: list[dict[str, Any]] = []
    for plate in sorted({k.plate for k in kinds}):
        own = [k for k in kinds if k.plate == plate]
        compartments, parts = sorted({k.compartment for k in own}), sorted({k.part for k in own})
        places = list(product(compartments, parts))
        if parts != [0]:
            places += [(c, -1) for c in compartments]
        if len(compartments) > 1:
            places.append((-1, -1))
        layers = [*range(regions.layers), -1] if regions.layers > 1 else [-1]
        for layer in layers:
            tables = [_by_place(map, there, plate, layer, level) for level in ("part", "compartment", "plate")]
            for compartment, part in places:
                level = 2 if compartment < 0 else 1 if part < 0 else 0
                found = tables[level].get((compartment, part))
                place = regions.place(max(compartment, 0), max(part, 0))
                name = TOTAL if layer < 0 else regions.layer_names[layer]
                rows.append(
                    {
                        "order": (plate, compartment < 0, compartment, part < 0, part, layer < 0, layer),
                        "plate": PLATES[plate],
                        "region": place,
                        "layer": name,
                        "definition": regions.definition,
                        **(
                            found
                            if found is not None
                            else dict.fromkeys(STATISTICS, np.nan) | {"n": 0, "volume_mm3": 0.0}
                        ),
                        "label": 1 + 72 * plate + 24 * max(compartment, 0) + 6 * max(part, 0) + max(layer, 0),
                        "name": f"{'' if place == 'all' else place + ' '}{PLATES[plate]} cartilage, {name}",
                    }
                )
                if found is None or not found["n"]:
                    why = "no voxel" if found is None else "no voxel with a value"
                    warnings.append(f"{rows[-1]['name']}: {why}")
    rows.sort(key=lambda row: row["order"])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["warnings"] = tuple(warnings)
    table.attrs["quantity"], table.attrs["unit"] = map.quantity, map.unit
    return table


def _by_place(map: Scan, labels: Scan, plate: int, layer: int, level: str) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the statistics of a layer (-1: all) by compartment and part, -1 for what is taken together."""
    keep = np.zeros(256, np.uint8)
    places: dict[int, tuple[int, int]] = {}
    for number in range(1, 217):
        region = region_of(number)
        if region.plate != plate or (layer >= 0 and region.layer not in (layer, BOTH)):
            continue
        place = (
            -1 if level == "plate" else region.compartment,
            region.part if level == "part" else -1,
        )
        code = 1 + (place[0] + 1) * 5 + place[1] + 1
        keep[number], places[code] = code, place
    chosen = labels.after("regions of a layer", keep[labels.array])
    return {places[int(row["label"])]: row for row in statistics(map, chosen).to_dict("records")}
