"""The unrolled map as a figure for reports, and as files: a picture and a table."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.cartilage.unrolled import Unrolled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Upper limit of femoral T2, ms (the bound of DOSMA).
T2_LIMIT = 80.0


def draw_unrolled(
    unrolled: Unrolled,
    *,
    limits: tuple[float, float] | None = (0.0, T2_LIMIT),
    colormap: Any = None,
    size: tuple[float, float] = (7.0, 3.4),
    dark: bool = False,
) -> Figure:
    """Return a figure with a panel for all layers together and one for each layer.

    Parameters
    ----------
    unrolled
        What to draw.
    limits
        Values of the first and last colour; the 1st and 99th percentile where None.
    colormap
        matplotlib's; navia where not given.
    size
        Width and height, inches.
    dark
        White on black, for the viewer.
    """
    import cmcrameri.cm
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    ink, paper = ("white", "#262930") if dark else ("black", "white")
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(compress=True, wspace=0.1), facecolor=paper)
    names = ["total", *reversed([n for n in unrolled.values if n != "total"])]
    panels = figure.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
    half = (unrolled.across[1] - unrolled.across[0]) / 2 if len(unrolled.across) > 1 else 0.5
    extent = (unrolled.across[0] - half, unrolled.across[-1] + half, unrolled.edges[-1], unrolled.edges[0])
    shown = np.flatnonzero(np.isfinite(unrolled.values["total"]).any(axis=1))
    if limits is None:
        first, last = np.nanpercentile(unrolled.values["total"], (1, 99))
        limits = float(first), float(last)
    covered = _covered(unrolled)
    picture: Any = None
    for panel, name in zip(panels, names, strict=True):
        picture = panel.imshow(
            unrolled.values[name],
            extent=extent,
            aspect="equal" if unrolled.along == "mm" else "auto",
            interpolation="nearest",
            cmap=colormap or cmcrameri.cm.navia,
            vmin=limits[0],
            vmax=limits[1],
        )
        for border in np.where(covered, unrolled.parts, np.nan):
            panel.plot(unrolled.across, border, color=ink, linewidth=0.8, linestyle="--")
        panel.set_title(name, fontsize=9, color=ink)
        panel.set_facecolor("#8a8d91" if not dark else "#3d4148")
        panel.tick_params(labelsize=7, colors=ink)
        for spine in panel.spines.values():
            spine.set_color(ink)
        panel.set_ylim(unrolled.edges[shown[-1] + 1], unrolled.edges[shown[0]])
    ends = ("medial", "lateral") if unrolled.side_known else ("left", "right")
    panels[0].set_ylabel(
        f"anterior → posterior [{'mm along the condyle' if unrolled.along == 'mm' else 'degrees'}]",
        fontsize=8,
        color=ink,
    )
    figure.supxlabel(f"{ends[0]} → {ends[1]} [mm]", fontsize=8, color=ink)
    bar = figure.colorbar(picture, ax=panels, shrink=0.9, pad=0.01)
    bar.ax.tick_params(labelsize=7, colors=ink)
    unit = f" [{unrolled.unit}]" if unrolled.unit else ""
    bar.set_label(f"{unrolled.quantity}{unit}", fontsize=8, color=ink)
    return figure


def _covered(unrolled: Unrolled) -> npt.NDArray[np.bool_]:
    """Tell in which slices there is cartilage next to the borders of the parts, shape ``(2, slices)``."""
    middle = (unrolled.edges[:-1] + unrolled.edges[1:]) / 2
    near = np.abs(middle[None, :, None] - unrolled.parts[:, None, :]) <= 3 * (middle[1] - middle[0])
    return np.asarray((near & np.isfinite(unrolled.values["total"])[None]).any(axis=1))


def unrolled_table(unrolled: Unrolled) -> pd.DataFrame:
    """Return the unrolled map as a table: one row per bin and slice with a value, a column for each layer."""
    import pandas as pd

    some = np.isfinite(np.stack(list(unrolled.values.values()))).any(axis=0)
    bins, slices = np.nonzero(some)
    middle = (unrolled.edges[:-1] + unrolled.edges[1:]) / 2
    unit = f" [{unrolled.unit}]" if unrolled.unit else ""
    columns: dict[str, Any] = {
        f"along [{'mm' if unrolled.along == 'mm' else 'degrees'}]": middle[bins],
        "across [mm]": unrolled.across[slices],
        "slice": unrolled.slices[slices],
    }
    columns |= {f"{name}{unit}": values[bins, slices] for name, values in unrolled.values.items()}
    return pd.DataFrame(columns)


def save_unrolled(unrolled: Unrolled, path: str | PathLike[str], **drawing: Any) -> list[Path]:
    """Write the unrolled map as PNG (300 dpi) and as CSV beside it; returns both paths.

    Raises
    ------
    OutputNotWritable
        The folder is missing, read-only or full.
    """
    from napari_mrsr.files import atomic_path

    stem = Path(path).with_suffix("")
    picture, table = stem.with_name(stem.name + ".png"), stem.with_name(stem.name + ".csv")
    with atomic_path(picture) as hidden:
        draw_unrolled(unrolled, **drawing).savefig(hidden, dpi=300, format="png")
    with atomic_path(table) as hidden:
        unrolled_table(unrolled).to_csv(hidden, index=False)
    return [picture, table]
