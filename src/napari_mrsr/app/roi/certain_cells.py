"""Cells of the table of regions that say how certain a mean is, and the words behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.figure import Figure
from napari_mrsr.mapping.sensitivity import WORDS
from napari_mrsr.roi.certainty import brighter_part, flag_words

if TYPE_CHECKING:
    from napari_mrsr.app.roi.measured import Measurement


def mean(row: Mapping[Any, Any] | None) -> Figure:
    """Return the mean of a region with its standard error, or the word that stands in its place."""
    if row is None:
        return Figure(math.nan, "–")
    if isinstance(row["flag"], str) and row["flag"]:
        return Figure(math.nan, row["flag"])
    return Figure.with_error(float(row["mean"]), float(row["standard_error"]))


def words(row: Mapping[Any, Any]) -> str:
    """Return what stands behind the mean of a region, line by line: its error, and what the assumptions do to it."""
    flag = flag_words(row)
    if flag:
        return f"{flag[0].upper()}{flag[1:]}.\nNo mean is told: it would be that of the noise."
    error, n = float(row["standard_error"]), int(row["n"])
    if math.isfinite(error):
        effective = float(row["n_effective"])
        count = f"{n} voxels" + ("" if effective > 0.95 * n else f", which count as {effective:.0f}: they share noise")
        lines = [f"± {error:.2f} ms: standard error of the mean by noise alone ({count})"]
    else:
        lines = ["No standard error: the noise of what was acquired is not known for this map"]
    if float(row["undetermined_percent"]) >= 1:
        lines.append(
            f"Noise leaves T2 undetermined in {row['undetermined_percent']:.0f} % of the voxels; "
            "they read too long, and so does the mean"
        )
    left_out = brighter_part(row)
    if left_out:
        lines.append(left_out)
    told = [f"If {WORDS[key]}, T2 is {_off(float(row[key]))}" for key in WORDS if math.isfinite(float(row[key]))]
    if told:
        lines.append(f"Read with T1 {row['t1_assumed']:.0f} ms. {'; '.join(told)}")
    return "\n".join(lines)


def _off(change: float) -> str:
    """Return how much too long or too short T2 is read."""
    return f"read {abs(change):.1f} ms too {'long' if change > 0 else 'short'}"


def thickened(measurement: Measurement, label: int) -> Figure:
    """Return how far T2 of the re-thickened echoes lies from that of the acquired ones: median, and IQR in brackets."""
    found = measurement.rethickened.get(label)
    if found is None or not found.n:
        return Figure(math.nan, "–")
    return Figure(found.median, f"{found.median:+.2f} ({found.iqr:.1f})")


def undetermined(measurement: Measurement, role: str, names: dict[int, str]) -> list[float]:
    """Return the share of undetermined voxels in each region; empty where it is not known."""
    table = measurement.statistics.get(role)
    if table is None or "undetermined_percent" not in table:
        return []
    values = dict(zip(table["label"], table["undetermined_percent"], strict=True))
    return [float(values.get(label, math.nan)) for label in names]


def cells(values: list[Any]) -> npt.NDArray[Any]:
    """Return cells as they are; pandas would make plain numbers of them."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells
