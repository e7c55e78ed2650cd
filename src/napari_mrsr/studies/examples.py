"""The pictures of one subject that the figures show: a coronal and an axial reformat, and the T2 map of one slice.

A reformat is a single plane that holds the slice axis, so that every method can be run on it, sparse coding too: a slab
of one plane (:mod:`napari_mrsr.studies.slab`). A T2 map lies in a slice, across the axis that the methods differ along:
it is taken from all planes that are shown, by sparse coding from the slab of the study alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_mrsr.networks.registry import Method
from napari_mrsr.report.planes import PLANES, Picture, cut, patient_axes
from napari_mrsr.roi import region
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.figures import Row
from napari_mrsr.studies.kept import Kept, fingerprint
from napari_mrsr.studies.reconstruct import reconstruct
from napari_mrsr.studies.slab import Slab, reformat_axis
from napari_mrsr.studies.t2_measured import FACTOR, T2Settings, t2_of_slice, tissue_of
from napari_mrsr.studies.t2_region import Place

#: Methods too slow for more than a slab.
SLOW = ("scsr",)
#: Tissue shown around the cartilage, mm, on a T2 map and on a reformat, which shows no more than the last.
AROUND, AROUND_REFORMAT, LARGEST = 8.0, 15.0, 90.0

Stop = Callable[[], bool] | None


@dataclass(frozen=True, eq=False)
class Example:
    """Rows of a figure, and which plane they show: ``"coronal"``."""

    plane: str
    rows: tuple[Row, ...]


def reformat(
    subject: Subject,
    methods: Sequence[Method],
    across: str,
    *,
    factor: int = FACTOR,
    kept: Kept | None = None,
    device: str = "auto",
    stop: Stop = None,
) -> Example:
    """Return one reformat of both echoes, as acquired and found again from thicker slices.

    Parameters
    ----------
    subject
        The scan at full resolution.
    methods
        Those that are shown; one made for another number of echoes is left out.
    across
        ``"first"``: the reformats of the slabs (axial, of sagittal slices); ``"second"``: those across the other
        in-plane axis (coronal).
    factor
        How many times thicker the slices are made.
    kept
        Where pictures are kept.
    device
        Where networks run.
    stop
        Asked whether to stop.
    """
    from napari_mrsr.superres import retrospective, whole_slices

    slices = subject.scan.find_slice_axis()
    first = reformat_axis(subject.scan)
    axis = first if across == "first" else next(a for a in range(3) if a not in (slices, first))
    index = _fullest(subject, axis) if across == "first" else _middle(subject, axis)
    slab = Slab(axis, index, index + 1)
    thick = retrospective(subject.scan, factor, slices)
    reference = slab.crop(whole_slices(subject.scan, factor, slices))
    plane = patient_axes(subject.scan)[0].index(axis)
    found: dict[str, Scan] = {}
    for method in methods:
        if method.echoes not in (None, subject.scan.volumes):
            continue

        def make(method: Method = method) -> dict[str, Any]:
            thin = reconstruct(thick, method.name, factor, slices, slab, device=device, stop=stop)
            return {"shape": list(thin.array.shape), "values": [float(f"{v:.5g}") for v in thin.array.ravel()]}

        what = _what(subject, method, "reformat", [axis, index, factor, device])
        result = (kept or Kept()).get(what, make)
        array = np.array(result["values"], np.float32).reshape(result["shape"])
        found[method.name] = replace(reference, array=array)

    part = _window(subject, slab, next(a for a in range(3) if a not in (slices, axis)))

    def picture(scan: Scan, volume: int) -> Picture:
        return cut(region.cut(scan, part), plane, scan.affine[:3, 3], volume=volume)

    rows = tuple(
        Row(name, picture(reference, n), {method: picture(scan, n) for method, scan in found.items()})
        for n, name in enumerate(reference.names)
    )
    return Example(PLANES[plane], rows)


def t2_map(
    subject: Subject,
    place: Place,
    methods: Sequence[Method],
    settings: T2Settings,
    *,
    noise: float,
    kept: Kept | None = None,
    device: str = "auto",
    stop: Stop = None,
) -> Row:
    """Return the T2 of the slice that lies between two thicker ones: acquired, and found again by every method.

    Fat, fluid and air of the acquired slice are left out of all maps.
    """
    from napari_mrsr.superres import retrospective

    index, axis = place.pair[1], place.axis
    thicker = retrospective(subject.scan, FACTOR, axis)
    tissue = np.take(tissue_of(subject.scan, settings), index, axis=axis)
    box = _box(subject, place, index)
    planes = box[place.slab.axis]
    shown = Slab(place.slab.axis, planes.start, planes.stop)

    def picture(scan: Scan, values: Any, start: int = 0) -> Picture:
        full = np.full(tissue.shape, np.nan, np.float32)
        across = sum(1 for a in range(place.slab.axis) if a != axis)
        inside = [slice(None), slice(None)]
        inside[across] = slice(start, start + values.shape[across])
        full[tuple(inside)] = values
        full[~tissue] = np.nan
        part = region.cut(replace(scan, array=np.expand_dims(full, axis)[None], names=("T2",)), box)
        return cut(part, patient_axes(scan)[0].index(axis), part.affine[:3, 3])

    found: dict[str, Picture] = {}
    for method in methods:
        if method.echoes not in (None, subject.scan.volumes):
            continue
        slab = place.slab if method.name in SLOW else shown

        def make(method: Method = method, slab: Slab = slab) -> dict[str, Any]:
            back = reconstruct(thicker, method.name, FACTOR, axis, slab, device=device, stop=stop)
            values = t2_of_slice(back, index, axis, noise, settings)
            return {"shape": list(values.shape), "values": [float(f"{v:.5g}") for v in values.ravel()]}

        what = _what(subject, method, "t2 map", [slab.start, slab.stop, index, repr(settings), device])
        result = (kept or Kept()).get(what, make)
        values = np.array(result["values"], np.float32).reshape(result["shape"])
        found[method.name] = picture(subject.scan, values, slab.start)
    acquired = picture(subject.scan, t2_of_slice(subject.scan, index, axis, noise, settings))
    return Row("T2", acquired, found)


def _fullest(subject: Subject, axis: int) -> int:
    """Return the plane with most femoral cartilage, else most cartilage, else the middle one."""
    if subject.labels is not None:
        for words in ("femoral cartilage", "cartilage"):
            numbers = [number for number, name in subject.regions.items() if words in name.lower()]
            count = np.isin(subject.labels, numbers).sum(axis=tuple(a for a in range(3) if a != axis))
            if count.any():
                return int(count.argmax())
    return subject.scan.shape[axis] // 2


def _window(subject: Subject, slab: Slab, along: int) -> tuple[slice, slice, slice]:
    """Return the part of a plane that is shown: the whole slice axis, and the surrounding of the cartilage in plane."""
    n, spacing = subject.scan.shape[along], subject.scan.spacing[along]
    first, last = n // 2, n // 2
    if subject.labels is not None:
        numbers = [number for number, name in subject.regions.items() if number and "cartilage" in name.lower()]
        here = slab.cut(np.isin(subject.labels, numbers)).any(axis=tuple(a for a in range(3) if a != along))
        if here.any():
            first, last = int(np.flatnonzero(here)[0]), int(np.flatnonzero(here)[-1])
    wide = (
        min(last - first + 1 + 2 * AROUND_REFORMAT / spacing, LARGEST / spacing) if last > first else LARGEST / spacing
    )
    start = max(0, round((first + last + 1 - wide) / 2))
    box = [slice(0, m) for m in subject.scan.shape]
    box[slab.axis], box[along] = slice(0, 1), slice(start, min(n, start + round(wide)))
    return box[0], box[1], box[2]


def _middle(subject: Subject, axis: int) -> int:
    """Return the plane that half of the femoral cartilage lies before: through the condyles, not along the trochlea."""
    if subject.labels is not None:
        numbers = [number for number, name in subject.regions.items() if "femoral cartilage" in name.lower()]
        held = np.cumsum(np.isin(subject.labels, numbers).sum(axis=tuple(a for a in range(3) if a != axis)))
        if held[-1]:
            return int(np.searchsorted(held, held[-1] / 2))
    return _fullest(subject, axis)


def _box(subject: Subject, place: Place, index: int) -> tuple[slice, slice, slice]:
    """Return the part of a slice around the cartilage, in voxels of the whole scan, one slice thick."""
    assert subject.labels is not None
    numbers = [number for number, name in subject.regions.items() if number and "cartilage" in name.lower()]
    painted = np.isin(subject.labels, numbers) if numbers else subject.labels > 0
    here = np.take(painted, index, axis=place.axis)
    rest = [a for a in range(3) if a != place.axis]
    box = [slice(0, 1)] * 3
    for n, a in enumerate(rest):
        held = np.flatnonzero(here.any(axis=1 - n))
        margin = round(AROUND / subject.scan.spacing[a])
        stop = subject.scan.shape[a]
        box[a] = (
            slice(max(0, int(held[0]) - margin), min(stop, int(held[-1]) + margin + 1)) if held.size else slice(0, stop)
        )
    return box[0], box[1], box[2]


def _what(subject: Subject, method: Method, kind: str, settings: list[Any]) -> Mapping[str, Any]:
    return {
        "picture": kind,
        "scan": fingerprint(subject.scan),
        "method": method.name,
        "sha256": method.sha256,
        "settings": settings,
    }
