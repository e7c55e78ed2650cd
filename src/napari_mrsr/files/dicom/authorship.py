"""Who made an object and how: equipment, algorithm with version and weights, derivation in words, de-identified dates.

The history of a scan is told without paths or free text: names of steps, numbers, and names of methods. Weights are
named by their sha256.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset

from napari_mrsr import __version__
from napari_mrsr.files.dicom.codes import SCHEME
from napari_mrsr.files.dicom.references import Study, new_uid
from napari_mrsr.files.origin import INTENDED_USE
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from highdicom import ContributingEquipment

MANUFACTURER = "The napari-mrsr developers"
MODEL = "napari-mrsr"
#: Enhanced objects must name a serial number; software has none.
SERIAL = "none"

_TEXT_LIMIT = 1024  # ST
_KEPT = ("method", "model", "factor", "axis", "sha256", "consistency", "t1", "diffusivity", "kspace",
         "spacing", "order", "filter", "precision")  # fmt: skip
#: Dates that an object must have, where the real ones were removed (PS3.15: a dummy value).
_NO_DATE, _NO_TIME = "19000101", "000000"


def new_object(number: int) -> dict[str, Any]:
    """Return what every new object that stands alone in its series says of itself and of its maker.

    Parameters
    ----------
    number
        Of the series.
    """
    return {
        "series_instance_uid": new_uid(),
        "series_number": number,
        "sop_instance_uid": new_uid(),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL,
        "software_versions": __version__,
        "device_serial_number": SERIAL,
    }


def derivation(scan: Scan, *, method: str, study: Study, also: str = "") -> str:
    """Return how a scan came to be, at most 1024 characters.

    Parameters
    ----------
    method
        Name of the algorithm as the person knows it.
    also
        What else this object must say: quantisation, padding.
    """
    steps = steps_of(scan, study)
    parts = [
        f"{MODEL} {__version__}, {INTENDED_USE}.",
        f"Method: {_plain(method)}.",
        also,
        study.note,
        f"Steps: {steps}." if steps else "",
    ]
    return " ".join(part for part in parts if part)[:_TEXT_LIMIT]


def steps_of(scan: Scan, study: Study) -> str:
    """Return what was done to a scan, step by step."""
    kept = _KEPT if study.deidentified else (*_KEPT, "weights")  # a file's name may be a patient's
    return "; ".join(_step(step.name, step.parameters, kept) for step in scan.history)


def weights_of(*scans: Scan | None) -> list[str]:
    """Return the sha256 of all weights that took part."""
    found = [str(step.parameters["sha256"]) for scan in scans if scan is not None for step in scan.history
             if step.parameters.get("sha256")]  # fmt: skip
    return list(dict.fromkeys(found))


def equipment(*scans: Scan | None, method: str) -> list[ContributingEquipment]:
    """Return the scanner, as far as it may be named, and this program as contributing equipment."""
    from highdicom import ContributingEquipment
    from pydicom.sr.codedict import codes

    found = []
    scanner = next((scan.acquisition for scan in scans if scan is not None and scan.acquisition.manufacturer), None)
    if scanner is not None and scanner.manufacturer:
        found.append(
            ContributingEquipment(
                manufacturer=scanner.manufacturer[:64],
                manufacturer_model_name=(scanner.model or "unknown")[:64],
                purpose_of_reference=codes.DCM.AcquisitionEquipment,
            )
        )
    weights = "".join(f", weights sha256 {digest}" for digest in weights_of(*scans))
    found.append(
        ContributingEquipment(
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MODEL,
            software_versions=__version__,
            purpose_of_reference=codes.DCM.ProcessingEquipment,
            contribution_description=f"{_plain(method)}{weights}"[:_TEXT_LIMIT],
        )
    )
    return found


def declare_scheme(dataset: Dataset) -> None:
    """Say what the private coding scheme is (PS3.3 C.12.1.1.1)."""
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = "Codes of napari-mrsr where DICOM has none"
    item.CodingSchemeResponsibleOrganization = MANUFACTURER
    dataset.CodingSchemeIdentificationSequence = [item]


def hide_dates(dataset: Dataset) -> None:
    """Remove when an object was made, which tells when the patient came; dummies where a date must be."""
    for item in _nested(dataset):
        for keyword in ("InstanceCreationDate", "InstanceCreationTime", "ContributionDateTime"):
            if keyword in item:
                delattr(item, keyword)
        for keyword, dummy in (("ContentDate", _NO_DATE), ("ContentTime", _NO_TIME), ("ObservationDateTime", None)):
            if keyword in item:
                setattr(item, keyword, dummy) if dummy else delattr(item, keyword)


def _nested(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    for keyword in ("ContributingEquipmentSequence", "ContentSequence"):
        for item in dataset.get(keyword) or ():
            yield from _nested(item)


def _step(name: str, parameters: Mapping[str, Any], kept: Sequence[str]) -> str:
    told = [f"{key} {_plain(parameters[key])}" for key in kept if parameters.get(key) is not None]
    return f"{name} ({', '.join(told)})" if told else name


def _plain(value: Any) -> str:
    """Return a value in words; of a path only the name, of a list its parts."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(_plain(part) for part in value)
    text = str(value)
    return PurePath(text.replace("\\", "/")).name if "/" in text or "\\" in text else text
