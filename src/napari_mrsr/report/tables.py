"""Statistics as CSV, and what they come from as JSON.

One CSV a table, UTF-8, a row per region (and map); the first columns of ``stats.csv`` are those of
:func:`napari_mrsr.roi.statistics` and stay where they are. CSV knows no units: :data:`MEANINGS` and the entry
``Columns`` of ``provenance.json`` state them.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr import __version__
from napari_mrsr.report.contents import Report
from napari_mrsr.report.wording import caveats, method_line

if TYPE_CHECKING:
    import pandas as pd

#: What a column means and in what unit; ``{unit}`` is that of the map.
MEANINGS: Mapping[str, tuple[str, str]] = {
    "label": ("number of the region", ""),
    "name": ("name of the region", ""),
    "n": ("voxels with a value", "1"),
    "volume_mm3": ("volume of the region, voxels without a value included", "mm3"),
    "mean": ("mean of the values", "{unit}"),
    "sd": ("standard deviation, ddof 1", "{unit}"),
    "median": ("median", "{unit}"),
    "iqr": ("75th minus 25th percentile", "{unit}"),
    "p5": ("5th percentile", "{unit}"),
    "p95": ("95th percentile", "{unit}"),
    "invalid_percent": ("voxels without a value", "%"),
    "map": ("quantity and map", ""),
    "unit": ("unit of mean, sd, median, iqr, p5 and p95", ""),
    "difference": ("mean of SR minus mean of acquired", "{unit}"),
    "cv_percent": ("coefficient of variation of the pair of means", "%"),
    "n_eroded": ("voxels with a value, without the rim", "1"),
    "mean_eroded": ("mean without the rim", "{unit}"),
    "change": ("mean without the rim minus mean", "{unit}"),
    "change_percent": ("the same, of the mean", "%"),
    "plate": ("femoral, tibial or patellar", ""),
    "region": ("part of the plate", ""),
    "layer": ("deep, superficial or total", ""),
    "definition": ("how the plate was divided", ""),
    "standard_error": ("standard error of the mean by noise alone", "{unit}"),
    "n_effective": ("voxels with noise of their own that would give this error", "1"),
    "t1_assumed": ("T1 that T2 was read with, median of the region", "ms"),
    "t1_longer": ("T2 is read too long by so much if T1 is 100 ms longer than assumed, median", "ms"),
    "b1_lower": ("T2 is read too long by so much if B1 is 10 % low, median", "ms"),
    "undetermined_percent": ("voxels with a value that noise leaves undetermined", "%"),
    "dark_percent": ("voxels too dark for a value", "%"),
    "flag": ("why no T2 is told: too short for this TR and TE, or too dark", ""),
    "at_most": ("median reading, which bounds a T2 that is too short", "ms"),
    "t2_difference_median": ("T2 of the re-thickened echoes minus T2 of the acquired ones, median", "ms"),
    "t2_difference_iqr": ("the same, 75th minus 25th percentile", "ms"),
    "t2_difference_n": ("voxels of this difference", "1"),
    "trust": ("does SR agree with the measurement in the region", ""),
    "why": ("why", ""),
}

#: Packages whose version may change a figure.
PACKAGES = ("numpy", "scipy", "pandas", "nibabel", "torch", "napari", "highdicom")


def write_tables(report: Report, folder: Path) -> list[Path]:
    """Write the tables of a report as CSV.

    Returns
    -------
    list of Path
        ``stats.csv`` (a row per region and map) and, where they were made, ``stats_acquired_sr.csv``,
        ``stats_erosion.csv``, ``stats_regions.csv`` and ``stats_thickness.csv`` (regions of the cartilage), and
        ``stats_trust.csv``.

    Raises
    ------
    MissingParameter
        Nothing is painted.
    """
    report.check_painted()
    written = []
    for name, table in all_tables(report).items():
        path = folder / (f"stats_{name}.csv" if name else "stats.csv")
        table.to_csv(path, index=False, encoding="utf-8")
        written.append(path)
    return written


def all_tables(report: Report) -> dict[str, pd.DataFrame]:
    """Return every table by the name of its file; the main one has none."""
    import pandas as pd

    names = report.regions
    judged = [label for label in names if label in report.lights or label in report.rethickened]
    found = {
        "": _stacked(report, report.tables),
        "acquired_sr": report.compared,
        "erosion": report.erosion,
        "regions": _stacked(report, report.regional),
        "thickness": None if report.thickness is None else report.thickness.assign(unit="mm"),
        "trust": pd.DataFrame([_trust_row(report, label) for label in judged]),
    }
    return {name: table for name, table in found.items() if table is not None and len(table)}


def _trust_row(report: Report, label: int) -> dict[str, Any]:
    """Return what is known of the agreement of SR with the measurement in a region."""
    light, found = report.lights.get(label), report.rethickened.get(label)
    row: dict[str, Any] = {"label": label, "name": report.regions[label]}
    row |= {"trust": None if light is None else light.word, "why": None if light is None else light.why}
    if found is not None:
        row |= {"t2_difference_median": found.median, "t2_difference_iqr": found.iqr, "t2_difference_n": found.n}
    return row


def _stacked(report: Report, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the tables of several maps one below the other, saying in each row of which map it is."""
    import pandas as pd

    rows = [
        table.assign(map=f"{report.quantity} ({role})", unit=report.unit)
        for role, table in tables.items()
        if len(table)
    ]
    return pd.concat(rows, ignore_index=True) if rows else None


def provenance_of(report: Report, files: Iterable[Path] = (), *, root: Path | None = None) -> dict[str, Any]:
    """Return where everything comes from, as plain values that JSON can hold.

    Parameters
    ----------
    report
        The report; where it is not identified, without dates.
    files
        What was written; listed with sha256 and size.
    root
        The folder that their names are relative to.
    """
    from napari_mrsr.files import provenance
    from napari_mrsr.files.origin import INTENDED_USE, plain, sha256_of

    scans = {"Acquired": report.scan, "SuperResolved": report.refined, "Labels": report.labels}
    about: dict[str, Any] = {
        "Software": "napari-mrsr",
        "Version": __version__,
        "IntendedUse": INTENDED_USE,
        "Identified": report.identified,
        **({"Created": datetime.now(UTC).isoformat(timespec="seconds")} if report.identified else {}),
        "Environment": {"Python": platform.python_version(), "Platform": platform.system(), **versions()},
        "Method": method_line(report),
        "Model": dict(report.model),
        "Settings": plain(report.settings),
        "Quantity": report.quantity,
        "Unit": report.unit,
        "Regions": {str(label): name for label, name in report.names.items()},
        "Columns": columns_of(report),
        "Trust": plain(report.trust),
        "Caveats": caveats(report),
        "Scans": {name: provenance(scan) for name, scan in scans.items() if scan is not None},
        "Maps": {role: provenance(one) for role, one in report.maps.items()},
    }
    about["Files"] = [
        {
            "Name": (path.relative_to(root) if root is not None else path).as_posix(),
            "Sha256": sha256_of(path),
            "Bytes": path.stat().st_size,
        }
        for path in files
    ]
    return about if report.identified else {key: _undated(value) for key, value in about.items()}


def columns_of(report: Report) -> dict[str, dict[str, dict[str, str]]]:
    """Return per table what its columns mean and their units."""
    told: dict[str, dict[str, dict[str, str]]] = {}
    for name, table in all_tables(report).items():
        file = f"stats_{name}.csv" if name else "stats.csv"
        unit = "mm" if name == "thickness" else report.unit
        told[file] = {str(column): _meaning(str(column), unit) for column in table.columns}
    return told


def versions() -> dict[str, str]:
    """Return the versions of the packages that may change a figure."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _meaning(column: str, unit: str) -> dict[str, str]:
    base = next((c for c in (column, column.removesuffix("_sr").removesuffix("_acquired")) if c in MEANINGS), None)
    if base is None:
        return {}
    text, of = MEANINGS[base]
    part = "SR: " if column.endswith("_sr") else "acquired: " if column.endswith("_acquired") else ""
    return {"Description": part + text, "Units": of.format(unit=unit)}


def _undated(value: Any) -> Any:
    """Return the record without the times of its steps."""
    if isinstance(value, dict):
        return {key: _undated(inner) for key, inner in value.items() if key != "Time"}
    return [_undated(inner) for inner in value] if isinstance(value, list) else value
