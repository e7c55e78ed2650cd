"""A dynamic scan: volumes of one grid over time, however many files or series hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_mrsr.errors import NothingToRead, WrongDimensions
from napari_mrsr.files.joining import join
from napari_mrsr.files.naming import volume_names
from napari_mrsr.scan import Scan

_TWO = "a dynamic scan needs 2 or more"


def read_time_points(paths: Sequence[Path]) -> Scan:
    """Read a dynamic scan.

    Parameters
    ----------
    paths
        One NIfTI file with a fourth axis; several, a time point each, in the order of the numbers in their names; or
        DICOM files and folders, be it one series with time points or a series for each.

    Returns
    -------
    Scan
        Axis ``"time"``, two volumes or more.

    Raises
    ------
    WrongDimensions
        There is one time point only, or the volumes are echoes or contrasts.
    NothingToRead, UnreadableFile, MissingSlice, MixedPatients, SeveralSeries, GeometryMismatch, NonFiniteVoxels,
    ConstantImage
        As for :func:`napari_mrsr.files.read_scan`.
    """
    if not paths:
        raise NothingToRead("no path was given", remedy="give NIfTI (.nii, .nii.gz) or a DICOM folder")
    nifti = [path for path in paths if is_nifti(path)]
    if nifti:
        scan = _of_files(sorted(nifti, key=in_order))
    else:
        from napari_mrsr.files.dicom.reading import read_dicom

        scan = read_dicom(list(paths), time_points=True)
    if scan.volumes < 2:
        raise WrongDimensions("holds a single time point", where=scan.where, remedy=_TWO)
    if scan.axis != "time":
        kind = {"echo": "echoes", "contrast": "contrasts"}.get(scan.axis, "volumes")
        raise WrongDimensions(f"holds {scan.volumes} {kind}, not time points", where=scan.where, remedy=_TWO)
    return scan


def is_nifti(path: Path) -> bool:
    """Tell whether a file is NIfTI by its name."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def in_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts names by the numbers in them.

    Examples
    --------
    >>> names = ["dynamic_10.nii", "dynamic_9.nii", "dynamic.nii"]
    >>> [path.name for path in sorted(map(Path, names), key=in_order)]
    ['dynamic.nii', 'dynamic_9.nii', 'dynamic_10.nii']
    """
    parts = re.split(r"(\d+)", path.name.lower().removesuffix(".gz").removesuffix(".nii"))
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part)


def _of_files(files: Sequence[Path]) -> Scan:
    from napari_mrsr.files.nifti import read_nifti

    if len(files) == 1:
        return read_nifti(files[0])
    scan = join([read_nifti(file) for file in files], axis="time")
    times = scan.acquisition.echo_times
    names = volume_names("time", scan.volumes)
    return replace(scan, names=names).with_acquisition(echo_times=times if len(times) == scan.volumes else ())
