"""Sheets of panels: slices in one window, their differences about zero, maps of SSIM, and frames drawn on them.

Magnitudes share the window of the truth, differences one grey scale about zero, SSIM one scale from 0 to 1. Voxels are
not smoothed and their aspect is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.report.drawing import colours
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.detail import Region
from napari_mrsr.studies.figures import DPI, NORMAL, SMALL, WINDOW
from napari_mrsr.studies.writing import Figure

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
        ``"magnitude"``, ``"difference"`` or ``"ssim"``.
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


def sheet(name: str, caption: str, rows: Sequence[Sequence[Panel]], names: Sequence[str], truth: Picture) -> Figure:
    """Return a figure of rows of panels, in the window of the truth, each row named at its left."""
    low, high = (float(v) for v in np.nanpercentile(truth.values, WINDOW))
    span = DIFFERENCE * (high - low)
    limits = {"magnitude": ("gray", low, high), "difference": ("gray", -span, span), "ssim": ("viridis", 0.0, 1.0)}

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
                axes.imshow(
                    panel.picture.values, cmap=colours(colour), vmin=least, vmax=most, extent=panel.picture.extent,
                    interpolation="nearest",
                )  # fmt: skip
                for box, edge in panel.regions:
                    _outline(axes, box.cut(panel.picture), edge)
                if panel.title:
                    axes.set_title(panel.title, fontsize=NORMAL if r == 0 else SMALL, pad=2)
        sheet.savefig(path)

    return Figure(name, caption, draw)


def _aspect(picture: Picture) -> float:
    left, right, bottom, top = picture.extent
    return abs(bottom - top) / abs(right - left)


def _outline(axes: Any, part: Picture, colour: str) -> None:
    left, right, bottom, top = part.extent
    axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=colour, linewidth=1)
