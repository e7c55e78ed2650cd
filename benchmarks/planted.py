"""Planted failures, and what the trust layers make of them: docs/results/planted.md with pictures.

    OMP_NUM_THREADS=1 python benchmarks/planted.py [--out docs/results] [--seed 7]

A phantom knee of a seed that never teaches, noisy, thick slices of 1.4 mm made by the published filter. Into it are planted:

lesion
    a focal lesion (T2 four times as long, so that S2 rises) one thin slice thick, once in a thin slice that is the middle of
    a thick one ("half visible": the thick slice holds about half of it), once in the thin slice between two of them, and
    once as a pattern in the null space of the thick slices, which leaves no trace in them at all;
motion
    the second echo moved by one pixel against the first in all slices, and one slice of both echoes moved by three.

Numbers are taken inside and outside of what was planted. What the layers do not see is said as plainly as what they see.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference import consistency
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.phantoms.sample import thick_scan
from napari_mrsr.roi.trust_light import Light, light_of
from napari_mrsr.sampling import thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.superres import super_resolve
from napari_mrsr.trust import LARGE_Z, Trust, trust

ROOT = Path(__file__).resolve().parents[1]
METHOD, FACTOR, AXIS = "lean", 2, 2
SHAPE, SPACING, CENTRE = (88, 88, 28), (0.5, 0.5, 0.7), (-20.0, 14.0, 8.0)
#: Radius of the lesion in plane, voxels (4 mm across), and its T2 over that of the tissue.
RADIUS, LONGER = 4, 4.0
REGION = next(number for number, name in LABELS.items() if name == "medial femoral cartilage")

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Case:
    """What was planted, where (fine grid), and the truth and thick slices that hold it."""

    name: str
    text: str
    truth: Array
    thick: Scan
    where: npt.NDArray[np.bool_]


def disc(phantom: KneePhantom, centre: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Return the cartilage in a disc one slice thick."""
    i, j = np.ogrid[: SHAPE[0], : SHAPE[1]]
    found = np.zeros(SHAPE, bool)
    found[:, :, centre[2]] = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 <= RADIUS**2
    return found & (phantom.labels.array[0] == REGION)


def site(phantom: KneePhantom, parity: int) -> tuple[int, int, int]:
    """Return the voxel deepest in the medial femoral cartilage, in a thin slice of that parity away from the ends."""
    from scipy.ndimage import distance_transform_edt

    cartilage = phantom.labels.array[0] == REGION
    depth = np.stack([distance_transform_edt(cartilage[:, :, k]) for k in range(SHAPE[2])], axis=2)
    inside = np.zeros(SHAPE, bool)
    inside[16:-16, 16:-16, 8:-8] = True
    depth[~inside] = 0
    depth[:, :, (1 - parity) :: 2] = 0
    i, j, k = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(i), int(j), int(k)


def lesion(phantom: KneePhantom, where: npt.NDArray[np.bool_]) -> Array:
    """Return the noise-free echoes with T2 longer in the region: S2 / S1 follows exp(-2 (TR - TE) / T2)."""
    a = phantom.scan.acquisition
    echoes = phantom.noiseless.array.copy()
    assert a.repetition_time is not None
    t2 = phantom.t2.array[0][where]
    rise = np.exp(-2 * (a.repetition_time - a.echo_times[0]) * (1 / (LONGER * t2) - 1 / t2))
    echoes[1][where] *= rise
    return echoes


def thick_of(phantom: KneePhantom, echoes: Array, seed: int) -> Scan:
    """Return what a scanner with thick slices would have shown, with its own noise."""
    return thick_scan(replace(phantom, noiseless=replace(phantom.noiseless, array=echoes)), seed=seed)


def cases(phantom: KneePhantom, seed: int) -> list[Case]:
    """Return all that is planted; the first is the same knee with nothing planted."""
    clean = phantom.noiseless.array
    place = site(phantom, 0)
    on = disc(phantom, place)
    found = [Case("nothing", "the same knee, nothing planted", clean, thick_of(phantom, clean, seed), on)]
    for name, parity, text in (
        (
            "lesion in a thick slice",
            0,
            "T2 four times as long, as of fluid, in a disc of 4 mm, one thin slice thick, in the middle of a thick slice",
        ),
        ("lesion between slices", 1, "the same in a thin slice that lies between two thick ones"),
    ):
        where = disc(phantom, site(phantom, parity))
        echoes = lesion(phantom, where)
        found.append(Case(name, text, echoes, thick_of(phantom, echoes, seed), where))
    hidden, where = in_the_null_space(phantom, place)
    found.append(
        Case("lesion in the null space", "a pattern along the slices that thick slices cannot see, as strong as that lesion",
             hidden, thick_of(phantom, hidden, seed), where)
    )  # fmt: skip
    still = thick_of(phantom, clean, seed)
    body = np.zeros(SHAPE, bool)
    body[8:-8, 8:-8, 4:-4] = phantom.labels.array[0][8:-8, 8:-8, 4:-4] > 0
    moved = still.array.copy()
    moved[1] = np.roll(moved[1], 1, axis=0)
    found.append(
        Case(
            "second echo moved",
            "echo 2 moved by one pixel (0.5 mm) against echo 1",
            clean,
            replace(still, array=moved),
            body,
        )
    )
    slipped = still.array.copy()
    k = SHAPE[2] // FACTOR // 2
    slipped[:, :, :, k] = np.roll(slipped[:, :, :, k], 3, axis=1)
    slice_of = np.zeros(SHAPE, bool)
    slice_of[8:-8, 8:-8, FACTOR * k : FACTOR * k + 1] = body[8:-8, 8:-8, FACTOR * k : FACTOR * k + 1]
    found.append(
        Case(
            "one slice moved",
            "one thick slice of both echoes moved by three pixels (1.5 mm)",
            clean,
            replace(still, array=slipped),
            slice_of,
        )
    )
    return found


def in_the_null_space(phantom: KneePhantom, place: tuple[int, int, int]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return echoes with a pattern of which the thick slices hold nothing, and where it is strong."""
    n = SHAPE[2]
    null = np.eye(n) - consistency.gain(n, FACTOR) @ thick_slices.matrix(n, FACTOR)
    where = disc(phantom, place)
    change = lesion(phantom, where)[1] - phantom.noiseless.array[1]
    pattern = change @ null.T
    pattern *= change.max() / max(float(pattern.max()), 1e-9)
    echoes = phantom.noiseless.array.copy()
    echoes[1] += pattern
    return echoes, pattern > 0.5 * pattern.max()


def judge(case: Case, phantom: KneePhantom) -> dict[str, Any]:
    """Super-resolve what was planted and look at all layers of trust."""
    result = super_resolve(case.thick, method=METHOD, factor=FACTOR, axis=AXIS, device="cpu", threads=1)
    found = trust(case.thick, result, factor=FACTOR, axis=AXIS)
    plate = (phantom.labels.array[0] == REGION)[:, :, ::FACTOR]
    return {"result": result, "trust": found, "light": lamp(found, plate)}


def numbers(case: Case, judged: dict[str, Any], where: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return what the layers say in a region of the fine grid."""
    found: Trust = judged["trust"]
    error = np.abs(judged["result"].array[1] - case.truth[1])[where]
    coarse = coarse_of(where)
    told = {
        "error, S2 (root mean square)": rms(error),
        "added, S2 (root mean square)": rms(found.added.array[1][where]),
        "z, S2 (root mean square)": rms(found.z.array[1][coarse]),
        "voxels with z beyond 3 [%]": large(found, coarse),
    }
    if found.interval is not None:
        width = found.interval.array[1][where]
        told["interval half-width, S2 (median)"] = float(np.median(width))
        told["truth in the interval, S2 [%]"] = 100 * float(np.mean(error <= width))
    if found.t2_difference is not None:
        difference = found.t2_difference.array[0][coarse]
        told["T2 re-thickened - acquired [ms] (median)"] = median(difference)
        told["the same [ms] (interquartile range)"] = spread(difference)
    return told


def coarse_of(where: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the acquired voxels that hold a part of a region: their own thin slice or a neighbouring one is in it."""
    spread_out = where.copy()
    spread_out[:, :, 1:] |= where[:, :, :-1]
    spread_out[:, :, :-1] |= where[:, :, 1:]
    return spread_out[:, :, ::FACTOR]


def rms(values: Array) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else float("nan")


def median(values: Array) -> float:
    """Return the median of what is known."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def spread(values: Array) -> float:
    """Return the interquartile range of what is known."""
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.percentile(known, (75, 25)))) if known.size else float("nan")


def large(found: Trust, where: Array) -> float:
    """Return the share of large z, the larger of the two echoes, per cent."""
    return max(100 * float(np.mean(np.abs(z[where]) > LARGE_Z)) for z in found.z.array)


def lamp(found: Trust, where: Array) -> Light:
    """Return the traffic light of a region of the acquired grid."""
    difference = float("nan") if found.t2_difference is None else median(found.t2_difference.array[0][where])
    return light_of(int(where.sum()), large(found, where), difference, apart=found.summary.get("echoes_apart", ""))


# -- page and pictures -------------------------------------------------------------------------------
def picture(case: Case, judged: dict[str, Any], path: Path) -> None:
    """Draw truth, thick slices, result and layers, in the plane across the slices through what was planted."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    i = int(np.median(np.nonzero(case.where)[0]))
    k = int(np.median(np.nonzero(case.where)[2]))
    found: Trust = judged["trust"]
    top = float(np.percentile(case.truth[1], 99.5))
    panels: list[tuple[str, Array, str, tuple[float, float], int]] = [
        ("S2, truth", case.truth[1], "gray", (0, top), 1),
        ("S2, thick slices", case.thick.array[1], "gray", (0, top), FACTOR),
        (f"S2, {METHOD}", judged["result"].array[1], "gray", (0, top), 1),
        ("S2, added", found.added.array[1], "coolwarm", (-top / 4, top / 4), 1),
        ("S2, z", found.z.array[1], "coolwarm", (-6, 6), FACTOR),
    ]
    if found.interval is not None:
        panels.append(("S2, interval ±", found.interval.array[1], "viridis", (0, top / 3), 1))
    if found.t2_difference is not None:
        panels.append(("T2 difference [ms]", found.t2_difference.array[0], "coolwarm", (-10, 10), FACTOR))
    figure, axes = plt.subplots(2, len(panels), figsize=(2.3 * len(panels), 4.6), height_ratios=(1.9, 1.0))
    for column, (title, array, colours, limits, step) in enumerate(panels):
        settings: dict[str, Any] = {"cmap": colours, "vmin": limits[0], "vmax": limits[1], "interpolation": "nearest"}
        axes[0, column].imshow(array[:, :, k // step].T, **settings, aspect=1)
        axes[1, column].imshow(array[i].T, **settings, aspect=step * SPACING[2] / SPACING[1])
        axes[0, column].set_title(title, fontsize=9)
        if case.where.sum() < 2000:
            plane = case.where.any(axis=2).astype(float)
            axes[0, column].contour(plane.T, levels=[0.5], colors="yellow", linewidths=0.8)
    for axis in axes.ravel():
        axis.set_xticks([])
        axis.set_yticks([])
    axes[0, 0].set_ylabel("in plane", fontsize=8)
    axes[1, 0].set_ylabel("across the slices", fontsize=8)
    figure.suptitle(f"{case.name}: {case.text}", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def page(judged: list[tuple[Case, dict[str, Any], str]], tissue: npt.NDArray[np.bool_], seed: int) -> str:
    """Return docs/results/planted.md."""
    still = judged[0][1]
    lines = [
        "# Planted failures",
        "",
        f"Made by `python benchmarks/planted.py --seed {seed}`: a phantom knee with noise, {METHOD} x{FACTOR}, thick slices of "
        f"{FACTOR * SPACING[2]:g} mm. *Inside* is",
        "where something was planted; beside it the same place in the same knee with nothing planted, and the medial femoral",
        "cartilage elsewhere. Signals in units of the image. The light is that of the whole medial femoral cartilage, as a row",
        "of the ROI table has it. Yellow: what was planted.",
    ]
    for case, found, file in judged[1:]:
        lines += ["", f"## {case.name[0].upper() + case.name[1:]}", "", f"{case.text[0].upper() + case.text[1:]}.", ""]
        lines += [
            f"![{case.name}](../_static/{file})",
            "",
            "| | inside | nothing planted | elsewhere |",
            "|---|---|---|---|",
        ]
        elsewhere = tissue & ~case.where
        rows = zip(
            numbers(case, found, case.where).items(),
            numbers(judged[0][0], still, case.where).values(),
            numbers(case, found, elsewhere).values(),
            strict=True,
        )
        lines += [f"| {name} | {a:.3g} | {b:.3g} | {c:.3g} |" for (name, a), b, c in rows]
        apart = found["trust"].summary.get("echoes_apart") or "the echoes lie on each other"
        lines += ["", f"Echoes: {apart}. Light: **{found['light'].word}** ({found['light'].why}); with nothing planted: "
                  f"**{still['light'].word}**."]  # fmt: skip
    lines += ["", *WHAT_IT_MEANS]
    return "\n".join(lines) + "\n"


WHAT_IT_MEANS = """\
## What the layers see, and what they do not

- **Motion between the echoes** is seen by the check made for it: the shift of the edges of one echo against the other,
  slice by slice, from the acquired scan. `z` and the T2 difference compare the result with what was measured, and a
  network copies a false measurement faithfully: they stay small.
- **One slice moved in both echoes** is not seen by that check. `added` is larger there, and the half-width a little; the light stays
  green. Look at the slices.
- **A lesion between slices**: compare the first two columns. The network agrees with what was measured, so `z` and the
  light do not change. `added`, the half-width, and the T2 difference with its spread rise only as far as the trace of the lesion
  stands out from the noise: more in a thick slice, hardly between two. Most of the lesion is not held by its interval.
- **A lesion in the null space** of the thick slices left no trace in them. Nothing computed from the data can see it: all layers are
  as they are with nothing planted, and the light is what it was. The truth is missed, and the interval does not hold it.
- `z` lights up where the network did not believe the thick slices. Here it always did.
- The 90 % of the interval are an average over voxels like those it was calibrated on. A lesion is not like them.
""".splitlines()


def main() -> None:
    """Plant, judge, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--pictures", type=Path, default=ROOT / "docs" / "_static")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    phantom = knee(arguments.seed, shape=SHAPE, spacing=SPACING, centre=CENTRE, diseased=False)
    judged = []
    for case in cases(phantom, arguments.seed):
        found = judge(case, phantom)
        file = f"planted_{case.name.replace(' ', '_')}.png"
        if judged:  # nothing planted, nothing to show
            picture(case, found, arguments.pictures / file)
        judged.append((case, found, file))
        print(case.name, numbers(case, found, case.where), found["light"].why, flush=True)
    tissue = phantom.labels.array[0] == REGION
    (arguments.out / "planted.md").write_text(page(judged, tissue, arguments.seed))


if __name__ == "__main__":
    main()
