"""What results inherit from their source: patient, study, frame of reference, and which instances they came from.

A scan that was read from DICOM names its files; their headers are read again, and the series is known by the sha256 of
its files, so that no reference can point at another scan. Results stay in the study of the source, or, de-identified
(the default), in a new one with every UID replaced, the same everywhere within one export. A NIfTI file or a phantom
has no instances, so none is claimed: new study, new frame of reference, and the objects say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from napari_mrsr.errors import NothingToRead, UnreadableFile
from napari_mrsr.files.dicom.finding import find_frames
from napari_mrsr.files.dicom.frames import Frame
from napari_mrsr.files.dicom.missing_tags import check_frames, check_unplaced
from napari_mrsr.files.dicom.patient import BASIC_PROFILE_METHOD, NO_IDENTITY, anonymous, identity_of, replaced
from napari_mrsr.files.dicom.planes import Facing, Planes, usual_facing
from napari_mrsr.files.dicom.series import group
from napari_mrsr.files.dicom.volumes import magnitude
from napari_mrsr.files.origin import sha256_of_all
from napari_mrsr.scan import Scan

_NIFTI = (".nii", ".nii.gz", ".hdr", ".img")


@dataclass(frozen=True, eq=False)
class Instance:
    """One image plane that a result can refer to: a classic instance, or one frame of an enhanced one."""

    sop_class: str
    uid: str
    series: str
    study: str  # anonymised archives may put each echo into a study of its own
    position: npt.NDArray[np.float64]
    frame: int | None = None  # from 1


@dataclass(frozen=True, eq=False)
class Study:
    """What all objects of one export share.

    Parameters
    ----------
    header
        Patient, study and frame of reference attributes.
    instances
        The image planes of the source, empty where it was not DICOM.
    facing
        In which directions pictures are seen.
    deidentified
        Whether patient and dates were removed.
    note
        What an object must say about its source, ``""`` if nothing.
    series_number, body_part
        Of the source; 0 and ``""`` where unknown.
    """

    header: Dataset
    instances: tuple[Instance, ...]
    facing: Facing
    deidentified: bool
    note: str = ""
    series_number: int = 0
    body_part: str = ""

    def template(self, planes: Planes) -> Dataset:
        """Return the header of a classic MR slice, from which highdicom takes patient, study and geometry."""
        template = deepcopy(self.header)
        template.SOPClassUID = MRImageStorage
        template.SOPInstanceUID, template.SeriesInstanceUID = new_uid(), new_uid()
        template.Rows, template.Columns = planes.array.shape[2:]
        template.PixelSpacing = list(planes.pixel_spacing)
        template.ImageOrientationPatient = planes.orientation
        template.ImagePositionPatient = list(planes.positions[0])
        template.SliceThickness = planes.slice_spacing
        return template


def study_of(scan: Scan, *, deidentify: bool = True) -> Study:
    """Return what the results of a scan inherit.

    Parameters
    ----------
    scan
        The acquired scan, as it was read.
    deidentify
        Remove patient, dates and institution and replace all UIDs; else results stay in the study of the source.

    Raises
    ------
    MissingParameter
        The DICOM source lacks attributes that results must carry; all of them are named.
    NothingToRead
        The results are to stay in the study of the source, but its files are gone.
    UnreadableFile
        The files changed since the scan was read.
    """
    paths = _dicom_paths(scan)
    gone = [path for path in paths if not path.exists()]
    if not paths or gone:
        if gone and not deidentify:
            remedy = "put it back, or export de-identified results"
            raise NothingToRead("is gone, and results in its study need its headers", where=gone[0], remedy=remedy)
        why = "the DICOM source is no longer there" if gone else "the source is not DICOM"
        return _new_study(scan, f"No source instance is referenced: {why}.")
    try:
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # pydicom's remarks on odd values: what matters is checked here
            frames, _ = find_frames(paths)
    except NothingToRead:
        check_unplaced(paths)
        raise
    used = _used(frames, scan, paths)
    check_frames(used, where=paths[0])
    return _study_of_frames(used, scan, deidentify)


def new_uid() -> str:
    """Return a new UID."""
    from pydicom.uid import generate_uid

    return str(generate_uid(prefix=None))


def nearest(
    instances: Sequence[Instance], position: npt.NDArray[np.float64], normal: npt.NDArray[np.float64]
) -> list[Instance]:
    """Return the image planes that a slice came from: those at its height, else its neighbours on either side.

    Parameters
    ----------
    position, normal
        A point of the slice, mm, and its unit normal, LPS+.
    """
    if not instances:
        return []
    away = np.array([float(normal @ (instance.position - position)) for instance in instances])
    closest = np.abs(away).min()
    if closest < 0.05:
        return [one for one, distance in zip(instances, away, strict=True) if abs(distance) < 0.05]
    found: list[Instance] = []
    for side in (away[away > 0], away[away < 0]):
        if side.size:
            edge = side[np.abs(side).argmin()]
            found += [one for one, distance in zip(instances, away, strict=True) if abs(distance - edge) < 0.05]
    return found


# -- the source ------------------------------------------------------------------------------------
def _dicom_paths(scan: Scan) -> list[Path]:
    """Return where the scan was read from, if that is DICOM."""
    paths = [Path(source.path) for source in scan.sources]
    if not paths or paths[0].name.lower().endswith(_NIFTI):
        return []
    return [path for path in paths if not path.name.lower().endswith(_NIFTI)]


def _used(frames: Sequence[Frame], scan: Scan, paths: Sequence[Path]) -> list[Frame]:
    """Return the frames that the scan was made of, known by the sha256 of their files."""
    piles = [magnitude(series.frames)[0] for series in group(frames)]
    found: dict[tuple[Path, int], Frame] = {}
    for source in scan.sources:
        path = Path(source.path)
        if path not in paths:
            continue
        for pile in piles:
            some = [frame for frame in pile if frame.path == path or path in frame.path.parents]
            files = sorted({frame.path for frame in some})
            if files and source.sha256 in (None, sha256_of_all(files)):
                found |= {(frame.path, frame.number): frame for frame in some}
                break
        else:
            raise _changed(path)
    return list(found.values())


def _changed(path: Path) -> UnreadableFile:
    return UnreadableFile(
        "is not what the scan was read from: a file was changed, added or removed since",
        where=path,
        remedy="open the scan again",
    )


def _study_of_frames(frames: Sequence[Frame], scan: Scan, deidentify: bool) -> Study:
    key = urandom(32)

    def uid(original: Any) -> str:
        return replaced(key, str(original)) if deidentify else str(original)

    first = frames[0]
    header = anonymous(BASIC_PROFILE_METHOD) if deidentify else identity_of(first.dataset)
    header.StudyInstanceUID = uid(first.value("StudyInstanceUID"))
    header.FrameOfReferenceUID = uid(first.value("FrameOfReferenceUID"))
    header.PositionReferenceIndicator = str(first.value("PositionReferenceIndicator") or "")
    header.LossyImageCompression = "01" if first.value("LossyImageCompression") == "01" else "00"
    if header.LossyImageCompression == "01":
        for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if first.value(keyword) is not None:
                setattr(header, keyword, first.value(keyword))
    instances = tuple(
        Instance(
            str(frame.value("SOPClassUID")),
            uid(frame.value("SOPInstanceUID")),
            uid(frame.value("SeriesInstanceUID")),
            uid(frame.value("StudyInstanceUID")),
            frame.position,
            frame.number + 1 if "NumberOfFrames" in frame.dataset else None,
        )
        for frame in frames
    )
    row, column = first.orientation
    note = "Identifiers of source instances were replaced." if deidentify else ""
    number = int(first.number_of("SeriesNumber") or 0)
    return Study(header, instances, Facing(row, column), deidentify, note, number, scan.acquisition.body_part or "")


def _new_study(scan: Scan, note: str) -> Study:
    header = anonymous(NO_IDENTITY)
    header.StudyInstanceUID, header.FrameOfReferenceUID = new_uid(), new_uid()
    header.PositionReferenceIndicator, header.LossyImageCompression = "", "00"
    return Study(header, (), usual_facing(scan), True, note, body_part=scan.acquisition.body_part or "")
