r"""How near maps are in each tissue, and whether they tell one voxel of a tissue from another.

A map that gave every tissue one value would have a small error and measure nothing. So besides the error and the bias
of a tissue stands the correlation of found with true values within it, over voxels whose neighbours are of the same
tissue: partial volume would correlate by itself. Over several heads the same is asked of people: by how much the mean
found in a tissue rises where the true one does, the slope of

.. math:: \bar y = a + s\, \bar x

which is 1 for a measurement and 0 for a constant (:func:`people`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.metrics.percentage_error import mean_percentage_error
from napari_mrsr.studies.brain_maps.heads import TISSUES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float32]

#: Fewest voxels of a tissue that are told of, and fewest heads that a slope is told of.
FEWEST, PEOPLE = 200, 3


def by_tissue(
    truth: Floats, found: Floats, counts: npt.NDArray[np.bool_], tissues: npt.NDArray[np.int8]
) -> list[dict[str, Any]]:
    """Return the errors of each tissue that the head has.

    Parameters
    ----------
    truth, found
        T1 or T2, ms, ``(i, j, k)``.
    counts
        Voxels that count.
    tissues
        Numbers of :data:`~napari_mrsr.studies.brain_maps.heads.TISSUES`.
    """
    rows = []
    for number, name in TISSUES.items():
        mine = tissues == number
        there = mine & counts
        voxels = int(np.count_nonzero(there))
        if voxels < FEWEST:
            continue
        x, y = truth[there].astype(np.float64), found[there].astype(np.float64)
        core = within(mine) & counts
        rows.append(
            {
                "tissue": name,
                "voxels": voxels,
                "mpe": mean_percentage_error(x, y),
                "bias": float(100 * np.mean((y - x) / x)),
                "true": float(x.mean()),
                "found": float(y.mean()),
                "correlation": correlation(truth[core], found[core]),
                "core": int(np.count_nonzero(core)),
            }
        )
    return rows


def within(tissue: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the voxels of a tissue whose six neighbours are of it too."""
    from scipy.ndimage import binary_erosion

    return np.asarray(binary_erosion(tissue))


def correlation(truth: npt.ArrayLike, found: npt.ArrayLike) -> float:
    """Return Pearson's correlation; NaN for few voxels or where one does not vary.

    Examples
    --------
    >>> correlation(np.arange(300), np.full(300, 900.0))
    nan
    """
    x, y = np.asarray(truth, np.float64), np.asarray(found, np.float64)
    if x.size < FEWEST or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def people(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how means of tissues follow the true ones from head to head.

    Parameters
    ----------
    rows
        Of :func:`by_tissue` with ``map``, ``method`` and ``subject``, one condition.
    """
    import pandas as pd

    found: list[Mapping[str, Any]] = []
    for (of, tissue, method), part in rows.groupby(["map", "tissue", "method"], sort=False):
        x, y = part["true"].to_numpy(float), part["found"].to_numpy(float)
        if len(x) < PEOPLE or x.std() == 0:
            continue
        slope, _ = np.polyfit(x, y, 1)
        found.append(
            {
                "map": of,
                "tissue": tissue,
                "method": method,
                "heads": len(x),
                "true spread [%]": float(100 * x.std(ddof=1) / x.mean()),
                "slope": float(slope),
                "correlation": float(np.corrcoef(x, y)[0, 1]) if y.std() > 0 else float("nan"),
            }
        )
    return pd.DataFrame(found)
