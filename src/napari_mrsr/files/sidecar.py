"""The JSON beside a NIfTI file, with BIDS names and units, and the acquisition parameters of a scan.

BIDS writes times in seconds, a scan holds milliseconds; this file is the only place where one becomes the other.
Names follow the Brain Imaging Data Structure 1.10, "Magnetic Resonance Imaging", and its quantitative appendix
(``SpoilingGradientMoment`` in mT s/m, ``RepetitionTimePreparation`` for inversion to inversion,
``RepetitionTimeExcitation`` for the echo spacing of the readout).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from napari_mrsr.errors import UnreadableFile
from napari_mrsr.files.atomic import suffix_of
from napari_mrsr.files.origin import plain, provenance
from napari_mrsr.scan import Acquisition, Scan

_MS = 1000.0  # ms in a second


@dataclass(frozen=True)
class _Entry:
    """A sidecar name, the field of :class:`Acquisition` it fills, and the field's unit in the sidecar's."""

    name: str
    field: str
    factor: float = 1.0
    kind: type = float


# Of two names for one field, the later one wins when reading; both are written.
_ENTRIES = (
    _Entry("RepetitionTime", "repetition_time", _MS),
    _Entry("RepetitionTimePreparation", "repetition_time", _MS),
    _Entry("FlipAngle", "flip_angle"),
    _Entry("SpoilingGradientMoment", "spoiler_moment"),
    _Entry("SpoilingGradientDuration", "spoiler_duration", _MS),
    _Entry("InversionTime", "inversion_time", _MS),
    _Entry("RepetitionTimeExcitation", "echo_spacing", _MS),
    _Entry("EchoTrainLength", "echo_train_length", kind=int),
    _Entry("NumberShots", "shots", kind=int),
    _Entry("SliceThickness", "slice_thickness"),
    _Entry("MagneticFieldStrength", "field_strength"),
    _Entry("Manufacturer", "manufacturer", kind=str),
    _Entry("ManufacturersModelName", "model", kind=str),
    _Entry("PulseSequenceDetails", "sequence", kind=str),
    _Entry("SeriesDescription", "series_description", kind=str),
    _Entry("BodyPartExamined", "body_part", kind=str),
)
_HANDLED = {entry.name for entry in _ENTRIES} | {
    *("EchoTime", "SpacingBetweenSlices", "SliceGap", "ImageLaterality", "SliceEncodingDirection"),
    *("Provenance", "VolumeAxis", "VolumeNames", "Quantity", "Units"),
}
_SIDES: Mapping[str, Literal["left", "right"]] = {"L": "left", "LEFT": "left", "R": "right", "RIGHT": "right"}
SLICE_AXES = ("i", "j", "k")


def sidecar_path(image: Path) -> Path:
    """Return the path of the sidecar of an image: ``knee.nii.gz`` has ``knee.json``."""
    return image.with_name(image.name.removesuffix(suffix_of(image)) + ".json")


def read_sidecar(image: Path) -> dict[str, Any]:
    """Return the sidecar of an image (empty if it has none).

    Raises
    ------
    UnreadableFile
        The sidecar is not a JSON object.
    """
    path = sidecar_path(image)
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"is not JSON ({error})", where=path, remedy="mend or remove it") from error
    if not isinstance(record, dict):
        raise UnreadableFile("is not a JSON object", where=path, remedy="mend or remove it")
    return record


def acquisition_of(record: Mapping[str, Any], *, where: Path) -> Acquisition:
    """Return the parameters that a sidecar states, in the units of :class:`Acquisition`.

    Raises
    ------
    UnreadableFile
        An entry is not of the kind that BIDS says.
    """
    found: dict[str, Any] = {}
    for entry in _ENTRIES:
        if record.get(entry.name) is not None:
            found[entry.field] = _value(record[entry.name], entry, where)
    times = record.get("EchoTime")
    if times is not None:
        entry = _Entry("EchoTime", "echo_times", _MS)
        listed = times if isinstance(times, list) else [times]
        found["echo_times"] = tuple(_value(time, entry, where) for time in listed)
    thickness = found.get("slice_thickness")
    if record.get("SliceGap") is not None:
        found["slice_gap"] = _value(record["SliceGap"], _Entry("SliceGap", "slice_gap"), where)
    elif record.get("SpacingBetweenSlices") is not None and thickness is not None:
        distance = _value(record["SpacingBetweenSlices"], _Entry("SpacingBetweenSlices", "slice_gap"), where)
        found["slice_gap"] = round(distance - thickness, 6)
    side = _SIDES.get(str(record.get("ImageLaterality", "")).upper())
    others = {name: value for name, value in record.items() if name not in _HANDLED}
    return Acquisition(**found, laterality=side, others=MappingProxyType(others))


def slice_axis_of(record: Mapping[str, Any]) -> int | None:
    """Return the slice axis that ``SliceEncodingDirection`` states (``"k-"`` is 2), else ``None``."""
    stated = str(record.get("SliceEncodingDirection", ""))[:1]
    return SLICE_AXES.index(stated) if stated in SLICE_AXES and stated else None


def sidecar_of(scan: Scan) -> dict[str, Any]:
    """Return the sidecar of a scan: its acquisition in BIDS names and units, what its volumes are, its provenance."""
    acquisition = scan.acquisition
    record: dict[str, Any] = dict(plain(acquisition.others))
    for entry in _ENTRIES:
        value = getattr(acquisition, entry.field)
        if value is None or (entry.name == "RepetitionTimePreparation" and acquisition.inversion_time is None):
            continue
        record[entry.name] = _seconds(value, entry.factor)
    if acquisition.echo_times:
        times = [_seconds(time, _MS) for time in acquisition.echo_times]
        record["EchoTime"] = times[0] if len(times) == 1 else times
    if acquisition.slice_gap is not None:
        record["SliceGap"] = acquisition.slice_gap
        if acquisition.slice_thickness is not None:
            record["SpacingBetweenSlices"] = round(acquisition.slice_thickness + acquisition.slice_gap, 6)
    if acquisition.laterality is not None:
        record["ImageLaterality"] = acquisition.laterality[0].upper()
    if scan.slice_axis is not None:
        record["SliceEncodingDirection"] = SLICE_AXES[scan.slice_axis]
    record["VolumeAxis"] = scan.axis
    record["VolumeNames"] = list(scan.names)
    record["Quantity"] = scan.quantity
    record["Units"] = scan.unit
    record["Provenance"] = provenance(scan)
    return record


def _value(value: Any, entry: _Entry, where: Path) -> Any:
    if entry.kind is str:
        return str(value)
    number = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise UnreadableFile(
            f'has "{entry.name}": {value!r}, which is not a number', where=where, remedy="mend the sidecar"
        )
    return int(number) if entry.kind is int else round(float(number) * entry.factor, 9)


def _seconds(value: Any, factor: float) -> Any:
    return value if factor == 1 or not isinstance(value, (int, float)) else round(value / factor, 12)
