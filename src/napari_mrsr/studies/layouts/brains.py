"""Scans of heads on the disk, and whom each of them shows.

::

    heads/
        anna.nii.gz                     a scan of a subject of its own
        anna_lesion.nii.gz              optional: where a lesion of it lies, on its grid or another
        bert/
            T1w.nii.gz                  a folder is one subject, each file in it a scan
            PDw.nii.gz
        carl/...                        or a DICOM series
        IXI012-HH-1211-T2.nii.gz        IXI: the number is the subject, in whatever folder

The subjects are those that training holds out (:mod:`napari_mrsr.training.subjects_in`), so that a fold is named alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from napari_mrsr.errors import NothingToRead
from napari_mrsr.files.time_points import in_order, is_nifti
from napari_mrsr.studies.brain_cohort import BrainCohort, BrainEntry, BrainScan
from napari_mrsr.studies.layouts import labels
from napari_mrsr.training import ixi

#: What the name of a file ends with that marks a lesion.
LESION = "_lesion"
_BIDS = re.compile(r"sub-[a-zA-Z0-9]+")


@dataclass(frozen=True, eq=False)
class HeadEntry(BrainEntry):
    """A scan that can be read, whose subject is known from its name."""

    subject: str = ""


def find_brains(place: Path) -> BrainCohort:
    """Return the scans of a folder, or one file, as a cohort; they are read one at a time, when they are needed.

    Raises
    ------
    NothingToRead
        There is no such place, or no scan in it.
    """
    if place.is_file():
        return BrainCohort(name_of(place), (_entry(place, place.parent),), {"layout": "file"})
    if not place.is_dir():
        raise NothingToRead("is no folder", where=place, remedy="give a folder of brain scans")
    files = [file for file in sorted(place.rglob("*.nii*"), key=in_order) if _is_scan(file, place)]
    entries: list[BrainEntry] = [_entry(file, place) for file in files]
    taken = {file.relative_to(place).parts[0] for file in files}
    entries += [
        HeadEntry(one.name, partial(load, one, one.name, one.name), one.name)
        for one in sorted(place.iterdir(), key=in_order)
        if one.is_dir() and one.name not in taken and _holds_files(one)
    ]
    if not entries:
        raise NothingToRead("holds no scan", where=place, remedy="give NIfTI files, or a folder of DICOM per subject")
    layout = "ixi" if any(ixi.subject_of(file) for file in files) else "brains"
    return BrainCohort(place.resolve().name, tuple(entries), {"layout": layout})


def subjects_of(cohort: BrainCohort) -> set[str]:
    """Return the subjects of a cohort that was found here, without reading a scan."""
    return {entry.subject for entry in cohort.entries if isinstance(entry, HeadEntry)}


def load(path: Path, name: str, subject: str) -> BrainScan:
    """Read one scan, the first volume where there are several, and the lesion that is marked beside it.

    Raises
    ------
    MrsrError
        It cannot be read.
    """
    from napari_mrsr.files import read_scan

    scan = read_scan(path)
    notes: tuple[str, ...] = ()
    if scan.volumes > 1:
        notes = (f"of {scan.volumes} volumes the first, {scan.names[0]}",)
        scan = scan.volume(0)
    marked = path.with_name(name_of(path) + LESION + ".nii.gz") if path.is_file() else path / "lesion.nii.gz"
    if not marked.is_file():
        return BrainScan(name, subject, scan, None, notes)
    lesion, said = labels.read(marked, scan)
    return BrainScan(name, subject, scan, lesion > 0, (*notes, *said))


def name_of(file: Path) -> str:
    """Return the name of a file without what says its format.

    Examples
    --------
    >>> name_of(Path("heads/anna.nii.gz"))
    'anna'
    """
    return file.name.split(".nii")[0]


def subject_of(file: Path, folder: Path) -> str:
    """Return whom a file of a folder shows.

    Examples
    --------
    >>> subject_of(Path("h/IXI012-HH-1211-T2.nii.gz"), Path("h")), subject_of(Path("h/bert/PDw.nii.gz"), Path("h"))
    ('IXI012', 'bert')
    """
    bids = _BIDS.match(file.name)
    below = file.relative_to(folder).parts
    return ixi.subject_of(file) or (bids[0] if bids else "") or (below[0] if len(below) > 1 else name_of(file))


def _entry(file: Path, folder: Path) -> BrainEntry:
    subject = subject_of(file, folder)
    name = name_of(file)
    if len(file.relative_to(folder).parts) > 1 and subject != name and not name.startswith(subject):
        name = f"{subject} {name}"
    return HeadEntry(name, partial(load, file, name, subject), subject)


def _is_scan(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return is_nifti(file) and not hidden and not name_of(file).lower().endswith(LESION.lstrip("_"))


def _holds_files(folder: Path) -> bool:
    return not folder.name.startswith(".") and any(
        file.is_file() and file.suffix.lower() in ("", ".dcm", ".ima") for file in folder.rglob("*")
    )
