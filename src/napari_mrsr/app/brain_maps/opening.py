"""T1w, T2w and FLAIR that are opened together: kept apart, each with the timing of its own header.

Several files are volumes of one scan, unless their headers or names tell different contrasts of a brain: such have
different TR, TE and TI, which one scan cannot hold. A folder may hold them as NIfTI files, or as DICOM series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.contrast import contrast_of, from_names
from napari_mrsr.errors import SeveralSeries
from napari_mrsr.mapping.brain_checks import CONTRASTS
from napari_mrsr.scan import Scan, Source
from napari_mrsr.trust.anatomy import anatomy_of

if TYPE_CHECKING:
    from napari_mrsr.files import SeriesInfo

BRAIN = "brain"
NIFTI = (".nii", ".nii.gz")


def read_all(paths: Sequence[str], *, allow_nonfinite: bool = False, apart: bool = False) -> list[Scan]:
    """Return what some paths hold: T1w, T2w and FLAIR apart, T1w first, or one scan of one or several volumes.

    Parameters
    ----------
    paths
        As for :func:`napari_mrsr.files.read_scan`; or one folder that holds several contrasts.
    allow_nonfinite
        As for :func:`napari_mrsr.files.read_scan`.
    apart
        Keep contrasts apart whatever they show; else three of them, or two of which header or name say that it is a
        brain.

    Raises
    ------
    MrsrError
        As for :func:`napari_mrsr.files.read_scan`.
    """
    from napari_mrsr.files import read_scan
    from napari_mrsr.files.joining import join

    given = [Path(path) for path in paths]
    if len(given) == 1 and given[0].is_dir():
        files = contrasts_in(given[0])
        if not files:
            try:
                return [read_scan(given, allow_nonfinite=allow_nonfinite)]
            except SeveralSeries:
                found = _series_of(given[0], allow_nonfinite=allow_nonfinite)
                if not found:
                    raise
                return found
        given = files
    if len(given) > 1 and all(map(_is_nifti, given)):
        scans = [read_scan(path, allow_nonfinite=allow_nonfinite) for path in given]
        return in_order(scans, apart=apart) or [join(scans)]
    if 1 < len(given) <= len(CONTRASTS) and all(path.is_dir() for path in given):
        found = in_order([read_scan(path, allow_nonfinite=allow_nonfinite) for path in given], apart=apart)
        if found:
            return found
    return [read_scan(given, allow_nonfinite=allow_nonfinite)]


def contrasts_in(folder: Path) -> list[Path]:
    """Return the NIfTI files of a folder that are called T1w, T2w or FLAIR; none where two are called alike."""
    told = [(name_of(path), path) for path in _nifti_in(folder)]
    found = [(name, path) for name, path in told if name in CONTRASTS]
    return [path for _name, path in found] if len({name for name, _path in found}) == len(found) else []


def in_order(scans: Sequence[Scan], *, apart: bool = True) -> list[Scan]:
    """Return scans in the order of the contrasts, if each is another one of the three; else nothing."""
    if not apart and len(scans) < len(CONTRASTS) and any(anatomy_of(scan) != BRAIN for scan in scans):
        return []
    told = {contrast_of(scan): scan for scan in scans if scan.volumes == 1}
    if len(told) < len(scans) or not told.keys() <= set(CONTRASTS):
        return []
    return [told[name] for name in CONTRASTS if name in told]


def _is_nifti(path: Path) -> bool:
    return path.name.lower().endswith(NIFTI)


def _nifti_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_file() and _is_nifti(path))
    return found or sorted(path for path in folder.glob("*/*") if path.is_file() and _is_nifti(path))


def name_of(path: Path) -> str:
    """Return the contrast that the name of a file tells."""
    nothing = Scan(np.zeros((1, 1, 1), np.float32), np.eye(4), sources=(Source(path.name),))
    return from_names.look(nothing).name


def _series_of(folder: Path, *, allow_nonfinite: bool) -> list[Scan]:
    """Return T1w, T2w and FLAIR of a DICOM folder in which the descriptions tell one series of each."""
    from napari_mrsr.files import list_series, read_scan

    found: dict[str, list[SeriesInfo]] = {}
    for one in list_series(folder):
        named = replace(_NAMELESS, acquisition=replace(_NAMELESS.acquisition, series_description=one.description))
        found.setdefault(from_names.look(named).name, []).append(one)
    wanted = [found.get(name, []) for name in CONTRASTS]
    if any(len(series) != 1 for series in wanted):
        return []
    return in_order([read_scan(folder, series=one.key, allow_nonfinite=allow_nonfinite) for (one,) in wanted])


_NAMELESS = Scan(np.zeros((1, 1, 1), np.float32), np.eye(4))
