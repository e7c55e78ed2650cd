"""Where a scan comes from and what was done to it, as JSON.

``Provenance`` in a sidecar holds the program and its version, the files that were read with their sha256, and every
step with its parameters and time. The sha256 of a DICOM folder is that of the sorted sha256 of its files, so it does
not depend on their names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr import __version__
from napari_mrsr.scan import Scan, Source, Step

#: Stands in every file this package writes.
INTENDED_USE = "research use, derived"


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the sha256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_all(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Return the sha256 of the sorted sha256 of some files: the same whatever the files are called."""
    return hashlib.sha256("".join(sorted(sha256_of(path) for path in paths)).encode()).hexdigest()


def provenance(scan: Scan) -> dict[str, Any]:
    """Return the origin and history of a scan as plain values that JSON can hold.

    Examples
    --------
    >>> scan = Scan(np.zeros((2, 2, 2)), np.eye(4), sources=(Source("a.nii.gz", "12ab"),)).after(
    ...     "degrade", np.ones((2, 2, 2))
    ... )
    >>> provenance(scan)["History"][0]["Name"], provenance(scan)["Sources"]
    ('degrade', [{'Path': 'a.nii.gz', 'Sha256': '12ab'}])
    """
    return {
        "Software": "napari-mrsr",
        "Version": __version__,
        "IntendedUse": INTENDED_USE,
        "Sources": [{"Path": source.path, "Sha256": source.sha256} for source in scan.sources],
        "History": [
            {"Name": s.name, "Parameters": plain(s.parameters), "Version": s.version, "Time": s.time}
            for s in scan.history
        ],
        "Warnings": list(scan.warnings),
    }


def history_of(record: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the steps that :func:`provenance` wrote down."""
    return tuple(
        Step(str(s["Name"]), dict(s.get("Parameters", {})), str(s.get("Version", "")), str(s.get("Time", "")))
        for s in record.get("History", [])
    )


def sources_of(record: Mapping[str, Any]) -> tuple[Source, ...]:
    """Return the sources that :func:`provenance` wrote down."""
    return tuple(Source(str(s["Path"]), s.get("Sha256")) for s in record.get("Sources", []))


def plain(value: Any) -> Any:
    """Return a value made of what JSON knows; NaN and infinity become ``None``."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
