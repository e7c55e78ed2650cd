r"""Volumes as a derived series of MR Image Storage, one file a slice: what any viewer shows.

Stored values are int16, x = slope s + intercept with intercept 0 and one slope for all volumes and slices, so that the
ratio of two echoes, in which T2 lives, survives even in a viewer that ignores the rescale. For maps the slope is a
power of ten (T2 up to 327 ms: 0.01 ms), half of which is the largest rounding error; NaN becomes the pixel padding
value -32768. ``RescaleType`` and a real world value mapping name unit and quantity. Attributes of the acquisition that
say nothing about the patient are kept; patient, study and frame of reference are the study's.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pydicom.valuerep import DSfloat

from napari_mrsr import __version__
from napari_mrsr.files.dicom import codes
from napari_mrsr.files.dicom.authorship import MANUFACTURER, MODEL, declare_scheme, derivation, equipment
from napari_mrsr.files.dicom.planes import Planes, lay_out
from napari_mrsr.files.dicom.references import Instance, Study, nearest, new_uid
from napari_mrsr.files.dicom.referring import coded, source_items
from napari_mrsr.scan import Scan

PADDING = -32768
_LARGEST = 32767
#: Windows in which maps are usually read: centre and width.
WINDOWS = {"T2": (40.0, 80.0), "T1": (1000.0, 2000.0), "thickness": (2.0, 4.0)}
#: Values of ``ImageType`` (third) for maps, PS3.3 C.8.3.1.1.1.
_KINDS = {"T2": "T2 MAP", "T1": "T1 MAP", "M0": "DENSITY MAP"}


def echo_series(scan: Scan, study: Study, *, method: str, number: int) -> list[Dataset]:
    """Return super-resolved echoes (or contrasts) as one derived series.

    Parameters
    ----------
    scan
        The volumes; their echo times, TR and flip angle go into the headers.
    method
        Name of the algorithm.
    number
        Of the series.
    """
    largest = float(np.abs(scan.array[np.isfinite(scan.array)]).max(initial=0.0))
    slope = float(f"{largest / _LARGEST:.9g}") or 1.0
    count = f"{scan.volumes} volumes" if scan.volumes > 1 else "1 volume"
    return _series(scan, study, study.instances, slope=slope, kind="OTHER", window=window_of(scan.array),
                   description=f"Super-resolved, {count}, {method}", code=codes.SPATIAL_RESAMPLING, method=method,
                   number=number, unit=None)  # fmt: skip


def map_series(
    scan: Scan, role: str, study: Study, *, method: str, number: int, sources: Sequence[Instance]
) -> list[Dataset]:
    """Return a map as a derived series with rescale, for viewers that know no Parametric Map.

    Parameters
    ----------
    scan
        One volume; NaN is "no value".
    role
        ``"acquired"``, ``"SR"`` or the name of another method.
    sources
        The image planes that the map was computed from.
    """
    finite = np.abs(scan.array[np.isfinite(scan.array)])
    slope = decimal_slope(float(finite.max(initial=0.0)))
    window = WINDOWS.get(scan.quantity) or window_of(scan.array)
    return _series(scan, study, sources, slope=slope, kind=_KINDS.get(scan.quantity, "OTHER"), window=window,
                   description=f"{scan.quantity} [{scan.unit}] {role}, rescaled", code=codes.IMAGE_PROCESSING,
                   method=method, number=number, unit=scan.unit)  # fmt: skip


def decimal_slope(largest: float) -> float:
    """Return the smallest power of ten with which a value fits into int16.

    Examples
    --------
    >>> decimal_slope(200.0), decimal_slope(4.2)
    (0.01, 0.001)
    """
    if not largest > 0:
        return 1.0
    return float(f"1e{int(np.ceil(np.log10(largest / _LARGEST) - 1e-12))}")


def window_of(array: npt.NDArray[np.generic]) -> tuple[float, float]:
    """Return centre and width that show most values: the 1st to the 99.5th percentile of a sample."""
    sample = np.asarray(array).ravel()[:: max(1, array.size // 200_000)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, [1, 99.5]) if sample.size else (0.0, 1.0)
    width = max(float(high - low), 1e-3)
    return round(float(low + high) / 2, 4), round(width, 4)


def _series(
    scan: Scan,
    study: Study,
    sources: Sequence[Instance],
    *,
    slope: float,
    kind: str,
    window: tuple[float, float],
    description: str,
    code: Code,
    method: str,
    number: int,
    unit: str | None,
) -> list[Dataset]:
    planes = lay_out(scan, study.facing)
    also = "" if unit is None else f"Rounded to {slope:g} {unit} (error up to {slope / 2:g}); {PADDING} is no value."
    common = _common(scan, study, planes, is_map=unit is not None)
    common.SeriesInstanceUID, common.SeriesNumber = new_uid(), number
    common.SeriesDescription = description[:64]
    common.ImageType = ["DERIVED", "SECONDARY", kind]
    common.DerivationDescription = derivation(scan, method=method, study=study, also=also)
    common.DerivationCodeSequence = [coded(code)]
    common.ContributingEquipmentSequence = equipment(scan, method=method)
    common.WindowCenter, common.WindowWidth = _ds(window[0]), _ds(window[1])
    common.RescaleSlope, common.RescaleIntercept = _ds(slope), _ds(0.0)
    common.RescaleType = "US" if unit is None else unit or "US"
    if unit is not None or not np.isfinite(scan.array).all():
        common.PixelPaddingValue = PADDING
    if unit is not None:
        common.RealWorldValueMappingSequence = [_mapping(scan, slope)]
        declare_scheme(common)
    near = [nearest(sources, position, planes.normal) for position in planes.positions]
    times = scan.acquisition.echo_times if len(scan.acquisition.echo_times) == scan.volumes else ()
    made: list[Dataset] = []
    for n in range(scan.volumes):
        for k, position in enumerate(planes.positions):
            slice_ = _slice(common, planes, n, k, slope)
            slice_.InstanceNumber = n * len(planes.positions) + k + 1
            slice_.ImagePositionPatient = [_ds(value) for value in position]
            slice_.SliceLocation = _ds(float(planes.normal @ position))
            slice_.EchoTime = _ds(times[n]) if times and unit is None else None
            if unit is None:
                slice_.EchoNumbers = n + 1 if scan.axis == "echo" else 1
                slice_.ImageComments = f"{scan.axis} {n + 1} of {scan.volumes}"
            if near[k]:
                slice_.SourceImageSequence = source_items(near[k])
            made.append(slice_)
    return made


def _common(scan: Scan, study: Study, planes: Planes, *, is_map: bool) -> Dataset:
    """Return what all slices of a series share: identity, equipment, acquisition, plane."""
    made, how = deepcopy(study.header), scan.acquisition
    made.SOPClassUID, made.Modality = MRImageStorage, "MR"
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = MANUFACTURER, MODEL, __version__
    made.BurnedInAnnotation = "NO"
    others = dict(how.others)
    made.ScanningSequence = others.get("ScanningSequence") or "RM"
    made.SequenceVariant = others.get("SequenceVariant") or "NONE"
    made.ScanOptions = others.get("ScanOptions") or ""
    made.MRAcquisitionType = others.get("MRAcquisitionType") or ""
    made.PatientPosition = others.get("PatientPosition") or ""
    timed = how.repetition_time is not None and not is_map  # a map is of several echoes: no TR and TE of its own
    made.RepetitionTime = _ds(how.repetition_time or 0.0) if timed else None
    made.EchoTrainLength = how.echo_train_length if how.echo_train_length is not None else None
    if how.inversion_time is not None:
        made.InversionTime = _ds(how.inversion_time)
    if how.flip_angle is not None:
        made.FlipAngle = _ds(how.flip_angle)
    if how.field_strength is not None:
        made.MagneticFieldStrength = _ds(how.field_strength)
    if how.body_part:
        made.BodyPartExamined = how.body_part.upper()[:16]
    made.Laterality = (how.laterality or " ")[0].upper().strip()
    made.SliceThickness = _ds(how.slice_thickness or planes.slice_spacing)
    made.SpacingBetweenSlices = _ds(planes.slice_spacing)
    made.ImageOrientationPatient = [_ds(value) for value in planes.orientation]
    made.PixelSpacing = [_ds(value) for value in planes.pixel_spacing]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = planes.array.shape[2:]
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 1
    return made


def _slice(common: Dataset, planes: Planes, volume: int, k: int, slope: float) -> Dataset:
    made = Dataset()
    made.update(common)  # elements are shared: nothing that is in common is set again
    made.SOPInstanceUID = new_uid()
    values = np.asarray(planes.array[volume, k], np.float64) / slope
    stored = np.where(np.isfinite(values), np.clip(np.rint(values), PADDING + 1, _LARGEST), PADDING)
    made.PixelData = stored.astype("<i2").tobytes()
    made["PixelData"].VR = "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def _mapping(scan: Scan, slope: float) -> Dataset:
    """Return the real world value mapping: stored value to quantity and unit."""
    from highdicom.pm import RealWorldValueMapping

    return RealWorldValueMapping(
        lut_label=scan.quantity[:16],
        lut_explanation=f"{scan.quantity} in {scan.unit or 'no unit'}",
        unit=codes.unit(scan.unit),
        value_range=(PADDING + 1, _LARGEST),
        slope=slope,
        intercept=0.0,
        quantity_definition=codes.quantity(scan.quantity),
    )


def _ds(value: float) -> DSfloat:
    """Return a decimal string of at most 16 characters."""
    return DSfloat(float(value) + 0.0, auto_format=True)
