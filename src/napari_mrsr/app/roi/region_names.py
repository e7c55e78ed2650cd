"""Names of regions: new ones from a list or of one's own, and other names for those there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.app.roi.regions import REGIONS, name_regions, names_of
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari.layers import Labels

#: Regions to choose from, by group.
PRESETS: dict[str, tuple[str, ...]] = {
    "Cartilage": tuple(REGIONS.values()),
    "Menisci": ("medial meniscus", "lateral meniscus"),
    "Ligaments": (
        "anterior cruciate ligament",
        "posterior cruciate ligament",
        "medial collateral ligament",
        "lateral collateral ligament",
    ),
    "Tendons": ("patellar tendon", "quadriceps tendon"),
    "Muscle": ("muscle",),
}


def add_region(layer: Labels, name: str) -> int:
    """Give the next free label a name and make the brush paint it; a name that is there already is chosen.

    Returns
    -------
    int
        The label.

    Raises
    ------
    BadParameter
        The name is empty, or every number that the layer can hold is taken.
    """
    name = _clean(name)
    names = names_of(layer)
    label = next((number for number, known in names.items() if known == name), None)
    if label is None:
        label = _free(layer, names)
        name_regions(layer, dict(sorted({**names, label: name}.items())))
    layer.selected_label = label
    return label


def rename_region(layer: Labels, label: int, name: str) -> None:
    """Give a region another name.

    Raises
    ------
    BadParameter
        The name is empty, or that of another region.
    """
    name = _clean(name)
    names = names_of(layer)
    if name in (known for number, known in names.items() if number != label):
        raise BadParameter(f'there is a region "{name}" already', remedy="choose another name")
    name_regions(layer, dict(sorted({**names, label: name}.items())))


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadParameter("the name of the region is empty", remedy="type a name")
    return name


def _free(layer: Labels, names: dict[int, str]) -> int:
    """Return the smallest label that has no name and no voxels."""
    data = np.asarray(layer.data)
    most = int(np.iinfo(data.dtype).max)
    painted = set(np.unique(data).tolist())
    for label in range(1, most + 1):
        if label not in names and label not in painted:
            return label
    raise BadParameter(f"all {most} labels of the layer are taken", remedy="make a second ROI")
