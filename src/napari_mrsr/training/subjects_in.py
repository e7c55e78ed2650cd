"""Scans of files and folders, and whom each of them shows: what is held out is held out by subject.

The subject of a scan is the ``sub-...`` that its name begins with (BIDS), else the folder directly below the one that
was given, else its own name. A DICOM folder with several patients is taken apart by its sub-folders; of one with
several series each is read. The layout of CHAOS (:mod:`~napari_mrsr.training.chaos`) and the names of IXI
(:mod:`~napari_mrsr.training.ixi`) are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_mrsr.errors import MixedPatients, MrsrError, NothingToRead, SeveralSeries
from napari_mrsr.scan import Scan
from napari_mrsr.training import chaos, ixi
from napari_mrsr.training.full_band import to_true_band

_BIDS = re.compile(r"sub-[a-zA-Z0-9]+")


@dataclass(frozen=True, eq=False)
class Found:
    """A scan, what reports call it, and whom it shows."""

    name: str
    subject: str
    scan: Scan


def subjects_in(places: Sequence[Path], report: Callable[[str], None]) -> Iterator[Found]:
    """Read every scan in some files and folders.

    Parameters
    ----------
    places
        NIfTI files, DICOM series, and folders of them.
    report
        Told which scan of a folder cannot be read, and why; that stops none of the others.

    Raises
    ------
    NothingToRead
        A folder holds no scan.
    MrsrError
        What was given by its own name cannot be read.
    """
    from napari_mrsr.files import read_scan

    for place in places:
        if place.is_file():
            yield Found(place.name, _named(place) or place.name, read_scan(place))
            continue
        found = chaos.find(place)
        if found:
            yield from _chaos(found, report)
            continue
        files = sorted(path for path in place.rglob("*.nii*") if path.is_file())
        if not files:
            yield from _dicom(place, place.name, report)
            continue
        for file in files:
            below = file.relative_to(place).parts
            subject = _named(file) or (below[0] if len(below) > 1 else file.name)
            scan = _tried(lambda file=file: read_scan(file), file.name, report)  # type: ignore[misc]
            if scan is not None:
                yield Found(file.name, subject, scan)


def _chaos(found: Sequence[chaos.Phase], report: Callable[[str], None]) -> Iterator[Found]:
    """Read phases; those that the scanner filled with zeros are brought to the matrix that was acquired."""
    from napari_mrsr.files import read_scan

    for phase in found:
        scan = _tried(lambda phase=phase: to_true_band(read_scan(phase.folder)), phase.name, report)  # type: ignore[misc]
        if scan is not None:
            yield Found(phase.name, phase.subject, scan)


def _dicom(place: Path, subject: str, report: Callable[[str], None]) -> Iterator[Found]:
    from napari_mrsr.files import list_series, read_scan

    try:
        yield Found(place.name, subject, read_scan(place))
    except MixedPatients:
        for below in sorted(one for one in place.iterdir() if one.is_dir()):
            yield from _dicom(below, below.name, report)
    except SeveralSeries:
        for series in list_series(place):
            name = f"{place.name} {series.description or series.key}"
            scan = _tried(lambda key=series.key: read_scan(place, series=key), name, report)  # type: ignore[misc]
            if scan is not None:
                yield Found(name, subject, scan)
    except NothingToRead as error:
        raise NothingToRead("holds no NIfTI or DICOM scan", where=place, remedy=error.remedy) from error


def _tried(read: Callable[[], Scan], name: str, report: Callable[[str], None]) -> Scan | None:
    try:
        return read()
    except MrsrError as error:
        report(f"{name}: {error.what}, left out")
        return None


def _named(file: Path) -> str | None:
    found = _BIDS.match(file.name)
    return found[0] if found else ixi.subject_of(file)
