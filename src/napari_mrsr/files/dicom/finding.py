"""The frames in files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from napari_mrsr.errors import MixedPatients, NothingToRead, UnreadableFile
from napari_mrsr.files.dicom.frames import Frame, frames_of

_COPY_AGAIN = "copy or export the series again"
_SUFFIXES = (".dcm", ".dicom", ".ima")
#: Classes with pixels that are no images of a patient to be measured in.
_NO_VOLUME = ("Secondary Capture", "Segmentation", "Presentation", "Key Object")


def find_frames(paths: Sequence[Path]) -> tuple[list[Frame], list[str]]:
    """Return the image planes of some files and folders (with subfolders), and what was left out.

    Raises
    ------
    NothingToRead
        No image was found.
    UnreadableFile
        A file named as DICOM is none, or an image file is truncated.
    MixedPatients
        The files belong to more than one patient.
    """
    frames: list[Frame] = []
    unplaced = others = 0
    for path in _files(paths):
        dataset = _header(path, alone=path in paths)
        if dataset is None or not _is_image(dataset, path):
            others += 1
            continue
        if (
            any(word in dataset.get("SOPClassUID", "").name for word in _NO_VOLUME)
            or dataset.get("SamplesPerPixel", 1) != 1
        ):
            unplaced += 1
            continue
        found = frames_of(path, dataset)
        placed = [frame for frame in found if frame.is_placed]
        unplaced += not placed
        frames.extend(placed)
    if not frames:
        raise _nothing(paths[0], unplaced, others)
    _check_patient(frames, paths[0])
    left = [f"{unplaced} files are screen captures or say not where they lie: left out"] if unplaced else []
    return frames, left


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield all files in order of their name; hidden files and folders are not looked at."""
    seen: set[Path] = set()
    for path in paths:
        if path.is_file():
            found: list[Path] = [path]
        else:
            found = []
            for folder, folders, names in os.walk(path, onerror=_cannot_list):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                found.extend(Path(folder, name) for name in sorted(names) if not name.startswith("."))
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _cannot_list(error: OSError) -> None:
    where = error.filename or ""
    raise UnreadableFile(f"cannot be read ({error.strerror})", where=where, remedy="check the permissions") from error


def _header(path: Path, *, alone: bool) -> Dataset | None:
    """Return the header of a file, ``None`` if it is no DICOM and does not claim to be."""
    claims = alone or path.suffix.lower() in _SUFFIXES
    try:
        with path.open("rb") as file:
            start = file.read(132)
        marked = start[128:] == b"DICM"
        if not marked and not claims and path.suffix:
            return None
        dataset = dcmread(path, stop_before_pixels=True, force=not marked)
    except InvalidDicomError as error:
        if claims:
            raise _not_dicom(path) from error
        return None
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror or error})", where=path, remedy=_COPY_AGAIN) from error
    except Exception as error:  # pydicom raises many kinds on bytes that are no DICOM
        if marked:
            raise UnreadableFile("is truncated or damaged", where=path, remedy=_COPY_AGAIN) from error
        if claims:
            raise _not_dicom(path) from error
        return None
    if not marked and "SOPClassUID" not in dataset:
        if claims:
            raise _not_dicom(path)
        return None
    return dataset


def _not_dicom(path: Path) -> UnreadableFile:
    return UnreadableFile("is not DICOM", where=path, remedy="give NIfTI (.nii, .nii.gz) or a DICOM folder")


def _is_image(dataset: Dataset, path: Path) -> bool:
    """Tell whether a file holds an image; refuse an image file that ends within its header."""
    kind = dataset.get("SOPClassUID")
    if "Rows" in dataset and "Columns" in dataset:
        return True
    if kind is None or (("Image Storage" in kind.name or "MR" in kind.name) and "Presentation" not in kind.name):
        directory = dataset.get("file_meta", {}).get("MediaStorageSOPClassUID") == "1.2.840.10008.1.3.10"
        if not directory:
            raise UnreadableFile("is truncated or damaged: it ends within its header", where=path, remedy=_COPY_AGAIN)
    return False


def _nothing(where: Path, unplaced: int, others: int) -> NothingToRead:
    if unplaced:
        return NothingToRead("holds screen captures only, no scan", where=where, remedy="export the original series")
    if where.is_dir():
        known = [p for p in sorted(where.rglob("*")) if p.name.lower().endswith((".nii", ".nii.gz"))]
        if known:
            count = f"{len(known)} NIfTI file" + "s" * (len(known) > 1)
            return NothingToRead(f"holds no DICOM but {count}", where=where, remedy="give the files themselves")
        if not others:
            return NothingToRead("is an empty folder", where=where, remedy="give a folder with a DICOM series")
    return NothingToRead("holds no DICOM image", where=where, remedy="give NIfTI (.nii, .nii.gz) or a DICOM folder")


def _check_patient(frames: Sequence[Frame], where: Path) -> None:
    """Refuse frames of two patients; entries that were removed for privacy do not count."""
    for keyword in ("PatientID", "PatientName", "PatientBirthDate"):
        seen: dict[str, Path] = {}
        for frame in frames:
            stated = " ".join(str(frame.value(keyword) or "").replace("^", " ").casefold().split())
            if stated:
                seen.setdefault(stated, frame.path)
        if len(seen) > 1:
            one, other = list(seen.values())[:2]
            label = {"PatientID": "patient IDs", "PatientName": "patient names"}.get(keyword, "dates of birth")
            raise MixedPatients(
                f"holds {len(seen)} {label} ({one.name} and {other.name}, for example)",
                where=where,
                remedy="give the folder of one patient",
            )
