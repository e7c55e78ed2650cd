"""Segmentations that come with a cohort: read, put on the grid of the scan, and named."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import UnreadableFile
from napari_mrsr.scan import Scan

Labels = npt.NDArray[Any]


def read(path: Path, scan: Scan) -> tuple[Labels, tuple[str, ...]]:
    """Return the labels of a NIfTI file on the grid of a scan, and what a person should know.

    Several volumes are taken as one mask each, the first of number 1.

    Raises
    ------
    BadParameter, NothingToRead, UnreadableFile
        As :func:`napari_mrsr.files.read_labels` says.
    """
    from napari_mrsr.files import read_labels
    from napari_mrsr.roi.grid import resample_labels

    found = read_labels(path)
    if found.volumes > 1:
        numbers = np.arange(1, found.volumes + 1, dtype=np.int32).reshape(-1, 1, 1, 1)
        found = replace(found, array=((found.array != 0) * numbers).max(axis=0)[None], names=("labels",))
    placed = resample_labels(found, scan)
    return placed.array[0], tuple(line for line in placed.warnings if line not in found.warnings)


def names_in(path: Path) -> dict[int, str]:
    """Return the names of labels: a BIDS table with columns ``index`` and ``name``, or JSON with numbers and names.

    The sidecar that this package writes beside labels stands under the name of such a JSON, and names none.

    Raises
    ------
    UnreadableFile
        The file is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            content = json.loads(text)
            return {} if "Quantity" in content else {int(number): _plain(name) for number, name in content.items()}
        rows = csv.DictReader(text.splitlines(), delimiter="\t")
        return {int(row["index"]): _plain(row["name"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"does not name labels ({error})",
            where=path,
            remedy='give columns "index" and "name", or JSON {"2": "name"}',
        ) from error


def _plain(name: object) -> str:
    return str(name).strip().lower().replace("_", " ").replace("-", " ")
