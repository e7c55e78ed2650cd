"""Figures 3, 4 and 5 of the paper on one subject: the levels, SSIM over time, and two regions and their differences."""

from __future__ import annotations

from napari_mrsr.studies.detail import two_regions
from napari_mrsr.studies.dynamic.comparing import BASE, name_of
from napari_mrsr.studies.dynamic.pictures import Pictures
from napari_mrsr.studies.sheets import DIFFERENCE, Panel, minus, sheet
from napari_mrsr.studies.writing import Figure


def figures(shown: Pictures) -> tuple[Figure, ...]:
    """Return the figures of a subject; its slices are cut out now, so that its frames need not stay in memory."""
    found = [_levels(shown), _over_frames(shown), *_regions(shown)]
    return tuple(figure for figure in found if figure is not None)


def columns(shown: Pictures) -> list[str]:
    """Return the methods that the figures show: trilinear interpolation and both states of the first network."""
    names = [way.name for way in shown.ways]
    base = BASE if BASE in names else shown.network("interpolation")
    return [name for name in (base, shown.network("main training"), shown.network("fine-tuned")) if name is not None]


def _levels(shown: Pictures) -> Figure:
    """Figure 3: a row for each share of k-space."""
    frame, methods = shown.frames[0], columns(shown)
    rows = []
    for n, level in enumerate(shown.levels):
        titles = ["low resolution", *methods, "truth"] if n == 0 else [""] * (len(methods) + 2)
        pictures = [
            shown.coarse(level, frame), *(shown.seen(level, name, frame) for name in methods), shown.truth(frame),
        ]  # fmt: skip
        rows.append([Panel(picture, title) for picture, title in zip(pictures, titles, strict=True)])
    caption = (
        f"{shown.subject.name}, one slice of one frame: what the centre of k-space shows, found again, and as acquired."
    )
    return sheet("levels", caption, rows, [f"{name_of(level)}" for level in shown.levels], shown.truth(frame))


def _over_frames(shown: Pictures) -> Figure | None:
    """Figure 4: the lowest resolution at some time points, with SSIM maps."""
    methods = columns(shown)
    both = [methods[0], methods[-1]] if len(methods) > 1 else methods
    level = min(shown.levels)
    rows = []
    for n, frame in enumerate(shown.frames):
        panels = []
        for name in both:
            score = shown.found[level, name, frame].score.ssim
            title = f"{name}\n{score:.3f}" if n == 0 else f"{score:.3f}"
            panels.append(Panel(shown.seen(level, name, frame), title))
            panels.append(Panel(shown.map(level, name, frame), "SSIM" if n == 0 else "", "ssim"))
        panels.append(Panel(shown.truth(frame), "truth" if n == 0 else ""))
        rows.append(panels)
    caption = (
        f"{shown.subject.name}, {name_of(level)} of k-space at {len(rows)} time points, with maps of SSIM from 0 "
        "(dark) to 1 (yellow); the numbers are those of the volumes."
    )
    names = [f"frame {frame + 1}" for frame in shown.frames]
    return sheet("ssim_over_time", caption, rows, names, shown.truth(shown.frames[0]))


def _regions(shown: Pictures) -> list[Figure]:
    """Figure 5: two regions of the lowest resolution, with their differences from the truth."""
    frame, level, methods = shown.frames[0], min(shown.levels), columns(shown)
    truth = shown.truth(frame)
    boxes = two_regions(truth.values)
    if not boxes:
        return []
    marked = tuple(zip(boxes, ("gold", "tab:red"), strict=False))
    rows = [[Panel(truth, "truth", regions=marked), *(Panel(shown.seen(level, m, frame), m) for m in methods)]]
    names = ["slice"]
    for n, box in enumerate(boxes):
        whole = box.cut(truth)
        parts = [box.cut(shown.seen(level, name, frame)) for name in methods]
        rows.append([Panel(whole), *(Panel(part) for part in parts)])
        rows.append([Panel(whole, kind="empty"), *(Panel(minus(part, whole), kind="difference") for part in parts)])
        names += [f"region {n + 1}", "difference"]
    caption = (
        f"{shown.subject.name}, {name_of(level)} of k-space: two regions (gold and red) and their differences from the "
        f"truth, up to {100 * DIFFERENCE:.0f} % of the window."
    )
    return [sheet("regions", caption, rows, names, truth)]
