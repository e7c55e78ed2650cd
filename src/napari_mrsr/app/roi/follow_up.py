"""An earlier review as baseline: read from disk, and held against what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.app.keeping.review_content import subject_of
from napari_mrsr.app.roi import all_regions, regions
from napari_mrsr.errors import BadParameter, NothingToRead, UnreadableFile
from napari_mrsr.files.review_folder import STATISTICS, folder_of, is_review, read_record
from napari_mrsr.roi.follow_up import Repeatability, changes, mismatches

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.app.roi.measured import Measurement
    from napari_mrsr.app.viewing import View

#: Which map is compared where both have several: the finest first.
PREFERRED = ("SR", "acquired", "thick")


@dataclass(frozen=True, eq=False)
class Baseline:
    """Regional means of an earlier review.

    Attributes
    ----------
    source
        Folder or table that it was read from.
    when
        When it was saved, or None.
    means
        Per map the mean of each region, by name.
    unit
        Of the means.
    subject
        Side and number of the knee, as far as known.
    method
        What the super-resolved map was made with (``"lean x2"``), or None.
    t2
        How T2 was mapped, as far as known.
    """

    source: Path
    when: datetime | None
    means: Mapping[str, Mapping[str, float]]
    unit: str
    subject: Mapping[str, Any]
    method: str | None = None
    t2: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """Name and date."""
        name = self.source.name if self.source.is_dir() else self.source.stem
        return name if self.when is None else f"{name}, {self.when:%d %b %Y}"


@dataclass(frozen=True, eq=False)
class FollowUp:
    """What has changed since the baseline, on which map, and what to doubt."""

    table: pd.DataFrame
    map: str
    warnings: tuple[str, ...]


def read_baseline(path: str | PathLike[str], layer: str | None = None) -> Baseline:
    """Read regional means of an earlier review, or of a table that the ROI dock exported.

    Parameters
    ----------
    path
        A saved review, or a CSV with the columns ``name``, ``mean`` and ``map``.
    layer
        Which painted layer of the review, where it has several; the first where not given or not there.

    Raises
    ------
    NothingToRead, UnreadableFile
        There is no table, or it is no such table.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return Baseline(path, None, *_means(path, layer), {})
    folder = folder_of(path)
    if not is_review(folder):
        raise NothingToRead("is no saved review", where=path, remedy="choose a saved review or its table (CSV)")
    record = read_record(folder)
    if not (folder / STATISTICS).is_file():
        raise NothingToRead("holds no table: nothing was painted", where=folder, remedy="choose another review")
    session = record.get("session", {})
    try:
        when = datetime.fromisoformat(str(record.get("created"))).astimezone()
    except ValueError:
        when = None
    means, unit = _means(folder / STATISTICS, layer)
    method = session.get("current")
    return Baseline(folder, when, means, unit, record.get("subject", {}), method, session.get("t2"))


def _means(path: Path, layer: str | None) -> tuple[dict[str, dict[str, float]], str]:
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise UnreadableFile(f"is no table ({error})", where=path, remedy="choose a table of this plugin") from error
    if not {"name", "mean"} <= set(table.columns) or not pd.api.types.is_numeric_dtype(table["mean"]):
        raise UnreadableFile(
            'has no columns "name" and "mean" of numbers', where=path, remedy="choose a table of this plugin"
        )
    if "roi" in table and len(table):
        names = list(dict.fromkeys(table["roi"]))
        table = table[table["roi"] == (layer if layer in names else names[0])]
    maps = table["map"].astype(str) if "map" in table else pd.Series("acquired", index=table.index)
    unit = str(table["unit"].iloc[0]) if "unit" in table and len(table) else "ms"
    found: dict[str, dict[str, float]] = {}
    for name, mean, role in zip(table["name"], table["mean"], maps.map(_role), strict=True):
        found.setdefault(role, {})[str(name)] = float(mean)
    if not found:
        raise UnreadableFile("holds no region", where=path, remedy="choose another table")
    return found, unit


def _role(text: str) -> str:
    """Return the role in a map's title: ``"T2 (SR)"`` is ``"SR"``."""
    return text.rpartition("(")[2].rstrip(")") if text.endswith(")") else text


def follow_up(
    view: View, measurement: Measurement, baseline: Baseline, repeatability: Repeatability, roi: str = regions.NAME
) -> FollowUp:
    """Return the change of every region since the baseline.

    Parameters
    ----------
    view, measurement
        What is open, and the tables of its regions.
    baseline
        From :func:`read_baseline`.
    repeatability
        How far a regional mean scatters when nothing has changed.
    roi
        Name of the layer that was measured; parts of its cartilage are followed up too.

    Raises
    ------
    BadParameter
        The two share no map, or are of different units (T2 against signal).
    """
    if baseline.unit != measurement.unit:
        raise BadParameter(
            f"is in {baseline.unit or 'no unit'}, this review in {measurement.unit or 'no unit'}",
            where=baseline.source,
            remedy="compute T2 in the Process dock first" if baseline.unit == "ms" else "choose another baseline",
        )
    tables, notes = all_regions.tables_of(view, measurement, roi)
    now = {
        role: {str(n): float(m) for n, m in zip(table["name"], table["mean"], strict=True)}
        for role, table in tables.items()
    }
    shared = [role for role in (*PREFERRED, *now) if role in now and role in baseline.means]
    if not shared:
        raise BadParameter(
            f"has {', '.join(baseline.means)}, this review {', '.join(now) or 'no map'}: no map is in both",
            where=baseline.source,
            remedy="run the same method in the Process dock",
        )
    role = shared[0]
    warnings = list(mismatches(baseline.subject, subject_of(view.session.scan, view.session.truth)))
    warnings += [*_other_settings(view, baseline, role), *notes]
    table = changes(baseline.means[role], now[role], repeatability)
    beyond = int((table["verdict"] == "beyond repeatability").sum())
    if beyond and len(table) >= 10:
        warnings.append(f"of {len(table)} unchanged regions about {len(table) / 20:.0f} would lie beyond by chance")
    return FollowUp(table, role, tuple(warnings))


def _other_settings(view: View, baseline: Baseline, role: str) -> list[str]:
    lines = []
    session = view.session
    result = session.result
    method = None if result is None else f"{result.method} x{result.factor}"
    if role == "SR" and baseline.method and baseline.method != method:
        lines.append(f"the baseline was super-resolved by {baseline.method}, this by {method}")
    for key, label in (("method", "method"), ("t1", "T1"), ("diffusivity", "diffusivity")):
        if baseline.t2 and baseline.t2.get(key) not in (None, getattr(session.t2, key)):
            lines.append(f"T2 of the baseline was mapped with another {label} ({baseline.t2[key]})")
    return lines
