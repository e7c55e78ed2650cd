"""Files of calibrations beside the weights: rows of JSON with a checksum of their own."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from napari_mrsr.errors import WeightsCorrupt


def write_rows(rows: list[dict[str, Any]], path: Path) -> Path:
    """Write rows with their checksum."""
    path.write_text(json.dumps({"sha256": _checksum(rows), "calibrations": rows}, indent=1) + "\n")
    return path


@cache
def read_rows(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the rows of a file; none where there is no file.

    Raises
    ------
    WeightsCorrupt
        The file was changed, or is no such file.
    """
    if not path.is_file():
        return ()
    remedy = "reinstall napari-mrsr"
    try:
        content = json.loads(path.read_text())
        rows = content["calibrations"]
        if content["sha256"] != _checksum(rows):
            raise WeightsCorrupt("does not match its sha256", where=path, remedy=remedy)
        return tuple(dict(row) for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsCorrupt(f"is not a file of calibrations ({error})", where=path, remedy=remedy) from error


def _checksum(rows: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
