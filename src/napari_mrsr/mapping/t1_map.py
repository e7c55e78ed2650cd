"""T1 by tissue, for a T2 that takes T1 for granted.

T1 of the menisci is shorter than that of cartilage; studies of the knee take 1000 ms there and 1200 ms elsewhere (Desai
and others, SKM-TEA, NeurIPS Datasets and Benchmarks 2021). With 1200 ms a meniscus of 11 ms is read 0.2 ms too short,
cartilage whose T1 is 1000 ms at 35 ms by 1.5 ms (:mod:`napari_mrsr.mapping.bias`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.scan import Scan

#: Values of T1 that the exact method makes tables for.
VALUES_AT_MOST = 32


def t1_by_label(
    labels: Scan, t1: Mapping[int, float], *, elsewhere: float = 1200.0, names: Mapping[int, str] | None = None
) -> Scan:
    """Return a map of T1 in ms from labels of tissue.

    Parameters
    ----------
    labels
        One volume of whole numbers on the grid of the scan to be mapped.
    t1
        T1 of each label, ms.
    elsewhere
        T1 of all other voxels, ms.
    names
        What the labels are called in the history; their numbers where not given.

    Raises
    ------
    BadParameter
        A T1 is not positive, or one of the labels occurs nowhere.

    Examples
    --------
    >>> labels = Scan(np.array([[[[0, 5]]]], np.uint8), np.eye(4), axis="label", names=("tissue",))
    >>> t1_by_label(labels, {5: 1000.0}).array.ravel().tolist()
    [1200.0, 1000.0]
    """
    painted = labels.array[0]
    values = np.full(painted.shape, elsewhere, np.float32)
    for label, value in t1.items():
        here = painted == label
        if not here.any():
            raise BadParameter(f"has no voxel of label {label}", where=labels.where, remedy="look at its labels")
        values[here] = value
    _positive(values)
    parameters = {
        "t1": {(names or {}).get(label, str(label)): float(value) for label, value in t1.items()},
        "elsewhere": float(elsewhere),
    }
    return labels.after(
        "t1 by label", values, parameters=parameters, axis="map", names=("T1",), quantity="T1", unit="ms"
    )


def check(scan: Scan, t1: float | Scan, *, few: bool) -> float | npt.NDArray[np.float32]:
    """Return T1 as a number, or as ``(i, j, k)`` in single precision.

    Raises
    ------
    BadParameter
        A T1 is not a positive number, or a map holds more values than tables are made for, where ``few`` are asked.
    GeometryMismatch
        The map is not on the grid of the scan.
    """
    if not isinstance(t1, Scan):
        _positive(np.asarray(t1, dtype=np.float64))
        return float(t1)
    if t1.shape != scan.shape or not scan.same_grid(t1):
        raise GeometryMismatch("the T1 map is not on the grid of the scan", where=t1.where, remedy="resample it first")
    values: npt.NDArray[np.float32] = t1.array[0].astype(np.float32)
    _positive(values)
    if few and np.unique(values).size > VALUES_AT_MOST:
        raise BadParameter(
            f"the T1 map holds more than {VALUES_AT_MOST} values, too many for the exact method",
            where=t1.where,
            remedy='give T1 by tissue, or take the "analytic" method',
        )
    return values


def record(t1: float | npt.NDArray[np.float32], source: float | Scan | None = None) -> dict[str, Any]:
    """Return what a history says about T1: the number, or of a map its range, median and, if known, T1 by tissue.

    ``source`` is what the values come from; :func:`t1_by_label` leaves T1 of each label, and elsewhere, in its history.
    """
    if isinstance(t1, float):
        return {"t1": t1}
    told: dict[str, Any] = {
        "t1": "map",
        "t1_range": [float(t1.min()), float(t1.max())],
        "t1_median": float(np.median(t1)),
    }
    if isinstance(source, Scan):
        made = next((step for step in reversed(source.history) if step.name == "t1 by label"), None)
        if made is not None:
            told |= {"t1_elsewhere": made.parameters["elsewhere"], "t1_by_tissue": made.parameters["t1"]}
    return told


def _positive(t1: npt.NDArray[Any]) -> None:
    bad = ~(np.isfinite(t1) & (t1 > 0))
    if bad.any():
        value = float(t1[bad].flat[0]) if t1.ndim else float(t1)
        told = "not a number" if math.isnan(value) else f"{value:g} ms"
        raise BadParameter(f"T1 {told} is not a positive number", remedy="give T1 in ms")
