"""What a head is made of: T1, T2 and proton density of each tissue at 3 T and at 1.5 T, and how people differ.

A value is drawn for each person, and varies smoothly within it; both spreads are standard deviations of the logarithm.
What papers measured stands with its source; the rest is assumed, near a tissue that was measured, and says so. T2 at
1.5 T is that at 3 T times :data:`T2_RATIO` where nobody measured both in the same people.

Sources
-------
- Wright PJ, Mougin OE, Totman JJ, et al. Water proton T1 measurements in brain tissue at 7, 3, and 1.5 T using IR-EPI,
  IR-TSE, and MPRAGE: results and optimization. MAGMA 2008;21:121-130. (MPRAGE, 3 T and 1.5 T: white matter 838 and 646,
  cortex 1607 and 1197, putamen 1332 and 1084, head of the caudate 1395 and 1109 ms)
- Wansapura JP, Holland SK, Dunn RS, Ball WS. NMR relaxation times in the human brain at 3.0 tesla. J Magn Reson Imaging
  1999;9:531-538. (grey matter 1331 / 110, white matter 832 / 79.6 ms)
- Stanisz GJ, Odrobina EE, Pun J, et al. T1, T2 relaxation and magnetization transfer in tissue at 3T. Magn Reson Med
  2005;54:507-512. (T2 of white matter 69, of grey matter 99 ms; blood 1932 / 275, muscle 1412 / 50 ms)
- de Bazelaire CM, Duhamel GD, Rofsky NM, Alsop DC. MR imaging relaxation times of abdominal and pelvic tissues measured
  in vivo at 3.0 T. Radiology 2004;230:652-659. (subcutaneous fat 382 / 68, marrow 586 / 49 ms)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.subject import generator

Group = Literal["white", "grey", "other"]

#: T2 at 1.5 T over T2 at 3 T where both were not measured.
T2_RATIO = 1.05


@dataclass(frozen=True)
class Substance:
    """A tissue.

    Parameters
    ----------
    t1, t1_low
        T1 at 3 T and at 1.5 T, ms.
    t2
        At 3 T, ms.
    proton_density
        Relative to water.
    between, within
        SD of the logarithm from person to person, and of the smooth field within one; of T1 and, as much, of T2.
    group
        Tissues of one group vary together from place to place.
    source
        Where T1 and T2 come from.
    """

    t1: float
    t1_low: float
    t2: float
    proton_density: float
    between: float = 0.04
    within: float = 0.03
    group: Group = "other"
    source: str = "assumed"


#: Tissues in the order of their label numbers.
SUBSTANCES: Mapping[str, Substance] = MappingProxyType(
    {
        "air": Substance(1000, 1000, 10, 0.0, 0, 0),
        "CSF": Substance(4000, 4000, 1800, 1.0, 0.05, 0.01, source="assumed: free water"),
        "grey matter": Substance(1500, 1130, 100, 0.82, 0.07, 0.035, "grey", "T1: between Wansapura and Wright"),
        "white matter": Substance(838, 646, 74, 0.70, 0.07, 0.03, "white", "T1: Wright; T2: Wansapura and Stanisz"),
        "caudate": Substance(1395, 1109, 86, 0.81, 0.04, 0.02, "grey", "T1: Wright; T2 assumed"),
        "putamen": Substance(1332, 1084, 78, 0.80, 0.04, 0.02, "grey", "T1: Wright; T2 assumed: some iron"),
        "pallidum": Substance(1050, 850, 60, 0.75, 0.06, 0.02, "grey", "assumed: much iron"),
        "thalamus": Substance(1250, 960, 80, 0.78, 0.04, 0.03, "grey", "assumed: cortex with some myelin"),
        "red and dentate nuclei": Substance(1080, 870, 62, 0.76, 0.06, 0.02, "grey", "assumed: much iron"),
        "cerebellar cortex": Substance(1430, 1080, 94, 0.82, 0.05, 0.03, "grey", "assumed: near cortex"),
        "brainstem": Substance(960, 740, 76, 0.73, 0.04, 0.03, "white", "assumed: white matter with nuclei"),
        "dura": Substance(1100, 900, 38, 0.60, 0.05, 0.02),
        "vessels": Substance(1932, 1441, 120, 0.85, 0.05, 0.02, source="T1: Stanisz; T2 assumed: venous and arterial"),
        "eye": Substance(4000, 4000, 1000, 1.0, 0.03, 0.01, source="assumed: vitreous"),
        "lens": Substance(1200, 1000, 30, 0.6, 0.05, 0.01),
        "cortical bone": Substance(300, 300, 1.0, 0.10, 0.1, 0.03),
        "marrow": Substance(450, 380, 58, 0.75, 0.08, 0.05, source="assumed: between fat and marrow of de Bazelaire"),
        "fat": Substance(382, 300, 68, 0.90, 0.05, 0.03, source="de Bazelaire"),
        "muscle": Substance(1412, 1008, 44, 0.80, 0.04, 0.03, source="T1: Stanisz; T2: between Stanisz and Gold"),
        "skin": Substance(1000, 850, 35, 0.65, 0.05, 0.03),
        "plaque": Substance(1350, 1050, 130, 0.82, 0.12, 0.06, "white", "assumed: water in white matter"),
        "infarct": Substance(1900, 1500, 190, 0.90, 0.15, 0.08, "white", "assumed: subacute to old"),
        "tumour": Substance(1700, 1350, 130, 0.88, 0.12, 0.08, "white", "assumed: glioma"),
        "oedema": Substance(1350, 1060, 150, 0.85, 0.08, 0.05, "white", "assumed: water in white matter"),
    }
)

#: Label numbers of the head.
BRAIN_LABELS: Mapping[int, str] = MappingProxyType(dict(enumerate(SUBSTANCES)))
#: Label number of a name.
NUMBER: Mapping[str, int] = MappingProxyType({name: n for n, name in BRAIN_LABELS.items()})

#: Tissues by class, as maps are scored and as a real T1-weighted scan can be told apart.
CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "white matter": ("white matter", "brainstem"),
        "grey matter": (
            "grey matter", "caudate", "putamen", "pallidum", "thalamus", "red and dentate nuclei", "cerebellar cortex",
        ),
        "CSF": ("CSF",),
        "lesion": ("plaque", "infarct", "tumour", "oedema"),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """A tissue of one person at one field strength: T1 and T2 (ms), M0, and how much they vary within it."""

    t1: float
    t2: float
    m0: float
    within: float
    group: Group


def materials(seed: int, field: float = 3.0) -> Mapping[str, Material]:
    """Return the tissues of a person, drawn about their means.

    Raises
    ------
    BadParameter
        The field is neither near 1.5 T nor near 3 T (1 to 4 T are accepted; between the two, T1 follows a power law).

    Examples
    --------
    >>> tissues = materials(3)
    >>> 700 < tissues["white matter"].t1 < 1000 < tissues["grey matter"].t1 < tissues["CSF"].t1
    True
    >>> materials(3, 1.5)["white matter"].t1 < tissues["white matter"].t1
    True
    """
    if not 1 <= field <= 4:
        raise BadParameter(f"tissue values at {field:g} T are not known", remedy="give 1.5 or 3")
    rng = generator(seed, "brain", "materials")
    power = np.log2(field / 1.5)
    found = {}
    for name, tissue in SUBSTANCES.items():
        # Where there is more water, T1 and T2 are longer and M0 is larger: they are drawn together.
        water, own = np.clip(rng.standard_normal(2), -2.2, 2.2)
        t1 = tissue.t1_low * (tissue.t1 / tissue.t1_low) ** power * np.exp(tissue.between * water)
        t2 = tissue.t2 * T2_RATIO ** (1 - power) * np.exp(tissue.between * (0.6 * water + 0.8 * own))
        m0 = min(1.0, tissue.proton_density * np.exp(0.3 * tissue.between * water))
        found[name] = Material(float(t1), float(t2), float(m0), tissue.within, tissue.group)
    return MappingProxyType(found)
