"""The pictures of a report: a reformat as acquired and super-resolved, and T2 on the slice with the largest region.

Of a brain the acquired scan in both planes, and T1 and T2 on the slice, whole and not within the regions alone: these
maps are of all tissue. Pictures of one plane share the view and the window, those of the acquired scan: no difference
between them comes from the display. :mod:`napari_mrsr.report.drawing` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.contents import BRAIN_ROLES, Report
from napari_mrsr.report.planes import PLANES, Picture, centre_of, cut, slice_plane
from napari_mrsr.report.scales import BRAIN, Scale
from napari_mrsr.scan import Scan

#: Percentiles of the acquired magnitude shown black and white.
WINDOW = (1.0, 99.5)

#: Largest and least part of the patient on a picture, mm, and the margin around the regions.
LARGEST, LEAST, MARGIN = 90.0, 45.0, 8.0


@dataclass(frozen=True)
class Field:
    """Which part of a plane is shown; pictures that are to be compared share it.

    Parameters
    ----------
    centre
        Middle along rows and columns, mm on the screen.
    side
        Length of the longer side of the panel, mm.
    bounds
        Left, right, bottom and top edge of the acquired picture, within which the view stays, mm.
    """

    centre: tuple[float, float]
    side: float
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class KeyImage:
    """What is drawn in one panel.

    Parameters
    ----------
    title
        Caption.
    grey
        The magnitude.
    window
        Its black and white point.
    field
        The part that is shown.
    map, regions
        T1 or T2 and labels in the same plane, each on its own grid; None where there is none.
    scale
        How the map is coloured; None without one.
    whole
        Whether the map is coloured beyond the regions.
    """

    title: str
    grey: Picture
    window: tuple[float, float]
    field: Field
    map: Picture | None = None
    regions: Picture | None = None
    scale: Scale | None = None
    whole: bool = False


def key_images(report: Report) -> list[KeyImage]:
    """Return the pictures of a report: one or two reformats, then T2 (else the regions) on a slice of each scan."""
    plane = slice_plane(report.scan)
    across = 1 if plane != 1 else 2
    point = _point(report, plane)
    window = _window(report.scan.array[0])
    reformat, slices = (_field(report, one, point) for one in (across, plane))
    shown = [("acquired", "acquired", report.scan)]
    shown += [("SR", "super-resolved", report.refined)] if report.refined is not None else []
    images = []
    for _, said, scan in shown:
        title = f"{scan.names[0]} {said}, {PLANES[across]} reformat"
        images.append(KeyImage(title, cut(scan, across, point), window, reformat))
    if report.is_brain:
        return images + _of_brain(report, plane, point, window, slices)
    t2 = Scale("T2", report.unit, report.t2_colormap, (0.0, report.t2_max_ms))
    if report.refined is None:  # its map may have been made elsewhere
        shown.append(("SR", "super-resolved", report.scan))
    for role, said, scan in shown:
        map = report.maps.get(role)
        grey = cut(scan, plane, point)
        if map is not None and map.quantity == "T2":
            title = f"T2 {said}, {PLANES[plane]} slice"
            regions = _regions(report, map, plane, point)
            images.append(KeyImage(title, grey, window, slices, cut(map, plane, point), regions, t2))
        elif map is not None and report.labels is not None:
            title = f"{scan.names[0]} {said}, {PLANES[plane]} slice"
            images.append(KeyImage(title, grey, window, slices, None, _regions(report, scan, plane, point)))
    return images


def _of_brain(
    report: Report, plane: int, point: npt.NDArray[Any], window: tuple[float, float], field: Field
) -> list[KeyImage]:
    """Return the acquired slice, and T1 and T2 on it."""
    grey, where = cut(report.scan, plane, point), f"{PLANES[plane]} slice"
    outlines = _regions(report, report.scan, plane, point)
    images = [KeyImage(f"{report.scan.names[0]} acquired, {where}", grey, window, field, None, outlines)]
    for role in BRAIN_ROLES:
        map = report.maps.get(role)
        if map is not None:
            parts = cut(map, plane, point), _regions(report, map, plane, point), BRAIN[role]
            images.append(KeyImage(f"{role} estimated, {where}", grey, window, field, *parts, whole=True))
    return images


def _regions(report: Report, on: Scan, plane: int, point: npt.NDArray[Any]) -> Picture | None:
    """Return the regions on the grid of a scan."""
    from napari_mrsr.roi import resample_labels

    return None if report.labels is None else cut(resample_labels(report.labels, on), plane, point)


def _point(report: Report, plane: int) -> npt.NDArray[np.float64]:
    """Return where the pictures are taken: in the largest region, else in the middle of the scan."""
    found = None if report.labels is None else centre_of(report.labels, plane)
    if found is not None:
        return found
    middle = (np.array(report.scan.shape) - 1) / 2
    return np.asarray(report.scan.affine[:3, :3] @ middle + report.scan.affine[:3, 3], dtype=np.float64)


def _window(volume: npt.NDArray[Any]) -> tuple[float, float]:
    sample = volume.ravel()[:: max(1, volume.size // 400_000)]
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, WINDOW) if finite.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-6))


def _field(report: Report, plane: int, point: npt.NDArray[Any]) -> Field:
    """Return the part of a plane that is shown: around the regions, else the whole picture; of a brain always that."""
    left, right, bottom, top = bounds = cut(report.scan, plane, point).extent
    whole, narrow = max(right - left, bottom - top), min(right - left, bottom - top)
    regions = None if report.labels is None else cut(report.labels, plane, point)
    if report.is_brain or regions is None or not (regions.values > 0).any():
        side = whole if report.is_brain else min(whole, LARGEST)
        return Field(((top + bottom) / 2, (left + right) / 2), side, bounds)
    rows, columns = np.nonzero(regions.values > 0)
    r = regions.corner[0] + regions.spacing[0] * rows
    c = regions.corner[1] + regions.spacing[1] * columns
    size = max(float(np.ptp(r)), float(np.ptp(c))) + 2 * MARGIN
    if size > LARGEST:  # then not all of them can be seen: go where most of them is
        centre = float(np.median(r)), float(np.median(c))
    else:
        centre = float(r.min() + r.max()) / 2, float(c.min() + c.max()) / 2
    return Field(centre, min(max(size, min(narrow, LEAST)), LARGEST, whole), bounds)
