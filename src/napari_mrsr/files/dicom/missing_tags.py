"""What a DICOM source must say so that results can refer to it; whatever it lacks is named at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from napari_mrsr.errors import MissingParameter
from napari_mrsr.files.dicom.frames import Frame, frames_of

#: Attributes that Parametric Map, Segmentation and report take over from their source or refer to (type 1 in all).
NEEDED = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
)
_REMEDY = "export the series again with these, or convert it to NIfTI and give results without references"


def check_frames(frames: Sequence[Frame], *, where: Path) -> None:
    """Refuse a source that lacks needed attributes.

    Raises
    ------
    MissingParameter
        Names every attribute that at least one image lacks.
    """
    lacking = [keyword for keyword in NEEDED if any(frame.value(keyword) is None for frame in frames)]
    if lacking:
        text = ", ".join(f"{keyword} {Tag(tag_for_keyword(keyword) or 0)}" for keyword in lacking)
        raise MissingParameter(f"lacks {text}, which DICOM results must carry", where=where, remedy=_REMEDY)


def check_unplaced(paths: Sequence[Path]) -> None:
    """Name what images lack of which none could be placed; return if they are no images at all.

    Raises
    ------
    MissingParameter
        As :func:`check_frames`.
    """
    frames = [frame for path in _files(paths) for frame in _frames(path)]
    if frames:
        check_frames(frames, where=paths[0])


def _files(paths: Sequence[Path]) -> Iterable[Path]:
    for path in paths:
        yield from [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


def _frames(path: Path) -> list[Frame]:
    try:
        header: Dataset = dcmread(path, stop_before_pixels=True)
    except Exception:  # pydicom raises many kinds on bytes that are no DICOM
        return []
    return frames_of(path, header) if "Rows" in header else []
