"""Read the scans that a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.cli import console
from napari_mrsr.errors import NothingToRead

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan


def read(paths: Sequence[Path], *, series: str | None = None, allow_nonfinite: bool = False) -> Scan:
    """Read a scan and say what the reader found odd.

    Parameters
    ----------
    paths
        A NIfTI file, several, or a DICOM folder.
    series
        Number or UID of a DICOM series.
    allow_nonfinite
        Go on although some voxels are NaN or infinite.

    Raises
    ------
    NothingToRead
        A path does not exist; further errors as :func:`napari_mrsr.files.read_scan` raises them.
    """
    from napari_mrsr.files import read_scan

    for path in paths:
        if not path.exists():
            raise NothingToRead("does not exist", where=path, remedy="check the spelling")
    wanted = int(series) if series is not None and series.isdigit() else series
    scan = read_scan(list(paths), series=wanted, allow_nonfinite=allow_nonfinite)
    console.warn(scan.warnings)
    return scan


def read_map(path: Path) -> Scan:
    """Read a map, where invalid voxels are NaN."""
    return read([path], allow_nonfinite=True)


def read_labels(path: Path) -> Scan:
    """Read a label map or a mask."""
    return read([path])
