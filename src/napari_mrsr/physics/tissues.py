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
- Wright P, Jellus V, McGonagle D, Robson M, Ridgeway J, Hodgson R. Comparison of two ultrashort echo time sequences for
  the quantification of T1 within phantom and human Achilles tendon at 3 T. Magn Reson Med 2012;68:1279-1284,
  doi:10.1002/mrm.24130.
- Quantitative differentiation of tendon and ligament using magnetic resonance imaging ultrashort echo time T2*
  mapping of normal knee joint. Acta Radiol 2022;63, doi:10.1177/02841851211043834. (12 volunteers, 1.5 T)
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
_ACTA = "T2: Quantitative differentiation 2022"
_BAZELAIRE = "de Bazelaire 2004"

#: Tissues by name.
TISSUES: Mapping[str, Tissue] = MappingProxyType(
    {
        # the knee
        "cartilage": Tissue(1240, 36.9, 0.75, _GOLD),
        "meniscus": Tissue(
            1000, 11.4, 0.65, "T2: Rauscher 2008, healthy; T1: assumed, as is usual in DESS of the meniscus"
        ),
        "tendon": Tissue(725, 5.2, 0.50, f"{_ACTA}, T2* of the patellar tendon; T1: Wright 2012, Achilles tendon"),
        "ligament": Tissue(1000, 11.9, 0.60, f"{_ACTA}, T2* of the anterior cruciate; T1: assumed, as of the meniscus"),
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

#: Words of a region's name and the tissue they tell, the more special first.
_WORDS = (
    ("cartilage", "cartilage"),
    ("menisc", "meniscus"),
    ("tendon", "tendon"),
    ("ligament", "ligament"),
    ("cruciate", "ligament"),
    ("retinaculum", "ligament"),
    ("muscle", "muscle"),
    ("fluid", "synovial fluid"),
    ("effusion", "synovial fluid"),
    ("marrow", "marrow fat"),
)


def tissue_of(region: str) -> str | None:
    """Return the tissue of :data:`TISSUES` that the name of a region tells; None where it tells none.

    Examples
    --------
    >>> tissue_of("medial meniscus"), tissue_of("Quadriceps tendon"), tissue_of("region 3")
    ('meniscus', 'tendon', None)
    """
    name = region.lower()
    return next((tissue for word, tissue in _WORDS if word in name), None)
