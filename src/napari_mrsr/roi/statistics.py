"""The numbers of a painted region: one row per label.

Voxels without a value (NaN, for example fat in a T2 map) are left out of ``n`` and of every statistic and are
counted in ``invalid_percent``; ``volume_mm3`` is that of the whole region, voxels without a value included. SD has
ddof 1. Percentiles interpolate linearly between the two nearest values (numpy's default); IQR is the 75th minus the
25th.

Labels on another grid than the map's are taken to the map's, nearest neighbour (:mod:`~napari_mrsr.roi.grid`), and
``attrs["warnings"]`` of the table says so: one line each, to be shown with the table. Only the box around the
painted voxels is worked on, so that the table can follow the brush.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.grid import bounding_box, label_array, resample_labels
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Columns of :func:`statistics`, in order; values have the unit of the map.
COLUMNS = ("label", "name", "n", "volume_mm3", "mean", "sd", "median", "iqr", "p5", "p95", "invalid_percent")

#: Columns of :func:`compare_statistics`, in order.
COMPARED = (
    "label",
    "name",
    "n_acquired",
    "n_sr",
    "mean_acquired",
    "mean_sr",
    "sd_acquired",
    "sd_sr",
    "median_acquired",
    "median_sr",
    "invalid_percent_acquired",
    "invalid_percent_sr",
    "difference",
    "cv_percent",
)


def statistics(map: Scan, labels: Scan, *, names: Mapping[int, str] | None = None) -> pd.DataFrame:
    """Return the statistics of a map in every label.

    Parameters
    ----------
    map
        One volume: T2 in ms, a difference, a signal.
    labels
        One volume of whole numbers, 0 is no label; on the map's grid or any other.
    names
        Name of each label; ``"label 3"`` where not given.

    Returns
    -------
    pandas.DataFrame
        One row per label in rising order, columns :data:`COLUMNS`. A label without any valid voxel has ``n`` 0 and
        NaN; one that lies outside the map has no row. ``attrs["warnings"]``, ``attrs["quantity"]`` and
        ``attrs["unit"]`` go with it.

    Raises
    ------
    BadParameter
        The map has several volumes, or the labels are not whole numbers.
    """
    import pandas as pd

    if map.volumes != 1:
        raise BadParameter(
            f"has {map.volumes} volumes: statistics are of one", where=map.where, remedy="choose a volume"
        )
    regions = resample_labels(labels, map)
    painted = label_array(regions)
    box = bounding_box(painted)
    rows = [] if box is None else _rows(map.array[0][box], painted[box], map.voxel_volume, names or {})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["warnings"] = regions.warnings[len(labels.warnings) :]
    table.attrs["quantity"], table.attrs["unit"] = map.quantity, map.unit
    return table


def _rows(
    values: npt.NDArray[Any], painted: npt.NDArray[Any], voxel_volume: float, names: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return one row per label, in rising order."""
    inside = painted > 0
    labels, of = np.unique(painted[inside], return_inverse=True)
    chosen = values[inside].astype(np.float64)
    order = np.argsort(of, kind="stable")
    borders = np.searchsorted(of[order], np.arange(1, len(labels)))
    rows = []
    for label, region in zip(labels, np.split(chosen[order], borders), strict=True):
        valid = region[np.isfinite(region)]
        n = valid.size
        p5, p25, median, p75, p95 = np.percentile(valid, [5, 25, 50, 75, 95]) if n else [np.nan] * 5
        rows.append(
            {
                "label": int(label),
                "name": names.get(int(label), f"label {label}"),
                "n": n,
                "volume_mm3": region.size * voxel_volume,
                "mean": float(valid.mean()) if n else np.nan,
                "sd": float(valid.std(ddof=1)) if n > 1 else np.nan,
                "median": float(median),
                "iqr": float(p75 - p25),
                "p5": float(p5),
                "p95": float(p95),
                "invalid_percent": 100 * (region.size - n) / region.size,
            }
        )
    return rows


def compare_statistics(
    acquired: Scan, sr: Scan, labels: Scan, *, names: Mapping[int, str] | None = None
) -> pd.DataFrame:
    """Return the statistics of an acquired map beside those of its super-resolved one, each on its own grid.

    Parameters
    ----------
    acquired, sr
        Maps of one volume each in one unit; their grids may differ.
    labels
        As for :func:`statistics`; taken to either grid.
    names
        Of the labels.

    Returns
    -------
    pandas.DataFrame
        One row per label, columns :data:`COMPARED`: ``difference`` is the SR mean minus the acquired mean,
        ``cv_percent`` the coefficient of variation of the two means as a pair, 100 SD(pair, ddof 1) / mean(pair).

    Raises
    ------
    BadParameter
        The maps have different units or several volumes, or the labels are not whole numbers.
    """
    if acquired.unit != sr.unit:
        raise BadParameter(
            f"is in {sr.unit or 'no unit'}, the acquired map in {acquired.unit or 'no unit'}",
            where=sr.where,
            remedy="give two maps of the same quantity",
        )
    return compare_tables(statistics(acquired, labels, names=names), statistics(sr, labels, names=names))


def compare_tables(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Return two tables of :func:`statistics` side by side, columns :data:`COMPARED`; ``one`` is the acquired one's."""
    table = one.merge(two, on=["label", "name"], how="outer", suffixes=("_acquired", "_sr")).sort_values("label")
    for column in ("n_acquired", "n_sr"):
        table[column] = table[column].fillna(0).astype(int)
    first, second = table["mean_acquired"], table["mean_sr"]
    table["difference"] = second - first
    table["cv_percent"] = 100 * ((second - first).abs() / np.sqrt(2)) / ((first + second) / 2).abs()
    table = table[list(COMPARED)].reset_index(drop=True)
    table.attrs.update(one.attrs)
    table.attrs["warnings"] = tuple(dict.fromkeys((*one.attrs.get("warnings", ()), *two.attrs.get("warnings", ()))))
    return table
