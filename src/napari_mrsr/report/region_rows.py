"""The tables of the page: a row per region, columns in groups, every cell as text.

Numbers are rounded for reading; the CSV holds all digits. Other methods than the latest stand in the CSV alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_mrsr.report.contents import BRAIN_ROLES, ROLES, Report
from napari_mrsr.report.wording import signed

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "–"

#: Ink of what trust says.
TRUST_INK = {"good": "#1b7f3b", "check": "#a86400", "doubt": "#b3261e"}


@dataclass(frozen=True)
class Column:
    """A column: the title of its group, its own, its width in mm, and its cells by row."""

    group: str
    title: str
    width: float
    cells: tuple[str, ...]


@dataclass(frozen=True)
class RegionRows:
    """Names of the rows, and the columns beside them."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]


def painted_rows(report: Report) -> RegionRows:
    """Return the painted regions as rows: per map n, mean ± SD, its standard error by noise and median.

    Then the change, what wrong T1 and B1 would do, and what trust says.
    """
    labels = list(report.regions)
    columns: list[Column] = []
    for role, table in _of(report.tables).items():
        group, by = _title(report, role), table.set_index("label")
        rows = [by.loc[label] if label in by.index else None for label in labels]
        full = role in ("acquired", "SR", *BRAIN_ROLES)
        columns += [Column(group, "n", 14.0, tuple(map(_count, rows)))] if full else []
        columns += [Column(group, "mean ± SD", 23.0, tuple(map(_spread, rows)))]
        columns += [Column(group, "SE", 11.0, _numbers(rows, "standard_error", ".2f"))] if _known(table) else []
        columns += [Column(group, "median", 14.0, tuple(_number(row, "median") for row in rows))] if full else []
    if report.compared is not None:
        by = report.compared.set_index("label")
        rows = [by.loc[label] if label in by.index else None for label in labels]
        change = (("difference", "SR − acq.", 16.0, "+.1f"), ("cv_percent", "CV [%]", 13.0, ".1f"))
        for key, title, width, form in change:
            columns.append(Column("Change", title, width, tuple(_number(row, key, form) for row in rows)))
    finest = next((role for role in ("SR", "acquired") if role in report.tables), None)
    if finest is not None and "t1_longer" in report.tables[finest]:
        by = report.tables[finest].set_index("label")
        rows = [by.loc[label] if label in by.index else None for label in labels]
        for key, title in (("t1_longer", "T1 +100 ms"), ("b1_lower", "B1 −10 %")):
            columns.append(Column("Too long [ms] if", title, 16.0, _numbers(rows, key, "+.1f")))
    if report.lights:
        words = tuple(report.lights[label].word if label in report.lights else NOTHING for label in labels)
        columns.append(Column("", "Trust", 13.0, words))
    return RegionRows(tuple(report.regions.values()), tuple(columns))


def regional_rows(report: Report) -> RegionRows:
    """Return the regions of the cartilage as rows: per layer the mean ± SD of each map."""
    tables = _of(report.regional)
    first = next(iter(tables.values()), None)
    if first is None:
        return RegionRows((), ())
    places = list(dict.fromkeys(zip(first["plate"], first["region"], strict=True)))
    layers = list(dict.fromkeys(first["layer"]))
    columns = []
    for layer in layers:
        for role, table in tables.items():
            by = table[table["layer"] == layer].set_index(["plate", "region"])
            rows = [by.loc[place] if place in by.index else None for place in places]
            unit = f" [{report.unit}]" if report.unit else ""
            columns.append(Column(f"{layer}{unit}", role, 18.0, tuple(map(_spread, rows))))
    if report.thickness is not None:
        by = report.thickness.set_index(["plate", "region"])
        rows = [by.loc[place] if place in by.index else None for place in places]
        columns.append(Column("thickness", "[mm]", 16.0, tuple(_number(row, "mean") for row in rows)))
    plates = {plate for plate, _ in places}
    names = tuple(f"{plate}: {place}" if len(plates) > 1 else str(place) for plate, place in places)
    return RegionRows(names, tuple(columns))


def _of(tables: Any) -> dict[str, pd.DataFrame]:
    return {role: tables[role] for role in ROLES if role in tables and len(tables[role])}


def _title(report: Report, role: str) -> str:
    unit = f" [{report.unit}]" if report.unit else ""
    if role in BRAIN_ROLES:
        return f"{role}{unit}"
    return f"{report.quantity} {report.titles.get(role, role)}{unit}"


def _number(row: Any, key: str, form: str = ".1f") -> str:
    value = float("nan") if row is None else float(row[key])
    return signed(value, form) if math.isfinite(value) else NOTHING


def _numbers(rows: list[Any], key: str, form: str) -> tuple[str, ...]:
    return tuple(_number(row, key, form) for row in rows)


def _known(table: pd.DataFrame) -> bool:
    """Tell whether a standard error is known in any region."""
    return "standard_error" in table and bool(table["standard_error"].notna().any())


def _count(row: Any) -> str:
    return NOTHING if row is None else f"{int(row['n'])}"


def _spread(row: Any) -> str:
    if row is not None and isinstance(row.get("flag"), str) and row["flag"]:
        return str(row["flag"])
    if row is None or not math.isfinite(float(row["mean"])):
        return NOTHING
    return f"{float(row['mean']):.1f} ± {_number(row, 'sd')}"
