"""The patient and the study that results carry: the source's, or nobody's.

De-identified after the basic profile of PS3.15 annex E: what tells who was scanned when is not taken over, and a UID is
replaced by ``2.25.<128 bits>`` of HMAC-SHA256(key, UID). The key is drawn for one export and then forgotten, so that
references hold within the export and nobody can find the way back.
"""

from __future__ import annotations

import hmac
from os import urandom
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

from napari_mrsr.files.dicom.codes import BASIC_PROFILE

BASIC_PROFILE_METHOD = "PS3.15 basic profile: patient and study removed, UIDs replaced"
NO_IDENTITY = "Nothing of a patient was taken over from the source"
#: Patient and study attributes that say who was scanned when; kept only where results stay in the study.
_IDENTITY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex",
    "OtherPatientNames", "EthnicGroup", "PatientComments", "PatientIdentityRemoved", "DeidentificationMethod",
    "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyDescription", "ReferringPhysicianName",
    "PatientAge", "PatientSize", "PatientWeight", "ClinicalTrialSponsorName", "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName", "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
)  # fmt: skip
#: Attributes that every object has, empty where nothing is known (type 2).
_ALWAYS = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
           "StudyID", "ReferringPhysicianName")  # fmt: skip


def anonymous(method: str) -> Dataset:
    """Return a patient and study that say nothing but a name drawn for this export."""
    header = _empty()
    header.PatientID = f"MRSR-{urandom(6).hex().upper()}"
    header.PatientName = f"{header.PatientID}^"
    header.PatientIdentityRemoved = "YES"
    header.DeidentificationMethod = method
    if method == BASIC_PROFILE_METHOD:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = BASIC_PROFILE[:3]
        header.DeidentificationMethodCodeSequence = [item]
    header.LongitudinalTemporalInformationModified = "REMOVED"
    return header


def identity_of(source: Dataset) -> Dataset:
    """Return the patient and study of a source; dates and a sex that DICOM does not know are left empty."""
    header = _empty()
    for keyword in _IDENTITY:
        value = source.get(keyword)
        if value is not None and value != "" and _is_valid(keyword, value):
            setattr(header, keyword, str(value) if keyword.endswith(("Name", "Names")) else value)
    if "DeidentificationMethodCodeSequence" in source:
        header.DeidentificationMethodCodeSequence = source.DeidentificationMethodCodeSequence
    return header


def _is_valid(keyword: str, value: Any) -> bool:
    """Tell whether a value is one; anonymisers leave dates like 00000000."""
    if keyword == "PatientSex":
        return str(value) in ("M", "F", "O")
    try:
        return not (keyword.endswith("Date") and DA(value) is None) and not (
            keyword.endswith("Time") and TM(value) is None
        )
    except (ValueError, TypeError):
        return False


def _empty() -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _ALWAYS:
        setattr(header, keyword, "")
    return header


def replaced(key: bytes, uid: str) -> str:
    """Return what stands for a UID within one export."""
    return f"2.25.{int.from_bytes(hmac.digest(key, uid.encode(), 'sha256')[:16], 'big')}"
