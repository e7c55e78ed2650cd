"""A folder per subject, or one subject's folder: a scan, and labels if there are any.

::

    cohort/
        anna/
            dicom/...               a DICOM series, in any sub-folders
            labels.nii.gz           optional: numbers on the grid of the scan, or on another one
            labels.json             optional: {"2": "medial femoral cartilage"}; or labels.tsv with index and name
        bert/
            echo1.nii.gz            or NIfTI files, an echo each in the order of their names, with JSON sidecars
            echo2.nii.gz

A folder whose sub-folders hold DICOM of one examination, such as ``echo1`` and ``echo2`` of one scan, is one subject.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from napari_mrsr.studies.cohort import Entry, Subject
from napari_mrsr.studies.layouts import labels

NAME = "plain"
_LABELS, _NAMES = "labels.nii.gz", ("labels.json", "labels.tsv")


def find(folder: Path) -> list[Entry]:
    """Return an entry per sub-folder that holds a scan; the folder itself where none is a subject of its own."""
    below = [one for one in sorted(folder.iterdir()) if one.is_dir() and not one.name.startswith(".") and _files(one)]
    own = [file for file in _files(folder) if file.parent == folder]
    if own or _one_study(below):
        return [_entry(folder)]
    return [_entry(one) for one in below]


def load(folder: Path) -> Subject:
    """Read the subject of a folder."""
    from napari_mrsr.files import read_scan

    nifti = sorted(file for file in _files(folder) if _is_nifti(file))
    scan = read_scan(nifti or folder)
    if not (folder / _LABELS).is_file():
        return Subject(folder.name, scan)
    array, said = labels.read(folder / _LABELS, scan)
    files = (folder / name for name in _NAMES if (folder / name).is_file())
    names = next((named for file in files if (named := labels.names_in(file))), {})
    return Subject(folder.name, scan.warn(*said), array, names)


def _entry(folder: Path) -> Entry:
    return Entry(folder.resolve().name, partial(load, folder.resolve()))


def _files(folder: Path) -> list[Path]:
    """Return the files that may be those of a scan."""
    return [
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not file.name.startswith(".")
        and file.name != _LABELS
        and (_is_nifti(file) or file.suffix.lower() in ("", ".dcm", ".ima"))
    ]


def _is_nifti(file: Path) -> bool:
    return file.name.lower().endswith((".nii", ".nii.gz"))


def _one_study(folders: list[Path]) -> bool:
    """Tell whether several folders hold DICOM of one examination: the series of one scan, not subjects.

    They share the study, or the frame of reference, which some programs keep when they change the rest.
    """
    from napari_mrsr.files.dicom.headline import headline

    first = [next((file for file in sorted(_files(one)) if not _is_nifti(file)), None) for one in folders]
    said = [None if file is None else headline(file) for file in first]
    known = [one for one in said if one is not None]
    if len(known) < max(2, len(folders)):
        return False
    shared = ({one.study for one in known}, {one.frame for one in known})
    return any(len(uids) == 1 and "" not in uids for uids in shared)
