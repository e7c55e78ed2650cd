"""Planted failures, and what the trust layers make of them: docs/results/planted.md with pictures.

    OMP_NUM_THREADS=1 python benchmarks/planted.py [--out docs/results] [--seed 7]

A phantom knee of a seed that never teaches, noisy, thick slices of 1.4 mm made by the published filter. Into it are planted:

focus
    a cyst of fluid in quiet marrow, one thin slice thick, on an acquired slice and half-way between two; then the same at
    places drawn at random, because one place may be lucky;
lesion
    cartilage whose T2 is four times as long, in one thin slice, among edges: in a thick slice, between two, and as a pattern in
    the null space of the thick slices, which leaves no trace in them at all;
motion
    the second echo moved against the first, in all slices and in one, and one slice of both echoes moved.

Numbers are taken where something was planted, and there with nothing planted. Last, how large the half-width locally is in
healthy knees: whether the traffic light could know. What the layers do not see is said as plainly as what they see.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import planted_cases as planting
from planted_cases import FACTOR, SPACING, Array, Case
from planted_layers import (
    ADDED,
    ERROR,
    HEALTHY,
    HELD,
    METHOD,
    WIDEST,
    WIDTH,
    Judged,
    Z,
    against,
    healthy_rises,
    judge,
    lamp,
    local_rise,
    numbers,
)

from napari_mrsr.phantoms.phantom import KneePhantom

ROOT = Path(__file__).resolve().parents[1]
#: Places at which the focus is planted again.
PLACES = 10
#: Regions of a knee by kind, for the table of local rises.
KINDS = {
    "cartilage": ("cartilage",),
    "menisci": ("meniscus",),
    "joint fluid, synovium": ("fluid", "synovium"),
    "ligaments, tendons": ("ligament", "tendon"),
    "marrow": ("femur", "tibia", "patella", "fibula"),
}


# -- pictures ----------------------------------------------------------------------------------------
def picture(case: Case, judged: Judged, path: Path) -> None:
    """Draw truth, thick slices, result and layers, in the plane across the slices through what was planted."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    i = int(np.median(np.nonzero(case.where)[0]))
    k = int(np.median(np.nonzero(case.where)[2]))
    found = judged.trust
    top = float(np.percentile(case.truth[1], 99.5))
    panels: list[tuple[str, Array, str, tuple[float, float], int]] = [
        ("S2, truth", case.truth[1], "gray", (0, top), 1),
        ("S2, thick slices", case.thick.array[1], "gray", (0, top), FACTOR),
        (f"S2, {METHOD}", judged.result.array[1], "gray", (0, top), 1),
        ("S2, added", found.added.array[1], "coolwarm", (-top / 4, top / 4), 1),
        ("S2, z", found.z.array[1], "coolwarm", (-6, 6), FACTOR),
    ]
    if found.interval is not None:
        panels.append(("S2, interval ±", found.interval.array[1], "viridis", (0, top / 3), 1))
    if found.t2_difference is not None:
        panels.append(("T2 difference [ms]", found.t2_difference.array[0], "coolwarm", (-10, 10), FACTOR))
    figure, axes = plt.subplots(2, len(panels), figsize=(2.3 * len(panels), 4.6), height_ratios=(1.9, 1.0))
    small = case.where.any(axis=2).sum() < 200
    for column, (title, array, colours, limits, step) in enumerate(panels):
        settings: dict[str, Any] = {"cmap": colours, "vmin": limits[0], "vmax": limits[1], "interpolation": "nearest"}
        axes[0, column].imshow(array[:, :, k // step].T, **settings, aspect=1)
        axes[1, column].imshow(array[i].T, **settings, aspect=step * SPACING[2] / SPACING[1])
        axes[0, column].set_title(title, fontsize=9)
        if small:
            axes[0, column].contour(case.where.any(axis=2).T, levels=[0.5], colors="yellow", linewidths=0.8)
    for axis in axes.ravel():
        axis.set_xticks([])
        axis.set_yticks([])
    axes[0, 0].set_ylabel("in plane", fontsize=8)
    axes[1, 0].set_ylabel("across the slices", fontsize=8)
    figure.suptitle(f"{case.name}: {case.text}", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


# -- the page ------------------------------------------------------------------------------------------
def section(case: Case, judged: Judged, still: Judged, clean: Array, file: str) -> Iterator[str]:
    """Yield what the page says of one case."""
    yield from (
        "",
        f"### {capital(case.name)}",
        "",
        f"{capital(case.text)}.",
        "",
        f"![{case.name}](../_static/{file})",
        "",
    )
    yield from (f"| | inside | nothing planted | inside / nothing | {case.beside} |", "|---|---|---|---|---|")
    for name, inside, nothing, other in against(case, judged, still, clean):
        times = inside / nothing if name in (ERROR, ADDED, Z, WIDTH, WIDEST) and nothing > 0 else float("nan")
        yield f"| {name} | {figure(inside)} | {figure(nothing)} | {figure(times)} | {figure(other)} |"
    apart = judged.trust.apart or "echoes and slices lie on each other"
    light, before = (lamp(one.trust, case.region) for one in (judged, still))
    yield from ("", f"Motion: {apart}. Light: **{light.word}** ({light.why}); with nothing planted: **{before.word}**.")


def capital(text: str) -> str:
    """Return a text with a capital."""
    return text[0].upper() + text[1:]


def figure(value: float) -> str:
    """Return three digits, a dash for what there is not."""
    return f"{value:.3g}" if np.isfinite(value) else "–"


def repeated(phantom: KneePhantom, still: Judged, seed: int) -> Iterator[str]:
    """Yield the table of the focus at places drawn at random."""
    clean = phantom.noiseless.array
    yield from ("", f"### The same at {PLACES} places", "", REPEATED, "")
    yield from ("| inside / nothing planted | on an acquired slice | between two |", "|---|---|---|")
    columns: list[dict[str, list[float]]] = [{}, {}]
    for place in planting.places(phantom, PLACES, seed):
        for column, where in zip(columns, (place, planting.after(place)), strict=True):
            case = planting.focus_case(phantom, where, seed)
            inside, nothing = (numbers(*one, case.where) for one in ((case.truth, judge(case.thick)), (clean, still)))
            for name in (ADDED, WIDTH, Z):
                if name in inside:
                    column.setdefault(name, []).append(inside[name] / nothing[name])
            if HELD in inside:
                column.setdefault(HELD, []).append(inside[HELD])
    for name in columns[0]:
        yield f"| {name} | {' | '.join(middle_and_range(column[name]) for column in columns)} |"


REPEATED = (
    "The same cyst at places of marrow drawn at random, at least 4 mm from anything else: median (lowest to highest). Of the truth in\n"
    "the interval the share itself, not a ratio."
)


def middle_and_range(values: Sequence[float]) -> str:
    """Return the median and what it lies between."""
    return f"{figure(float(np.median(values)))} ({figure(min(values))} to {figure(max(values))})"


def of_the_light(judged: Sequence[tuple[Case, Judged]], healthy: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """Yield why the light does not follow the half-width."""
    planted = {case.name: local_rise(found, case.region) for case, found in judged}
    limits = [planted["focus on an acquired slice"], planted["focus between acquired slices"]]
    yield from ("", "## Why the light does not follow the interval", "", LIGHT.format(n=len(HEALTHY)), "")
    yield from ("| planted, with noise | local rise |", "|---|---|")
    yield from (f"| {name} | {rise:.2f} |" for name, rise in planted.items())
    above = " | ".join(f"above {limit:.2f} [%]" for limit in limits)
    yield from (
        "",
        f"| healthy, nothing planted | regions | median (lowest to highest) | {above} |",
        "|---|---|---|---|---|",
    )
    for noise, regions in healthy.items():
        for kind, words in KINDS.items():
            values = [v for name, found in regions.items() if any(word in name for word in words) for v in found]
            shares = " | ".join(f"{100 * np.mean(np.array(values) > limit):.0f}" for limit in limits)
            yield f"| {kind}, {noise} | {len(values)} | {middle_and_range(values)} | {shares} |"
    yield from ("", WHY_NOT)


LIGHT = """\
Could a half-width that is locally wide make a light *check*? Measured as its 95th percentile in the region over the median of the
object, the larger of the echoes: in the regions above, and in those of {n} healthy phantom knees, with noise and without, and of the
sample knee. The last two columns tell how many healthy regions a limit would call *check* that just tells the cyst on a slice, and
the one between two."""
WHY_NOT = """\
So it does not. A limit low enough for the cyst between slices calls most healthy cartilage *check*, because its edges are as wide, and a
light that is always *check* says nothing. One that tells the cyst on a slice would do in scans as noisy as these; without noise most
healthy cartilage crosses it, and it tells what the acquired slice shows already. The light keeps to agreement with the measurement; the
half-width is told beside it without a limit, and its layer shows the place."""


def page(
    judged: Sequence[tuple[Case, Judged]],
    still: Judged,
    phantom: KneePhantom,
    seed: int,
    healthy: dict[str, list[float]],
) -> str:
    """Return docs/results/planted.md."""
    lines = [*OPENING.format(seed=seed, method=METHOD, factor=FACTOR, thick=FACTOR * SPACING[2]).splitlines()]
    for title, text, names in PARTS:
        lines += ["", f"## {title}", "", *text.splitlines()]
        for case, found in judged:
            if case.name.startswith(names):
                lines += section(case, found, still, phantom.noiseless.array, file_of(case))
        if names == ("focus",):
            lines += repeated(phantom, still, seed)
    lines += of_the_light(judged, healthy)
    return "\n".join([*lines, "", *WHAT_IT_MEANS.splitlines()]) + "\n"


OPENING = """\
# Planted failures

Made by `python benchmarks/planted.py --seed {seed}`: a phantom knee with noise, {method} x{factor}, thick slices of {thick:g} mm. *Inside* is
where something was planted; beside it the same place in the same knee with nothing planted, and how many times as much that is.
Signals in units of the image. The light is that of a region as a reader may have outlined it: 10 mm of marrow around a cyst, the
whole medial femoral cartilage else. Yellow: what was planted. A dash: not known, as T2 in suppressed fat and in fluid."""

PARTS = (
    (
        "Where the layers light up: a cyst in quiet marrow",
        "Marrow is dark and smooth after fat suppression: nothing else bends there, and nothing else is added.",
        ("focus",),
    ),
    (
        "Where they hardly do: a lesion in cartilage",
        """\
Cartilage is thin and full of edges: the layers are high there with nothing planted, and a lesion adds little to that.
Four set-ups were tried, and all are told: T2 twice as long in a block where its T2 left the range that the map holds; twice as long at the
edge of a block, where `added` doubled; twice as long well inside, where nothing rose; and four times as long, below. **What to do:** look at
the acquired slices. What shows in one of them was measured; what shows between them alone was not.""",
        ("lesion",),
    ),
    (
        "Motion",
        "Thick slices of the knee with nothing planted, of which a part was moved in plane.",
        ("second", "one slice"),
    ),
)

WHAT_IT_MEANS = """\
## What the layers see, and what they do not

- **A thin focus in quiet tissue** lights up `added`: about a hundredfold on an acquired slice, some tenfold half-way between two.
  The half-width grows three- to fourfold on the slice, but by a quarter to a third between two, where the network draws a hump over
  two slices that bends little. Neither holds the truth: that the focus is there is right, how thick and how bright it is is not. `z` rises and
  stays far below 3, because the network agrees with what was measured. What to do: a compact patch in `added` where tissue is
  otherwise quiet is something thinner than a slice; look at the acquired slices on both sides of it.
- **The same in cartilage** is hidden among the edges: no layer, and not the light, would lead anyone to it.
- **A lesion in the null space** of the thick slices left no trace in them. Nothing computed from the data can see it: all layers are
  as they are with nothing planted, and the light is what it was. The truth is missed, and the interval does not hold it.
- **Motion between the echoes**, of all slices or of one, is seen by the check made for it: the shift of the edges of one echo against
  the other, slice by slice, from the acquired scan. Where it is told in fewer slices than moved, it lies below three quarters of a pixel in
  the others. `z` and the T2 difference compare the result with what was measured, and a network copies a false measurement
  faithfully: they stay small.
- **One slice moved in both echoes** is not seen by that check, but by the one that compares the edges of a slice with those of the
  slices before and after it. The layers say less: `added` is larger in the slice and T2 scatters more, because edges there are where
  no neighbour has them. What to do: look at a reformat across the slices, where it is a step.
- `z` lights up where the network did not believe the thick slices. Here it always did.
- The 90 % of the interval are an average over voxels like those it was calibrated on. A lesion is not like them.
"""


def file_of(case: Case) -> str:
    """Return the name of a picture."""
    return f"planted_{case.name.replace(' ', '_')}.png"


def main() -> None:
    """Plant, judge, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--pictures", type=Path, default=ROOT / "docs" / "_static")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    phantom = planting.phantom_of(arguments.seed)
    still = judge(planting.thick_of(phantom, phantom.noiseless.array, arguments.seed))
    judged = []
    for case in planting.cases(phantom, arguments.seed):
        found = judge(case.thick)
        picture(case, found, arguments.pictures / file_of(case))
        judged.append((case, found))
        print(case.name, numbers(case.truth, found, case.where), lamp(found.trust, case.region).why, flush=True)
    text = page(judged, still, phantom, arguments.seed, healthy_rises())
    (arguments.out / "planted.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
