"""Every region that can be followed up: what was painted, and the parts into which its cartilage was divided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.errors import MrsrError

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.app.roi.measured import Measurement
    from napari_mrsr.app.viewing import View

#: Share of the divided voxels that may come or go before the division counts as out of date.
TOLERANCE = 0.01


def tables_of(view: View, measurement: Measurement, roi: str) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Return the table of every map, painted regions first, and what to know.

    Parameters
    ----------
    view
        Whose cartilage may have been divided.
    measurement
        The tables of a painted layer.
    roi
        Name of that layer.

    Returns
    -------
    dict, tuple of str
        Per map a table with the columns of :func:`napari_mrsr.roi.statistics`. Parts of the cartilage are left out, and
        it is said, where the layer was painted after it was divided.
    """
    import pandas as pd

    found = {role: table for role, table in measurement.statistics.items() if len(table)}
    result = view.cartilage.result
    if result is None or result.roi != roi:
        return found, ()
    if not _is_current(view, roi):
        return found, ("the cartilage was divided before it was last painted: its parts are left out",)
    for role, table in result.tables.items():
        if role in found:
            parts = table[table["n"] > 0]
            parts = parts[[column for column in found[role].columns if column in parts]]
            found[role] = pd.concat([found[role], parts], ignore_index=True)
    return found, ()


def _is_current(view: View, roi: str) -> bool:
    """Tell whether the division still covers what is painted."""
    layer, result = view.layer(roi), view.cartilage.result
    if layer is None or result is None:
        return False
    try:
        labels = placed_labels(view, layer)  # type: ignore[arg-type]
    except MrsrError:
        return False
    divided = result.regions.labels
    if not divided.same_grid(labels):
        return False
    inside = divided.array[0] > 0
    plates = np.unique(labels.array[0][inside])
    now = np.isin(labels.array[0], plates[plates > 0])
    return int(np.count_nonzero(now != inside)) <= TOLERANCE * int(np.count_nonzero(inside))
