"""Figures like those of Chaudhari et al. (PREDICTIVE 2018): reformats (3, 4) and T2 maps (5).

All panels of a row share one window, that of the reference, and so do all differences: what is seen to differ differs.
Differences are grey about zero, so that they print and can be read without colours; T2 is coloured with navia
(Fuderer et al., Magn Reson Med 2025), whose lightness rises with T2. Voxels are not smoothed, their aspect is true, and
a voxel without a value is the grey of the paper, never black.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.report.drawing import colours
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.writing import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Percentiles of the reference shown black and white.
WINDOW = (1.0, 99.5)
#: Range of T2, ms, and of its difference.
T2_LIMITS, T2_DIFFERENCE = (0.0, 80.0), 15.0
#: Differences are shown up to this part of the window.
DIFFERENCE = 0.25
#: Dots per inch, and inches of a panel's longer side.
DPI, PANEL = 150, 2.3
#: Points of the letters.
SMALL, NORMAL = 7.0, 8.0


@dataclass(frozen=True, eq=False)
class Row:
    """One row of pictures on one grid: an echo, or the T2 map.

    Parameters
    ----------
    name
        What stands at its left: ``"S1"``.
    reference
        The first picture.
    results
        One picture per method, NaN where it has no value.
    """

    name: str
    reference: Picture
    results: Mapping[str, Picture]


def reformats(name: str, caption: str, rows: Sequence[Row], *, reference: str = "acquired") -> Figure:
    """Return a figure of magnitude pictures, each row of methods with its differences underneath.

    Parameters
    ----------
    name, caption
        Of the figure.
    rows
        One per echo; all with the same methods.
    reference
        What the first picture of a row is called.

    Raises
    ------
    BadParameter
        There is no row, or the rows differ in their methods.
    GeometryMismatch
        A picture is not of the size of its reference.
    """
    _check(rows)

    def draw(path: Path) -> None:
        grid = _Grid(rows, reference)
        for n, row in enumerate(rows):
            low, high = (float(v) for v in np.nanpercentile(row.reference.values, WINDOW))
            span = DIFFERENCE * (high - low)
            grid.picture(2 * n, 0, row.reference, "gray", (low, high), row.name)
            grid.empty(2 * n + 1)
            for column, picture in enumerate(row.results.values(), start=1):
                grid.picture(2 * n, column, picture, "gray", (low, high))
                shown = grid.picture(2 * n + 1, column, _minus(picture, row.reference), "gray", (-span, span))
            percent = round(100 * DIFFERENCE)
            grid.bar(
                2 * n + 1, shown, f"{row.name} difference", [-span, 0, span], [f"-{percent} %", "0", f"+{percent} %"]
            )
        grid.save(path)

    return Figure(name, caption, draw)


def t2_maps(name: str, caption: str, row: Row, *, reference: str = "acquired") -> Figure:
    """Return a figure of T2 maps (ms) with their differences underneath, each with its own colour scale.

    Raises
    ------
    GeometryMismatch
        A picture is not of the size of its reference.
    """
    _check([row])

    def draw(path: Path) -> None:
        grid = _Grid([row], reference)
        shown = grid.picture(0, 0, row.reference, "navia", T2_LIMITS, row.name)
        for column, picture in enumerate(row.results.values(), start=1):
            grid.picture(0, column, picture, "navia", T2_LIMITS)
            minus = _minus(picture, row.reference)
            difference = grid.picture(1, column, minus, "gray", (-T2_DIFFERENCE, T2_DIFFERENCE))
        grid.empty(1)
        grid.bar(0, shown, "T2 [ms]", [0, 20, 40, 60, 80])
        grid.bar(1, difference, "T2 difference [ms]", [-T2_DIFFERENCE, 0, T2_DIFFERENCE])
        grid.save(path)

    return Figure(name, caption, draw)


class _Grid:
    """A sheet of panels: the reference in the first column, then a column per method."""

    def __init__(self, rows: Sequence[Row], reference: str) -> None:
        from matplotlib.figure import Figure as Sheet
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        self.titles = [reference, *rows[0].results]
        left, right, bottom, top = rows[0].reference.extent
        wide, high = abs(right - left), abs(bottom - top)
        scale = PANEL / max(wide, high)
        count = 2 * len(rows)
        size = (scale * wide * len(self.titles) + 1.0, (scale * high + 0.06) * count + 0.35)
        tight = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
        self.sheet: Any = Sheet(figsize=size, dpi=DPI, layout=tight)
        self.panels: Any = self.sheet.subplots(count, len(self.titles), squeeze=False)

    def picture(
        self, row: int, column: int, picture: Picture, map_name: str, limits: tuple[float, float], label: str = ""
    ) -> Any:
        axes = self.panels[row, column]
        axes.set_facecolor("0.93")
        shown = axes.imshow(
            picture.values,
            cmap=colours(map_name),
            vmin=limits[0],
            vmax=limits[1],
            extent=picture.extent,
            interpolation="nearest",
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        if row == 0:
            axes.set_title(self.titles[column], fontsize=NORMAL, pad=3)
        if label:
            axes.set_ylabel(label, fontsize=NORMAL, labelpad=2)
        if column == 0:
            _letters(axes, picture.letters)
            _scale_bar(axes, picture)
        return shown

    def empty(self, row: int) -> None:
        """Say in the first panel of a row what the row is."""
        axes = self.panels[row, 0]
        axes.set_axis_off()
        axes.text(
            0.97,
            0.5,
            "method\nminus\n" + self.titles[0],
            transform=axes.transAxes,
            ha="right",
            va="center",
            fontsize=SMALL,
        )

    def bar(self, row: int, shown: Any, label: str, ticks: Sequence[float], names: Sequence[str] | None = None) -> None:
        """Draw a colour bar beside a row."""
        bar = self.sheet.colorbar(shown, ax=list(self.panels[row]), shrink=0.9, aspect=18, pad=0.01)
        bar.set_ticks(list(ticks), labels=None if names is None else list(names))
        bar.ax.tick_params(labelsize=SMALL, length=2)
        bar.set_label(label, fontsize=SMALL)
        bar.outline.set_linewidth(0.4)

    def save(self, path: Path) -> None:
        self.sheet.savefig(path)


def _letters(axes: Axes, letters: tuple[str, str, str, str]) -> None:
    from matplotlib.patheffects import withStroke

    places = [(0.5, 0.98, "center", "top"), (0.5, 0.02, "center", "bottom")]
    places += [(0.02, 0.5, "left", "center"), (0.98, 0.5, "right", "center")]
    for letter, (x, y, ha, va) in zip(letters, places, strict=True):
        text = axes.text(x, y, letter, transform=axes.transAxes, color="white", fontsize=SMALL, ha=ha, va=va)
        text.set_path_effects([withStroke(linewidth=1.5, foreground="black")])


def _scale_bar(axes: Axes, picture: Picture, length: float = 10.0) -> None:
    from matplotlib.patheffects import withStroke

    left, right, bottom, top = picture.extent
    wide, high = right - left, bottom - top
    length = length if length < 0.5 * wide else 5.0
    x, y = left + 0.05 * wide, bottom - 0.06 * high
    (line,) = axes.plot([x, x + length], [y, y], color="white", linewidth=1.5, solid_capstyle="butt")
    line.set_path_effects([withStroke(linewidth=2.5, foreground="black")])
    text = axes.text(x, y - 0.025 * max(wide, high), f"{length:g} mm", color="white", fontsize=SMALL - 1, ha="left")
    text.set_path_effects([withStroke(linewidth=1.5, foreground="black")])


def _minus(picture: Picture, reference: Picture) -> Picture:
    values = np.asarray(picture.values, np.float32) - np.asarray(reference.values, np.float32)
    return Picture(values, picture.spacing, picture.letters, picture.corner)


def _check(rows: Sequence[Row]) -> None:
    if not rows or not rows[0].results:
        raise BadParameter("a figure without a method shows nothing")
    for row in rows:
        if list(row.results) != list(rows[0].results):
            raise BadParameter("the rows of a figure show different methods", remedy="leave methods out of all rows")
        for method, picture in row.results.items():
            if picture.values.shape != row.reference.values.shape:
                raise GeometryMismatch(
                    f"the picture of {method} has {picture.values.shape} pixels, not {row.reference.values.shape}"
                )
