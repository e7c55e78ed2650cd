"""Whatever holds a scan, as a scan."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_mrsr.contrast import contrast_of
from napari_mrsr.errors import BadParameter, NothingToRead, UnreadableFile
from napari_mrsr.files.joining import join
from napari_mrsr.files.naming import volume_names
from napari_mrsr.scan import Scan

PathLike = str | os.PathLike[str]

_NIFTI = (".nii", ".nii.gz", ".hdr", ".img")
#: Suffixes of other image formats, which are named in the refusal.
_FOREIGN = (
    ".nrrd",
    ".nhdr",
    ".mha",
    ".mhd",
    ".mgz",
    ".mgh",
    ".mnc",
    ".h5",
    ".npy",
    ".npz",
    ".png",
    ".jpg",
    ".tif",
    ".tiff",
)
_FORMATS = "give NIfTI (.nii, .nii.gz) or a DICOM folder"


def read_scan(
    paths: PathLike | Sequence[PathLike], *, series: str | int | None = None, allow_nonfinite: bool = False
) -> Scan:
    """Read a scan.

    Parameters
    ----------
    paths
        A NIfTI file; several (volumes of one scan, kept in that order: echoes if their echo times are known and
        differ, else contrasts); a DICOM file or folder, searched with its subfolders; or several of these.
    series
        Which DICOM series, where there are several: number, UID or key as :func:`list_series` gives them; ``"all"``
        where they are the time points of one scan.
    allow_nonfinite
        Set NaN and infinite voxels to 0, with a warning, instead of refusing them. Maps that this package wrote
        keep their NaN, which means "invalid".

    Returns
    -------
    Scan
        float32, C order, shape ``(volume, i, j, k)``, in the voxel order of the file (DICOM: column, row, slice), with
        the rescale applied. ``scan.warnings`` says what was odd.

    Raises
    ------
    NothingToRead, UnreadableFile, WrongDimensions, MissingSlice, MixedPatients, SeveralSeries, GeometryMismatch,
    NonFiniteVoxels, ConstantImage
        Each says in one line what is wrong, where, and what to do.
    """
    given = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    if not given:
        raise NothingToRead("no path was given", remedy=_FORMATS)
    kinds = {_kind(path) for path in given}
    if kinds == {"nifti"}:
        from napari_mrsr.files.nifti import read_nifti

        return _called(join([read_nifti(path, allow_nonfinite=allow_nonfinite) for path in given]))
    if kinds == {"dicom"}:
        from napari_mrsr.files.dicom.reading import read_dicom

        return _called(read_dicom(given, series=series, allow_nonfinite=allow_nonfinite))
    raise BadParameter("NIfTI files and DICOM cannot be read as one scan", remedy="give one kind at a time")


def _called(scan: Scan) -> Scan:
    """Call a single volume that has no name by its contrast, where header or file name tells it."""
    if scan.names != volume_names("contrast", 1):
        return scan
    name = contrast_of(scan)
    return replace(scan, names=(name,)) if name else scan


def read_map(path: PathLike) -> Scan:
    """Read a map, whose NaN mean "invalid" and are kept (NIfTI).

    Raises
    ------
    NothingToRead, UnreadableFile, WrongDimensions, NonFiniteVoxels, ConstantImage
        As for :func:`read_scan`; only infinite voxels count as non-finite.
    """
    from napari_mrsr.files.nifti import read_nifti

    _expect_nifti(Path(path))
    return read_nifti(Path(path), keep_nan=True)


def read_labels(path: PathLike) -> Scan:
    """Read a label map or mask as int32 (NIfTI); it may be the same everywhere.

    Raises
    ------
    BadParameter
        Some voxels are no whole numbers.
    NothingToRead, UnreadableFile, WrongDimensions
        As for :func:`read_scan`.
    """
    from napari_mrsr.files.nifti import read_nifti

    _expect_nifti(Path(path))
    scan = read_nifti(Path(path), constant=True)
    labels = np.rint(scan.array)
    if not (np.abs(labels - scan.array) < 1e-3).all():  # False for NaN and infinity
        raise BadParameter(
            "holds values that are no whole numbers, so it is no label map", where=path, remedy="choose painted labels"
        )
    return replace(scan, array=labels.astype(np.int32), axis="label", quantity="label", unit="")


def _expect_nifti(path: Path) -> None:
    if _kind(path) != "nifti":
        raise UnreadableFile("is not NIfTI", where=path, remedy="give a .nii or .nii.gz file")


def _kind(path: Path) -> str:
    """Tell how a path is to be read."""
    if not path.exists():
        raise NothingToRead("does not exist", where=path, remedy="check the spelling")
    name = path.name.lower()
    if path.is_file() and name.endswith(_NIFTI):
        return "nifti"
    if path.is_file() and name.endswith(_FOREIGN):
        raise UnreadableFile(f"is a {path.suffix} file, which is not read here", where=path, remedy=_FORMATS)
    return "dicom"
