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


def roi_table(measurement: Measurement) -> pd.DataFrame:
    """Return the statistics of all regions: per region a column for each map, and what differs below."""
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
    for label, name in _regions(measurement).items():
        for role, table in measurement.statistics.items():
            found = table[table["label"] == label]
            if len(found):
                columns[f"{name}\n{role}"] = [found.iloc[0][key] for key in rows]
    return pd.DataFrame(columns, index=list(rows.values()), dtype=object)


def agreement_table(measurement: Measurement) -> pd.DataFrame | None:
    """Return SR minus acquired, CV and the change by erosion, one row per region; None where nothing is compared."""
    import pandas as pd

    compared, erosion = measurement.compared, measurement.erosion
    if compared is None and erosion is None:
        return None
    unit = f" [{measurement.unit}]" if measurement.unit else ""
    columns: dict[str, list[float]] = {}
    for label, name in _regions(measurement).items():
        values = []
        if compared is not None:
            row = compared[compared["label"] == label]
            values += [float(row.iloc[0][key]) if len(row) else float("nan") for key in ("difference", "cv_percent")]
        if erosion is not None:
            row = erosion[erosion["label"] == label]
            keys = ("mean_eroded", "change", "n_eroded")
            values += [float(row.iloc[0][key]) if len(row) else float("nan") for key in keys]
        columns[name] = values
    index = [f"SR - acquired{unit}", "CV [%]"] if compared is not None else []
    index += [f"mean without rim{unit}", f"change by erosion{unit}", "voxels left"] if erosion is not None else []
    return pd.DataFrame(columns, index=index)


def _regions(measurement: Measurement) -> dict[int, str]:
    found: dict[int, str] = {}
    for table in measurement.statistics.values():
        found.update({int(k): str(n) for k, n in zip(table["label"], table["name"], strict=True)})
    return dict(sorted(found.items()))


def trust_lines(trust: Trust) -> str:
    """Return the summary of trust as lines of text."""
    return "\n".join(f"{str(key).replace('_', ' ')}: {_plain(value)}" for key, value in trust.summary.items())


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(v) for v in value)
    return str(value)
