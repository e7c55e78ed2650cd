"""Tables as a person reads them in a narrow dock: quantities as rows, regions or volumes as columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_mrsr.app.compare.comparing import Comparison
from napari_mrsr.app.roi import certain_cells
from napari_mrsr.app.roi.measured import BRAIN_ROLES, Measurement, finest_of
from napari_mrsr.roi.reference_ranges import CAVEAT, Published, published
from napari_mrsr.roi.trust_light import EXPLANATION

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.superres import Trust

_FIGURES = {"psnr": "PSNR [dB]", "ssim": "SSIM", "rmse": "RMSE [a.u.]", "mae": "MAE [a.u.]", "diff_sd": "SD of diff."}


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """Return the figures of a comparison, one column per volume."""
    import pandas as pd

    columns = {
        name: [float(figures[key]) for key in _FIGURES if key in figures]
        for name, figures in comparison.figures.items()
    }
    first = next(iter(comparison.figures.values()), {})
    return pd.DataFrame(columns, index=[text for key, text in _FIGURES.items() if key in first])


#: Rows of the table of one region, and what they are called; {unit} is that of the map.
_ROWS = {
    "n": "voxels",
    "volume_mm3": "volume [mm³]",
    "mean": "mean{unit}",
    "standard_error": "its SE by noise{unit}",
    "n_effective": "voxels that count",
    "sd": "SD{unit}",
    "median": "median{unit}",
    "iqr": "IQR{unit}",
    "p5": "5 %{unit}",
    "p95": "95 %{unit}",
    "invalid_percent": "invalid [%]",
    "undetermined_percent": "undetermined [%]",
    "t1_longer": "if T1 100 ms longer{unit}",
    "b1_lower": "if B1 10 % low{unit}",
}

#: Rows that are left out where nothing is known of them.
_IF_KNOWN = ("standard_error", "n_effective", "undetermined_percent", "t1_longer", "b1_lower")

#: Share of undetermined voxels from which on the table of all regions has a column for it, per cent.
_WORTH_A_COLUMN = 10.0

#: What stands behind the headers of the table of all regions.
_HELP = {
    "SR-acq": "Mean of the super-resolved map minus that of the acquired one",
    "CV %": "Coefficient of variation of the two means as a pair: 100 SD / mean (SD with n - 1)",
    "n (T1)": "Voxels of the region that have a T1; mean and SD are of these",
    "n (T2)": "Voxels of the region that have a T2: fluid has none",
    "invalid %": "Voxels of the region without a value in the finest map; its reason layer says why",
    "undet. %": "Voxels with a number that noise leaves undetermined: T2 is short beside 2 TR - TE, the second echo is "
    "lost",
    "thickened": "T2 of the super-resolved echoes thickened again minus T2 of the acquired ones: median (IQR), ms",
    "rimless": "Mean of the finest map without the rim: a fall points to fluid at the surface",
    "trust": EXPLANATION,
    "published": CAVEAT,
}


def roi_table(measurement: Measurement, label: int) -> pd.DataFrame | None:
    """Return the statistics of one region, a column for each map; None where nothing is painted.

    Where T2 of such tissue is published, mean and SD stand in a last column.
    """
    import pandas as pd

    unit = f" [{measurement.unit}]" if measurement.unit else ""
    rows = {key: text.format(unit=unit) for key, text in _ROWS.items()}
    columns: dict[str, list[object]] = {}
    for role, table in measurement.statistics.items():
        found = table[table["label"] == label]
        if len(found):
            columns[_title(measurement, role)] = [found.iloc[0].get(key) for key in rows]
    if not columns:
        return None
    bare = [n for n, key in enumerate(rows) if key in _IF_KNOWN and all(_missing(c[n]) for c in columns.values())]
    known = _published(measurement, painted(measurement).get(label, ""))
    if known:
        columns["published"] = [{"mean": known[0].mean, "sd": known[0].sd}.get(key) for key in rows]
    table = pd.DataFrame(columns, index=list(rows.values()), dtype=object)
    table = table.drop(index=[list(rows.values())[n] for n in bare])
    if known:
        table.attrs["help"] = {"published": sources(known)}
    return table


def regions_table(measurement: Measurement, *, full: bool = False) -> pd.DataFrame | None:
    """Return one row per region; None without any region.

    The light of trust where it is known, means of each map in its unit, SR minus acquired, CV, voxels without a value.
    Names lose the word that all of them end with.

    Parameters
    ----------
    measurement
        What was measured.
    full
        With volume, SD and median of each map, the difference of each method, and published values.

    Returns
    -------
    pandas.DataFrame
        ``attrs["keys"]`` are the labels, ``attrs["help"]`` explains the columns.
    """
    import pandas as pd

    names = painted(measurement)
    if not names:
        return None
    columns: dict[str, Any] = {}
    cell_help: dict[tuple[int, str], str] = {}
    finest = finest_of(measurement.statistics)
    brain = bool(BRAIN_ROLES & measurement.statistics.keys())
    if measurement.lights:  # first: the one column that must be seen without scrolling, in a dock of 420 pixels too
        columns["trust"] = [measurement.lights.get(label) for label in names]
    if full and not brain and finest in measurement.statistics:
        columns["voxels"] = _column(measurement.statistics[finest], "n", names)
        columns["mm³"] = _column(measurement.statistics[finest], "volume_mm3", names)
    pair = [role for role in measurement.statistics if role in ("acquired", "SR")]
    for role in pair:
        columns |= _values(measurement, role, names, full=full, cell_help=cell_help)
    if measurement.compared is not None:
        columns["SR-acq"] = _column(measurement.compared, "difference", names)
        columns["CV %"] = _column(measurement.compared, "cv_percent", names)
    if full and measurement.rethickened:
        columns["thickened"] = certain_cells.cells([certain_cells.thickened(measurement, label) for label in names])
    undetermined = certain_cells.undetermined(measurement, finest, names)
    if full or any(share >= _WORTH_A_COLUMN for share in undetermined):
        columns |= {"undet. %": undetermined} if undetermined else {}
    if finest in measurement.statistics and not brain:
        columns["invalid %"] = _column(measurement.statistics[finest], "invalid_percent", names)
    for role in measurement.statistics:
        if role not in pair:
            columns |= _values(measurement, role, names, full=full, cell_help=cell_help, spread=brain)
    if measurement.erosion is not None:
        columns["rimless"] = _column(measurement.erosion, "mean_eroded", names)
    if full:
        columns |= _other_methods(measurement, names)
        known = {label: _published(measurement, name) for label, name in names.items()}
        if any(known.values()):
            columns["published"] = [str(found[0]) if found else None for found in known.values()]
            cell_help |= {(label, "published"): sources(found) for label, found in known.items() if found}
    table = pd.DataFrame(columns, index=list(names.values()))
    if len(names) > 1 and all(name.endswith(" cartilage") for name in names.values()):
        table.index = table.index.str.removesuffix(" cartilage")
    table.attrs.update(keys=list(names), help=_HELP, cell_help=cell_help)
    return table


def _values(
    measurement: Measurement,
    role: str,
    names: dict[int, str],
    *,
    full: bool,
    cell_help: dict[tuple[int, str], str],
    spread: bool = False,
) -> dict[str, Any]:
    """Return the mean of a map in each region with its error, with SD and median where all is wanted.

    With ``spread`` SD and the number of voxels that have a value always stand beside it.
    """
    title, table = _title(measurement, role), measurement.statistics[role]
    columns: dict[str, Any] = {title: _column(table, "mean", names)}
    if "standard_error" in table:
        rows = {int(row["label"]): row for row in table.to_dict("records")}
        columns[title] = certain_cells.cells([certain_cells.mean(rows.get(label)) for label in names])
        cell_help |= {(label, title): certain_cells.words(rows[label]) for label in names if label in rows}
    if full or spread:
        columns[f"{title} SD"] = _column(table, "sd", names)
    if spread:
        columns[f"n ({title})"] = _column(table, "n", names)
    if spread and full:
        columns[f"{title} invalid %"] = _column(table, "invalid_percent", names)
    if full:
        columns[f"{title} median"] = _column(table, "median", names)
    return columns


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _other_methods(measurement: Measurement, names: dict[int, str]) -> dict[str, list[object]]:
    """Return difference and CV of each further method against the acquired map, and of SR against the truth."""
    from napari_mrsr.roi.statistics import compare_tables

    columns: dict[str, list[object]] = {}
    tables = measurement.statistics
    for role, table in tables.items():
        if role in ("acquired", "thick", "SR", "truth") or "acquired" not in tables:
            continue
        compared = compare_tables(tables["acquired"], table)
        columns[f"{_title(measurement, role)} -acq"] = _column(compared, "difference", names)
        columns[f"{_title(measurement, role)} CV %"] = _column(compared, "cv_percent", names)
    if {"SR", "truth"} <= tables.keys():
        columns["SR-truth"] = _column(compare_tables(tables["truth"], tables["SR"]), "difference", names)
    return columns


def _title(measurement: Measurement, role: str) -> str:
    return measurement.titles.get(role, role)


def _published(measurement: Measurement, name: str) -> tuple[Published, ...]:
    """Return what is published of a region; nothing where the map is no T2 map."""
    brain = bool(BRAIN_ROLES & measurement.statistics.keys())
    return published(name) if measurement.unit == "ms" and not brain else ()


def sources(known: Sequence[Published]) -> str:
    """Return published values with their sources, a line each, and what must be said with them."""
    return "\n".join((*(found.line for found in known), CAVEAT))


def _column(table: pd.DataFrame, key: str, names: dict[int, str]) -> list[object]:
    values = dict(zip(table["label"], table[key], strict=True))
    return [values.get(label, float("nan")) for label in names]


def painted(measurement: Measurement) -> dict[int, str]:
    """Return the regions that hold voxels, by label."""
    found: dict[int, str] = {}
    for table in measurement.statistics.values():
        found.update({int(k): str(n) for k, n in zip(table["label"], table["name"], strict=True)})
    return dict(sorted(found.items()))


_TRUST = {
    "noise": "noise [a.u.]",
    "z_sd": "SD of z",
    "z_large_percent": "|z| > 3 [%]",
    "z_expected_percent": "by chance [%]",
    "added_percent": "added [%]",
    "interval_percent": "90 % interval ± [%]",
}


def trust_table(trust: Trust) -> pd.DataFrame:
    """Return the figures of trust, one column per volume."""
    import pandas as pd

    volumes = trust.summary.get("volumes", {})
    rows = [key for key in _TRUST if key != "interval_percent" or trust.interval is not None]
    columns = {name: [float(row.get(key, float("nan"))) for key in rows] for name, row in volumes.items()}
    return pd.DataFrame(columns, index=[_TRUST[key] for key in rows])


def trust_line(trust: Trust) -> str:
    """Return what trust says about motion and about T2, and why there is no interval."""
    missing = trust.summary.get("interval_missing", "")
    return "\n".join(filter(None, (trust.apart, _t2_line(trust), missing)))


def _t2_line(trust: Trust) -> str:
    found = trust.summary
    if "t2_median_difference" in found:
        return (
            "T2 of the re-thickened echoes minus T2 of the acquired ones: "
            f"median {found['t2_median_difference']:+.2f} ms, IQR {found['t2_iqr']:.2f} ms, {found['t2_n']} voxels"
        )
    return f"no T2: {found['t2_missing']}" if found.get("t2_missing") else ""
