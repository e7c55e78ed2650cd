"""NIfTI files as scans.

The voxel order is that of the file; nothing is flipped. Where sform and qform both have a code, the sform is used (as
nibabel, ITK and FSL do) and a difference between them is said. The slice axis comes from the sidecar
(``SliceEncodingDirection``) or from ``dim_info``. The first axis of a 4-D file is what this package wrote down, echoes
where the sidecar lists an echo time for each volume, and time otherwise.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nibabel as nib
import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import MrsrError, UnreadableFile, WrongDimensions
from napari_mrsr.files.complex_parts import magnitude_of_parts
from napari_mrsr.files.naming import volume_names
from napari_mrsr.files.origin import history_of, sources_of
from napari_mrsr.files.placement import placement
from napari_mrsr.files.sidecar import acquisition_of, read_sidecar, slice_axis_of
from napari_mrsr.files.voxels import Float32, check_values
from napari_mrsr.scan import Acquisition, Scan, Source, VolumeAxis

SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img")
_AXES = ("echo", "contrast", "time", "map", "label")
_EXPORT_AGAIN = "copy or export it again"


def read_nifti(path: Path, *, allow_nonfinite: bool = False, keep_nan: bool = False, constant: bool = False) -> Scan:
    """Read one NIfTI file and its sidecar.

    Parameters
    ----------
    path
        ``.nii``, ``.nii.gz``, or one of a ``.hdr``/``.img`` pair.
    allow_nonfinite
        Set NaN and infinite voxels to 0, with a warning.
    keep_nan
        Keep NaN: it means "invalid". Always so for maps that this package wrote.
    constant
        Let images pass in which all voxels are the same (a mask may be).

    Returns
    -------
    Scan
        Values with the scale of the header applied, float32, shape ``(volume, i, j, k)``.

    Raises
    ------
    UnreadableFile, WrongDimensions, NonFiniteVoxels, ConstantImage
        As their names say.
    """
    image, digest = _load(path)
    record = read_sidecar(path)
    warnings: list[str] = []
    array = _values(image, path, warnings)
    affine, notes = placement(cast(Any, image.header), where=path)
    warnings.extend(notes)
    if array.shape[0] == 3 and record.get("VolumeAxis") is None:
        array, notes = magnitude_of_parts(array)
        warnings.extend(notes)
    acquisition = acquisition_of(record, where=path)
    if not acquisition.echo_times:
        acquisition, notes = _from_description(acquisition, image.header)
        warnings.extend(notes)
    count = array.shape[0]
    axis = _axis(record, count, acquisition)
    if axis == "time" and acquisition.repetition_time is None:
        acquisition = _with_time_step(acquisition, image.header)
    names = _names(record, axis, count, acquisition)
    quantity, unit = str(record.get("Quantity", "signal")), str(record.get("Units", "a.u."))
    if not constant:
        is_map = axis == "map" or quantity != "signal"
        array, notes = check_values(
            array, where=path, names=names, allow_nonfinite=allow_nonfinite, keep_nan=keep_nan or is_map
        )
        warnings.extend(notes)
    trace = record.get("Provenance") if isinstance(record.get("Provenance"), dict) else {}
    stated = slice_axis_of(record)
    return Scan(
        array,
        affine,
        axis=axis,
        names=names,
        acquisition=acquisition,
        quantity=quantity,
        unit=unit,
        slice_axis=stated if stated is not None else image.header.get_dim_info()[2],
        sources=(Source(str(path), digest), *sources_of(trace or {})),
        history=history_of(trace or {}),
        warnings=tuple(warnings),
    )


def _load(path: Path) -> tuple[Any, str]:
    """Return the image and the sha256 of the file (of the header of a pair)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"cannot be read ({error.strerror})", where=path, remedy="check the permissions"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if not content:
        raise UnreadableFile("is empty", where=path, remedy=_EXPORT_AGAIN)
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)  # whole, so that its checksum is checked too
        if path.suffix.lower() in (".hdr", ".img"):
            return nib.load(path), digest
        size = {int.from_bytes(content[:4], order) for order in ("little", "big")}
        kind = nib.Nifti1Image if 348 in size else nib.Nifti2Image if 540 in size else None
        if kind is None:
            raise UnreadableFile("is not NIfTI, whatever its name says", where=path, remedy=_EXPORT_AGAIN)
        return cast(Any, kind).from_bytes(content), digest
    except MrsrError:
        raise
    except Exception as error:  # nibabel, gzip and zlib raise many kinds on damaged bytes
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UnreadableFile:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return UnreadableFile(f"is truncated or damaged ({reason})", where=path, remedy=_EXPORT_AGAIN)


def _values(image: Any, path: Path, warnings: list[str]) -> Float32:
    """Return the scaled values, shape ``(volume, i, j, k)``, float32, C order."""
    shape = tuple(image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    size = "x".join(str(n) for n in shape)
    if len(shape) < 3 or 1 in shape[:3]:
        raise WrongDimensions(f"is a 2-D image ({size})", where=path, remedy="give the whole volume")
    if len(shape) > 4:
        raise WrongDimensions(f"has {len(shape)} dimensions ({size})", where=path, remedy="give 3-D or 4-D files")
    if 0 in shape:
        raise WrongDimensions(f"holds no voxels ({size})", where=path, remedy=_EXPORT_AGAIN)
    kind = image.get_data_dtype()
    if kind.fields is not None:
        raise WrongDimensions("holds colours, not intensities", where=path, remedy="export it as greyscale")
    try:
        values: npt.NDArray[Any] = np.asanyarray(image.dataobj).reshape(shape, order="F")
    except (EOFError, zlib.error, OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if np.iscomplexobj(values):
        values = np.abs(values)
        warnings.append("the values are complex: their magnitude is used")
    volumes = values[None] if values.ndim == 3 else np.moveaxis(values, -1, 0)
    with np.errstate(over="ignore"):  # what does not fit into float32 becomes infinite and is reported as such
        return np.ascontiguousarray(volumes, dtype=np.float32)


def _from_description(acquisition: Acquisition, header: Any) -> tuple[Acquisition, tuple[str, ...]]:
    """Take the echo time from ``descrip``, where dcm2niix leaves it (``TE=2.2;Time=...``), if there is one."""
    text = bytes(header["descrip"].tobytes()).split(b"\0")[0].decode("latin-1")
    found = re.match(r"TE=([0-9.]+)(?:;|$)", text)
    if not found or not float(found[1]) > 0:
        return acquisition, ()
    time = round(float(found[1]), 6)
    note = f"the echo time, {time:g} ms, is from the header's description, which may be rounded"
    return replace(acquisition, echo_times=(time,)), (note,)


def _with_time_step(acquisition: Acquisition, header: Any) -> Acquisition:
    """Take the repetition time of a time series from ``pixdim[4]``, if its unit is stated."""
    step = float(header["pixdim"][4])
    to_ms = {"sec": 1e3, "msec": 1.0, "usec": 1e-3}.get(header.get_xyzt_units()[1])
    if to_ms is None or not np.isfinite(step) or step <= 0:
        return acquisition
    return replace(acquisition, repetition_time=round(step * to_ms, 6))


def _axis(record: dict[str, Any], count: int, acquisition: Acquisition) -> VolumeAxis:
    if record.get("VolumeAxis") in _AXES:
        return cast(VolumeAxis, record["VolumeAxis"])
    if count == 1:
        return "echo" if acquisition.echo_times else "contrast"
    listed = len(set(acquisition.echo_times)) == count
    return "echo" if listed else "time"


def _names(record: dict[str, Any], axis: VolumeAxis, count: int, acquisition: Acquisition) -> tuple[str, ...]:
    stated = record.get("VolumeNames")
    if isinstance(stated, list) and len(stated) == count:
        return tuple(str(name) for name in stated)
    return volume_names(axis, count, echo_times=acquisition.echo_times, repetition_time=acquisition.repetition_time)
