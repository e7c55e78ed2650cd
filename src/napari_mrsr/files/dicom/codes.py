"""What things are called in coded form: quantities, units, statistics and regions.

Codes are those of DICOM (``DCM``, PS3.16 annex D), SNOMED CT (``SCT``, as PS3.16 lists it) and UCUM for units. What has
no code there gets one of this program, scheme ``99MRSR``, which every object that uses it declares. A region is coded
from the words of its name: what it is (cartilage, meniscus), the bone that it lies on, and where on it (medial,
anterior, deep); a name without known words is a generic anatomical structure and stays readable as its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.sr.coding import Code

#: Coding scheme of this program (PS3.16 8.2: designators of private schemes begin with 99).
SCHEME = "99MRSR"

TISSUE = Code("85756007", "SCT", "Tissue")
STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
CARTILAGE = Code("309312004", "SCT", "Cartilage")
FEMUR = Code("71341001", "SCT", "Femur")
TIBIA = Code("12611008", "SCT", "Tibia")
PATELLA = Code("64234005", "SCT", "Patella")

MEAN = Code("373098007", "SCT", "Mean")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")
MEDIAN = Code("373099004", "SCT", "Median")
FIFTH_PERCENTILE = Code("371888009", "SCT", "5th percentile")
NINETY_FIFTH_PERCENTILE = Code("371889001", "SCT", "95th percentile")
STANDARD_ERROR = Code("standard-error", SCHEME, "Standard error of the mean by noise")
INTERQUARTILE_RANGE = Code("interquartile-range", SCHEME, "Interquartile range")
VOLUME = Code("118565006", "SCT", "Volume")
VALID_VOXELS = Code("valid-voxels", SCHEME, "Number of voxels with a value")
INVALID = Code("invalid-percent", SCHEME, "Part of the voxels without a value")

MILLISECOND = Code("ms", "UCUM", "millisecond")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
CUBIC_MILLIMETRE = Code("mm3", "UCUM", "cubic millimeter")
PERCENT = Code("%", "UCUM", "Percent")
NO_UNITS = Code("1", "UCUM", "no units")

#: Which map a group of measurements was made on.
MAP_ROLE = Code("map-role", SCHEME, "Map measured")
ROLES = {
    "acquired": Code("acquired", SCHEME, "Map of the acquired images"),
    "SR": Code("super-resolved", SCHEME, "Map of the super-resolved images"),
    "thick": Code("thick", SCHEME, "Map of super-resolved images made thick again"),
    "truth": Code("truth", SCHEME, "Known truth of a phantom"),
}

IMAGE_PROCESSING = Code("110001", "DCM", "Image Processing")
SPATIAL_RESAMPLING = Code("113085", "DCM", "Spatial resampling")
SEGMENTATION = Code("113076", "DCM", "Segmentation")
SOURCE_IMAGE = Code("121322", "DCM", "Source image for image processing operation")
BASIC_PROFILE = Code("113100", "DCM", "Basic Application Confidentiality Profile")
MRI = Code("25056-3", "LN", "MRI unspecified body region")

_QUANTITIES = {
    "t2": Code("113065", "DCM", "T2"),
    "t2*": Code("113064", "DCM", "T2*"),
    "t1": Code("113063", "DCM", "T1"),
    "m0": Code("113058", "DCM", "Proton Density"),
    "signal": Code("110852", "DCM", "MR signal intensity"),
    "thickness": Code("cartilage-thickness", SCHEME, "Cartilage thickness"),
}
_UNITS = {
    "ms": MILLISECOND,
    "s": Code("s", "UCUM", "second"),
    "mm": MILLIMETRE,
    "%": PERCENT,
    "a.u.": Code("[arb'U]", "UCUM", "arbitrary unit"),
}
_TISSUES = {
    "cartilage": (TISSUE, CARTILAGE),
    "meniscus": (STRUCTURE, Code("74135004", "SCT", "Meniscus")),
    "marrow": (TISSUE, Code("14016003", "SCT", "Bone Marrow")),
    "muscle": (TISSUE, Code("127954009", "SCT", "Skeletal muscle")),
    "grey matter": (TISSUE, Code("389081007", "SCT", "Gray Matter")),
    "gray matter": (TISSUE, Code("389081007", "SCT", "Gray Matter")),
    "white matter": (TISSUE, Code("389080008", "SCT", "White Matter")),
}
_BONES = {"femoral": FEMUR, "femur": FEMUR, "trochlear": FEMUR, "trochlea": FEMUR, "tibial": TIBIA, "tibia": TIBIA,
          "patellar": PATELLA, "patella": PATELLA}  # fmt: skip
_PLACES = {
    "medial": Code("255561001", "SCT", "Medial"),
    "lateral": Code("49370004", "SCT", "Lateral"),
    "anterior": Code("255549009", "SCT", "Anterior"),
    "central": Code("26216008", "SCT", "Central"),
    "posterior": Code("255551008", "SCT", "Posterior"),
    "deep": Code("795002", "SCT", "Deep"),
    "superficial": Code("26283006", "SCT", "Superficial"),
}
_SIDES = {"left": Code("7771000", "SCT", "Left"), "right": Code("24028007", "SCT", "Right")}


@dataclass(frozen=True)
class Region:
    """What a region is, in codes.

    Parameters
    ----------
    name
        As a person wrote it.
    category, kind
        Segmented property category and type (CID 7150, 7151).
    bone
        Anatomic region that it lies on, if its name says so.
    places
        Where on the bone: medial, anterior, deep, ...
    side
        Left or right knee, if known.
    """

    name: str
    category: Code
    kind: Code
    bone: Code | None = None
    places: tuple[Code, ...] = ()
    side: Code | None = None


def region(name: str, laterality: str | None = None) -> Region:
    """Return the codes of a region from the words of its name.

    Examples
    --------
    >>> medial = region("medial femoral cartilage", "right")
    >>> medial.kind.meaning, medial.bone.meaning, [place.meaning for place in medial.places], medial.side.meaning
    ('Cartilage', 'Femur', ['Medial'], 'Right')
    >>> region("Baker's cyst").kind.meaning
    'Anatomical Structure'
    """
    text = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    words = re.findall(r"[^\W\d]+", text)
    category, kind = next((codes for word, codes in _TISSUES.items() if word in text), (STRUCTURE, STRUCTURE))
    bone = next((_BONES[word] for word in words if word in _BONES), None)
    places = tuple(dict.fromkeys(_PLACES[word] for word in words if word in _PLACES))
    said = next((word for word in words if word in _SIDES), laterality)
    return Region(name, category, kind, bone, places, _SIDES.get(said or ""))


def quantity(name: str) -> Code:
    """Return the code of a quantity; one of this program where DICOM has none.

    Examples
    --------
    >>> quantity("T2").value, quantity("thickness").scheme_designator
    ('113065', '99MRSR')
    """
    known = _QUANTITIES.get(name.lower())
    if known is not None:
        return known
    value = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:16] or "value"
    return Code(value, SCHEME, name[:64] or "Value")


def unit(name: str) -> Code:
    """Return the UCUM code of a unit; "no units" where it is unknown.

    Examples
    --------
    >>> unit("ms").value, unit("").value
    ('ms', '1')
    """
    return _UNITS.get(name, NO_UNITS)


def role(name: str) -> Code:
    """Return the code that says which map was measured."""
    return ROLES.get(name) or Code(re.sub(r"[^a-z0-9]+", "-", name.lower())[:16] or "map", SCHEME, name[:64] or "Map")
