"""A second reading of the same scan, from a layer, a file or a review; and two readings of several subjects."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.app.roi import regions
from napari_mrsr.app.roi.follow_up import PREFERRED, Baseline, read_baseline
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.errors import BadParameter, MissingParameter, NothingToRead
from napari_mrsr.files.review_folder import folder_of, is_review, read_record
from napari_mrsr.roi.readers import ReaderAgreement, compare_labels, regional_agreement

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View
    from napari_mrsr.scan import Scan


@dataclass(frozen=True, eq=False)
class Readings:
    """Two labellings compared: per region, and what that does to the regional means of a map."""

    table: pd.DataFrame
    agreement: ReaderAgreement | None
    map: str | None
    warnings: tuple[str, ...]


def compare_readings(view: View, one: Labels, other: Labels | str | PathLike[str]) -> Readings:
    """Compare two labellings: two layers, or a layer and a file (NIfTI, or a saved review).

    Parameters
    ----------
    view
        The view of the layers.
    one
        The first reading; its grid and its names count.
    other
        The second reading.

    Raises
    ------
    MrsrError
        What reading raises; labels that are no whole numbers.
    """
    first, names = placed_labels(view, one), regions.names_of(one)
    if isinstance(other, (str, PathLike)):
        second = _labels_of_file(Path(other))
    else:
        second = placed_labels(view, other)
        names = {**regions.names_of(other), **names}
    table = compare_labels(first, second, names=names)
    if not len(table):
        raise MissingParameter("neither reading holds a region", remedy="paint or choose labels first")
    map_of = regions_map(view)
    agreement = None
    if map_of is not None:
        means = [_mean_by_label(map_of[1], labels) for labels in (first, second)]
        both = [label for label in means[0] if label in means[1]]
        pairs = np.array([[means[0][n], means[1][n]] for n in both]).reshape(-1, 2)
        if np.isfinite(pairs).all(axis=1).any():
            agreement = regional_agreement(pairs[:, 0], pairs[:, 1])
        for column, found in (("mean_one", means[0]), ("mean_other", means[1])):
            table[column] = [found.get(int(label), np.nan) for label in table["label"]]
    return Readings(table, agreement, None if map_of is None else map_of[0], tuple(table.attrs["warnings"]))


def regions_map(view: View) -> tuple[str, Scan] | None:
    """Return the map on which two readings are compared: T2, the finest; None without one."""
    maps = view.session.maps
    role = next((role for role in PREFERRED if role in maps), None)
    return None if role is None else (role, maps[role].map)  # type: ignore[index]


def _mean_by_label(map: Scan, labels: Scan) -> dict[int, float]:
    from napari_mrsr import roi

    table = roi.statistics(map, labels)
    return {int(n): float(m) for n, m in zip(table["label"], table["mean"], strict=True)}


def _labels_of_file(path: Path) -> Scan:
    from napari_mrsr.files import read_labels

    if not is_review(path):
        return read_labels(path)
    folder = folder_of(path)
    entries = [entry for entry in read_record(folder).get("layers", []) if entry.get("role") == "roi"]
    keys = [str(entry["volume"]) for entry in entries if entry.get("volume")]
    if not keys:
        raise NothingToRead("holds no painted layer", where=folder, remedy="choose another review")
    return read_labels(folder / f"{keys[0]}.nii.gz")


def across_subjects(one: str | PathLike[str], other: str | PathLike[str]) -> pd.DataFrame:
    """Return how two readings of several subjects agree, region by region.

    Parameters
    ----------
    one, other
        Folders of saved reviews (or of exported tables), one per subject, with the same names in both.

    Returns
    -------
    pandas.DataFrame
        One row per region: ``region``, ``map``, ``n`` subjects, ``bias``, ``rms_cv`` (%), ``within_sd``,
        ``repeatability``, ``icc_agreement`` (2,1), ``icc_consistency`` (3,1); values in the unit of the map.

    Raises
    ------
    NothingToRead
        The folders share no subject.
    """
    import pandas as pd

    first, second = _subjects(Path(one)), _subjects(Path(other))
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise NothingToRead(
            "shares no subject with the other folder", where=Path(one), remedy="give the reviews the same names in both"
        )
    role = next((r for r in PREFERRED if all(r in side[s].means for side in (first, second) for s in shared)), None)
    if role is None:
        raise BadParameter("no map is in all of these reviews", where=Path(one), remedy="run one method on all of them")
    names = dict.fromkeys(name for subject in shared for name in first[subject].means[role])
    rows = []
    for name in names:
        pairs = [(first[s].means[role].get(name, np.nan), second[s].means[role].get(name, np.nan)) for s in shared]
        if not np.isfinite(np.array(pairs)).all(axis=1).any():
            continue
        found = regional_agreement(*np.array(pairs).T)
        rows.append({"region": name, "map": role, **vars(found)})
    return pd.DataFrame(rows)


def _subjects(folder: Path) -> dict[str, Baseline]:
    found = {}
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if is_review(entry) or entry.suffix.lower() == ".csv":
            found[entry.stem if entry.is_file() else entry.name] = read_baseline(entry)
    return found
