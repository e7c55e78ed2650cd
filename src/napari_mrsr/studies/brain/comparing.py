"""One method against another: networks over zero-filling and bicubic interpolation, GANs over their twins, and tests.

How slices and subjects are tested stands in :mod:`napari_mrsr.studies.paired_tests`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies import paired_tests
from napari_mrsr.studies.brain.measures import COLUMNS
from napari_mrsr.studies.brain.methods import BASE, NETWORKS, TITLES, TWIN
from napari_mrsr.studies.quality_tables import mean_sd

if TYPE_CHECKING:
    import pandas as pd

#: What every other method is compared with, as far as they were run.
REFERENCES = (BASE, TITLES["tricubic"])
#: What tells one slice from another.
SLICE = ["subject", "scan", "plane", "slice"]


def comparisons(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return which method is compared with which: what was trained with the references, GANs with their twins."""
    kinds = frame.drop_duplicates("method")
    every = list(kinds["method"])
    trained = list(kinds[kinds["trained"]]["method"])
    found = [(one, other) for one in trained for other in REFERENCES if other in every]
    found += [(one, TWIN.format(one)) for one in NETWORKS if {one, TWIN.format(one)} <= set(every)]
    if set(NETWORKS) <= set(every):
        found.append((NETWORKS[0], NETWORKS[1]))
    if not trained:
        found += [(one, BASE) for one in every if one != BASE and BASE in every]
    return found


def paired(frame: pd.DataFrame, column: str, reference: str, test: str) -> tuple[pd.Series, pd.Series]:
    """Return the scores of two methods for the slices that both have."""
    return paired_tests.paired(frame, SLICE, column, reference, test)


def tests(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every comparison in every measure."""
    return paired_tests.outcomes(frame, SLICE, COLUMNS, comparisons(frame))


def in_short(outcomes: pd.DataFrame, names: tuple[str, ...] = ("ssim", "psnr", "head_psnr")) -> pd.DataFrame:
    """Return the tests for reading."""
    by_name = {column.name: column for column in COLUMNS}
    return paired_tests.in_short(outcomes, [by_name[name] for name in names])


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what every method gains over zero-filling, mean ± SD over the slices."""
    import pandas as pd

    rows = []
    for method in dict.fromkeys(frame["method"]):
        if method == BASE or BASE not in set(frame["method"]):
            continue
        row = {"method": method}
        for column in COLUMNS[:4]:
            x, y = paired(frame, column.name, BASE, method)
            row[column.title] = mean_sd(((y - x) * column.factor).to_numpy(), column.digits, "+")
        rows.append(row)
    return pd.DataFrame(rows)
