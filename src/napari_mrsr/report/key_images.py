"""The pictures of a report: a reformat as acquired and super-resolved, and T2 on the slice with the largest region.

Drawn without a viewer, with true aspect, orientation letters and a scale bar. Both reformats share one window, that of
the acquired scan, and voxels are not smoothed: no difference between them comes from the display. T2 is coloured inside
the regions alone; a reader sees which voxels were measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.contents import Flat, Report
from napari_mrsr.report.planes import PLANES, Picture, centre_of, cut, slice_plane
from napari_mrsr.scan import Scan

#: Percentiles of the acquired magnitude shown black and white.
WINDOW = (1.0, 99.5)

#: Largest and least part of the patient on a picture, mm, and the margin around the regions.
FIELD, LEAST, MARGIN = 90.0, 45.0, 8.0

CONTOUR = "#ff9d2e"


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
    map, regions
        T2 and labels in the same plane, each on its own grid; None where there is none.
    centre, field
        Middle of the panel (rows, columns) and its largest side, mm.
    """

    title: str
    grey: Picture
    window: tuple[float, float]
    map: Picture | None
    regions: Picture | None
    centre: tuple[float, float]
    field: float


def key_images(report: Report) -> list[KeyImage]:
    """Return the pictures of a report: one or two reformats, then T2 (else the regions) on a slice of each scan."""
    plane = slice_plane(report.scan)
    across = 1 if plane != 1 else 2
    point = _point(report, plane)
    window = _window(report.scan.array[0])
    shown = [("acquired", report.scan)]
    shown += [("super-resolved", report.refined)] if report.refined is not None else []
    images = []
    for role, one in shown:
        centre, field = _view(cut(one, across, point), _regions(report, one, across, point))
        title = f"{one.names[0]} {role}, {PLANES[across]} reformat"
        images.append(KeyImage(title, cut(one, across, point), window, None, None, centre, field))
    roles = (("acquired", "acquired", report.scan), ("SR", "super-resolved", report.refined or report.scan))
    for role, said, base in roles:
        map = report.maps.get(role)
        if map is not None and map.quantity != "T2" and report.labels is not None:
            grey, regions = cut(base, plane, point), _regions(report, base, plane, point)
            title = f"{base.names[0]} {said}, {PLANES[plane]} slice"
            images.append(KeyImage(title, grey, window, None, regions, *_view(grey, regions)))
        elif map is not None and map.quantity == "T2":
            regions = _regions(report, map, plane, point)
            grey = cut(base, plane, point)
            centre, field = _view(grey, regions)
            title = f"T2 {said}, {PLANES[plane]} slice"
            images.append(KeyImage(title, grey, window, cut(map, plane, point), regions, centre, field))
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


def _view(picture: Picture, regions: Picture | None) -> tuple[tuple[float, float], float]:
    """Return middle and size (mm) of the view: around the regions, else the whole picture."""
    left, right, bottom, top = picture.extent
    whole, narrow = max(right - left, bottom - top), min(right - left, bottom - top)
    if regions is None or not (regions.values > 0).any():
        return ((top + bottom) / 2, (left + right) / 2), min(whole, FIELD)
    rows, columns = np.nonzero(regions.values > 0)
    r = regions.corner[0] + regions.spacing[0] * np.array([rows.min(), rows.max()])
    c = regions.corner[1] + regions.spacing[1] * np.array([columns.min(), columns.max()])
    size = max(float(np.ptp(r)), float(np.ptp(c))) + 2 * MARGIN
    if size > FIELD:  # then not all of them can be seen: go where most of them is
        r = regions.corner[0] + regions.spacing[0] * np.median(rows, keepdims=True)
        c = regions.corner[1] + regions.spacing[1] * np.median(columns, keepdims=True)
    return (float(r.mean()), float(c.mean())), min(max(size, min(narrow, LEAST)), FIELD, whole)


# -- drawing ---------------------------------------------------------------------------------------
def draw(axes: Any, image: KeyImage, *, shape: tuple[float, float], t2_max: float, colormap: str) -> Any:
    """Draw a picture into axes of ``shape`` (width, height in mm) and return the coloured image, if there is one."""
    axes.set_facecolor("black")
    axes.set_xticks([])
    axes.set_yticks([])
    grey = image.grey
    axes.imshow(
        grey.values,
        cmap="gray",
        vmin=image.window[0],
        vmax=image.window[1],
        extent=grey.extent,
        interpolation="nearest",
    )
    coloured = None
    if image.map is not None:
        values = np.asarray(image.map.values, dtype=float)
        if image.regions is not None and image.regions.values.shape == values.shape:
            values = np.where(image.regions.values > 0, values, np.nan)
        coloured = axes.imshow(
            values, cmap=colours(colormap), vmin=0.0, vmax=t2_max, extent=image.map.extent, interpolation="nearest"
        )
    if image.regions is not None:
        _contours(axes, image.regions)
    _frame(axes, image, shape)
    return coloured


def draw_flat(axes: Any, flat: Flat, *, limit: float, colormap: str) -> Any:
    """Draw an unrolled map, in true proportion where its axes are lengths, and return the image."""
    rows, columns = flat.values.shape
    dr, dc = flat.spacing or (1.0, 1.0)
    shown = axes.imshow(
        flat.values,
        cmap=colours(colormap),
        vmin=0.0,
        vmax=limit,
        extent=(0.0, columns * dc, rows * dr, 0.0),
        aspect="auto" if flat.spacing is None else "equal",
        interpolation="nearest",
    )
    axes.set_anchor("W")
    axes.set_facecolor("#e4e4e4")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.3)
    axes.set_xlabel(flat.columns, fontsize=6, labelpad=2)
    axes.set_ylabel(flat.rows, fontsize=6, labelpad=2)
    return shown


def colours(name: str) -> Any:
    """Return a colour map of cmcrameri or matplotlib, NaN transparent."""
    import matplotlib as mpl

    try:
        import cmcrameri.cm

        found = getattr(cmcrameri.cm, name)
    except (ImportError, AttributeError):
        found = mpl.colormaps[name if name in mpl.colormaps else "viridis"]
    return found.with_extremes(bad=(0.0, 0.0, 0.0, 0.0))


def _contours(axes: Any, regions: Picture) -> None:
    from skimage.measure import find_contours as untyped

    find_contours: Callable[..., list[npt.NDArray[np.float64]]] = untyped

    left, _, _, top = regions.extent
    for label in np.unique(regions.values[regions.values > 0]):
        mask = np.pad(regions.values == label, 1)
        for line in find_contours(mask.astype(float), 0.5):
            y = top + (line[:, 0] - 0.5) * regions.spacing[0]
            x = left + (line[:, 1] - 0.5) * regions.spacing[1]
            axes.plot(x, y, color=CONTOUR, linewidth=0.35)


def _frame(axes: Any, image: KeyImage, shape: tuple[float, float]) -> None:
    """Set limits for a true aspect in a box of this shape (mm), letters and a scale bar of 10 mm."""
    from matplotlib.patheffects import withStroke

    width, height = shape
    side = max(width, height)
    wide, high = image.field * width / side, image.field * height / side
    left, right, bottom, top = image.grey.extent
    y = _inside(image.centre[0], high, top, bottom)
    x = _inside(image.centre[1], wide, left, right)
    axes.set_xlim(x - wide / 2, x + wide / 2)
    axes.set_ylim(y + high / 2, y - high / 2)
    axes.set_aspect("equal", adjustable="box")
    outline = [withStroke(linewidth=1.2, foreground="black")]
    places = [(0.5, 0.975, "center", "top"), (0.5, 0.025, "center", "bottom")]
    places += [(0.02, 0.5, "left", "center"), (0.98, 0.5, "right", "center")]
    for letter, (u, v, ha, va) in zip(image.grey.letters, places, strict=True):
        text = axes.text(
            u, v, letter, transform=axes.transAxes, color="white", fontsize=7, ha=ha, va=va, parse_math=False
        )
        text.set_path_effects(outline)
    x0, y0 = x - wide / 2 + 0.05 * wide, y + high / 2 - 0.05 * high
    (bar,) = axes.plot([x0, x0 + 10.0], [y0, y0], color="white", linewidth=1.4, solid_capstyle="butt")
    bar.set_path_effects([withStroke(linewidth=2.2, foreground="black")])
    label = axes.text(x0 + 5.0, y0 - 0.015 * high, "10 mm", color="white", fontsize=5.5, ha="center", va="bottom")
    label.set_path_effects(outline)


def _inside(centre: float, size: float, low: float, high: float) -> float:
    """Return the middle of a view that stays within the picture, where the picture is large enough."""
    if size >= high - low:
        return (low + high) / 2
    return float(np.clip(centre, low + size / 2, high - size / 2))
