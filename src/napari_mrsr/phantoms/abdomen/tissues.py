"""What the abdomen is made of: tissues with their water and fat, and their signal in a FLASH image.

T1 at 3 T is that of :mod:`napari_mrsr.physics.tissues` where a tissue is listed there. At other field strengths it is
scaled with a power of the field that reproduces the 21 per cent by which T1 was longer at 3 T than at 1.5 T on average
(de Bazelaire 2004). T2* was not measured there. The round values here are assumed, below the measured T2; an echo at
0.93 ms changes by 1 per cent between T2* of 25 and 35 ms. Fat in an organ relaxes like abdominal fat.

Muscle has the T1 of Gold 2004 (1420 ms; Stanisz 2005: 1412 ms) and not the paravertebral one of de Bazelaire (898 ms),
with which it would be as bright as liver, which it never is on these images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_mrsr.physics.flash import FlashSequence, flash_signal
from napari_mrsr.physics.tissues import TISSUES as MEASURED

#: T1 at 3 T over T1 at 1.5 T, mean over the tissues of de Bazelaire 2004.
T1_RATIO = 1.21
#: Signal of unit proton density and full magnetisation: makes numbers of the size that scanners write.
GAIN = 1.0e4
#: What fat saturation leaves of the fat.
RESIDUAL_FAT = 0.06


@dataclass(frozen=True)
class Substance:
    """A tissue at 3 T.

    Parameters
    ----------
    t1
        Of its water, ms.
    t2_star
        Ms.
    proton_density
        Of water and fat together, relative to water.
    fat
        Share of fat in it.
    grain, clouds
        Relative SD of its fine and its coarse texture.
    source
        Where T1 comes from.
    """

    t1: float
    t2_star: float
    proton_density: float
    fat: float = 0.0
    grain: float = 0.02
    clouds: float = 0.02
    source: str = "assumed"


def _measured(name: str, t2_star: float, *, fat: float = 0.0, grain: float = 0.02, clouds: float = 0.02) -> Substance:
    tissue = MEASURED[name]
    return Substance(tissue.t1, t2_star, tissue.proton_density, fat, grain, clouds, tissue.source)


_FAT = _measured("abdominal fat", 30, fat=0.92, grain=0.05, clouds=0.04)

#: Tissues in the order of their label numbers.
SUBSTANCES: Mapping[str, Substance] = MappingProxyType(
    {
        "air": Substance(1000, 10, 0.0, grain=0, clouds=0),
        "liver": _measured("liver", 25, fat=0.03, grain=0.035, clouds=0.03),
        "hepatic vessels": _measured("blood", 60, clouds=0.01),
        "lesion": Substance(1500, 45, 0.85, grain=0.04, source="assumed: much water, as in metastases"),
        "gallbladder": Substance(2400, 200, 1.0, source="assumed: dilute bile"),
        "spleen": _measured("spleen", 35, grain=0.03),
        "kidney cortex": _measured("kidney cortex", 45, grain=0.03),
        "kidney medulla": _measured("kidney medulla", 40, grain=0.03),
        "stomach wall": Substance(1200, 35, 0.8, source="assumed: smooth muscle"),
        "stomach fluid": Substance(2800, 250, 1.0, grain=0.03, clouds=0.05, source="assumed: water with food"),
        "pancreas": _measured("pancreas", 32, fat=0.08, grain=0.06, clouds=0.03),
        "bowel wall": Substance(1200, 35, 0.8, source="assumed: smooth muscle"),
        "bowel content": Substance(900, 40, 0.75, fat=0.03, grain=0.08, clouds=0.15, source="assumed: chyme, stool"),
        "aorta": _measured("blood", 60, clouds=0.01),
        "vena cava": _measured("blood", 60, clouds=0.01),
        "other vessels": _measured("blood", 60, clouds=0.01),
        "vertebra": _measured("vertebral marrow", 12, fat=0.3, grain=0.06, clouds=0.05),
        "disc": Substance(1200, 40, 0.7, grain=0.03, source="assumed: near cartilage"),
        "spinal cord": Substance(1000, 50, 0.8, source="assumed: near white matter"),
        "cerebrospinal fluid": Substance(4000, 500, 1.0, grain=0.01, source="assumed: free water"),
        "cortical bone": Substance(300, 1.0, 0.10, grain=0.05),
        "rib": _measured("vertebral marrow", 12, fat=0.5, grain=0.05),
        "muscle": _measured("muscle", 25, fat=0.03, grain=0.05, clouds=0.02),
        "subcutaneous fat": _FAT,
        "visceral fat": _FAT,
        "skin": Substance(900, 15, 0.6, source="assumed"),
        "lung": Substance(1200, 1.5, 0.15, grain=0.15, clouds=0.1),
        "heart": Substance(1450, 30, 0.8, source="assumed: near other muscle"),
        "diaphragm": _measured("muscle", 25),
        "needle": Substance(1000, 10, 0.0, grain=0, clouds=0),
    }
)

#: Label numbers of the abdomen.
ABDOMEN_LABELS: Mapping[int, str] = MappingProxyType(dict(enumerate(SUBSTANCES)))
#: Label number of a name.
NUMBER: Mapping[str, int] = MappingProxyType({name: n for n, name in ABDOMEN_LABELS.items()})


@dataclass(frozen=True)
class Shade:
    """Signal of a tissue in one acquisition: of its water, of its fat, and the relative SDs of its textures."""

    water: float
    fat: float
    grain: float
    clouds: float


def shade(name: str, sequence: FlashSequence, *, suppressed: bool = False, fat: float | None = None) -> Shade:
    """Return the signals of water and fat of a tissue; ``fat`` overrides its share of fat.

    Examples
    --------
    >>> liver, spleen = (shade(name, FlashSequence(2.34, 0.93, 8.0)) for name in ("liver", "spleen"))
    >>> liver.water > spleen.water
    True
    """
    substance = SUBSTANCES[name]
    share = substance.fat if fat is None else fat
    scale = (sequence.field_strength / 3.0) ** math.log2(T1_RATIO)
    density = GAIN * substance.proton_density
    lipid = MEASURED["abdominal fat"].t1
    water = flash_signal(substance.t1 * scale, substance.t2_star, sequence, m0=density * (1 - share))
    oil = flash_signal(lipid * scale, min(30.0, substance.t2_star), sequence, m0=density * share)
    residual = RESIDUAL_FAT if suppressed else 1.0
    return Shade(float(water), float(oil) * residual, substance.grain, substance.clouds)
