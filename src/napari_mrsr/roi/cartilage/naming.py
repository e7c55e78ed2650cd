"""What labels stand for, read from their names: plate, compartment, bone.

``"medial femoral cartilage"`` is a part of the femoral plate in the medial compartment; ``"trochlear cartilage"`` is
femoral, without a compartment; ``"femur"`` is the bone under the femoral plate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Plate = Literal["femoral", "tibial", "patellar"]
Compartment = Literal["medial", "lateral"]

_PLATES: dict[Plate, str] = {
    "femoral": r"\b(femoral|femur|femora|condyl\w*|trochlea\w*)\b",
    "tibial": r"\b(tibial|tibia|plateau)\b",
    "patellar": r"\b(patellar|patella)\b",
}
_BONES: dict[Plate, str] = {"femoral": "femur", "tibial": "tibia", "patellar": "patella"}


@dataclass(frozen=True)
class Cartilage:
    """A label of cartilage: its plate, and its compartment where the name says it."""

    plate: Plate
    compartment: Compartment | None = None


def cartilage_of(names: Mapping[int, str]) -> dict[int, Cartilage]:
    """Return what the labels of cartilage stand for; labels of other things are left out.

    Examples
    --------
    >>> cartilage_of({1: "medial femoral cartilage", 2: "femur", 6: "trochlear cartilage", 7: "lateral meniscus"})
    {1: Cartilage(plate='femoral', compartment='medial'), 6: Cartilage(plate='femoral', compartment=None)}
    """
    found = {}
    for label, name in names.items():
        text = name.lower().replace("_", " ")
        if "cartilage" not in text and "trochlea" not in text:
            continue
        for plate, pattern in _PLATES.items():
            if re.search(pattern, text):
                side: Compartment | None = (
                    "medial"
                    if re.search(r"\bmedial\b", text)
                    else "lateral"
                    if re.search(r"\blateral\b", text)
                    else None
                )
                found[label] = Cartilage(plate, side)
                break
    return found


def bones_of(names: Mapping[int, str]) -> dict[Plate, int]:
    """Return the label of the bone under each plate, where there is one.

    Examples
    --------
    >>> bones_of({1: "Femur", 2: "femoral cartilage", 4: "tibia"})
    {'femoral': 1, 'tibial': 4}
    """
    plain = {name.lower().strip().removesuffix(" bone"): label for label, name in names.items()}
    return {plate: plain[bone] for plate, bone in _BONES.items() if bone in plain}
