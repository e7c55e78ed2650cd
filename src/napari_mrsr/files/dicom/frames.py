"""A frame: one image plane, be it a classic DICOM file or one frame of an enhanced multi-frame file.

An enhanced file keeps what all frames share in ``SharedFunctionalGroupsSequence`` and what differs in
``PerFrameFunctionalGroupsSequence`` (PS3.3 C.7.6.16), each attribute one sequence deep. A frame looks an attribute up
in its own group, then in the shared one, then in the file: the rest of the reader knows one kind of image only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

Component = Literal["magnitude", "phase", "real", "imaginary", "field map"]
Vector = npt.NDArray[np.float64]

#: GE (0043,102F): what the pixels are.
_GE_COMPONENT: Mapping[int, Component] = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}
_COMPONENT_WORDS: Mapping[str, Component] = {
    **dict.fromkeys(("M", "M_FFE", "M_SE", "M_IR", "MAGNITUDE"), "magnitude"),
    **dict.fromkeys(("P", "P_FFE", "P_SE", "PHASE", "PHASE MAP", "PHASE_MAP"), "phase"),
    **dict.fromkeys(("R", "R_FFE", "R_SE", "REAL"), "real"),
    **dict.fromkeys(("I", "I_FFE", "I_SE", "IMAGINARY"), "imaginary"),
    **dict.fromkeys(("FIELD_MAP", "B0", "B0 MAP", "B0_MAP", "B0_FIELD_MAP"), "field map"),
}
#: What enhanced files call the attributes that classic files have.
_ENHANCED_NAMES: Mapping[str, tuple[str, ...]] = {
    "EchoTime": ("EffectiveEchoTime",),
    "InversionTime": ("InversionTimes",),
    "TemporalPositionIdentifier": ("TemporalPositionIndex",),
    "AcquisitionNumber": ("FrameAcquisitionNumber",),
    "TriggerTime": ("NominalCardiacTriggerDelayTime",),
    "EchoTrainLength": ("RFEchoTrainLength",),
    "Laterality": ("ImageLaterality", "FrameLaterality"),
    "SequenceName": ("PulseSequenceName",),
    "ImageType": ("FrameType",),
}
_ENHANCED_FIRST = {"ImageType"}  # the file states the type of the whole, the frame its own


@dataclass(frozen=True, eq=False)
class Frame:
    """One image plane.

    Parameters
    ----------
    path, number
        The file and the frame in it (0 in a classic file).
    dataset
        The header of the file, without pixels.
    group
        The functional groups of this frame (empty in a classic file), by keyword.
    """

    path: Path
    number: int
    dataset: Dataset
    group: Mapping[str, Any]

    def value(self, keyword: str) -> Any:
        """Return an attribute by its classic keyword, ``None`` if absent or empty."""
        names = (keyword, *_ENHANCED_NAMES.get(keyword, ()))
        for name in reversed(names) if keyword in _ENHANCED_FIRST else names:
            for place in (self.group, self.dataset):
                found = place.get(name)
                if found is not None and found != "" and not (isinstance(found, list) and not found):
                    return found
        return None

    def number_of(self, keyword: str) -> float | None:
        """Return an attribute as a number (the first of several), ``None`` if absent or none."""
        found = self.value(keyword)
        if found is not None and not isinstance(found, (str, bytes)) and hasattr(found, "__len__"):
            found = found[0]
        try:
            number = float(found)
        except (TypeError, ValueError):
            return None
        return number if np.isfinite(number) else None

    def vector(self, keyword: str, length: int) -> Vector:
        """Return an attribute as a vector, NaN if absent or of another length."""
        try:
            found = np.array([float(part) for part in self.value(keyword)], np.float64)
        except (TypeError, ValueError):
            return np.full(length, np.nan)
        return found if found.shape == (length,) else np.full(length, np.nan)

    @cached_property
    def position(self) -> Vector:
        """Centre of the first voxel, mm, LPS+ (NaN if not said)."""
        return self.vector("ImagePositionPatient", 3)

    @cached_property
    def orientation(self) -> Vector:
        """Directions along a row (increasing column) and down a column (increasing row), LPS+, shape ``(2, 3)``."""
        return self.vector("ImageOrientationPatient", 6).reshape(2, 3)

    @cached_property
    def pixel_spacing(self) -> Vector:
        """Distance of neighbouring rows, and of neighbouring columns, mm."""
        return self.vector("PixelSpacing", 2)

    @property
    def size(self) -> tuple[int, int]:
        """Number of columns and rows."""
        return int(self.dataset.Columns), int(self.dataset.Rows)

    @property
    def is_placed(self) -> bool:
        """Whether the header says where the plane lies."""
        orthonormal = np.abs(self.orientation @ self.orientation.T - np.eye(2)).max() < 1e-2  # False for NaN
        return bool(orthonormal and (self.pixel_spacing > 0).all() and np.isfinite(self.position).all())

    @cached_property
    def component(self) -> Component:
        """What part of the complex signal the pixels are; magnitude where nothing is said."""
        stated = self.value("ComplexImageComponent")
        kinds = [str(word).upper() for word in list(self.value("ImageType") or ())[2:]]
        words = [_COMPONENT_WORDS[word] for word in kinds if word in _COMPONENT_WORDS]
        if "field map" in words:
            return "field map"
        if stated in ("PHASE", "REAL", "IMAGINARY"):
            return _COMPONENT_WORDS[str(stated)]
        code = private(self.dataset, 0x0043, 0x2F, "GEMS_PARM_01")
        if code is not None and int(code) in _GE_COMPONENT:
            return _GE_COMPONENT[int(code)]
        return words[0] if words else "magnitude"


def frames_of(path: Path, dataset: Dataset) -> list[Frame]:
    """Return the frames of a file."""
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        return [Frame(path, 0, dataset, {})]
    shared_items = dataset.get("SharedFunctionalGroupsSequence") or []
    shared = _flat(shared_items[0]) if len(shared_items) else {}
    return [
        Frame(path, number, dataset, {**shared, **_flat(item)})
        for number, item in enumerate(dataset.PerFrameFunctionalGroupsSequence)
    ]


def _flat(item: Dataset) -> dict[str, Any]:
    """Return the attributes of the public functional groups, by keyword.

    Private groups are left out: some (Philips 2005,140F) repeat public attributes with other meanings.
    """
    found: dict[str, Any] = {}
    for element in item:
        if not element.tag.is_private and element.VR == "SQ" and len(element.value):
            for inner in element.value[0]:
                if not inner.tag.is_private and inner.keyword:
                    found[inner.keyword] = inner.value
    return found


def private(dataset: Dataset, group: int, offset: int, creator: str) -> float | None:
    """Return a private attribute as a number, whatever its VR became on the way, ``None`` if absent or none.

    The block that the creator reserved is looked up (PS3.5 7.8.1); where the creator was lost, block 10 is tried, which
    is where scanners put it. Files that went through implicit VR or an archive hold the value as raw bytes.
    """
    blocks = [block for block in range(0x10, 0x100) if (group, block) in dataset]
    named = [block for block in blocks if str(dataset[group, block].value).strip() == creator]
    if not named and blocks and 0x10 in blocks:
        return None  # block 10 belongs to someone else
    tag = (group, (named[0] if named else 0x10) << 8 | offset)
    if tag not in dataset:
        return None
    value = dataset[tag].value
    if isinstance(value, bytes):
        return _number_in(value, little=dataset.original_encoding[1] is not False)
    if not isinstance(value, str) and hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _number_in(raw: bytes, *, little: bool) -> float | None:
    """Return the number that raw bytes spell (DS, IS) or hold (SS, SL, FD)."""
    try:
        return float(raw.decode("ascii").strip(" \0").split("\\")[0])
    except (UnicodeDecodeError, ValueError):
        pass
    order = "little" if little else "big"
    if len(raw) in (2, 4):
        return float(int.from_bytes(raw, order, signed=True))  # type: ignore[arg-type]
    if len(raw) == 8:
        return float(np.frombuffer(raw, "<f8" if little else ">f8")[0])
    return None
