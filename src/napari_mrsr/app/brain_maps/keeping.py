"""The maps of a brain in a saved review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from napari_mrsr.app.brain_maps.choices import MAPS, SHIPPED, BrainResult, BrainSettings
from napari_mrsr.scan import Scan


def as_saved(result: BrainResult, titles: Mapping[str, str], put: Callable[[Scan, str], str | None]) -> dict[str, Any]:
    """Return maps as JSON can hold them; a file of weights can tell whose it is, and is called by its name alone."""
    if result.maps is None:
        return {}
    settings = result.settings
    kept: dict[str, Any] = {}
    for one in fields(result.maps):
        value = getattr(result.maps, one.name)
        if isinstance(value, Scan):
            kept[one.name] = put(value, f"brain_{one.name}")
        elif isinstance(value, Mapping) and any(isinstance(scan, Scan) for scan in value.values()):
            kept[one.name] = {key: put(scan, f"brain_{key}_{one.name}") for key, scan in value.items()}
    return {
        "scans": kept,
        "registered": {name: put(scan, f"brain_{name}_registered") for name, scan in result.registered.items()},
        "moved": list(result.moved),
        "misfit": dict(result.maps.misfit),
        "tissues": [asdict(one) for one in result.maps.tissues],
        "warnings": list(result.maps.warnings),
        "titles": dict(titles),
        "weights": getattr(settings.which, "name", settings.which),
        "plane": settings.plane,
        "typed": [[*key, value] for key, value in settings.typed.items()],
        "share": float(result.share),
        "seconds": float(result.seconds),
    }


def given_back(
    saved: Mapping[str, Any], scan_at: Callable[[str | None], Scan | None]
) -> tuple[BrainResult, dict[str, str]] | None:
    """Return the maps that a review was saved with, and the layers that they were made of; None where it has none."""
    from napari_mrsr.mapping.brain import BrainMaps
    from napari_mrsr.mapping.brain_tissue_check import TissueValue

    if not saved.get("scans"):
        return None
    known = {one.name for one in fields(BrainMaps)}
    found: dict[str, Any] = {"misfit": saved.get("misfit", {}), "warnings": tuple(saved.get("warnings", ()))}
    found["tissues"] = tuple(TissueValue(**one) for one in saved.get("tissues", ()))
    for name, value in saved["scans"].items():
        if name in known:
            many = isinstance(value, Mapping)
            found[name] = {key: scan_at(one) for key, one in value.items()} if many else scan_at(value)
    maps = BrainMaps(**found)
    weights = str(saved.get("weights", SHIPPED[0]))
    typed = {(name, entry): value for name, entry, value in saved.get("typed", ())}
    settings = BrainSettings(weights, weights not in SHIPPED, saved.get("plane", "auto"), typed=typed)
    array = np.empty((len(MAPS), 0, 0, 0), np.float32)  # nothing grows any more
    share = float(saved.get("share", 1.0))
    registered = {name: scan for name, key in saved.get("registered", {}).items() if (scan := scan_at(key)) is not None}
    result = BrainResult(
        maps.t1,
        array,
        settings,
        maps,
        registered,
        tuple(saved.get("moved", ())),
        share,
        float(saved.get("seconds", 0.0)),
        share < 1,
    )
    return result, dict(saved.get("titles", {}))
