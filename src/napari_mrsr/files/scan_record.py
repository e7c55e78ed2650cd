"""One scan as a NIfTI file and a JSON record that together give it back whole.

A NIfTI header holds the affine in single precision and nothing of how a scan was made; the record holds the rest:
``file``, ``sha256``, ``shape``, ``affine`` (RAS+, mm), ``dtype``, ``axis``, ``names``, ``quantity``, ``unit``,
``slice_axis``, ``acquisition`` (ms, degrees, mm), ``sources``, ``history``, ``warnings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from napari_mrsr.errors import BadParameter, NothingToRead, UnreadableFile
from napari_mrsr.files.origin import plain, provenance, sha256_of
from napari_mrsr.scan import Acquisition, Scan, Source, Step


def write_volume(scan: Scan, folder: Path, key: str) -> dict[str, Any]:
    """Write one scan below ``folder`` as ``key.nii.gz`` and return its record."""
    from napari_mrsr.files import writing

    file = f"{key}.nii.gz"
    (folder / file).parent.mkdir(exist_ok=True)
    whole = np.asarray(scan.array).dtype.kind in "iub" and scan.axis == "label"
    (writing.write_labels if whole else writing.write_nifti)(scan, folder / file)
    return {"file": file, "sha256": sha256_of(folder / file), **record_of(scan)}


def read_volume(entry: Mapping[str, Any], folder: Path) -> tuple[Scan, bool]:
    """Return the scan of a record, and whether its file has changed.

    Raises
    ------
    UnreadableFile, NothingToRead
        The file is missing or damaged, or lies on another grid than it did.
    """
    from napari_mrsr.files.nifti import read_nifti

    path = folder / str(entry["file"])
    if not path.is_file() or folder.resolve() not in path.resolve().parents:
        raise NothingToRead("is missing from the review", where=path, remedy="take it from a backup")
    found = read_nifti(path, keep_nan=True, constant=True)
    affine = np.asarray(entry["affine"], dtype=np.float64)
    if list(found.shape) != list(entry["shape"]) or not np.allclose(found.affine, affine, atol=0.01):
        raise UnreadableFile("lies on another grid than when it was saved", where=path, remedy="take it from a backup")
    return scan_of_record(entry, found.array), found.sources[0].sha256 != entry.get("sha256")


def record_of(scan: Scan) -> dict[str, Any]:
    """Return everything about a scan but its array, as JSON holds it."""
    acquisition = {key: value for key, value in asdict_of(scan.acquisition).items() if value not in (None, [], {})}
    origin = provenance(scan)
    return {
        "shape": list(scan.shape),
        "affine": scan.affine.tolist(),
        "dtype": str(np.asarray(scan.array).dtype),
        "axis": scan.axis,
        "names": list(scan.names),
        "quantity": scan.quantity,
        "unit": scan.unit,
        "slice_axis": scan.slice_axis,
        "acquisition": acquisition,
        "sources": origin["Sources"],
        "history": origin["History"],
        "warnings": origin["Warnings"],
    }


def scan_of_record(entry: Mapping[str, Any], array: np.ndarray[Any, Any]) -> Scan:
    """Return the scan that :func:`record_of` has described, with this array."""
    steps = entry.get("history", [])
    return Scan(
        np.ascontiguousarray(array, dtype=np.dtype(str(entry.get("dtype", "float32")))),
        np.asarray(entry["affine"], dtype=np.float64),
        axis=entry["axis"],
        names=tuple(entry["names"]),
        acquisition=acquisition_of_record(entry.get("acquisition", {})),
        quantity=entry["quantity"],
        unit=entry["unit"],
        slice_axis=entry["slice_axis"],
        sources=tuple(Source(s["Path"], s.get("Sha256")) for s in entry.get("sources", [])),
        history=tuple(Step(s["Name"], dict(s["Parameters"]), s["Version"], s["Time"]) for s in steps),
        warnings=tuple(entry.get("warnings", [])),
    )


def asdict_of(acquisition: Acquisition) -> dict[str, Any]:
    """Return acquisition parameters as plain values."""
    flat: dict[str, Any] = plain(asdict(replace(acquisition, others={})))
    return {**flat, "others": plain(acquisition.others)}


def acquisition_of_record(entry: Mapping[str, Any]) -> Acquisition:
    """Return acquisition parameters from plain values; entries that are not known are passed over."""
    known = {key: value for key, value in entry.items() if key in Acquisition.__dataclass_fields__}
    if "echo_times" in known:
        known["echo_times"] = tuple(known["echo_times"])
    known["others"] = MappingProxyType(dict(known.get("others", {})))
    try:
        return Acquisition(**known)
    except TypeError as error:
        raise BadParameter(
            f"the acquisition parameters cannot be read ({error})", remedy="save the review again with this version"
        ) from error
