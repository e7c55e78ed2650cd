"""What one DICOM file says of its series, without reading the others: enough to find a series among thousands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

_TAGS = ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SeriesDescription"]


@dataclass(frozen=True)
class Headline:
    """Study, series and frame of reference of a file, and the description of its series; empty where it has none."""

    study: str
    series: str
    frame: str
    description: str


def headline(path: Path) -> Headline | None:
    """Return what a file says of its series; None where it is no DICOM file."""
    try:
        dataset = dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
    except (InvalidDicomError, OSError, EOFError, ValueError):
        return None
    return Headline(
        str(dataset.get("StudyInstanceUID", "")),
        str(dataset.get("SeriesInstanceUID", "")),
        str(dataset.get("FrameOfReferenceUID", "")),
        str(dataset.get("SeriesDescription", "")),
    )
