"""What a region of cartilage is called, and the labels of all regions of a knee.

Every sub-region has a number that is the same in every knee, so that labels of two visits can be compared::

    1 + 72 plate + 24 compartment + 6 part + layer

plate: 0 femoral, 1 tibial, 2 patellar; compartment: 0 whole, 1 medial, 2 lateral; part: 0 whole, 1 anterior,
2 central, 3 posterior; layer: 0 deep, then outwards; 5 for a voxel that counts in both layers (DOSMA).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from napari_mrsr.roi.cartilage.circle import Circle
from napari_mrsr.roi.cartilage.knee_axes import KneeAxes, Side
from napari_mrsr.roi.cartilage.layering import layer_names
from napari_mrsr.roi.cartilage.naming import Plate
from napari_mrsr.scan import Scan

Definition = Literal["thickness", "dosma"]

PLATES: tuple[Plate, ...] = ("femoral", "tibial", "patellar")
PARTS = ("", "anterior", "central", "posterior")
#: Names of the compartments where the side of the knee is known, and where it is not (seen in the patient).
COMPARTMENTS = {True: ("", "medial", "lateral"), False: ("", "left half", "right half")}
#: Layer code of a voxel that counts in both layers.
BOTH = 5


@dataclass(frozen=True)
class Region:
    """A sub-region: plate, compartment, part and layer by the codes of this module."""

    plate: int
    compartment: int
    part: int
    layer: int

    @property
    def number(self) -> int:
        """Its label.

        Examples
        --------
        >>> Region(0, 1, 2, 0).number, region_of(38)
        (37, Region(plate=0, compartment=1, part=2, layer=1))
        """
        return 1 + 72 * self.plate + 24 * self.compartment + 6 * self.part + self.layer


def region_of(number: int) -> Region:
    """Return the sub-region of a label."""
    plate, rest = divmod(number - 1, 72)
    compartment, rest = divmod(rest, 24)
    return Region(plate, compartment, *divmod(rest, 6))


@dataclass(frozen=True, eq=False)
class PlateGeometry:
    """Where a plate lies: its axes and, of the femur, the circle of the condyles (mm in the box of the axes)."""

    axes: KneeAxes
    circle: Circle | None = None


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of the cartilage of one knee.

    Attributes
    ----------
    labels
        One volume of sub-region numbers on the grid of the ROI.
    numbers
        Those that a complete plate would have; one without voxels is an empty region.
    definition
        ``"thickness"`` or ``"dosma"``.
    layers
        How many.
    side
        Which knee, where that is known.
    side_known
        Whether compartments are medial and lateral, or only the patient's left and right half.
    depth, thickness
        0 (bone) to 1 (joint), and mm; NaN outside cartilage. None by the definition of DOSMA.
    plates
        Geometry of each plate.
    notes
        How the split was made and what a reader must know, one line each.
    """

    labels: Scan
    numbers: tuple[int, ...]
    definition: Definition
    layers: int
    side: Side | None
    side_known: bool
    depth: Scan | None
    thickness: Scan | None
    plates: Mapping[str, PlateGeometry]
    notes: tuple[str, ...]

    @property
    def layer_names(self) -> tuple[str, ...]:
        """From bone to joint."""
        return layer_names(self.layers)

    def place(self, compartment: int, part: int) -> str:
        """Return where a region lies: ``"medial anterior"``, ``"lateral"``, ``"all"``."""
        words = (COMPARTMENTS[self.side_known][compartment], PARTS[part])
        return " ".join(w for w in words if w) or "all"

    def name(self, number: int) -> str:
        """Return the full name of a label.

        Returns
        -------
        str
            ``"medial anterior femoral cartilage, deep"``.
        """
        region = region_of(number)
        place = self.place(region.compartment, region.part)
        layer = "border of the layers" if region.layer == BOTH else self.layer_names[region.layer]
        return f"{'' if place == 'all' else place + ' '}{PLATES[region.plate]} cartilage, {layer}"

    @property
    def names(self) -> dict[int, str]:
        """Names of all labels that are there."""
        return {number: self.name(number) for number in self.numbers}
