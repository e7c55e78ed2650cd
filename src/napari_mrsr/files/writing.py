"""Scans as NIfTI files with a sidecar.

The affine goes into the sform (code 1, scanner) and, where it is a rotation with a scale, also into the qform, so that
every reader places the volume alike; a sheared affine has no qform. ``dim_info`` names the slice axis. Both files
appear whole or not at all.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from napari_mrsr import __version__
from napari_mrsr.errors import BadParameter
from napari_mrsr.files.atomic import atomic_path, suffix_of
from napari_mrsr.files.origin import INTENDED_USE
from napari_mrsr.files.sidecar import sidecar_of, sidecar_path
from napari_mrsr.scan import Scan

#: A qform is written if it places every voxel within this many mm of the sform.
_SHEAR_TOLERANCE = 1e-3


def write_nifti(scan: Scan, path: str | os.PathLike[str]) -> Path:
    """Write a scan as float32 NIfTI, 3-D for one volume and 4-D for several, and its sidecar.

    Parameters
    ----------
    scan
        Any scan; maps keep their NaN and their unit (ms).
    path
        A name that ends in ``.nii`` or ``.nii.gz``, in a folder that exists.

    Returns
    -------
    Path
        The path of the image; the sidecar stands beside it with the suffix ``.json``.

    Raises
    ------
    BadParameter
        The name does not end in ``.nii`` or ``.nii.gz``.
    OutputNotWritable
        The folder is missing or read-only, or the disk is full.
    """
    return _write(scan, np.asarray(scan.array, np.float32), Path(path))


def write_labels(scan: Scan, path: str | os.PathLike[str]) -> Path:
    """Write a label map as integers, in the smallest type that holds them, and its sidecar.

    Raises
    ------
    BadParameter
        A label is not a whole number from 0 to 2147483647, or the name is not that of a NIfTI file.
    OutputNotWritable
        The folder is missing or read-only, or the disk is full.
    """
    labels = np.asarray(scan.array)
    largest = labels.max(initial=0)
    if labels.min(initial=0) < 0 or not largest <= np.iinfo(np.int32).max or not (labels == np.floor(labels)).all():
        raise BadParameter(
            "labels must be whole numbers from 0 to 2147483647",
            where=path,
            remedy="round them, and leave negative numbers out",
        )
    kind = next(t for t in (np.uint8, np.int16, np.int32) if largest <= np.iinfo(t).max)
    return _write(scan, labels.astype(kind), Path(path))


def _write(scan: Scan, array: npt.NDArray[Any], path: Path) -> Path:
    if suffix_of(path).lower() not in (".nii", ".nii.gz"):
        raise BadParameter("is not the name of a NIfTI file", where=path, remedy="end it in .nii.gz")
    nib: Any = nibabel  # its classes carry no types
    image = nib.Nifti1Image(array[0] if len(array) == 1 else np.moveaxis(array, 0, -1), None)
    header: Any = image.header
    image.set_sform(scan.affine, code=1)
    image.set_qform(scan.affine, code=1, strip_shears=True)
    extent = np.array([*scan.shape, 1.0])
    if np.abs((image.get_qform() - scan.affine) @ extent).max() > _SHEAR_TOLERANCE + 1e-6 * np.abs(scan.affine).max():
        image.set_qform(None, code=0)
    header.set_xyzt_units("mm", "sec")
    if scan.slice_axis is not None:
        header.set_dim_info(slice=scan.slice_axis)
    zooms = list(scan.spacing)
    if scan.volumes > 1:
        step = scan.acquisition.repetition_time if scan.axis == "time" else None
        zooms.append(step / 1000 if step else 1.0)
    header.set_zooms(zooms)
    header["descrip"] = f"napari-mrsr {__version__}; {INTENDED_USE}".encode()
    text = json.dumps(sidecar_of(scan), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_path(sidecar_path(path)) as hidden_sidecar, atomic_path(path) as hidden_image:
        hidden_sidecar.write_text(text + "\n", encoding="utf-8")
        nib.save(image, hidden_image)
    return path
