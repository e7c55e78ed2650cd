"""Drawing the pictures of a report without a viewer: true aspect, orientation letters, a scale bar.

Voxels are not smoothed. T2 of cartilage is coloured inside the regions alone, so that a reader sees which voxels were
measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.contents import Flat
from napari_mrsr.report.key_images import KeyImage
from napari_mrsr.report.planes import Picture
from napari_mrsr.report.sheet import INCH, text_width

#: Lengths of the scale bar, mm; the longest that takes up to 40 % of the width.
BARS = (50.0, 10.0, 5.0, 2.0, 1.0)

CONTOUR = "#ff9d2e"


def draw(axes: Any, image: KeyImage, *, shape: tuple[float, float]) -> Any:
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
    if image.map is not None and image.scale is not None:
        values = np.asarray(image.map.values, dtype=float)
        if not image.whole and image.regions is not None and image.regions.values.shape == values.shape:
            values = np.where(image.regions.values > 0, values, np.nan)
        low, high = image.scale.limits
        coloured = axes.imshow(
            values,
            cmap=colours(image.scale.colormap),
            vmin=low,
            vmax=high,
            extent=image.map.extent,
            interpolation="nearest",
        )
    if image.regions is not None:
        _contours(axes, image.regions, on_colours=image.whole)
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
    box, figure = axes.get_position(), axes.figure
    wide, high = box.width * figure.get_figwidth() * INCH, box.height * figure.get_figheight() * INCH
    if flat.spacing is not None:
        high = min(high, wide * rows * dr / (columns * dc))
    if text_width(flat.rows, points=6) <= high:
        axes.set_ylabel(flat.rows, fontsize=6, labelpad=2)
        axes.set_xlabel(flat.columns, fontsize=6, labelpad=2)
    else:  # a narrow map: upright, the words would run into the title
        axes.set_xlabel(f"{flat.columns}; from the top: {flat.rows}", fontsize=6, labelpad=2)
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


def _contours(axes: Any, regions: Picture, *, on_colours: bool) -> None:
    """Outline the regions; white with a dark edge where there are colours on both sides."""
    from matplotlib.patheffects import withStroke
    from skimage.measure import find_contours as untyped

    find_contours: Callable[..., list[npt.NDArray[np.float64]]] = untyped

    left, _, _, top = regions.extent
    for label in np.unique(regions.values[regions.values > 0]):
        mask = np.pad(regions.values == label, 1)
        for line in find_contours(mask.astype(float), 0.5):
            y = top + (line[:, 0] - 0.5) * regions.spacing[0]
            x = left + (line[:, 1] - 0.5) * regions.spacing[1]
            (drawn,) = axes.plot(x, y, color="white" if on_colours else CONTOUR, linewidth=0.35)
            if on_colours:
                drawn.set_path_effects([withStroke(linewidth=1.0, foreground="black")])


def _frame(axes: Any, image: KeyImage, shape: tuple[float, float]) -> None:
    """Set limits for a true aspect in a box of this shape (mm), letters and a scale bar."""
    from matplotlib.patheffects import withStroke

    width, height = shape
    field, side = image.field, max(width, height)
    wide, high = field.side * width / side, field.side * height / side
    left, right, bottom, top = field.bounds
    y = _inside(field.centre[0], high, top, bottom)
    x = _inside(field.centre[1], wide, left, right)
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
    bar = next(length for length in BARS if length <= 0.4 * wide or length == BARS[-1])
    (line,) = axes.plot([x0, x0 + bar], [y0, y0], color="white", linewidth=1.4, solid_capstyle="butt")
    line.set_path_effects([withStroke(linewidth=2.2, foreground="black")])
    middle, over = x0 + bar / 2, y0 - 0.015 * high
    label = axes.text(middle, over, f"{bar:g} mm", color="white", fontsize=5.5, ha="center", va="bottom")
    label.set_path_effects(outline)


def _inside(centre: float, size: float, low: float, high: float) -> float:
    """Return the middle of a view that stays within the picture, where the picture is large enough."""
    if size >= high - low:
        return (low + high) / 2
    return float(np.clip(centre, low + size / 2, high - size / 2))
