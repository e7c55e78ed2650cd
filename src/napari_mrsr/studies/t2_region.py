"""Where T2 is compared: a region in its central slice, on the slab that every method is scored on.

The region is a label of that name, else it is cut from the labels by :func:`napari_mrsr.roi.cartilage.divide`, so that
"medial femoral cartilage" is found where only the femoral cartilage is labelled. The central slice k is the one that
half of the region lies before. Reconstruction from thicker slices is scored on slice k and its neighbour, the even and
the odd one of a pair: of the two, one lies where a thicker slice lies and one between two of them.

Layers are those of the subject where it brings its own, else half of the thickness of the cartilage each; a region that
is no cartilage has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, MrsrError
from napari_mrsr.roi.cartilage import Regions, divide, region_of
from napari_mrsr.roi.cartilage.regions import PLATES
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.slab import PLANES, Slab, cartilage_slab, whole_volume

#: The region of the published study.
REGION = "medial femoral cartilage"
#: Names of the layers; the whole is all voxels, also those of neither.
LAYERS = {"whole": 0, "deep": 1, "superficial": 2}
#: Fewer voxels than this are no region, on either slice.
FEWEST = 5

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Place:
    """A region of one subject, on the acquired grid cut to the slab.

    Parameters
    ----------
    region
        Its name.
    axis
        The slice axis.
    slab
        Where methods are run.
    middle
        Index of the central slice.
    inside, layer
        The region, and 1 deep, 2 superficial, 0 neither; shape of the slab.
    notes
        What a reader must know, one line each.
    """

    region: str
    axis: int
    slab: Slab
    middle: int
    inside: Mask
    layer: npt.NDArray[np.uint8]
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> tuple[int, int]:
        """The central slice and its neighbour: an even and the odd slice after it."""
        even = self.middle // 2 * 2
        return even, even + 1

    def voxels(self, volume: npt.NDArray[Any], slices: tuple[int, ...]) -> npt.NDArray[Any]:
        """Return the values of the region in some slices, one after the other; ``volume`` has the shape of the slab."""
        return np.concatenate([self.of_slice(np.take(volume, s, axis=self.axis), s) for s in slices])

    def of_slice(self, plane: npt.NDArray[Any], index: int) -> npt.NDArray[Any]:
        """Return the values of the region in one plane, which is that of slice ``index``."""
        inside: Mask = np.take(self.inside, index, axis=self.axis)
        return plane[inside]


def find_place(subject: Subject, region: str = REGION, *, planes: int | None = PLANES) -> Place:
    """Return where the T2 of a subject is compared.

    Parameters
    ----------
    subject
        With labels.
    region
        Name of a label, or of a plate or compartment that the labels can be divided into.
    planes
        Of the slab; None for the whole scan.

    Raises
    ------
    BadParameter
        Nothing is labelled, the labels have no such region, or it has hardly a voxel in the slab's central slices.
    AmbiguousAxis
        The slice axis cannot be told.
    """
    if subject.labels is None:
        raise BadParameter("has no labels, so there is no region to compare T2 in", where=subject.name)
    if not np.any(subject.labels):
        raise BadParameter("has labels without a voxel", where=subject.name, remedy=f"label the {region}")
    axis = subject.scan.find_slice_axis()
    inside, regions = _inside(subject, region)
    notes = list(() if regions is None else regions.notes)
    layer, told = _layers(subject, region, regions)
    notes += told
    # the region alone places the slab, whatever else is labelled
    alone = replace(subject, labels=inside.astype(np.uint8), regions={1: f"{region} (cartilage)"})
    slab = whole_volume(subject) if planes is None else cartilage_slab(alone, planes)
    here = slab.cut(inside)
    count = here.sum(axis=tuple(a for a in range(3) if a != axis))
    if not count.any():
        raise BadParameter(f"has no voxel of {region} in the slab", where=subject.name, remedy="take more planes")
    middle = int(np.searchsorted(np.cumsum(count), count.sum() / 2))
    place = Place(region, axis, slab, middle, here, slab.cut(layer), tuple(dict.fromkeys((*slab.notes, *notes))))
    last = subject.scan.shape[axis] // 2 * 2 - 1
    if place.pair[1] > last or min(int(count[s]) for s in place.pair) < FEWEST:
        raise BadParameter(
            f"has fewer than {FEWEST} voxels of {region} in one of the slices {place.pair[0]} and {place.pair[1]}",
            where=subject.name,
            remedy="take more planes, or another region",
        )
    return place


def _inside(subject: Subject, region: str) -> tuple[Mask, Regions | None]:
    """Return the region on the whole grid, and the division that it was cut by if there was one."""
    assert subject.labels is not None
    wanted = region.strip().lower()
    numbers = [number for number, name in subject.regions.items() if name.strip().lower() == wanted and number]
    named = np.isin(subject.labels, numbers)
    if named.any():
        return named, None
    words = wanted.removesuffix("cartilage").split()
    if "cartilage" not in wanted or not words or words[-1] not in PLATES:
        said = ", ".join(sorted({name for number, name in subject.regions.items() if number})) or "none"
        raise BadParameter(
            f"has no voxel of {region}; its labels are named {said}", where=subject.name, remedy="choose another region"
        )
    divided = divide(_labels(subject), subject.regions)
    array = divided.labels.array[0]
    place, plate = " ".join(words[:-1]), PLATES.index(words[-1])
    fitting = [
        number
        for number in divided.numbers
        if region_of(number).plate == plate
        and place in ("", divided.place(region_of(number).compartment, 0), divided.place(0, region_of(number).part))
    ]
    found: Mask = np.isin(array, fitting)
    if not found.any():
        raise BadParameter(
            f"has no {region}: which knee it is may not be known", where=subject.name, remedy="label the compartments"
        )
    return found, divided


def _layers(subject: Subject, region: str, divided: Regions | None) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    """Return 1 in deep, 2 in superficial cartilage, and why there are none."""
    if subject.layers is not None:
        return subject.layers, ()
    nothing = np.zeros(subject.scan.shape, np.uint8)
    if "cartilage" not in region.lower():
        return nothing, (f"{region} is no cartilage and has no layers",)
    try:
        divided = divided or divide(_labels(subject), subject.regions)
    except MrsrError as error:
        return nothing, (f"no layers: {error.line}",)
    array = divided.labels.array[0]
    table = np.zeros(256, np.uint8)
    for number in divided.numbers:
        layer = region_of(number).layer
        table[number] = layer + 1 if layer < 2 else 0
    return table[array], (*divided.notes, "layers are halves of the thickness")


def _labels(subject: Subject) -> Scan:
    assert subject.labels is not None
    labels = np.asarray(subject.labels)
    return subject.scan.after("labels", labels[None], axis="label", names=("labels",), quantity="label", unit="")
