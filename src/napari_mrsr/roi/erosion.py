r"""Labels without their rim, as a check for the partial volume of fluid.

Synovial fluid has a T2 of several hundred ms, cartilage of some 35 ms: a rim of voxels that holds both pulls the
mean of a region up. If the mean falls when the rim is taken away, fluid (or its blur) was in it.

A voxel stays if no voxel outside its label has its centre within ``mm``: erosion by an ellipsoid of ``mm`` in every
direction, however unequal the spacing, from the Euclidean distance transform. What lies beyond the volume is unknown
and does not erode. Another label counts as outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.grid import bounding_box, label_array
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Mask = npt.NDArray[np.bool_]

#: With more neighbours than this within reach a distance transform is quicker than looking at each.
MOST_SHIFTS = 150
ROUNDING = 1e-4  # of a distance: spacings come from rounded affines


def erode(labels: Scan, mm: float) -> Scan:
    """Return the labels without the voxels within ``mm`` of their border, each label on its own.

    Parameters
    ----------
    labels
        One volume of whole numbers; 0 is no label.
    mm
        How far, mm. Less than the smallest spacing changes nothing, and a warning says so.

    Raises
    ------
    BadParameter
        The distance is negative, or the labels are not whole numbers.
    """
    if not (np.isfinite(mm) and mm >= 0):
        raise BadParameter(f"an erosion of {mm:g} mm is not possible", remedy="give 0 or more")
    array = label_array(labels)
    result = np.zeros_like(array)
    box = bounding_box(array)
    if box is not None:
        wide = tuple(slice(max(0, s.start - 1), min(n, s.stop + 1)) for s, n in zip(box, array.shape, strict=True))
        part, kept = array[wide], result[wide]
        for label in np.unique(part[part > 0]):
            inside = part == label
            if inside.all():  # nothing around it: the label fills the volume
                kept[inside] = label
                continue
            kept[_inner(inside, mm * (1 + ROUNDING), labels.spacing)] = label
    eroded = labels.after("erode labels", result, parameters={"mm": float(mm)})
    if 0 < mm < min(labels.spacing) * (1 - ROUNDING):
        return eroded.warn(
            f"an erosion of {mm:g} mm is less than a voxel ({min(labels.spacing):g} mm): nothing was taken away"
        )
    return eroded


def _inner(inside: Mask, mm: float, spacing: tuple[float, float, float]) -> Mask:
    """Return the voxels with nothing outside within ``mm``: by shifts where these are few, else by distances."""
    from scipy import ndimage

    reach = [min(int(mm / s), n) for s, n in zip(spacing, inside.shape, strict=True)]
    steps = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    near = steps[np.sqrt(((steps * spacing) ** 2).sum(axis=1)) <= mm]
    if len(near) > MOST_SHIFTS:
        distance = ndimage.distance_transform_edt(inside, sampling=spacing)
        return np.asarray(distance > mm)
    kept = inside.copy()
    for step in near[np.any(near != 0, axis=1)]:
        here = tuple(slice(max(0, -d), n - max(0, d)) for d, n in zip(step, inside.shape, strict=True))
        there = tuple(slice(max(0, d), n - max(0, -d)) for d, n in zip(step, inside.shape, strict=True))
        kept[here] &= inside[there]  # what lies beyond the volume is not looked at
    return kept


def erosion_check(map: Scan, labels: Scan, mm: float, *, names: Mapping[int, str] | None = None) -> pd.DataFrame:
    """Return the mean of each label as painted and without its rim: a mean that falls points to fluid in the rim.

    Parameters
    ----------
    map
        One volume, for example T2 in ms.
    labels
        On the map's grid or another; eroded on their own.
    mm
        How far to erode, mm.
    names
        Of the labels.

    Returns
    -------
    pandas.DataFrame
        One row per label: ``label``, ``name``, ``n``, ``n_eroded``, ``mean``, ``mean_eroded`` (NaN where nothing is
        left), ``change`` and ``change_percent`` of the mean. ``attrs["warnings"]`` as for
        :func:`~napari_mrsr.roi.statistics`.
    """
    from napari_mrsr.roi.statistics import statistics

    rimless = erode(labels, mm)
    whole, inner = statistics(map, labels, names=names), statistics(map, rimless, names=names)
    table = whole[["label", "name", "n", "mean"]].merge(
        inner[["label", "n", "mean"]], on="label", how="left", suffixes=("", "_eroded")
    )
    table["n_eroded"] = table["n_eroded"].fillna(0).astype(int)
    table["change"] = table["mean_eroded"] - table["mean"]
    table["change_percent"] = 100 * table["change"] / table["mean"]
    table = table[["label", "name", "n", "n_eroded", "mean", "mean_eroded", "change", "change_percent"]]
    new = rimless.warnings[len(labels.warnings) :]
    table.attrs["warnings"] = tuple(dict.fromkeys((*whole.attrs["warnings"], *new)))
    return table
