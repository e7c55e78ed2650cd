"""Tiny DICOM series with a known truth, for the tests of any room.

The truth is a voxel array ``(volume, i, j, k)`` and an affine (RAS+); the writer turns it into what a scanner would
have stored, so that a reader is tested against numbers that it did not make.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SYNTAX = {"little": ExplicitVRLittleEndian, "big": ExplicitVRBigEndian, "implicit": ImplicitVRLittleEndian}


def write_series(
    folder: Path,
    array: np.ndarray,
    affine: np.ndarray,
    *,
    echo_times: Sequence[float] = (7.48,),
    echo_numbers: Sequence[int] | None = None,
    syntax: str = "little",
    rescale: tuple[float, float] | None = None,
    numbering: Callable[[int], int] = lambda number: number,
    prefix: str = "",
    change: Callable[[FileDataset, int, int], Any] | None = None,
    **header: Any,
) -> list[Path]:
    """Write one classic file per slice and volume.

    Parameters
    ----------
    array
        Stored values, integers, shape ``(volume, i, j, k)``; volume n gets ``echo_times[n]`` (or the only one).
    affine
        Voxel indices to mm, RAS+; its columns are orthogonal.
    syntax
        ``"little"``, ``"big"`` or ``"implicit"``.
    numbering
        From the number of a slice within the series to the one in its file name: the order on the disk.
    change
        Called with each dataset, volume and slice before it is written; return ``False`` to leave the slice out.
    header
        Further attributes by keyword, over the defaults.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lps = RAS_TO_LPS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    cosines = lps[:3, :3] / spacing
    uids = {name: generate_uid() for name in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")}
    paths = []
    for volume, slices in enumerate(array):
        for k in range(slices.shape[2]):
            dataset = _dataset(MRImageStorage, syntax)
            _fill(dataset, {**_DEFAULTS, **uids, **header})
            dataset.EchoTime = echo_times[volume] if len(echo_times) > 1 else echo_times[0]
            dataset.EchoNumbers = echo_numbers[volume] if echo_numbers else volume + 1 if len(echo_times) > 1 else 1
            if rescale is not None:
                dataset.RescaleSlope, dataset.RescaleIntercept = (f"{value:g}" for value in rescale)
            dataset.SliceThickness = header.get("SliceThickness", round(spacing[2], 6))
            dataset.PixelSpacing = [_ds(spacing[1]), _ds(spacing[0])]
            dataset.ImageOrientationPatient = [_ds(value) for value in (*cosines[:, 0], *cosines[:, 1])]
            dataset.ImagePositionPatient = [_ds(value) for value in (lps @ [0, 0, k, 1])[:3]]
            number = volume * slices.shape[2] + k
            dataset.InstanceNumber = number + 1
            _set_pixels(dataset, slices[:, :, k].T[None], syntax)
            if change is not None and change(dataset, volume, k) is False:
                continue
            path = folder / f"{prefix}{numbering(number):04d}.dcm"
            dataset.save_as(path, enforce_file_format=True)
            paths.append(path)
    return paths


def write_enhanced(
    path: Path,
    array: np.ndarray,
    affine: np.ndarray,
    *,
    echo_times: Sequence[float] = (7.48,),
    rescale: Sequence[tuple[float, float]] = ((1, 0),),
    order: Sequence[int] | None = None,
    components: Sequence[str] = ("MAGNITUDE",),
    **header: Any,
) -> Path:
    """Write all volumes as frames of one enhanced MR file; ``order`` permutes the frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lps = RAS_TO_LPS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    cosines = lps[:3, :3] / spacing
    dataset = _dataset(EnhancedMRImageStorage, "little")
    uids = {name: generate_uid() for name in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")}
    timing = {name: header.pop(name, _DEFAULTS[name]) for name in ("RepetitionTime", "FlipAngle")}
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in timing}
    _fill(dataset, {**defaults, **uids, "ContentDate": "20260101", "ContentTime": "120000", **header})
    shared = Dataset()
    shared.MRTimingAndRelatedParametersSequence = [_item(**timing)]
    shared.PlaneOrientationSequence = [
        _item(ImageOrientationPatient=[_ds(v) for v in (*cosines[:, 0], *cosines[:, 1])])
    ]
    shared.PixelMeasuresSequence = [
        _item(PixelSpacing=[_ds(spacing[1]), _ds(spacing[0])], SliceThickness=_ds(spacing[2]))
    ]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames, planes = [], []
    for volume, slices in enumerate(array):
        for k in range(slices.shape[2]):
            slope, intercept = rescale[volume % len(rescale)]
            frame = Dataset()
            frame.MREchoSequence = [_item(EffectiveEchoTime=float(echo_times[volume % len(echo_times)]))]
            frame.PlanePositionSequence = [_item(ImagePositionPatient=[_ds(v) for v in (lps @ [0, 0, k, 1])[:3]])]
            frame.FrameContentSequence = [
                _item(StackID="1", InStackPositionNumber=k + 1, DimensionIndexValues=[volume + 1, k + 1])
            ]
            frame.PixelValueTransformationSequence = [
                _item(RescaleSlope=_ds(slope), RescaleIntercept=_ds(intercept), RescaleType="US")
            ]
            component = components[volume % len(components)]
            frame.MRImageFrameTypeSequence = [
                _item(FrameType=["ORIGINAL", "PRIMARY", "OTHER", "NONE"], ComplexImageComponent=component)
            ]
            frames.append(frame)
            planes.append(slices[:, :, k].T)
    order = range(len(frames)) if order is None else order
    dataset.PerFrameFunctionalGroupsSequence = [frames[n] for n in order]
    dataset.NumberOfFrames = len(frames)
    _set_pixels(dataset, np.stack([planes[n] for n in order]), "little")
    dataset.save_as(path, enforce_file_format=True)
    return path


def add_spoiler(dataset: Dataset, area: object, duration: object, *, vr: str = "DS", creator: bool = True) -> None:
    """Add the private attributes of GE's DESS spoiler: area in G/cm us and duration in us."""
    if creator:
        dataset.add_new((0x0019, 0x0010), "LO", "GEMS_ACQU_01")
    dataset.add_new((0x0019, 0x10B6), vr, area)
    dataset.add_new((0x0019, 0x10B7), vr, duration)


_DEFAULTS: dict[str, Any] = {
    "PatientID": "made",
    "PatientName": "Made^Up",
    "Modality": "MR",
    "Manufacturer": "GE MEDICAL SYSTEMS",
    "SeriesDescription": "made DESS",
    "SeriesNumber": 5,
    "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
    "RepetitionTime": 25.0,
    "FlipAngle": 30.0,
    "MagneticFieldStrength": 3.0,
    "BodyPartExamined": "KNEE",
}


def _ds(value: float) -> str:
    """Return a decimal string of at most 16 characters, the most a DICOM header holds."""
    for digits in range(15, 0, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(value)


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    _fill(item, attributes)
    return item


def _fill(dataset: Dataset, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        if value is not None:
            setattr(dataset, name, value)


def _dataset(kind: str, syntax: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = SYNTAX[syntax]
    dataset = FileDataset(
        "",
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax == "implicit",
        is_little_endian=syntax != "big",
    )
    dataset.SOPClassUID = kind
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    return dataset


def _set_pixels(dataset: Dataset, planes: np.ndarray, syntax: str) -> None:
    """Store planes of shape ``(frame, row, column)``: uint8, uint16 or int16."""
    kind = planes.dtype
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = planes.shape[1:]
    dataset.BitsAllocated = dataset.BitsStored = 8 * kind.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(kind.kind == "i")
    ordered = planes.astype(kind.newbyteorder(">" if syntax == "big" else "<"))
    raw = ordered.tobytes()
    dataset.add_new((0x7FE0, 0x0010), "OB" if kind.itemsize == 1 else "OW", raw + b"\0" * (len(raw) % 2))
