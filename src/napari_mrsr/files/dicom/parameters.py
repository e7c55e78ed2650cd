"""How the scanner made the images, from DICOM attributes.

DICOM holds TR, TE, TI in ms and angles in degrees, as a scan does. GE's DESS (``mfast``, ``qDESS``) leaves its spoiler
in user data of the private group 0019 (creator GEMS_ACQU_01): (0019,10B6) the gradient area in G/cm us and
(0019,10B7) its duration in us. As 1 G/cm = 10 mT/m, an area of 3132 G/cm us is 3132e-5 = 0.03132 mT s/m.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Literal

from napari_mrsr.files.dicom.frames import Frame, private
from napari_mrsr.scan import Acquisition

_GE_AREA_TO_MT_S_M = 1e-5
_GE_US_TO_MS = 1e-3

#: Further attributes worth keeping that say nothing about the patient; DICOM keyword and BIDS name.
_OTHERS = (
    ("MRAcquisitionType", "MRAcquisitionType"),
    ("ScanningSequence", "ScanningSequence"),
    ("SequenceVariant", "SequenceVariant"),
    ("ScanOptions", "ScanOptions"),
    ("ImageType", "ImageType"),
    ("EchoPulseSequence", "EchoPulseSequence"),
    ("InversionRecovery", "InversionRecovery"),
    ("AcquisitionContrast", "AcquisitionContrast"),
    ("PixelBandwidth", "PixelBandwidth"),
    ("NumberOfAverages", "NumberOfAverages"),
    ("AcquisitionMatrix", "AcquisitionMatrix"),
    ("InPlanePhaseEncodingDirection", "InPlanePhaseEncodingDirectionDICOM"),
    ("PercentSampling", "PercentSampling"),
    ("ParallelReductionFactorInPlane", "ParallelReductionFactorInPlane"),
    ("PatientPosition", "PatientPosition"),
    ("ReceiveCoilName", "ReceiveCoilName"),
    ("SoftwareVersions", "SoftwareVersions"),
    ("SeriesNumber", "SeriesNumber"),
)


def acquisition_of(frames: Sequence[Frame], *, slice_spacing: float) -> Acquisition:
    """Return the parameters of a series.

    Parameters
    ----------
    frames
        One frame of each volume.
    slice_spacing
        Distance of neighbouring slices as their positions say, mm. ``SpacingBetweenSlices`` is not used: some
        scanners write the gap there.
    """
    frame = frames[0]
    thickness = frame.number_of("SliceThickness") or None
    times = [one.number_of("EchoTime") for one in frames]
    known = [time for time in times if time is not None and time > 0]
    moment, duration = _spoiler(frame)
    length = frame.number_of("EchoTrainLength")
    return Acquisition(
        repetition_time=frame.number_of("RepetitionTime") or None,
        echo_times=tuple(known) if len(known) == len(times) else (),
        flip_angle=frame.number_of("FlipAngle"),
        spoiler_moment=moment,
        spoiler_duration=duration,
        inversion_time=frame.number_of("InversionTime") or None,
        echo_train_length=int(length) if length else None,
        slice_thickness=thickness,
        slice_gap=None if thickness is None else _gap(slice_spacing, thickness),
        field_strength=frame.number_of("MagneticFieldStrength") or None,
        manufacturer=_text(frame, "Manufacturer"),
        model=_text(frame, "ManufacturerModelName"),
        sequence=_text(frame, "SequenceName") or _private_text(frame, 0x0019, 0x109C),
        series_description=_text(frame, "SeriesDescription"),
        body_part=_text(frame, "BodyPartExamined"),
        laterality=_side(frame),
        others=MappingProxyType(
            {name: _plain(frame.value(key)) for key, name in _OTHERS if frame.value(key) is not None}
        ),
    )


def _gap(spacing: float, thickness: float) -> float:
    gap = round(spacing - thickness, 4)
    return 0.0 if abs(gap) < 0.01 * thickness else gap


def _spoiler(frame: Frame) -> tuple[float | None, float | None]:
    """Return moment (mT s/m) and duration (ms) of the GE spoiler; without an area there is none."""
    if not str(frame.value("Manufacturer") or "GE").upper().startswith("GE"):
        return None, None
    area = private(frame.dataset, 0x0019, 0xB6, "GEMS_ACQU_01")
    duration = private(frame.dataset, 0x0019, 0xB7, "GEMS_ACQU_01")
    if not area or area < 0 or not duration or duration < 0:
        return None, None
    return round(area * _GE_AREA_TO_MT_S_M, 12), round(duration * _GE_US_TO_MS, 9)


def _side(frame: Frame) -> Literal["left", "right"] | None:
    stated = str(frame.value("Laterality") or frame.value("ImageLaterality") or "").upper()
    return "left" if stated == "L" else "right" if stated == "R" else None


def _text(frame: Frame, keyword: str) -> str | None:
    found = frame.value(keyword)
    return str(found).strip() or None if found is not None else None


def _private_text(frame: Frame, group: int, element: int) -> str | None:
    if (group, element) not in frame.dataset or not str(frame.value("Manufacturer") or "").startswith("GE"):
        return None
    value = frame.dataset[group, element].value
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(" \0") or None


def _plain(value: Any) -> Any:
    """Return a value of pydicom as a plain one."""
    if isinstance(value, (str, int, float)):
        return str(value) if isinstance(value, str) else int(value) if isinstance(value, int) else float(value)
    return [_plain(part) for part in value] if hasattr(value, "__iter__") else str(value)
