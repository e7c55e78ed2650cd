"""How scans enter and leave: NIfTI with BIDS sidecars, and DICOM.

``read_scan`` reads whatever holds a scan, ``write_nifti`` writes one that other programs place alike.
nibabel and pydicom are imported when a file of theirs is met, not before.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.files.atomic import atomic_path
from napari_mrsr.files.checks import Check, check_scan
from napari_mrsr.files.origin import provenance
from napari_mrsr.files.reading import read_labels, read_map, read_scan
from napari_mrsr.files.review_folder import is_review
from napari_mrsr.files.series_info import SeriesInfo
from napari_mrsr.files.time_points import read_time_points

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

__all__ = [
    "Check",
    "SeriesInfo",
    "atomic_path",
    "check_scan",
    "is_review",
    "list_series",
    "provenance",
    "read_labels",
    "read_map",
    "read_scan",
    "read_time_points",
    "write_labels",
    "write_nifti",
]


def list_series(folder: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[SeriesInfo]:
    """Return the DICOM series of a folder and its subfolders; see :mod:`napari_mrsr.files.dicom.reading`."""
    from napari_mrsr.files.dicom import reading

    return reading.list_series(folder)


def write_nifti(scan: Scan, path: str | os.PathLike[str]) -> Path:
    """Write a scan as float32 NIfTI with a sidecar; see :func:`napari_mrsr.files.writing.write_nifti`."""
    from napari_mrsr.files import writing

    return writing.write_nifti(scan, path)


def write_labels(scan: Scan, path: str | os.PathLike[str]) -> Path:
    """Write a label map as integer NIfTI; see :func:`napari_mrsr.files.writing.write_labels`."""
    from napari_mrsr.files import writing

    return writing.write_labels(scan, path)
