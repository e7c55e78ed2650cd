"""The tables of a labels layer, on every map that there is, kept up to date while it is painted."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.app.roi.certain import all_rethickened, certain_tables
from napari_mrsr.app.roi.region_cache import RegionCache
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.roi.region import around, values_in
from napari_mrsr.roi.rethickened import Rethickened
from napari_mrsr.roi.trust_light import Light, light_of
from napari_mrsr.scan import Scan
from napari_mrsr.trust import LARGE_Z, Trust

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View


#: Roles of the maps of a brain, which are not of one quantity.
BRAIN_ROLES = frozenset({"T1", "T2"})


@dataclass(frozen=True, eq=False)
class Measurement:
    """The tables of a labels layer.

    Attributes
    ----------
    statistics
        Per map (``"acquired"``, ``"SR"``, of a simulated scan ``"truth"``, of other methods ``"tricubic x2"``) the
        table of :func:`napari_mrsr.roi.statistics`, of T2 with the columns of
        :func:`napari_mrsr.roi.certainty.certainty`.
    compared
        Acquired beside SR, None where one of the maps is missing.
    erosion
        The mean with and without the rim, of the finest map.
    notes
        What a reader must know, one line each.
    unit
        Of the values.
    titles
        Per map what a column is called: ``"SR [lean]"``.
    lights
        Per label how far SR can be believed there; empty without the layers of trust.
    rethickened
        Per label how far T2 of the re-thickened echoes lies from that of the acquired ones; empty without trust.
    regions
        Per label the region itself, for plots.
    maps
        Per map the scan that was measured.
    """

    statistics: dict[str, pd.DataFrame]
    compared: pd.DataFrame | None
    erosion: pd.DataFrame | None
    notes: tuple[str, ...]
    unit: str = "ms"
    titles: Mapping[str, str] = field(default_factory=dict)
    lights: Mapping[int, Light] = field(default_factory=dict)
    rethickened: Mapping[int, Rethickened] = field(default_factory=dict)
    regions: Mapping[int, Scan] = field(default_factory=dict)
    maps: Mapping[str, Scan] = field(default_factory=dict)


def finest_of(roles: Collection[str]) -> str:
    """Return the map that stands for all where one must: the super-resolved, the acquired, else the first."""
    return next((role for role in ("SR", "acquired") if role in roles), next(iter(roles), "acquired"))


def maps_of(view: View) -> dict[str, Scan]:
    """Return the maps that regions are measured on, by role; volumes of the signal where there is no T2 map."""
    session = view.session
    if session.maps:
        found = {role: found.map for role, found in session.maps.items()}
        found.update(view.method_maps.others())
        return found if session.truth is None else {**found, "truth": session.truth.t2}
    brain = view.brain_maps.measured()
    if brain:
        return brain
    maps = {}
    if session.scan is not None:
        maps["acquired"] = session.scan.volume(view.dynamic.frame or 0)
        maps |= view.dynamic.maps()
    if session.result is not None and session.result.done >= 1.0 and not session.result.partial:
        maps["SR"] = session.result.scan.volume(0)
    return maps


def titles_of(view: View, roles: list[str]) -> dict[str, str]:
    """Return what the column of each map is called; the factor is said only where one method was run with two."""
    result = view.session.result
    if BRAIN_ROLES & set(roles):
        return {role: role for role in roles}
    ran = [role.rsplit(" x", 1) for role in roles if role not in ("acquired", "thick", "SR", "truth")]
    titles = {role: role for role in roles}
    if "SR" in titles and result is not None:
        ran.append([result.method, str(result.factor)])
        titles["SR"] = f"SR [{result.method}]"
    elif "SR" in titles:
        titles["SR"] = f"SR [{view.dynamic.latest}]"
    methods = [method for method, _ in ran]
    for role in roles:
        method = role.rsplit(" x", 1)[0]
        if role not in ("acquired", "thick", "SR", "truth"):
            titles[role] = f"SR [{method}]" if methods.count(method) == 1 else f"SR [{role}]"
    return titles


class Measuring:
    """Measures the labels layers of a view; what has not changed is kept for each layer.

    Parameters
    ----------
    view
        The view whose maps are measured.
    """

    def __init__(self, view: View) -> None:
        self._view = weakref.ref(view)
        self._caches: weakref.WeakKeyDictionary[Labels, RegionCache] = weakref.WeakKeyDictionary()
        self._volumes: dict[str, Scan] = {}

    def measure(self, layer: Labels, names: Mapping[int, str], erosion_mm: float) -> Measurement:
        """Return the tables of a layer; see :func:`napari_mrsr.app.roi.regions.measure`."""
        from napari_mrsr.roi.statistics import compare_tables

        view = self._view()
        if view is None:
            raise RuntimeError("the viewer is closed")
        labels = placed_labels(view, layer)
        cache = self._caches.setdefault(layer, RegionCache())
        regions = cache.update(labels)
        maps = {role: self._steady(role, found) for role, found in maps_of(view).items()}
        tables = {role: cache.table(role, found, names) for role, found in maps.items()}
        tables = certain_tables(view.session, cache, tables, maps, names)
        compared = None
        if {"acquired", "SR"} <= maps.keys():
            compared = compare_tables(tables["acquired"], tables["SR"])
        finest = finest_of(maps)
        erosion = None
        if erosion_mm > 0 and finest in maps and regions:
            erosion = _erosion(cache, maps[finest], erosion_mm, names)
        notes = [*view.dynamic.notes(), *labels.warnings, *_notes(labels, maps, tables, regions, names)]
        if erosion is not None:
            notes += [line for line in erosion.attrs["warnings"] if line not in notes]
        return Measurement(
            statistics=tables,
            compared=compared,
            erosion=erosion,
            notes=tuple(dict.fromkeys(notes)),
            unit=next(iter(maps.values())).unit if maps else "",
            titles=titles_of(view, list(maps)),
            lights=_lights(cache, view.session.trust, _refined(view)),
            rethickened=all_rethickened(cache, view.session.trust),
            regions=dict(regions),
            maps=maps,
        )

    def _steady(self, role: str, found: Scan) -> Scan:
        """Return the same object for the same map: ``Scan.volume`` makes a new one at each call."""
        kept = self._volumes.get(role)
        if kept is None or not _alike(kept, found):
            kept = self._volumes[role] = found
        return kept


def _alike(one: Scan, other: Scan) -> bool:
    return (
        one.array.__array_interface__["data"] == other.array.__array_interface__["data"]
        and one.array.shape == other.array.shape
        and np.array_equal(one.affine, other.affine)
    )


def _notes(
    labels: Scan,
    maps: Mapping[str, Scan],
    tables: Mapping[str, pd.DataFrame],
    regions: Mapping[int, Scan],
    names: Mapping[int, str],
) -> list[str]:
    """Say what was done to the labels, and which regions have no value."""
    notes = []
    other_grids = [role for role, found in maps.items() if regions and not labels.same_grid(found)]
    if other_grids:
        notes.append(f"labels were taken to the grid of {', '.join(other_grids)}, nearest neighbour")
    for role, table in tables.items():
        measured = dict(zip(table["label"], table["n"], strict=True))
        beside = [names.get(k, f"label {k}") for k in regions if k not in measured]
        empty = [names.get(k, f"label {k}") for k, n in measured.items() if n == 0]
        if beside:
            notes.append(f"{', '.join(beside)}: outside the map ({role})")
        if empty:
            notes.append(f"{', '.join(empty)}: no voxel has a value in the map ({role}); its reason layer says why")
    return notes


def _erosion(cache: RegionCache, finest: Scan, mm: float, names: Mapping[int, str]) -> pd.DataFrame:
    """Return the table of :func:`napari_mrsr.roi.erosion_check`, region by region."""
    import pandas as pd

    from napari_mrsr.roi.erosion import erosion_check

    def check(region: Scan) -> pd.DataFrame | None:
        part = around(finest, region)
        return None if part is None else erosion_check(part, region, mm)

    made = [cache.row(label, f"erosion {mm:g}", (finest,), check) for label in cache.regions]
    found = [table for table in made if table is not None and len(table)]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame({"label": [], "mean_eroded": []})
    table["name"] = [names.get(int(label), f"label {label}") for label in table["label"]]
    warnings = dict.fromkeys(line for one in found for line in one.attrs["warnings"] if "erosion" in line)
    table.attrs["warnings"] = tuple(warnings)
    return table


def _refined(view: View) -> Scan | None:
    result = view.session.result
    return None if result is None or result.partial else result.scan


def _half_width(trust: Trust, result: Scan | None, region: Scan) -> float:
    """Return the largest half-width of the volumes, medians over the region, per cent of the signal there."""
    if trust.interval is None or result is None or not trust.interval.same_grid(result):
        return float("nan")
    parts = []
    for volume in range(result.volumes):
        width, signal = (values_in(scan, region, volume) for scan in (trust.interval, result))
        if width.size and np.median(signal) > 0:
            parts.append(100 * float(np.median(width) / np.median(signal)))
    return max(parts, default=float("nan"))


def _lights(cache: RegionCache, trust: Trust | None, result: Scan | None) -> dict[int, Light]:
    """Return the light of each region; none without the layers of trust."""
    if trust is None:
        return {}
    steps = () if result is None else result.history
    unlike = sum(len(step.parameters.get("outside", ())) for step in steps)

    def judge(region: Scan) -> Light:
        shares, n = [], 0
        for volume in range(trust.z.volumes):
            z = values_in(trust.z, region, volume)
            n = z.size
            known = z[np.isfinite(z)]
            shares.append(100 * float(np.mean(np.abs(known) > LARGE_Z)) if known.size else float("nan"))
        t2 = np.empty(0) if trust.t2_difference is None else values_in(trust.t2_difference, region)
        t2 = t2[np.isfinite(t2)]
        known_shares = [share for share in shares if np.isfinite(share)]
        share = max(known_shares, default=float("nan"))
        median = float(np.median(t2)) if t2.size else float("nan")
        width = _half_width(trust, result, region)
        return light_of(n, share, median, unlike=unlike, half_width=width, apart=trust.apart)

    return {label: cache.row(label, "light", (trust,), judge) for label in cache.regions}


_MEASURING: weakref.WeakKeyDictionary[View, Measuring] = weakref.WeakKeyDictionary()


def measuring_of(view: View) -> Measuring:
    """Return what measures the regions of a view; made at the first call."""
    return _MEASURING.setdefault(view, Measuring(view))
