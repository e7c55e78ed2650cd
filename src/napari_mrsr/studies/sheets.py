"""Sheets of panels: slices in one window, their differences about zero, maps of SSIM, and frames drawn on them.

Magnitudes share the window of the truth, differences one grey scale about zero, SSIM one scale from 0 to 1. Voxels are
not smoothed and their aspect is true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.report.drawing import colours
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.detail import Region
from napari_mrsr.studies.figures import DPI, NORMAL, SMALL, WINDOW
from napari_mrsr.studies.writing import Figure

#: A colour map, and the values at its ends.
Colours = tuple[str, float, float]
#: Inches of a panel's longer side.
PANEL = 2.1
#: Differences are shown up to this part of the window.
DIFFERENCE = 0.2


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a sheet.

    Parameters
    ----------
    picture
        What is shown.
    title
        Above it.
    kind
        ``"magnitude"``, ``"difference"``, ``"ssim"``, ``"empty"``, or one that the sheet is told of.
    regions
        Frames drawn on it, with their colours.
    """

    picture: Picture
    title: str = ""
    kind: str = "magnitude"
    regions: tuple[tuple[Region, str], ...] = ()


def minus(test: Picture, reference: Picture) -> Picture:
    """Return the difference of two pictures of one grid."""
    return Picture(test.values - reference.values, reference.spacing, reference.letters, reference.corner)


def sheet(
    name: str,
    caption: str,
    rows: Sequence[Sequence[Panel]],
    names: Sequence[str],
    truth: Picture,
    *,
    kinds: Mapping[str, Colours] | None = None,
    bars: Mapping[int, str] | None = None,
) -> Figure:
    """Return a figure of rows of panels, in the window of the truth, each row named at its left.

    Parameters
    ----------
    name, caption
        Of the figure.
    rows, names
        Panels, as many in each row, and what each row is called.
    truth
        What sets the window of magnitudes and their differences.
    kinds
        Colours, least and largest value of further kinds of panels: those of maps.
    bars
        What the colours of a row mean, by its number: it is given a colour bar.
    """
    low, high = (float(v) for v in np.nanpercentile(truth.values, WINDOW))
    span = DIFFERENCE * (high - low)
    limits: dict[str, Colours] = {
        "magnitude": ("gray", low, high),
        "difference": ("gray", -span, span),
        "ssim": ("viridis", 0.0, 1.0),
        **(kinds or {}),
    }

    def draw(path: Path) -> None:
        from matplotlib.figure import Figure as Sheet
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        heights = [_aspect(row[0].picture) for row in rows]
        wide = PANEL
        tight = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
        sheet: Any = Sheet(
            figsize=(wide * len(rows[0]) + 0.6, sum(wide * h + 0.12 for h in heights) + 0.4), dpi=DPI, layout=tight
        )
        panels = sheet.subplots(len(rows), len(rows[0]), squeeze=False, height_ratios=heights)
        for r, row in enumerate(rows):
            for c, panel in enumerate(row):
                axes = panels[r, c]
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                if c == 0:
                    axes.set_ylabel(names[r], fontsize=NORMAL, labelpad=2)
                if panel.kind == "empty":
                    continue
                colour, least, most = limits[panel.kind]
                axes.set_facecolor("0.93")
                shown = axes.imshow(
                    panel.picture.values, cmap=colours(colour), vmin=least, vmax=most, extent=panel.picture.extent,
                    interpolation="nearest",
                )  # fmt: skip
                for box, edge in panel.regions:
                    _outline(axes, box.cut(panel.picture), edge)
                if panel.title:
                    axes.set_title(panel.title, fontsize=NORMAL if r == 0 else SMALL, pad=2)
            if bars and r in bars:
                bar = sheet.colorbar(shown, ax=list(panels[r]), shrink=0.85, aspect=18, pad=0.01)
                bar.ax.tick_params(labelsize=SMALL, length=2)
                bar.set_label(bars[r], fontsize=SMALL)
                bar.outline.set_linewidth(0.4)
        sheet.savefig(path)

    return Figure(name, caption, draw)


def _aspect(picture: Picture) -> float:
    left, right, bottom, top = picture.extent
    return abs(bottom - top) / abs(right - left)


def _outline(axes: Any, part: Picture, colour: str) -> None:
    left, right, bottom, top = part.extent
    axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=colour, linewidth=1)
