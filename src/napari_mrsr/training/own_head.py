"""A head with measured maps as something to learn from, or to be judged by.

Maps come onto the grid of the images (:mod:`~napari_mrsr.interpolation.onto_grid`), and count where the images show a
head: what a fit says of air is noise. M0 of a measurement has a unit of its own and images are divided by a scale of
their own, so M0 is multiplied such that its median over brain is :data:`M0_MEDIAN`, where heads of the tissue values
that phantoms have it. Slices that teach hold the coarse axis of the labels: sagittal ones, as published, unless that is
the axis they lack. They lie as the network will see them in use (:func:`~napari_mrsr.networks.brain_slices.seen_as`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.files.own_layout import CONTRASTS, MAPS
from napari_mrsr.files.own_maps import OwnMaps
from napari_mrsr.interpolation.onto_grid import onto_grid
from napari_mrsr.networks.brain_slices import seen_as
from napari_mrsr.networks.head_scale import PERCENTILE, head_level, head_scale
from napari_mrsr.planes import NEARLY_CUBES, PLANES, planes_of
from napari_mrsr.scan import Scan
from napari_mrsr.training.label_slabs import Slabs
from napari_mrsr.training.map_material import MapSource
from napari_mrsr.training.own_slabs import AS_THEY_ARE, as_they_are, slabs_of

#: Median of M0 over brain, water being 1, and T1 between which a voxel is taken for brain, ms.
M0_MEDIAN, BRAIN = 0.77, (600.0, 2200.0)
#: Voxels that are kept around the labelled part of a head.
MARGIN = 8


def of_head(head: OwnMaps, percentile: float = PERCENTILE, report: Callable[[str], None] = lambda _: None) -> MapSource:
    """Return a head as something to learn from: the part of it that has labels, and a margin.

    Parameters
    ----------
    head
        Images and maps.
    percentile
        Of the scale of the images.
    report
        Told what is odd.

    Raises
    ------
    GeometryMismatch
        No map has a value where the images show a head.
    """
    t1w = head.images["T1w"]
    volumes = [np.maximum(np.nan_to_num(head.images[name].array[0]), 0) for name in CONTRASTS]
    inside = np.logical_or.reduce([volume > head_level(volume) for volume in volumes])
    labels = np.full((len(MAPS), *t1w.shape), np.nan, np.float32)
    for n, name in enumerate(MAPS):
        if name in head.maps:
            labels[n] = np.where(inside, onto_grid(head.maps[name], t1w).array[0], np.nan)
    labels[2] *= _m0_scale(labels)
    known = np.asarray(np.isfinite(labels[:2]).any(axis=0))
    if not known.any():
        raise GeometryMismatch(
            f"{head.name}: no map has a value in the head",
            where=t1w.where,
            remedy="give maps and images of one scanner frame",
        )
    box = (slice(None), *_box(known))
    images = np.stack(
        [volume / head_scale(volume, percentile) for volume in volumes], dtype=np.float32, casting="same_kind"
    )
    # half precision: 0.05 %, and a run holds many heads
    parts = [np.asarray(part[box], dtype=np.float16) for part in (images, labels)]
    normal, line = normal_of(t1w, head.coarse)
    order, mirrored = seen_as(t1w, normal)
    slabs, more = _slabs(head, order)
    for told in (line, more):
        if told:
            report(f"{head.name}: {told}")
    rows = box[order[0] + 1]
    slabs = Slabs(slabs.mean[:, rows], slabs.back[rows])
    turn = tuple(slice(None, None, -1 if turned else 1) for turned in mirrored)
    one, two = (
        np.ascontiguousarray(np.moveaxis(part.transpose(0, *(axis + 1 for axis in order))[(slice(None), *turn)], -1, 1))
        for part in parts
    )
    return MapSource(head.name, head.subject, one, two, slabs=slabs.mirrored if mirrored[0] else slabs)


def _slabs(head: OwnMaps, order: tuple[int, int, int]) -> tuple[Slabs, str]:
    """Return how labels became coarse along the first of the axes, and a line where they are compared as they are."""
    t1w = head.images["T1w"]
    if head.coarse == order[0]:
        return slabs_of(head.maps.values(), t1w, order[0])
    line = "" if head.coarse is None else f"its maps are coarse along another axis than that of its rows: {AS_THEY_ARE}"
    return as_they_are(t1w.shape[order[0]]), line


def normal_of(scan: Scan, coarse: int | None) -> tuple[int, str]:
    """Return the axis across the slices that teach, and a line where they do not hold the coarse axis of the labels.

    Examples
    --------
    >>> cube = Scan(np.zeros((8, 8, 8)), np.eye(4))
    >>> normal_of(cube, 2)[0], normal_of(cube, 0)[0]
    (0, 1)
    """
    spacing = np.array(scan.spacing)
    if spacing.max() > NEARLY_CUBES * spacing.min():  # thick slices: no other plane can be looked at
        thick = int(spacing.argmax())
        return thick, "" if thick != coarse else "slices of the images lie across the coarse axis of its labels"
    across = planes_of(scan)
    return next(across[name] for name in PLANES if across[name] != coarse), ""


def _m0_scale(labels: npt.NDArray[np.float32]) -> np.float32:
    with np.errstate(invalid="ignore"):
        brain = (labels[0] >= BRAIN[0]) & (labels[0] <= BRAIN[1])
    values = labels[2][(brain if brain.any() else np.ones_like(brain)) & np.isfinite(labels[2])]
    return np.float32(M0_MEDIAN / float(np.median(values))) if values.size else np.float32(1)


def _box(known: npt.NDArray[np.bool_]) -> tuple[slice, ...]:
    found = []
    for axis in range(3):
        there = np.flatnonzero(known.any(axis=tuple(a for a in range(3) if a != axis)))
        found.append(slice(max(0, int(there[0]) - MARGIN), int(there[-1]) + 1 + MARGIN))
    return tuple(found)
