"""The layout of the CHAOS challenge, T1-DUAL: what the published main training learned from.

::

    CHAOS/
        MR/
            1/
                T1DUAL/
                    DICOM_anon/
                        InPhase/*.dcm
                        OutPhase/*.dcm
                    Ground/...              not looked at
                T2SPIR/...                  not looked at
            2/...

In and opposed phase are volumes of their own, 80 of 40 subjects in the paper. The folder may be any above ``T1DUAL``
(``Train_Sets``, ``MR``, or a subject). Who teaches and who judges is decided by subject, never by volume
(:func:`napari_mrsr.training.abdomen_sources.split`).

Source
------
Kavur AE, Gezer NS, Barış M, et al. CHAOS challenge: combined (CT-MR) healthy abdominal organ segmentation. Med Image
Anal 2021;69:101950.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Folders of the two phases, as the data call them and as they are called here.
PHASES = {"inphase": "in", "outphase": "opposed"}
_SEQUENCE, _IMAGES = "t1dual", "dicom_anon"


@dataclass(frozen=True)
class Phase:
    """One phase of one subject.

    Parameters
    ----------
    subject
        After the subject's folder, ``"chaos-07"``.
    phase
        ``"in"`` or ``"opposed"``.
    folder
        Where its DICOM files lie.
    """

    subject: str
    phase: str
    folder: Path

    @property
    def name(self) -> str:
        """What reports call it."""
        return f"{self.subject} {self.phase}"


def find(place: Path) -> list[Phase]:
    """Return the phases in a folder of that layout, by the number of the subject; none where it is laid out otherwise.

    Examples
    --------
    >>> find(Path("no such folder"))
    []
    """
    if not place.is_dir():
        return []
    found = [
        Phase(_subject(images.parent.parent.name), PHASES[folder.name.lower()], folder)
        for images in _image_folders(place)
        for folder in images.iterdir()
        if folder.is_dir() and folder.name.lower() in PHASES
    ]
    return sorted(found, key=lambda one: (one.subject, one.phase))


def _subject(folder: str) -> str:
    """Return the name of a subject, so that subjects stand in the order of their numbers."""
    return f"chaos-{int(folder):02d}" if folder.isdigit() else f"chaos-{folder}"


def _image_folders(place: Path) -> Iterator[Path]:
    """Yield the folders ``T1DUAL/DICOM_anon``, however deep the place lies above them."""
    for sequence in (place, *place.rglob("*")):
        if sequence.is_dir() and sequence.name.lower() == _SEQUENCE:
            yield from (one for one in sequence.iterdir() if one.is_dir() and one.name.lower() == _IMAGES)
