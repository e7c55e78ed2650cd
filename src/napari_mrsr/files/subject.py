"""A number that stands for a patient: the same for the same patient, and nothing about who that is.

HMAC-SHA256 of the patient's identifier with a secret of this user (:func:`.user_state.secret`). Without the secret the
identifier cannot be guessed from the number; another user's numbers are different.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from napari_mrsr.files.user_state import secret
from napari_mrsr.scan import Scan


def subject_of(scan: Scan) -> str | None:
    """Return who it is: the seed of a phantom, or the number of a patient; None where nobody says it."""
    for step in scan.history:
        if "phantom" in step.name and "seed" in step.parameters:
            return f"phantom {step.parameters['seed']}"
    return subject_number(scan)


def subject_number(scan: Scan) -> str | None:
    """Return the number of the patient of a scan; None where its files do not say whose it is (NIfTI)."""
    from napari_mrsr.files.dicom.subject import patient_identifier

    for source in scan.sources:
        path = Path(source.path)
        if not path.exists() or path.name.lower().endswith((".nii", ".nii.gz", ".hdr", ".img")):
            continue
        identifier = patient_identifier(path)
        if identifier:
            return hmac.new(secret(), identifier.encode(), hashlib.sha256).hexdigest()[:16]
    return None
