"""Cartilage regions of a viewer: which knee, its regions, their tables, thickness and the unrolled map.

Nothing is drawn here; :mod:`.cartilage_layers` makes the layers. The last result stands in
:attr:`CartilageRegions.result`, where a report finds it.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.roi.measured import maps_of
from napari_mrsr.app.roi.regions import names_of
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.roi.cartilage import (
    Definition,
    Laterality,
    Regions,
    Unrolled,
    divide,
    find_laterality,
    regional_statistics,
    unroll,
)
from napari_mrsr.roi.cartilage.knee_axes import Side
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

#: What the definitions are called.
DEFINITIONS: Mapping[Definition, str] = {"thickness": "true depth (3-D)", "dosma": "DOSMA"}


@dataclass(frozen=True, eq=False)
class CartilageResult:
    """The regions of one ROI and what was measured in them.

    Attributes
    ----------
    roi
        Name of the layer that was divided.
    side, laterality
        Which knee the person said it is (None: not sure), and what was found.
    regions
        Labels, depth, thickness, how the split was made.
    tables
        Per map (``"acquired"``, ``"SR"`` ...) the table of :func:`napari_mrsr.roi.cartilage.regional_statistics`.
    thickness
        The same table of thickness in mm, all layers together; None by the definition of DOSMA.
    maps
        The maps that were measured, by role.
    notes
        What a reader must know, one line each.
    """

    roi: str
    side: Side | None
    laterality: Laterality
    regions: Regions
    tables: Mapping[str, pd.DataFrame]
    thickness: pd.DataFrame | None
    maps: Mapping[str, Scan]
    notes: tuple[str, ...]

    @property
    def finest(self) -> str | None:
        """The map that one looks at first: SR where there is one."""
        return next((role for role in ("SR", "acquired") if role in self.maps), next(iter(self.maps), None))

    def unrolled(self, role: str | None = None) -> Unrolled:
        """Return a map unrolled: in mm by true depth, in degrees by the definition of DOSMA.

        Raises
        ------
        MissingParameter
            There is no map.
        BadParameter
            No femoral cartilage is painted.
        """
        role = role or self.finest
        if role is None or role not in self.maps:
            raise MissingParameter("there is no map to unroll", remedy="compute T2 in the Process dock first")
        return unroll(self.maps[role], self.regions, along="degrees" if self.regions.definition == "dosma" else "mm")


class CartilageRegions:
    """Divides the ROI of a view and keeps the last result.

    Parameters
    ----------
    view
        The view whose ROI and maps are used.
    """

    changed = Signal(object)  # CartilageResult | None

    def __init__(self, view: View) -> None:
        self._view = weakref.ref(view)
        self.result: CartilageResult | None = None
        view.session.opened.connect(self._forget)

    @property
    def view(self) -> View:
        """The view; it owns this object."""
        view = self._view()
        if view is None:
            raise RuntimeError("the viewer is closed")
        return view

    def _forget(self, _scan: Any = None) -> None:
        self.result = None
        self.changed.emit(None)

    def laterality(self, layer: Labels | None = None) -> Laterality:
        """Return which knee the open scan and the ROI say it is, with reasons."""
        scan = self.view.session.scan
        if scan is None:
            return Laterality(())
        if layer is None:
            return find_laterality(scan)
        return find_laterality(scan, placed_labels(self.view, layer), names_of(layer))

    def find(
        self, layer: Labels | None, *, side: Side | None, definition: Definition = "thickness", layers: int = 2
    ) -> CartilageResult:
        """Divide an ROI into regions and measure every map in them.

        Parameters
        ----------
        layer
            The painted labels, named as cartilage.
        side
            Which knee it is, as a person has confirmed; None for not sure.
        definition, layers
            As for :func:`napari_mrsr.roi.cartilage.divide`.

        Raises
        ------
        MissingParameter
            There is no ROI.
        BadParameter
            Nothing is painted, nothing that is cartilage, or cartilage of two knees.
        """
        if layer is None:
            raise MissingParameter("there is no ROI to divide", remedy="press New ROI and paint cartilage first")
        labels = placed_labels(self.view, layer)
        maps = maps_of(self.view)
        quantitative = bool(self.view.session.maps)
        weights = None
        if definition == "dosma" and quantitative:
            weights = next((maps[r] for r in ("SR", "acquired") if r in maps and labels.same_grid(maps[r])), None)
        regions = divide(labels, names_of(layer), side=side, definition=definition, layers=layers, values=weights)
        tables = {role: regional_statistics(found, regions) for role, found in maps.items()}
        thickness = None
        if regions.thickness is not None:
            thickness = regional_statistics(regions.thickness, regions)
            thickness = thickness[thickness["layer"] == "total"].reset_index(drop=True)
        found = self.laterality(layer)
        empty = dict.fromkeys(line for table in tables.values() for line in table.attrs["warnings"])
        self.result = CartilageResult(
            roi=layer.name,
            side=side,
            laterality=found,
            regions=regions,
            tables=tables,
            thickness=thickness,
            maps=maps,
            notes=(*labels.warnings, *regions.notes, *empty),
        )
        self.changed.emit(self.result)
        return self.result

    def save_unrolled(self, path: str | PathLike[str], role: str | None = None) -> list[Path]:
        """Write the unrolled map of the last result as PNG and CSV; returns both paths.

        Raises
        ------
        MissingParameter
            Nothing was divided yet.
        OutputNotWritable
            The folder is missing, read-only or full.
        """
        from napari_mrsr.roi.cartilage import save_unrolled

        if self.result is None:
            raise MissingParameter("no cartilage regions were found yet", remedy="press Regions of this ROI first")
        limits = (0.0, self.view.preferences.t2_max_ms)
        return save_unrolled(self.result.unrolled(role), path, limits=limits)


def disagreement(result: CartilageResult, *, shape: bool = True) -> str | None:
    """Return in one line where the confirmed side, the header and the anatomy disagree; None where they do not.

    Without ``shape`` that of the trochlea says nothing: a phantom's is not drawn as a knee's is.
    """
    found = result.laterality
    if result.side is not None:
        other = next((e for e in found.evidence if e.side != result.side and (shape or e.kind != "shape")), None)
        return None if other is None else f"{result.side} knee was chosen, but {other.text}"
    return found.conflict


def regions_for_reading(result: CartilageResult, role: str) -> pd.DataFrame:
    """Return means as a person reads them: a row per region, a column per layer, all layers together, thickness in mm.

    Parameters
    ----------
    result
        Of :meth:`CartilageRegions.find`.
    role
        Of the map.

    Raises
    ------
    BadParameter
        There is no such map.
    """
    if role not in result.tables:
        raise BadParameter(f"there is no map {role}", remedy="map T2 in the Process dock, then divide again")
    table = result.tables[role]
    own = table.assign(key=_keys(table))
    layers = [n for n in result.regions.layer_names if n != "total"]
    wide = own.pivot_table(index="key", columns="layer", values="mean", sort=False, dropna=False)
    wide = wide.reindex(index=list(dict.fromkeys(own["key"])), columns=[*layers, "total"])
    if result.thickness is not None:
        wide["mm"] = result.thickness.assign(key=_keys(result.thickness)).set_index("key")["mean"]
    wide["voxels"] = own[own["layer"] == "total"].set_index("key")["n"].astype(int)
    wide.index.name, wide.columns.name = None, None
    return wide


def _keys(table: pd.DataFrame) -> pd.Series:
    """Return what the rows are called: the plate only where there are several."""
    if len(set(table["plate"])) == 1:
        return table["region"]
    return table["plate"].str[:3] + ". " + table["region"]
