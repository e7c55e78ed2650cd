"""Measuring only what the brush has changed.

A stroke changes one region of many. The rows of the others, on every map, are kept as long as their voxels and the
map are the same ones, so that the table follows the brush on a clinical grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.roi.region import around, regions_of
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

#: A figure of a region: ``(what it is called, the objects that it was made from) -> row``.
Row = Any


class RegionCache:
    """The regions of one labels layer as they were last measured, and their rows."""

    def __init__(self) -> None:
        self.regions: dict[int, Scan] = {}
        self._rows: dict[tuple[int, str], tuple[tuple[Any, ...], Row]] = {}

    def update(self, labels: Scan) -> dict[int, Scan]:
        """Take the labels as they are now and return their regions; rows of regions that changed are dropped.

        Raises
        ------
        BadParameter
            The labels are not whole numbers.
        """
        now = regions_of(labels)
        for label, region in now.items():
            before = self.regions.get(label)
            if before is not None and _same(before, region):
                now[label] = before
        changed = {label for label in self.regions if now.get(label) is not self.regions[label]}
        self._rows = {key: kept for key, kept in self._rows.items() if key[0] not in changed}
        self.regions = now
        return now

    def row(self, label: int, what: str, of: tuple[Any, ...], make: Callable[[Scan], Row]) -> Row:
        """Return a figure of a region, made only if the region or what it is ``of`` has changed.

        Parameters
        ----------
        label
            Which region.
        what
            What the figure is called; one is kept for each name.
        of
            The objects that it is made from, told apart by identity; kept alive here, so that no other object can
            take their place.
        make
            Makes it from the region.
        """
        kept = self._rows.get((label, what))
        if kept is None or len(kept[0]) != len(of) or any(a is not b for a, b in zip(kept[0], of, strict=True)):
            kept = (of, make(self.regions[label]))
            self._rows[label, what] = kept
        return kept[1]

    def table(self, what: str, map: Scan, names: Mapping[int, str]) -> pd.DataFrame:
        """Return the table of :func:`napari_mrsr.roi.statistics` of a map, regions that have not changed from before.

        Parameters
        ----------
        what
            The role of the map.
        map
            One volume.
        names
            Of the labels.
        """
        import pandas as pd

        from napari_mrsr.roi.statistics import COLUMNS

        rows = [self.row(label, what, (map,), lambda region: _statistics(map, region)) for label in self.regions]
        found = [{**row, "name": names.get(row["label"], f"label {row['label']}")} for row in rows if row is not None]
        table = pd.DataFrame(found, columns=list(COLUMNS))
        table.attrs["quantity"], table.attrs["unit"] = map.quantity, map.unit
        return table


def _statistics(map: Scan, region: Scan) -> dict[str, Any] | None:
    from napari_mrsr.roi.statistics import statistics

    part = around(map, region)
    found = None if part is None else statistics(part, region)
    return None if found is None or found.empty else found.iloc[0].to_dict()


def _same(one: Scan, other: Scan) -> bool:
    return (
        one.array.shape == other.array.shape
        and np.array_equal(one.affine, other.affine)
        and np.array_equal(one.array, other.array)
    )
