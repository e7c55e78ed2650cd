"""Read the scans that a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.cli import console
from napari_mrsr.errors import NothingToRead

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

#: Checks that matter to every command; the others stand in ``info``.
DOUBTS = ("isotropic", "negative")


def read(
    paths: Sequence[Path],
    *,
    series: str | None = None,
    allow_nonfinite: bool = False,
    say: bool = True,
    doubts: bool = True,
) -> Scan:
    """Read a scan and say what the reader found odd.

    Parameters
    ----------
    paths
        A NIfTI file, several, or a DICOM folder.
    series
        Number or UID of a DICOM series.
    allow_nonfinite
        Go on although some voxels are NaN or infinite.
    say, doubts
        Whether to say it, and what the checks find odd about values and grid.

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
    if say:
        console.warn((*scan.warnings, *(_doubts(scan) if doubts else ())))
    return scan


def read_map(path: Path) -> Scan:
    """Read a map, whose NaN mean "invalid", or any other scan that something is measured on."""
    from napari_mrsr import files

    if path.name.lower().endswith((".nii", ".nii.gz")):
        scan = files.read_map(path)
        console.warn(scan.warnings)
        return scan
    return read([path])


def read_labels(path: Path) -> Scan:
    """Read a label map or a mask."""
    from napari_mrsr import files

    scan = files.read_labels(path)
    console.warn(scan.warnings)
    return scan


def _doubts(scan: Scan) -> list[str]:
    """Return what the checks find odd about the values and the grid, whatever is to be done with the scan."""
    from napari_mrsr.files import check_scan

    return [check.text for check in check_scan(scan) if check.name in DOUBTS and check.level != "good"]
