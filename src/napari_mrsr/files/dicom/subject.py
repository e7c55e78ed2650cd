"""Whose scan it is, as the DICOM file says: only to be hashed, never to be shown or written."""

from __future__ import annotations

from pathlib import Path


def patient_identifier(path: Path) -> str | None:
    """Return issuer and identifier of the patient of a DICOM file, or of the first one in a folder; None without."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    candidates = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for candidate in candidates[:50]:
        try:
            dataset = pydicom.dcmread(
                candidate, stop_before_pixels=True, specific_tags=["PatientID", "IssuerOfPatientID"]
            )
        except (InvalidDicomError, OSError, ValueError):
            continue
        identifier = str(dataset.get("PatientID") or "").strip()
        return f"{dataset.get('IssuerOfPatientID') or ''}|{identifier}" if identifier else None
    return None
