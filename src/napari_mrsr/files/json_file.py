"""Figures as JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_mrsr.files.atomic import atomic_path
from napari_mrsr.files.origin import plain


def write_json(content: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write a mapping as JSON; numbers that JSON does not know (NaN, infinity) become null.

    Raises
    ------
    OutputNotWritable
        The folder is missing or read-only, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> path = write_json({"psnr": float("inf"), "n": 8}, Path(tempfile.mkdtemp()) / "metrics.json")
    >>> json.loads(path.read_text())
    {'psnr': None, 'n': 8}
    """
    text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as hidden:
        hidden.write_text(text + "\n", encoding="utf-8")
    return Path(path)
