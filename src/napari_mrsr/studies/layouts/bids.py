"""Brain Imaging Data Structure: echoes of one scan are the files that differ in their ``echo`` entity alone.

::

    dataset/
        sub-01/[ses-a/]anat/
            sub-01_acq-dess_echo-1_MEGRE.nii.gz     and .json with EchoTime, RepetitionTime, FlipAngle
            sub-01_acq-dess_echo-2_MEGRE.nii.gz
        derivatives/readers/
            dseg.tsv                                index and name of the labels
            sub-01/[ses-a/]anat/sub-01_dseg.nii.gz

A subject or session with several scans gives one entry per scan. A data set without ``echo`` entities is read as one
contrast per file. A table of names beside the labels, of the same name, goes before ``dseg.tsv`` of the derivative.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from napari_mrsr.studies.cohort import Entry, Subject
from napari_mrsr.studies.layouts import labels

NAME = "bids"
_ECHO = re.compile(r"_echo-(\d+)")


def find(folder: Path) -> list[Entry]:
    """Return an entry per scan of each subject and session."""
    files = [
        file for pattern in ("sub-*/anat", "sub-*/ses-*/anat") for file in sorted(folder.glob(f"{pattern}/*.nii*"))
    ]
    echoes = [file for file in files if _ECHO.search(file.name)]
    scans: dict[tuple[Path, str], list[Path]] = {}
    for file in echoes or files:
        scans.setdefault((file.parent, _ECHO.sub("", file.name)), []).append(file)
    per_folder: dict[Path, int] = {}
    for parent, _ in scans:
        per_folder[parent] = per_folder.get(parent, 0) + 1
    entries = []
    for (parent, stem), group in sorted(scans.items()):
        place = parent.parent.relative_to(folder)
        name = " ".join(place.parts)
        if per_folder[parent] > 1:
            name += f" {stem.split('.')[0].removeprefix('_'.join(place.parts) + '_')}"
        ordered = sorted(group, key=lambda file: int(found[1]) if (found := _ECHO.search(file.name)) else 0)
        entries.append(Entry(name, partial(load, folder, name, place, tuple(ordered))))
    return entries


def load(dataset: Path, name: str, place: Path, files: tuple[Path, ...]) -> Subject:
    """Read the scan of a subject with its labels."""
    from napari_mrsr.files import read_scan

    scan = read_scan(files)
    found = sorted(dataset.glob(f"derivatives/*/{place.as_posix()}/anat/*_dseg.nii*"))
    if not found:
        return Subject(name, scan)
    said: tuple[str, ...] = ()
    if len(found) > 1:
        said = (f"of {len(found)} segmentations {found[0].name} of {found[0].relative_to(dataset).parts[1]} is used",)
    array, more = labels.read(found[0], scan)
    return Subject(name, scan.warn(*said, *more), array, _names(dataset, found[0]))


def _names(dataset: Path, segmentation: Path) -> dict[int, str]:
    derivative = dataset.joinpath(*segmentation.relative_to(dataset).parts[:2])
    own = segmentation.with_name(segmentation.name.split(".nii")[0] + ".tsv")
    shared = [*sorted(derivative.glob("*dseg.tsv")), *sorted(dataset.glob("*dseg.tsv"))]
    return next((labels.names_in(path) for path in (own, *shared) if path.is_file()), {})
