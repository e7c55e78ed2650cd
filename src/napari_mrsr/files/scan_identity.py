"""Which scan it was: enough to find it again, and to tell that it is still the same.

A record has one of these kinds:

``files``
    Read from files: for each path the sha256 of what was read (of a DICOM folder: that of the sorted sha256 of its
    files), whether it is a folder, its size in bytes, and the path itself unless names are left out. The acquisition
    parameters are kept too, because a JSON sidecar can change what a NIfTI file means without touching it.
``sample``
    The simulated sample knee, made again from its seed; ``voxels`` is the sha256 of its values.
``copy``
    Only in the review itself: ``volume`` is its key. So are scans that no file holds as they are.

Paths of scans whose names are left out are remembered for this user alone (:mod:`.user_state`), so that on the same
machine a review reopens without a question while the folder itself says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.errors import MrsrError, ScanChanged, ScanMissing, SeveralSeries
from napari_mrsr.files.origin import history_of, plain, sha256_of
from napari_mrsr.files.scan_record import asdict_of
from napari_mrsr.files.sidecar import read_sidecar
from napari_mrsr.files.user_state import remember_place, remembered_place
from napari_mrsr.scan import Scan

_NIFTI = (".nii", ".nii.gz", ".hdr", ".img")
#: How deep and how many files a folder is searched for a scan that has moved.
_SEARCHED = 5000


def own_sources(scan: Scan) -> tuple[Any, ...]:
    """Return the files that a scan was read from; a NIfTI that this package wrote also names what it came from."""
    found = []
    for source in scan.sources:
        if source.sha256 and Path(source.path).exists() and source not in found:
            found.append(source)
    told = {s["Path"] for source in found for s in _told(Path(source.path))}
    return tuple(source for source in found if source.path not in told)


def _told(path: Path) -> list[dict[str, Any]]:
    if not path.name.lower().endswith(_NIFTI):
        return []
    try:
        record = read_sidecar(path).get("Provenance")
    except MrsrError:
        return []
    return list(record.get("Sources", [])) if isinstance(record, dict) else []


def is_as_read(scan: Scan) -> bool:
    """Tell whether reading its files again gives this scan: nothing was done to it since."""
    sources = own_sources(scan)
    if not sources:
        return False
    told: list[str] = []
    for source in sources:
        path = Path(source.path)
        if path.is_file() and path.name.lower().endswith(_NIFTI):
            try:
                trace = read_sidecar(path).get("Provenance")
            except MrsrError:
                return False
            told += [step.name for step in history_of(trace if isinstance(trace, dict) else {})]
    return all(step.name in told for step in scan.history)


def identity_of(scan: Scan, *, deidentify: bool = True) -> dict[str, Any]:
    """Return the record of a scan that was read from files, and remember for this user where they lie."""
    parts = []
    for source in own_sources(scan):
        path = Path(source.path).absolute()
        remember_place(str(source.sha256), path)
        part = {"sha256": source.sha256, "folder": path.is_dir()}
        if path.is_file():
            part["bytes"] = path.stat().st_size
        parts.append(part if deidentify else {**part, "path": str(path)})
    acquisition = asdict_of(scan.acquisition)
    acquisition.pop("others")
    if deidentify:  # both may hold a name, and both are read again with the scan
        acquisition.pop("series_description")
        acquisition.pop("sequence")
    return {
        "kind": "files",
        "files": parts,
        "shape": list(scan.shape),
        "acquisition": acquisition,
        "series_number": plain(scan.acquisition.others.get("SeriesNumber")),
    }


def voxels_sha256(scan: Scan) -> str:
    """Return the sha256 of the values of a scan, in C order."""
    return hashlib.sha256(np.ascontiguousarray(scan.array).tobytes()).hexdigest()


def key_of(scan: Scan) -> str:
    """Return one sha256 that tells this scan from others: of its files, else of its values."""
    found = [str(s.sha256) for s in own_sources(scan)] if is_as_read(scan) else []
    return hashlib.sha256("".join(found).encode()).hexdigest() if found else voxels_sha256(scan)


def find(record: Mapping[str, Any], folders: Sequence[Path] = ()) -> list[Path]:
    """Return where the files of a scan lie now.

    Parameters
    ----------
    record
        As :func:`identity_of` gave it.
    folders
        Folders to search, files to try, that a person has named.

    Raises
    ------
    ScanMissing
        One of them is not to be found.
    """
    found: list[Path] = []
    for part in record["files"]:
        known = (part.get("path"), remembered_place(part["sha256"]))
        path = _searched(part, folders) or next((Path(p) for p in known if p and Path(p).exists()), None)
        if path is None:
            raise ScanMissing(
                "the scan of this review does not lie where it lay",
                remedy='press "Locate…" and choose the folder that it lies in now',
            )
        found.append(path)
    return found


def _searched(part: Mapping[str, Any], folders: Sequence[Path]) -> Path | None:
    if part["folder"]:
        return folders[0] if folders else None
    for candidate in _files(folders):
        if candidate.stat().st_size == part.get("bytes") and sha256_of(candidate) == part["sha256"]:
            return candidate
    named = [path for path in folders if path.is_file()]
    return named[0] if len(named) == 1 else None


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
        elif folder.is_dir():
            for n, path in enumerate(folder.rglob("*")):
                if n > _SEARCHED:
                    break
                if path.is_file():
                    yield path


def read_again(record: Mapping[str, Any], paths: Sequence[Path], *, accept_changes: bool = False) -> Scan:
    """Read a scan again and check that it is the one.

    Parameters
    ----------
    record
        As :func:`identity_of` gave it.
    paths
        From :func:`find`.
    accept_changes
        Take the scan although it has changed, with a warning.

    Raises
    ------
    ScanChanged
        Files, parameters or matrix are not what they were.
    MrsrError
        What reading the files raises.
    """
    wanted = [part["sha256"] for part in record["files"]]
    scan, same = _reading(record, paths, wanted)
    changes = [] if same else ["its files are not what they were (sha256 differs)"]
    acquisition = asdict_of(scan.acquisition)
    acquisition.pop("others")
    differing = [k for k, v in record.get("acquisition", {}).items() if plain(acquisition.get(k)) != v]
    if differing:
        changes.append(f"its header or sidecar says another {', '.join(k.replace('_', ' ') for k in differing)}")
    if list(scan.shape) != list(record["shape"]):
        size = ["x".join(map(str, s)) for s in (scan.shape, record["shape"])]
        changes.append(f"it has {size[0]} voxels, not {size[1]}")
    if not changes:
        for part, path in zip(record["files"], paths, strict=True):
            remember_place(part["sha256"], path)
        return scan
    said = f"was changed since the review was saved: {'; '.join(changes)}"
    if not accept_changes or list(scan.shape) != list(record["shape"]):
        remedy = 'put the old file back, or press "Open anyway"'
        if list(scan.shape) != list(record["shape"]):
            remedy = 'put the old file back, or press "Locate…" and show where it lies'
        raise ScanChanged(said, where=paths[0], remedy=remedy)
    return scan.warn(f"the scan {said}; maps and regions were made on the earlier one")


def _reading(record: Mapping[str, Any], paths: Sequence[Path], wanted: Sequence[str]) -> tuple[Scan, bool]:
    """Read the files; of a folder of several series, that which has the sha256."""
    from napari_mrsr.files import list_series
    from napari_mrsr.files.reading import read_scan

    def same(scan: Scan) -> bool:
        return [s.sha256 for s in scan.sources if s.sha256 in wanted] == list(wanted)

    try:
        scan = read_scan(list(paths), allow_nonfinite=True)
        return scan, same(scan)
    except SeveralSeries:
        number = record.get("series_number")
        series = sorted(list_series(list(paths)), key=lambda one: one.number != number)
        nearest = None
        for one in series:
            try:
                scan = read_scan(list(paths), series=one.key, allow_nonfinite=True)
            except MrsrError:
                continue
            if same(scan):
                return scan, True
            nearest = nearest or scan
        if nearest is None:
            raise
        return nearest, False
