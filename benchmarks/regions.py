"""Cartilage regions against knees whose layers, sides and thickness are known; prints the page docs/results/regions.md.

    python benchmarks/regions.py [--knees 6] > docs/results/regions.md

Each knee is simulated at 0.385 x 0.385 x 0.7 mm without noise (half of them diseased). Its tissue labels are divided by
both definitions, without the label of the bone, as a person paints. Agreement is that of the voxels' layer (deep or
superficial at half depth) and compartment with the simulation's. Time is for one condyle on a grid of 416 x 416 x 160.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from napari_mrsr.phantoms import LABELS, KneePhantom, knee
from napari_mrsr.phantoms.anatomy import Anatomy
from napari_mrsr.phantoms.knee import FROM_MIDLINE
from napari_mrsr.phantoms.settings import load
from napari_mrsr.roi.cartilage import Definition, divide, regional_statistics, unroll
from napari_mrsr.scan import Scan

DEFINITIONS: tuple[Definition, ...] = ("thickness", "dosma")
TITLES = {"thickness": "true depth", "dosma": "DOSMA"}
FEMORAL = (2, 3)
#: Thickness is compared this far from the edge of the cartilage, mm: nearer, it tapers to nothing.
FROM_EDGE = 4.0


def femoral(phantom: KneePhantom, *, merged: bool) -> tuple[Scan, dict[int, str]]:
    """Return the femoral cartilage alone, with its two compartments or as one plate."""
    array = phantom.labels.array * np.isin(phantom.labels.array, FEMORAL)
    if not merged:
        return phantom.labels.after("femoral cartilage", array), {n: LABELS[n] for n in FEMORAL}
    return phantom.labels.after("one plate", (array > 0).astype(np.uint8)), {1: "femoral cartilage"}


def layers(phantom: KneePhantom, definition: Definition) -> dict[str, float]:
    """Return agreement of the layers, their Dice coefficients, and how far their T2 lies from that of the truth, ms."""
    labels, names = femoral(phantom, merged=False)
    found = divide(labels, names, side=phantom.subject.side, definition=definition)
    number, truth, t2 = found.labels.array[0], phantom.layers.array[0], phantom.t2.array[0]
    inside = (number > 0) & (truth > 0)
    code = (number[inside].astype(int) - 1) % 6
    said, real = {"deep": (code == 0) | (code == 5), "superficial": code >= 1}, {"deep": truth[inside] == 1}
    real["superficial"] = ~real["deep"]
    result = {"agreement": 100 * float((said["superficial"] == real["superficial"]).mean())}
    for layer in ("deep", "superficial"):
        both = (said[layer] & real[layer]).sum()
        result[f"Dice {layer}"] = float(2 * both / (said[layer].sum() + real[layer].sum()))
        result[f"T2 {layer}"] = float(t2[inside][said[layer]].mean() - t2[inside][real[layer]].mean())
    return result


def compartments(phantom: KneePhantom, definition: Definition) -> float:
    """Return how many voxels of an unlabelled plate get the right compartment, percent."""
    labels, names = femoral(phantom, merged=True)
    number = divide(labels, names, side=phantom.subject.side, definition=definition).labels.array[0]
    inside = number > 0
    return 100 * float(((number[inside] - 1) // 24 + 1 == phantom.labels.array[0][inside]).mean())


def thickness(phantom: KneePhantom) -> tuple[float, float]:
    """Return mean error of the thickness and its mean absolute error, mm, away from the edge."""
    labels, names = femoral(phantom, merged=False)
    found = divide(labels, names, side=phantom.subject.side).thickness
    assert found is not None
    affine, sign = labels.affine, 1.0 if phantom.subject.side == "right" else -1.0
    x, y, z = (
        affine[r, 3] + affine[r, a] * np.arange(n)
        for r, a, n in zip((0, 1, 2), (2, 0, 1), np.roll(labels.shape, 1), strict=True)
    )
    fields = Anatomy(phantom.subject, load()).fields((y, z, sign * x - FROM_MIDLINE))
    truth = fields["femoral thickness"]
    where = np.isfinite(found.array[0]) & (fields["femoral cover"] > FROM_EDGE) & (truth > 0)
    error = found.array[0][where] - truth[where]
    return float(error.mean()), float(np.abs(error).mean())


def best(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """Return the shortest time of several calls and its CPU time, s."""
    found = []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - start, time.process_time() - cpu))
    return min(found)


def times() -> dict[str, tuple[float, float]]:
    """Return how long the steps take for one condyle on a clinical grid, s."""
    part = knee(
        1, shape=(230, 200, 60), spacing=(0.385, 0.385, 0.7), centre=(-25.0, 2.0, 20.0), noise=False, side="right"
    )
    array = np.zeros((416, 416, 160), np.uint8)
    array[90:320, 90:290, 40:100] = np.isin(part.labels.array[0], FEMORAL)
    labels = Scan(array, part.labels.affine, axis="label", quantity="label", unit="")
    t2 = Scan(np.where(array > 0, np.float32(40), np.float32(np.nan)), labels.affine, quantity="T2", unit="ms")
    names = {1: "medial femoral cartilage"}
    found = divide(labels, names)
    return {
        f"regions and thickness, true depth ({int((array > 0).sum())} voxels)": best(lambda: divide(labels, names)),
        "regions, DOSMA": best(lambda: divide(labels, names, definition="dosma")),
        "table of T2": best(lambda: regional_statistics(t2, found)),
        "unrolled map": best(lambda: unroll(t2, found)),
    }


def main() -> None:
    """Measure and print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--knees", type=int, default=6)
    parser.add_argument("--shape", type=int, nargs=3, default=(250, 230, 124))
    given = parser.parse_args()
    rows: dict[Definition, list[dict[str, float]]] = {d: [] for d in DEFINITIONS}
    sides: dict[Definition, list[float]] = {d: [] for d in DEFINITIONS}
    errors = []
    for seed in range(100, 100 + given.knees):
        phantom = knee(
            seed,
            shape=tuple(given.shape),
            spacing=(0.385, 0.385, 0.7),
            centre=(0.0, 4.0, 20.0),
            noise=False,
            diseased=seed % 2 == 1,
        )
        for definition in DEFINITIONS:
            rows[definition].append(layers(phantom, definition))
            sides[definition].append(compartments(phantom, definition))
        errors.append(thickness(phantom))
    print(
        f"# Cartilage regions\n\n`python benchmarks/regions.py --knees {given.knees}`: simulated knees at 0.385 x 0.385 x 0.7 mm,"
    )
    print(
        "half of them diseased, whose layers, compartments and thickness are known. Mean over the knees, worst in brackets.\n"
    )
    print("| femoral cartilage | " + " | ".join(TITLES[d] for d in DEFINITIONS) + " |\n|---|---|---|")
    texts = {
        "agreement": ("voxels in the right layer [%]", ".1f", min),
        "Dice deep": ("Dice, deep", ".3f", min),
        "Dice superficial": ("Dice, superficial", ".3f", min),
        "T2 deep": ("T2 of the deep layer minus truth [ms]", "+.2f", lambda v: max(v, key=abs)),
        "T2 superficial": ("T2 of the superficial layer minus truth [ms]", "+.2f", lambda v: max(v, key=abs)),
    }
    for key, (text, digits, worst) in texts.items():
        cells = []
        for definition in DEFINITIONS:
            values = [row[key] for row in rows[definition]]
            cells.append(f"{np.mean(values):{digits}} ({worst(values):{digits}})")
        print(f"| {text} | {' | '.join(cells)} |")
    cells = [f"{np.mean(sides[d]):.1f} ({min(sides[d]):.1f})" for d in DEFINITIONS]
    print(f"| voxels of an unlabelled plate in the right compartment [%] | {' | '.join(cells)} |")
    bias, size = np.array(errors).T
    print(
        f"\nThickness, {FROM_EDGE:g} mm and more from the edge: error {bias.mean():+.2f} mm (worst {max(bias, key=abs):+.2f}),"
    )
    print(f"mean absolute error {size.mean():.2f} mm (worst {size.max():.2f}).\n")
    load = f", load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    print(
        f"One condyle on 416 x 416 x 160, {os.cpu_count()} cores{load}:\n\n| step | time [s] | CPU time [s] |\n|---|---|---|"
    )
    for step, (seconds, cpu) in times().items():
        print(f"| {step} | {seconds:.2f} | {cpu:.2f} |")


if __name__ == "__main__":
    main()
