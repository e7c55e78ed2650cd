"""Each plate by itself: where its parts and layers are, by DOSMA or by true depth.

Femoral: anterior, central and posterior by the angle around the condyles (:mod:`~napari_mrsr.roi.cartilage.circle`),
both definitions alike. Tibial: thirds of the extent from front to back in each compartment; DOSMA halves every column
of voxels at its centre of mass. Patellar: no parts.

The bone lies towards the axis of the condyles under femoral cartilage, below tibial and in front of patellar cartilage;
where the bone is labelled its label decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.cartilage import dosma
from napari_mrsr.roi.cartilage.circle import Circle, fit_projection
from napari_mrsr.roi.cartilage.compartments import ONE_CONDYLE, Border, centre_of_mass_border, notch_border
from napari_mrsr.roi.cartilage.depth import Depth, measure_depth
from napari_mrsr.roi.cartilage.knee_axes import KneeAxes, Mask
from napari_mrsr.roi.cartilage.layering import layers_of
from napari_mrsr.roi.cartilage.naming import Plate
from napari_mrsr.roi.cartilage.regions import BOTH

Codes = npt.NDArray[np.uint8]

#: Radii of the sagittal circle of a condyle with its trochlea that are believed, mm.
RADII = (12.0, 45.0)
#: Where the axis is taken to be above a patch of cartilage that is too small for a circle, mm.
AXIS_ABOVE = 25.0
#: Angle that a patch must span for its circle to be believed, degrees.
SPAN = 60.0


@dataclass(frozen=True, eq=False)
class Divided:
    """Codes of compartment, part and layer (:mod:`~napari_mrsr.roi.cartilage.regions`); ``used``: what counts."""

    used: Mask
    compartment: Codes
    part: Codes
    layer: Codes
    depth: Depth | None
    circle: Circle | None
    notes: tuple[str, ...]


def condyle_circle(mask: Mask, spacing: tuple[float, float, float]) -> tuple[Circle, str | None]:
    """Return the circle of a femoral plate, and a warning where the patch is too small for one."""
    circle = fit_projection(mask, spacing)
    row, column = np.nonzero(mask.any(axis=2))
    down, back = row * spacing[0], column * spacing[1]
    _, angle = circle.polar(down, back)
    span = 5.0 * len(np.unique(dosma.bins_of(angle)))
    if RADII[0] <= circle.radius <= RADII[1] and span >= SPAN:
        return circle, None
    guess = Circle(float(down.mean()) - AXIS_ABOVE, float(back.mean()), AXIS_ABOVE)
    return guess, (
        "the femoral region spans too little of the condyle for a circle; "
        f"its axis was taken {AXIS_ABOVE:g} mm above it"
    )


def femoral_parts(mask: Mask, circle: Circle, spacing: tuple[float, float, float]) -> Codes:
    """Return 1 anterior, 2 central or 3 posterior of every voxel of a box, by its angle about the condyles."""
    down, back = (np.arange(n) * s for n, s in zip(mask.shape[:2], spacing[:2], strict=True))
    _, angle = circle.polar(down[:, None], back[None, :])
    return np.broadcast_to((dosma.parts_of(angle) + 1)[:, :, None], mask.shape).astype(np.uint8)


def divide_plate(
    plate: Plate,
    mask: Mask,
    given: Codes,
    axes: KneeAxes,
    *,
    definition: str,
    layers: int,
    bone: Mask | None = None,
    values: npt.NDArray[Any] | None = None,
) -> Divided:
    """Return the compartments, parts and layers of a plate.

    Parameters
    ----------
    plate
        Which.
    mask
        The cartilage in the box of ``axes``.
    given
        Compartments that the labels say: 1 medial, 2 lateral, 0 not said.
    axes
        Of the knee.
    definition, layers
        ``"thickness"`` or ``"dosma"``; how many layers.
    bone, values
        Label of the bone and the map on the same voxels, where there are such.
    """
    spacing = axes.spacing
    notes: list[str] = []
    circle, depth, split = None, None, None
    if definition == "dosma" and plate == "femoral":
        split = dosma.split(mask, spacing, values)
        circle, used = split.circle, split.used
        part = femoral_parts(mask, circle, spacing)
        layer = np.where(split.deep, np.where(split.superficial, BOTH, 0), 1).astype(np.uint8)
        border: Border | None = Border(split.border, "centre of mass")
    else:
        used = mask
        if plate == "femoral":
            circle, warning = condyle_circle(mask, spacing)
            notes += [warning] if warning else []
            part = femoral_parts(mask, circle, spacing)
        else:
            part = np.zeros(mask.shape, np.uint8)
        border = None
        if definition == "dosma" and plate == "tibial":
            layer = _column_halves(mask)
        else:
            depth = measure_depth(mask, spacing, _towards_bone(plate, circle), bone=bone)
            layer = np.maximum(layers_of(depth.depth, layers), 1) - np.uint8(1)
    compartment, how = _compartments(plate, mask, given, part, spacing, border, definition)
    notes.append(f"{plate} compartments: {how}")
    if plate == "tibial":
        part = _thirds(mask, compartment)
    return Divided(used, compartment, part, layer.astype(np.uint8), depth, circle, tuple(notes))


def _towards_bone(plate: Plate, circle: Circle | None) -> Any:
    """Return the function that gives unit vectors towards the bone."""

    def inwards(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        vectors = np.zeros_like(points)
        if plate == "tibial":
            vectors[:, 0] = 1.0
        elif plate == "patellar":
            vectors[:, 1] = -1.0
        else:
            assert circle is not None
            vectors[:, 0], vectors[:, 1] = circle.down - points[:, 0], circle.back - points[:, 1]
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return vectors

    return inwards


def _compartments(
    plate: Plate,
    mask: Mask,
    given: Codes,
    part: Codes,
    spacing: tuple[float, float, float],
    border: Border | None,
    definition: str,
) -> tuple[Codes, str]:
    """Return the compartment of every voxel, and how it was told."""
    said = [c for c in (1, 2) if (given[mask] == c).any()]
    if said:
        rest = mask & (given == 0)
        codes = given.copy()
        if not rest.any():
            return codes, "as labelled"
        if len(said) == 1:
            return codes, "as labelled; cartilage without a side stands by itself"
        middle = (_centre(given == 1) + _centre(given == 2)) / 2
        slices = np.broadcast_to(np.arange(mask.shape[2]), mask.shape)
        first_is_medial = _centre(given == 1) < middle
        codes[rest] = np.where((slices[rest] < middle) == first_is_medial, 1, 2)
        return codes, "as labelled; cartilage without a side is split half way between the two"
    if plate == "patellar":
        return np.zeros(mask.shape, np.uint8), "not split"
    if border is None and definition == "thickness":
        border = notch_border(mask & (part != 1) if plate == "femoral" else mask, spacing[2])
    if border is None or border.how != "notch":
        width = int(np.flatnonzero(mask.any(axis=(0, 1))).size) * spacing[2]
        if definition == "thickness" and plate == "femoral" and width < ONE_CONDYLE:
            return np.zeros(mask.shape, np.uint8), f"one condyle of {width:.0f} mm, whose side no label says"
        border = border or centre_of_mass_border(mask.astype(np.float64))
    codes = np.ones(mask.shape, np.uint8)
    codes[:, :, border.slice :] = 2
    return (
        codes,
        f"split at the {'gap between the plateaus' if plate == 'tibial' and border.how == 'notch' else border.how}",
    )


def _centre(mask: Mask) -> float:
    """Return the mean slice of a mask."""
    count = mask.sum(axis=(0, 1))
    return float((count * np.arange(count.size)).sum() / max(count.sum(), 1))


def _thirds(mask: Mask, compartment: Codes) -> Codes:
    """Return anterior, central and posterior thirds of the extent from front to back, in each compartment."""
    part = np.zeros(mask.shape, np.uint8)
    column = np.arange(mask.shape[1])
    for code in np.unique(compartment[mask]):
        inside = mask & (compartment == code)
        reached = np.flatnonzero(inside.any(axis=(0, 2)))
        share = (column - reached[0]) / (reached[-1] - reached[0] + 1)
        third = np.clip(np.floor(share * 3), 0, 2).astype(np.uint8) + np.uint8(1)
        part = np.where(inside, third[None, :, None], part)
    return part


def _column_halves(mask: Mask) -> Codes:
    """Return 1 (superficial) above the centre of mass of each column of voxels, 0 (deep) from there on."""
    rows = np.arange(mask.shape[0], dtype=np.float64)[:, None, None]
    centre = (mask * rows).sum(axis=0) / np.maximum(mask.sum(axis=0), 1)
    return np.asarray(rows < np.ceil(centre)[None], np.uint8)
