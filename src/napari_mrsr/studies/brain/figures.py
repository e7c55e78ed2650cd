"""Figures 4 and 5 of the paper for a scan, slice and zoomed region with its differences; and all slices together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.brain.comparing import paired
from napari_mrsr.studies.brain.measures import COLUMNS
from napari_mrsr.studies.brain.methods import BASE, TITLES
from napari_mrsr.studies.brain.scan_scored import Shown
from napari_mrsr.studies.brain.tables import MANY
from napari_mrsr.studies.detail import Region, two_regions
from napari_mrsr.studies.figures import DPI, NORMAL, SMALL
from napari_mrsr.studies.sheets import DIFFERENCE, Panel, minus, sheet
from napari_mrsr.studies.slices import slice_picture
from napari_mrsr.studies.writing import Figure

if TYPE_CHECKING:
    import pandas as pd

#: Interpolations that the pictures show; the others differ less than eyes can tell.
INTERPOLATIONS = (BASE, TITLES["tricubic"])
#: Room around a lesion, part of its size, and pixels at least.
MARGIN, LEAST = 0.25, 4
#: One a method, so that points that fall together are told apart.
MARKERS = "osD^v<>Ph"
#: What is taken for skull and scalp, mm.
SCALP = 12.0


def of_scan(shown: Shown) -> list[Figure]:
    """Return the figure of a scan; its slice is cut out now, so that the scan need not stay in memory."""
    at = shown.stack.axis, shown.number
    pictures = {name: slice_picture(values, shown.stack.scan, at) for name, values in shown.pictures.items()}
    truth = slice_picture(np.take(shown.stack.scan.array[0], shown.number, at[0]), shown.stack.scan, at)
    box, what = _region(shown, truth)
    names = columns(pictures)
    if box is None or not names:
        return []
    marked = ((box, "tab:red"),)
    whole = [*(Panel(pictures[name], name, regions=marked) for name in names), Panel(truth, "truth", regions=marked)]
    within = box.cut(truth)
    zoomed = [*(Panel(box.cut(pictures[name])) for name in names), Panel(within)]
    apart = [Panel(minus(box.cut(pictures[name]), within), kind="difference") for name in names]
    caption = (
        f"{shown.name}, {shown.stack.plane} slice {shown.stack.indices[shown.number] + 1}, from the centre of its "
        f"k-space: whole, {what} (red) enlarged, and its difference from the truth, up to {100 * DIFFERENCE:.0f} % of "
        "the window."
    )
    rows = [whole, zoomed, [*apart, Panel(within, kind="empty")]]
    return [sheet(f"slice_{_file_name(shown.name)}", caption, rows, ["slice", "enlarged", "difference"], truth)]


def columns(pictures: Mapping[str, Any]) -> list[str]:
    """Return the methods that the pictures show: two interpolations, and all that is none."""
    interpolations = set(TITLES.values()) - set(INTERPOLATIONS)
    return [name for name in pictures if name not in interpolations]


def overall(rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Return the figures of all slices: gain over zero-filling, and fidelity against looks where that is measured."""
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    methods = set(frame["method"])
    found = [_gain(frame)] if BASE in methods and methods != {BASE} else []
    looks = next((column for column in COLUMNS if not column.fidelity and column.name in frame), None)
    if looks is not None:
        found.append(_looks(frame, looks.name, looks.title, looks.factor))
    return found


def _gain(frame: pd.DataFrame) -> Figure:
    """How much PSNR every slice gains, by method and subject."""
    subjects = list(dict.fromkeys(frame["subject"]))
    if len(subjects) > MANY:
        frame, subjects = frame.assign(subject=f"{len(subjects)} subjects"), [f"{len(subjects)} subjects"]
    methods = [name for name in dict.fromkeys(frame["method"]) if name != BASE]
    values = {}
    for name in methods:
        x, y = paired(frame, "psnr", BASE, name)
        gained = y - x
        values[name] = [gained[gained.index.get_level_values("subject") == one].to_numpy() for one in subjects]

    def draw(path: Path) -> None:
        axes, figure = _axes(1.0 + 0.9 * len(methods), 3.2)
        wide = 0.8 / len(subjects)
        for n in range(len(subjects)):
            places = [m - 0.4 + wide * (n + 0.5) for m in range(len(methods))]
            boxes = axes.boxplot(
                [values[name][n] for name in methods], positions=places, widths=0.8 * wide, showfliers=False,
                patch_artist=True, medianprops={"color": "black", "linewidth": 0.8}, boxprops={"linewidth": 0.6},
                whiskerprops={"linewidth": 0.6}, capprops={"linewidth": 0.6},
            )  # fmt: skip
            for box in boxes["boxes"]:
                box.set_facecolor(f"C{n}")
            axes.plot([], [], "s", color=f"C{n}", label=subjects[n], markersize=5)
        axes.axhline(0, color="0.5", linewidth=0.6)
        axes.set_xticks(range(len(methods)), methods, rotation=30, ha="right")
        axes.set_ylabel(f"PSNR over {BASE} [dB]", fontsize=NORMAL)
        axes.legend(fontsize=SMALL, frameon=False)
        figure.savefig(path)

    caption = f"What each slice gains over {BASE}: median, quartiles, and range without outliers, by subject."
    return Figure("gain", caption, draw)


def _looks(frame: pd.DataFrame, column: str, title: str, factor: float) -> Figure:
    """Fidelity against looks, a point a method."""
    means = frame.groupby("method", sort=False)[["psnr", column]].mean()

    def draw(path: Path) -> None:
        axes, figure = _axes(5.4, 3.5)
        for n, (name, row) in enumerate(means.iterrows()):
            axes.plot(row["psnr"], factor * row[column], MARKERS[n % len(MARKERS)], color=f"C{n}", label=str(name))
        axes.legend(fontsize=SMALL, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.set_xlabel("PSNR [dB], higher is closer to the truth", fontsize=NORMAL)
        axes.set_ylabel(f"{title}, lower is nearer", fontsize=NORMAL)
        figure.savefig(path)

    return Figure("looks", "Fidelity against looks, mean over all slices: what adversarial training trades.", draw)


def _axes(wide: float, high: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure as Sheet

    figure = Sheet(figsize=(wide, high), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    return axes, figure


def _region(shown: Shown, truth: Picture) -> tuple[Region | None, str]:
    """Return the region that is enlarged: around the lesion, else where the truth has most detail."""
    lesion = shown.stack.lesion
    if lesion is not None:
        at = shown.stack.axis, shown.number
        mark = slice_picture(np.take(lesion, shown.number, at[0]).astype(np.float32), shown.stack.scan, at).values
        if mark.any():
            return _around(mark > 0), "the lesion"
    found = two_regions(truth.values, _inside(shown))
    return (found[0] if found else None), "a region"


def _inside(shown: Shown) -> npt.NDArray[np.bool_]:
    """Return the inside of the skull, as the figure shows the slice: of scalp and air nobody wants to see more."""
    from scipy.ndimage import distance_transform_edt

    at = shown.stack.axis, shown.number
    one, other = shown.stack.in_plane
    head = np.take(shown.stack.head, shown.number, at[0])
    spacing = shown.stack.scan.spacing
    deep = distance_transform_edt(np.pad(head, 1), (spacing[one], spacing[other]))[1:-1, 1:-1] > SCALP
    return slice_picture(deep.astype(np.float32), shown.stack.scan, at).values > 0


def _around(mark: Any) -> Region:
    spans = []
    for axis in (1, 0):
        held = np.flatnonzero(mark.any(axis=axis))
        room = max(LEAST, round(MARGIN * (held[-1] - held[0] + 1)))
        first = max(0, int(held[0]) - room)
        spans.append((first, min(mark.shape[1 - axis], int(held[-1]) + room + 1) - first))
    (row, rows), (column, wide) = spans
    return Region(row, column, rows, wide)


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)
