"""The frozen numbers of the knee phantom, read from ``knee.json`` beside this file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

#: Label numbers of the phantom. Medial and lateral femoral cartilage are labelled apart.
LABELS: Mapping[int, str] = MappingProxyType(
    {
        0: "air",
        1: "femur",
        2: "medial femoral cartilage",
        3: "lateral femoral cartilage",
        4: "tibia",
        5: "medial tibial cartilage",
        6: "lateral tibial cartilage",
        7: "patella",
        8: "patellar cartilage",
        9: "medial meniscus",
        10: "lateral meniscus",
        11: "anterior cruciate ligament",
        12: "posterior cruciate ligament",
        13: "medial collateral ligament",
        14: "lateral collateral ligament",
        15: "patellar tendon",
        16: "quadriceps tendon",
        17: "infrapatellar fat pad",
        18: "joint fluid",
        19: "muscle",
        20: "subcutaneous fat",
        21: "intermuscular fat",
        22: "popliteal vessels",
        23: "fibula",
        24: "skin",
        25: "fascia",
        26: "tibial nerve",
        27: "synovium",
    }
)

#: Label number of a name.
LABEL_OF: Mapping[str, int] = MappingProxyType({name: number for number, name in LABELS.items()})


@dataclass(frozen=True)
class Tissue:
    """What a tissue is made of: relaxation times (ms), proton density, diffusivity (m2/s), spread and texture."""

    name: str
    t1: float
    t2: float
    t2_sd: float
    t2_field: float
    m0: float
    diffusivity: float
    grain: float
    limits: tuple[float, float]
    source: str
    fat: bool = False


@dataclass(frozen=True)
class Settings:
    """The frozen settings; sections that are plain numbers stay mappings."""

    version: int
    sequence: Mapping[str, float]
    snr_cartilage: float
    fat: Mapping[str, float]
    coil: Mapping[str, float]
    tissues: Mapping[str, Tissue]
    layers: Mapping[str, float]
    cartilage_thickness: Mapping[str, float]
    subject: Mapping[str, Any]
    disease: Mapping[str, Any]


def _plain(section: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({name: value for name, value in section.items() if name != "comment"})


@cache
def load() -> Settings:
    """Return the settings of ``knee.json``."""
    raw = json.loads(files(__package__).joinpath("knee.json").read_text(encoding="utf-8"))
    tissues = {
        name: Tissue(**{"name": name, **values, "limits": tuple(values["limits"])})
        for name, values in _plain(raw["tissues"]).items()
    }
    return Settings(
        version=raw["version"],
        sequence=_plain(raw["sequence"]),
        snr_cartilage=raw["noise"]["snr_cartilage"],
        fat=_plain(raw["fat"]),
        coil=_plain(raw["coil"]),
        tissues=MappingProxyType(tissues),
        layers=_plain(raw["layers"]),
        cartilage_thickness=_plain(raw["cartilage_thickness"]),
        subject=_plain(raw["subject"]),
        disease=_plain(raw["disease"]),
    )
