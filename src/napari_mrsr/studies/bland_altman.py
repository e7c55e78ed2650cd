"""Bland-Altman plots of methods against one reference, side by side on shared axes (Lancet 1986;1:307)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.figures import DPI, SMALL
from napari_mrsr.studies.writing import Figure


def bland_altman(
    name: str,
    caption: str,
    pairs: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    quantity: str = "T2",
    unit: str = "ms",
) -> Figure:
    """Return Bland-Altman plots, one per method, on shared axes.

    Parameters
    ----------
    name, caption
        Of the figure.
    pairs
        Reference and method, one value per subject, at least two.
    quantity, unit
        Of the values.

    Raises
    ------
    BadParameter
        There is no method, or a method has fewer than two subjects.
    """
    from napari_mrsr.metrics import agreement

    if not pairs:
        raise BadParameter("no method is to be plotted")
    found = {method: agreement.bland_altman(x, y) for method, (x, y) in pairs.items()}

    def draw(path: Path) -> None:
        from matplotlib.figure import Figure as Sheet

        sheet = Sheet(figsize=(2.0 * len(found) + 0.6, 2.4), dpi=DPI, layout="constrained")
        panels: Any = sheet.subplots(1, len(found), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (method, plot) in zip(panels, found.items(), strict=True):
            axes.axhline(0, color="0.8", linewidth=0.8)
            axes.axhline(plot.bias, color="black", linewidth=1)
            for limit in (plot.lower, plot.upper):
                axes.axhline(limit, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
            axes.plot(plot.means, plot.differences, "o", color="black", markersize=4, markerfacecolor="0.65")
            axes.set_title(f"{method}\n{plot.bias:+.2f} ({plot.lower:+.2f} to {plot.upper:+.2f})", fontsize=SMALL)
            axes.tick_params(labelsize=SMALL)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel(f"method - reference [{unit}]", fontsize=SMALL)
        sheet.supxlabel(f"mean {quantity} of both [{unit}]", fontsize=SMALL)
        sheet.savefig(path)

    return Figure(name, caption, draw)
