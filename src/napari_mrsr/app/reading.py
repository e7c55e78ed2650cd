"""Tables as a person reads them in a narrow dock: quantities as rows, regions or volumes as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.app.comparing import Comparison
from napari_mrsr.app.regions import Measurement

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


def roi_table(measurement: Measurement, label: int) -> pd.DataFrame | None:
    """Return the statistics of one region, a column for each map; None where nothing is painted."""
    import pandas as pd

    unit = f" [{measurement.unit}]" if measurement.unit else ""
    rows = {
        "n": "voxels",
        "volume_mm3": "volume [mm³]",
        "mean": f"mean{unit}",
        "sd": f"SD{unit}",
        "median": f"median{unit}",
        "iqr": f"IQR{unit}",
        "p5": f"5 %{unit}",
        "p95": f"95 %{unit}",
        "invalid_percent": "invalid [%]",
    }
    columns: dict[str, list[object]] = {}
    for role, table in measurement.statistics.items():
        found = table[table["label"] == label]
        if len(found):
            columns[role] = [found.iloc[0][key] for key in rows]
    return pd.DataFrame(columns, index=list(rows.values()), dtype=object) if columns else None


def regions_table(measurement: Measurement) -> pd.DataFrame | None:
    """Return one row per region: means, SR minus acquired, CV, and the mean without the rim; None without any region.

    Values are in the unit of the map; names lose the word that all of them end with.
    """
    import pandas as pd

    names = painted(measurement)
    columns: dict[str, dict[str, float]] = {}
    for role, table in measurement.statistics.items():
        columns["acq" if role == "acquired" else role] = _column(table, "mean", names)
    if measurement.compared is not None:
        columns["SR-acq"] = _column(measurement.compared, "difference", names)
        columns["CV %"] = _column(measurement.compared, "cv_percent", names)
    if measurement.erosion is not None:
        columns["rimless"] = _column(measurement.erosion, "mean_eroded", names)
    table = pd.DataFrame(columns, index=list(names.values()))
    if len(names) > 1 and all(name.endswith(" cartilage") for name in names.values()):
        table.index = table.index.str.removesuffix(" cartilage")
    return table if names else None


def _column(table: pd.DataFrame, key: str, names: dict[int, str]) -> dict[str, float]:
    values = dict(zip(table["label"], table[key], strict=True))
    return {name: float(values.get(label, float("nan"))) for label, name in names.items()}


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
}


def trust_table(trust: Trust) -> pd.DataFrame:
    """Return the figures of trust, one column per volume."""
    import pandas as pd

    volumes = trust.summary.get("volumes", {})
    columns = {name: [float(row.get(key, float("nan"))) for key in _TRUST] for name, row in volumes.items()}
    return pd.DataFrame(columns, index=list(_TRUST.values()))


def trust_line(trust: Trust) -> str:
    """Return what trust says about T2, in one line."""
    found = trust.summary
    if "t2_median_difference" in found:
        return (
            "T2 of the re-thickened echoes minus T2 of the acquired ones: "
            f"median {found['t2_median_difference']:+.2f} ms, IQR {found['t2_iqr']:.2f} ms, {found['t2_n']} voxels"
        )
    return f"no T2: {found['t2_missing']}" if found.get("t2_missing") else ""
