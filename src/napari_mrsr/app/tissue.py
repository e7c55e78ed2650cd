"""Which tissue painted regions are, for a T2 that takes T1 for granted.

T1 of a region is guessed from its name (:func:`napari_mrsr.physics.tissues.tissue_of`) and may be another one. The
labels are frozen when they are taken: what is painted later changes T2 only when it is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.roi.regions import names_of
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.errors import MissingParameter
from napari_mrsr.mapping import t1_by_label
from napari_mrsr.physics.tissues import TISSUES, tissue_of
from napari_mrsr.roi.grid import label_array, resample_labels
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View


@dataclass(frozen=True, eq=False)
class TissueT1:
    """T1 of painted regions.

    Parameters
    ----------
    labels
        One volume of whole numbers, on any grid.
    t1
        T1 by label, ms.
    names
        Of the labels.
    """

    labels: Scan
    t1: Mapping[int, float]
    names: Mapping[int, str]

    def t1_on(self, like: Scan, elsewhere: float) -> Scan:
        """Return T1 in ms on the grid of a scan; ``elsewhere`` is that of all other voxels."""
        labels = resample_labels(self.labels, like)
        there = {int(label) for label in np.unique(labels.array)}
        known = {label: value for label, value in self.t1.items() if label in there}
        return t1_by_label(labels, known, elsewhere=elsewhere, names=self.names)

    def __eq__(self, other: object) -> bool:
        """Whether the same voxels have the same T1."""
        if not isinstance(other, TissueT1):
            return NotImplemented
        return dict(self.t1) == dict(other.t1) and np.array_equal(self.labels.array, other.labels.array)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.t1.items())))

    @property
    def told(self) -> dict[str, float]:
        """T1 by the name of the region, ms."""
        return {self.names.get(label, f"label {label}"): value for label, value in self.t1.items()}


def suggested(layer: Labels) -> dict[int, tuple[str, str | None]]:
    """Return the painted regions of a layer with the tissue that their names tell, None where they tell none."""
    painted = {int(label) for label in np.unique(np.asarray(layer.data)) if label > 0}
    named = names_of(layer)
    names = {label: named.get(label, f"label {label}") for label in sorted(painted)}
    return {label: (name, tissue_of(name)) for label, name in names.items()}


def t1_of(tissue: str) -> float:
    """Return T1 of a tissue at 3 T, ms."""
    return TISSUES[tissue].t1


def take(view: View, layer: Labels | None, t1: Mapping[int, float]) -> None:
    """Map T2 again, in the background, with T1 by region.

    Parameters
    ----------
    view
        The viewer's view.
    layer
        The painted regions.
    t1
        T1 of each label, ms; without any, T2 is mapped with one T1 again.

    Raises
    ------
    MissingParameter
        There is no layer, or nothing is painted in it.
    """
    session = view.session
    if not t1:
        session.map_t2(replace(session.t2, tissue=None))
        return
    if layer is None:
        raise MissingParameter("there are no regions to give a T1", remedy="paint them in an ROI first")
    labels = placed_labels(view, layer)
    labels = replace(labels, array=np.array(labels.array))  # painting goes on
    painted = np.unique(label_array(labels))
    there = {label: value for label, value in t1.items() if label in painted}
    if not there:
        raise MissingParameter("none of these regions is painted", remedy="paint them in an ROI first")
    session.map_t2(replace(session.t2, tissue=TissueT1(labels, there, names_of(layer))))


def as_plain(t2: Any) -> dict[str, Any]:
    """Return T2 settings as plain values that JSON can hold; of tissue its T1 by name of region."""
    from dataclasses import fields

    plain = {one.name: getattr(t2, one.name) for one in fields(t2) if one.name != "tissue"}
    return plain if t2.tissue is None else {**plain, "t1_by_tissue": t2.tissue.told}
