"""What a study has computed already, so that an interruption loses nothing.

Each result is one JSON file whose name is a digest of all that it depends on: subject, method, its weights, settings,
version. A changed setting finds no file and computes anew; nothing is ever taken for what it is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr import __version__
from napari_mrsr.files.atomic import atomic_path
from napari_mrsr.scan import Scan


def fingerprint(scan: Scan) -> str:
    """Return what tells a scan from others: its voxels, where they lie, and how they were acquired.

    A corrected flip angle changes T2 and a corrected spacing changes what is compared, though no voxel changed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> scan = Scan(np.ones((1, 2, 2, 2), np.float32), np.eye(4))
    >>> fingerprint(scan) == fingerprint(replace(scan, array=scan.array.copy()))
    True
    >>> fingerprint(scan) == fingerprint(replace(scan, acquisition=replace(scan.acquisition, flip_angle=25)))
    False
    """
    grid = (scan.array.shape, scan.array.dtype.str, np.round(scan.affine, 6).tolist(), scan.slice_axis)
    found = hashlib.sha256(repr((grid, scan.axis, scan.acquisition)).encode())
    found.update(np.ascontiguousarray(scan.array).data)
    return found.hexdigest()


@dataclass(frozen=True)
class Kept:
    """Results in a folder; without one nothing is kept.

    Examples
    --------
    >>> import tempfile
    >>> kept = Kept(Path(tempfile.mkdtemp()))
    >>> kept.get({"subject": "a"}, lambda: {"t2": 35.0}), kept.get({"subject": "a"}, lambda: {"t2": 0.0})
    ({'t2': 35.0}, {'t2': 35.0})
    """

    folder: Path | None = None

    def get(self, what: Mapping[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what is kept under a description, else make and keep it.

        Parameters
        ----------
        what
            All that the result depends on, as JSON can hold it.
        make
            Gives the result, as JSON can hold it: NaN becomes None.

        Raises
        ------
        OutputNotWritable
            The folder cannot be written.
        """
        if self.folder is None:
            return make()
        path = self.folder / f"{self._digest(what)}.json"
        if path.is_file():
            try:
                return dict(json.loads(path.read_text(encoding="utf-8"))["result"])
            except (ValueError, KeyError, TypeError):
                path.unlink()
        result = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as hidden:
            hidden.write_text(json.dumps({"what": dict(what), "result": result}, default=str), encoding="utf-8")
        return result

    def has(self, what: Mapping[str, Any]) -> bool:
        """Tell whether a result is kept."""
        return self.folder is not None and (self.folder / f"{self._digest(what)}.json").is_file()

    @staticmethod
    def _digest(what: Mapping[str, Any]) -> str:
        text = json.dumps({**what, "version": __version__}, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:24]
