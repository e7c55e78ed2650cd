"""From painted cartilage to its regions: plates, compartments, parts and layers.

Two definitions. ``"dosma"`` is that of the program DOSMA, step by step (:mod:`.dosma`), for comparison with published
figures; it always has two layers. ``"thickness"`` measures depth between bone and joint in three dimensions
(:mod:`.depth`), splits at the intercondylar notch (:mod:`.compartments`) and has as many layers as asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage.knee_axes import Side, knee_axes
from napari_mrsr.roi.cartilage.laterality import side_of_labels
from napari_mrsr.roi.cartilage.layering import MOST
from napari_mrsr.roi.cartilage.naming import Cartilage, Plate, bones_of, cartilage_of
from napari_mrsr.roi.cartilage.plates import Divided, divide_plate
from napari_mrsr.roi.cartilage.regions import (
    BOTH,
    COMPARTMENTS,
    PLATES,
    Definition,
    PlateGeometry,
    Region,
    Regions,
)
from napari_mrsr.roi.cartilage.two_knees import refuse_two_knees
from napari_mrsr.roi.grid import bounding_box, label_array
from napari_mrsr.scan import Scan


def divide(
    labels: Scan,
    names: Mapping[int, str],
    *,
    side: Side | None = None,
    definition: Definition = "thickness",
    layers: int = 2,
    values: Scan | None = None,
) -> Regions:
    """Return the regions of painted cartilage.

    Parameters
    ----------
    labels
        One volume of whole numbers. Bones may be labelled too.
    names
        What each label is: ``"medial femoral cartilage"``, ``"femur"`` (:mod:`napari_mrsr.roi.cartilage.naming`).
    side
        Which knee it is; None where that is not known: unlabelled compartments are then the patient's left and right.
    definition
        ``"thickness"`` or ``"dosma"``.
    layers
        How many, 1 to 5; DOSMA has 2.
    values
        For DOSMA: the map on the grid of the labels, which weighs the centre of mass there.

    Returns
    -------
    Regions
        With a line in ``notes`` for everything that a reader must know.

    Raises
    ------
    BadParameter
        Nothing is painted; no label is cartilage; the cartilage of two knees is painted; the number of layers is
        impossible.
    """
    if not 1 <= layers <= MOST or (definition == "dosma" and layers != 2):
        raise BadParameter(
            f"{layers} layers cannot be made", remedy="DOSMA has 2" if definition == "dosma" else f"give 1 to {MOST}"
        )
    array = label_array(labels)
    box = bounding_box(array)
    if box is None:
        raise BadParameter("nothing is painted", where=labels.where, remedy="paint the cartilage first")
    counts = np.bincount(array[box].ravel())
    there = {int(n) for n in np.flatnonzero(counts) if n}
    known = {label: what for label, what in cartilage_of(names).items() if label in there}
    if not known:
        said = ", ".join(f"{n} {names.get(n, 'without a name')}" for n in sorted(there)[:6])
        raise BadParameter(
            f"no label is named as cartilage ({said})",
            remedy='name it "medial femoral cartilage", "tibial cartilage" ...',
        )
    bones = bones_of(names)
    side = side or side_of_labels(labels, names)
    found: dict[Plate, tuple[PlateGeometry, Divided]] = {}
    notes: list[str] = []
    for plate in PLATES:
        own = {label: what for label, what in known.items() if what.plate == plate}
        if not own:
            continue
        geometry, divided = _plate(labels, array, own, plate, bones.get(plate), side, definition, layers, values)
        found[plate] = geometry, divided
        notes += divided.notes
    return _assembled(labels, found, side, definition, layers, notes)


def _plate(
    labels: Scan,
    array: npt.NDArray[Any],
    own: Mapping[int, Cartilage],
    plate: Plate,
    bone: int | None,
    side: Side | None,
    definition: Definition,
    layers: int,
    values: Scan | None,
) -> tuple[PlateGeometry, Divided]:
    """Return where a plate lies and how it is divided."""
    wanted = np.zeros(int(array.max()) + 1, np.uint8)
    for label, what in own.items():
        wanted[label] = 1 + ("", "medial", "lateral").index(what.compartment or "")
    code = wanted[array]
    axes = knee_axes(labels, code > 0, side)
    code = np.ascontiguousarray(axes.cut(code))
    refuse_two_knees(code > 0, axes, where=labels.where)
    divided = divide_plate(
        plate,
        code > 0,
        np.maximum(code, 1) - np.uint8(1),
        axes,
        definition=definition,
        layers=layers,
        bone=None if bone is None or not (array == bone).any() else axes.cut(array) == bone,
        values=None if values is None else axes.cut(values.array[0]),
    )
    return PlateGeometry(axes, divided.circle), divided


def _assembled(
    labels: Scan,
    found: Mapping[Plate, tuple[PlateGeometry, Divided]],
    side: Side | None,
    definition: Definition,
    layers: int,
    notes: list[str],
) -> Regions:
    """Return all plates on the grid of the labels."""
    numbers = np.zeros(labels.shape, np.uint8)
    depth, thickness = (np.full(labels.shape, np.nan, np.float32) for _ in range(2))
    expected: list[int] = []
    any_depth = False
    labelled = False
    for plate, (geometry, divided) in found.items():
        code = PLATES.index(plate)
        number = 1 + 72 * code + 24 * divided.compartment + 6 * divided.part + divided.layer
        geometry.axes.put(number.astype(np.uint8), divided.used, numbers)
        if divided.depth is not None:
            any_depth = True
            geometry.axes.put(divided.depth.depth, divided.used, depth)
            geometry.axes.put(divided.depth.thickness, divided.used, thickness)
        labelled |= any("as labelled" in note for note in divided.notes)
        sides = sorted({int(c) for c in np.unique(divided.compartment[divided.used])})
        parts = (0,) if plate == "patellar" else (1, 2, 3)
        expected += [Region(code, c, p, n).number for c in sides for p in parts for n in range(layers)]
        if (divided.layer[divided.used] == BOTH).any():
            expected += [Region(code, c, p, BOTH).number for c in sides for p in parts]
    if side is None and not labelled and any(n > 24 and (n - 1) % 72 >= 24 for n in expected):
        notes.append(
            f"which knee it is was not said: compartments are the patient's {COMPARTMENTS[False][1]} and right half"
        )

    def as_scan(array: npt.NDArray[Any], name: str, unit: str) -> Scan:
        kind: dict[str, Any] = {"axis": "map", "quantity": name} if unit else {"axis": "label", "quantity": "label"}
        return labels.after(f"cartilage regions ({definition})", array[None], names=(name,), unit=unit, **kind)

    return Regions(
        labels=as_scan(numbers, "cartilage regions", ""),
        numbers=tuple(expected),
        definition=definition,
        layers=layers,
        side=side,
        side_known=side is not None or labelled,
        depth=as_scan(depth, "depth", "1") if any_depth else None,
        thickness=as_scan(thickness, "thickness", "mm") if any_depth else None,
        plates={plate: geometry for plate, (geometry, _) in found.items()},
        notes=tuple(dict.fromkeys(notes)),
    )
