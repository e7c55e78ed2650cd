"""Relaxation times and proton densities of tissues at 3 T, with where each comes from.

T1 and T2 are means over healthy adults; people and methods spread about them (the standard deviations stand in the
papers). Proton densities are relative to water, rounded: papers rarely measure them, and images depend on them only
as a factor. T2 of fat depends on the sequence, because its protons are coupled.

Sources
-------
- Gold GE, Han E, Stainsby J, Wright G, Brittain J, Beaulieu C. Musculoskeletal MRI at 3.0 T: relaxation times and image
  contrast. AJR Am J Roentgenol 2004;183:343-351.
- Stanisz GJ, Odrobina EE, Pun J, Escaravage M, Graham SJ, Bronskill MJ, Henkelman RM. T1, T2 relaxation and
  magnetization transfer in tissue at 3T. Magn Reson Med 2005;54:507-512.
- de Bazelaire CM, Duhamel GD, Rofsky NM, Alsop DC. MR imaging relaxation times of abdominal and pelvic tissues
  measured in vivo at 3.0 T: preliminary results. Radiology 2004;230:652-659.
- Rauscher I, Stahl R, Cheng J, et al. Meniscal measurements of T1rho and T2 at MR imaging in healthy subjects and
  patients with osteoarthritis. Radiology 2008;249:591-600.
- Wansapura JP, Holland SK, Dunn RS, Ball WS. NMR relaxation times in the human brain at 3.0 tesla. J Magn Reson Imaging
  1999;9:531-538.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Tissue:
    """What a tissue's signal depends on.

    Parameters
    ----------
    t1, t2
        Relaxation times at 3 T, ms.
    proton_density
        Relative to water.
    source
        Where T1 and T2 come from.
    """

    t1: float
    t2: float
    proton_density: float
    source: str


_GOLD = "Gold 2004"
_STANISZ = "Stanisz 2005"
_BAZELAIRE = "de Bazelaire 2004"

#: Tissues by name.
TISSUES: Mapping[str, Tissue] = MappingProxyType(
    {
        # the knee
        "cartilage": Tissue(1240, 36.9, 0.75, _GOLD),
        "meniscus": Tissue(
            1000, 11.4, 0.65, "T2: Rauscher 2008, healthy; T1: assumed, as is usual in DESS of the meniscus"
        ),
        "synovial fluid": Tissue(3620, 767, 1.0, _GOLD),
        "muscle": Tissue(1420, 31.7, 0.80, _GOLD),
        "subcutaneous fat": Tissue(371, 133, 0.90, _GOLD),
        "marrow fat": Tissue(365, 133, 0.85, _GOLD),
        "blood": Tissue(1932, 275, 0.85, _STANISZ),
        # the brain
        "white matter": Tissue(832, 79.6, 0.70, "Wansapura 1999"),
        "grey matter": Tissue(1331, 110, 0.82, "Wansapura 1999"),
        # the abdomen
        "liver": Tissue(809, 34, 0.75, _BAZELAIRE),
        "spleen": Tissue(1328, 61, 0.80, _BAZELAIRE),
        "pancreas": Tissue(725, 43, 0.75, _BAZELAIRE),
        "kidney cortex": Tissue(1142, 76, 0.80, _BAZELAIRE),
        "kidney medulla": Tissue(1545, 81, 0.85, _BAZELAIRE),
        "paravertebral muscle": Tissue(898, 29, 0.80, _BAZELAIRE),
        "vertebral marrow": Tissue(586, 49, 0.80, _BAZELAIRE),
        "abdominal fat": Tissue(382, 68, 0.90, _BAZELAIRE),
    }
)
