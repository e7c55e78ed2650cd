"""What a report holds, gathered once; every writer of this room takes it and adds nothing of its own.

A report is frozen, so that it can be written in the background while the person paints on. Nothing in it knows a
viewer: the ROI dock and the shell gather the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from napari_mrsr.errors import MissingParameter
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.roi.rethickened import Rethickened
    from napari_mrsr.roi.trust_light import Light

#: Roles of maps in the order in which a report shows them.
ROLES = ("acquired", "thick", "SR", "truth", "T1", "T2")
#: Those of a brain, each a quantity of its own.
BRAIN_ROLES = ("T1", "T2")

#: Upper limit of a T2 map on the page, ms, where nobody chose one.
T2_MAX_MS = 80.0


@dataclass(frozen=True, eq=False)
class Flat:
    """A map that is no section of the patient, such as cartilage unrolled.

    Parameters
    ----------
    title
        What it shows.
    values
        Shape ``(rows, columns)``, in ``unit``; NaN where there is nothing.
    rows, columns
        What its axes are, with their ends: ``"medial → lateral"``.
    spacing
        Of rows and columns, mm; None where one of them is no length.
    """

    title: str
    values: npt.NDArray[Any]
    unit: str = "ms"
    rows: str = ""
    columns: str = ""
    spacing: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that leaves.

    Parameters
    ----------
    scan
        What was acquired.
    refined
        The super-resolved scan, where there is one.
    maps
        One volume each by role (:data:`ROLES`): T2 in ms, or a signal where T2 was not mapped.
    labels
        Painted regions, one volume of whole numbers on any grid; None where nothing is painted.
    names
        Name of each label.
    tables
        Per role the table of :func:`napari_mrsr.roi.statistics`, of T2 with the columns of
        :func:`napari_mrsr.roi.certainty.certainty` where these are known.
    titles
        What a map is called in a heading, where that is not its role: ``"SR [lean]"``.
    compared, erosion
        Acquired beside SR, and the means with and without the rim, where they were made.
    regional
        Per role the table of :func:`napari_mrsr.roi.cartilage.regional_statistics`, where the cartilage was divided.
    thickness
        The same table of thickness in mm, all layers together.
    lights
        Per label how far SR can be believed there (:mod:`napari_mrsr.roi.trust_light`); empty without trust.
    rethickened
        Per label how far T2 of the re-thickened echoes lies from that of the acquired ones.
    trust
        Summary of :func:`napari_mrsr.trust.trust`.
    flats
        Unrolled maps.
    notes
        What a reader must know, one line each.
    model
        Facts of the super-resolution method (from its card), as (name, text).
    settings
        Choices that shaped the result, for the provenance.
    t2_max_ms, t2_colormap
        How T2 is coloured on the page.
    patient
        A line that says whose scan this is; only in an identified report.
    identified
        False leaves out who the patient is: see :func:`napari_mrsr.report.identity.without_identity`.
    subject
        Label of the subject in BIDS names, letters and digits.
    """

    scan: Scan
    refined: Scan | None = None
    maps: Mapping[str, Scan] = field(default_factory=dict)
    labels: Scan | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    compared: pd.DataFrame | None = None
    erosion: pd.DataFrame | None = None
    regional: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    thickness: pd.DataFrame | None = None
    lights: Mapping[int, Light] = field(default_factory=dict)
    rethickened: Mapping[int, Rethickened] = field(default_factory=dict)
    trust: Mapping[str, Any] = field(default_factory=dict)
    flats: tuple[Flat, ...] = ()
    notes: tuple[str, ...] = ()
    model: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    t2_max_ms: float = T2_MAX_MS
    t2_colormap: str = "navia"
    patient: str | None = None
    identified: bool = False
    subject: str = "01"

    @property
    def mapped(self) -> bool:
        """Whether the maps are T2."""
        return any(one.quantity == "T2" for one in self.maps.values())

    @property
    def is_brain(self) -> bool:
        """Whether the maps are those of a brain."""
        return any(role in self.maps for role in BRAIN_ROLES)

    @property
    def quantity(self) -> str:
        """What was measured in the regions."""
        return "T2" if self.mapped else "signal"

    @property
    def unit(self) -> str:
        """Unit of the maps."""
        return next((one.unit for one in self.maps.values()), "")

    @property
    def finest(self) -> Scan | None:
        """The map of the finest grid: super-resolved, else acquired."""
        return self.maps.get("SR", next(iter(self.maps.values()), None))

    @property
    def painted(self) -> bool:
        """Whether there is a region with voxels."""
        return any(len(table) for table in self.tables.values())

    def check_painted(self) -> None:
        """Raise MissingParameter unless something is painted."""
        if not self.painted:
            raise MissingParameter("nothing is painted, so there is no table to write", remedy="paint a region first")

    @property
    def regions(self) -> dict[int, str]:
        """The regions that hold voxels, by label, with their names."""
        found: dict[int, str] = {}
        for table in self.tables.values():
            found.update({int(k): str(n) for k, n in zip(table["label"], table["name"], strict=True)})
        return dict(sorted(found.items()))
