"""Painting by the picture, on phantom knees with known truth: six painted slices, and slice after slice.

    python benchmarks/painting.py [--seeds 21 22 23] [--out docs/results]

Each knee is simulated at 416 x 416 x 160 voxels of 0.385 x 0.385 x 0.7 mm with noise. Six slices are painted, evenly
spaced from the first to the last that holds medial femoral cartilage: as the truth has them, or by a hand that errs by
up to a pixel (a smooth random displacement, SD 0.7 pixel, clipped at 1). Dice is over all voxels of all slices against
the truth. The seeds are not those on which the constants of the method were chosen (1 to 4).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from napari_mrsr.mapping import fluid_suppressed
from napari_mrsr.phantoms import knee
from napari_mrsr.phantoms.settings import LABEL_OF
from napari_mrsr.roi import brush, interpolate, propagate
from napari_mrsr.roi.outline import signed_distance

REGION = "medial femoral cartilage"
PAINTED = 6
STEPS = 4
#: Diameter of the brush, pixels; the cartilage is five to seven wide.
BRUSH = 9
STROKES = (
    "one stroke of the smart brush, on echo 1",
    "one stroke of the smart brush, on the fluid-suppressed view",
    "the same stroke of napari's brush",
)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Return twice the overlap over the sum of the sizes."""
    return float(2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))


def by_hand(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a slice as a person paints it: its border is moved smoothly by up to a pixel."""
    moves = [ndimage.gaussian_filter(rng.normal(size=mask.shape), 6.0) for _ in range(2)]
    moved = np.indices(mask.shape) + np.clip([0.7 * m / m.std() for m in moves], -1, 1)
    painted = ndimage.map_coordinates(signed_distance(mask, (1.0, 1.0)), moved, order=1, mode="nearest") > 0
    return painted if painted.any() else mask


def measure(seed: int) -> dict[str, float]:
    """Return the figures of one knee."""
    phantom = knee(seed)
    truth = np.moveaxis(phantom.labels.array[0] == LABEL_OF[REGION], 2, 0)
    guide = np.moveaxis(np.stack([phantom.scan.array[0], fluid_suppressed(phantom.scan).array[0]]), 3, 1)
    i, j, k = phantom.scan.spacing
    spacing = (k, i, j)
    held = np.flatnonzero(truth.any(axis=(1, 2)))
    keys = [int(z) for z in np.round(np.linspace(held[0], held[-1], PAINTED))]
    rng = np.random.default_rng(seed)
    hand = np.zeros_like(truth)
    for z in keys:
        hand[z] = by_hand(truth[z], rng)
    found: dict[str, float] = {"slices": len(held), "by hand, the six slices": dice(hand[keys], truth[keys])}
    began = time.perf_counter()
    found["both echoes"] = dice(interpolate(truth, keys, spacing, guide=guide), truth)
    found["seconds"] = time.perf_counter() - began
    found["both echoes, by hand"] = dice(interpolate(hand, keys, spacing, guide=guide), truth)
    found["one echo"] = dice(interpolate(truth, keys, spacing, guide=guide[:1]), truth)
    found["one echo, by hand"] = dice(interpolate(hand, keys, spacing, guide=guide[:1]), truth)
    found["shape alone"] = dice(interpolate(truth, keys, spacing), truth)
    return {**found, **follow(truth, guide, held, (i, j)), **stroke(truth, guide, held)}


def stroke(truth: np.ndarray, guide: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """Return Dice of one stroke along the middle line of the cartilage, in every fifth slice, and of the disc alone."""
    found: dict[str, list[float]] = {name: [] for name in STROKES}
    for z in held[5:-5:5]:
        line = np.argwhere(skeletonize(truth[z]))
        off = line - np.argwhere(truth[z]).mean(axis=0) - (0, 40)  # seen from within the condyle
        line = line[np.argsort(np.arctan2(off[:, 0], off[:, 1]))][::2]
        begin = len(line) // 3
        for name, channel in zip(STROKES, (0, 1, None), strict=True):
            painted = np.zeros_like(truth[z])
            for part in (line[begin:], line[: begin + 1][::-1]):
                learned = None
                for row, column in part:
                    disc = brush.disc(painted.shape, (int(row), int(column)), BRUSH, (1.0, 1.0))
                    if channel is None:
                        painted[disc.box] |= disc.inside
                        continue
                    learned = brush.learn_range(guide[channel, z], disc, learned)
                    painted[disc.box] |= brush.by_range(guide[channel, z], disc, learned)
            found[name].append(dice(painted, truth[z]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def follow(truth: np.ndarray, guide: np.ndarray, held: np.ndarray, pixel: tuple[float, float]) -> dict[str, float]:
    """Return Dice after one and after several propagated slices, from three true ones both ways, and the time."""
    near, far, times = [], [], []
    for start in held[[len(held) // 4, len(held) // 2, 3 * len(held) // 4]]:
        for step in (-1, 1):
            mask = truth[start]
            for n in range(STEPS):
                z = int(start) + step * n
                began = time.perf_counter()
                mask = propagate(mask, guide[:, [z, z + step]], pixel)
                times.append(time.perf_counter() - began)
                if n in (0, STEPS - 1):
                    (near if n == 0 else far).append(dice(mask, truth[z + step]))
    return {
        "propagated once": float(np.mean(near)),
        f"propagated {STEPS} times": float(np.mean(far)),
        f"propagated {STEPS} times, worst": float(np.min(far)),
        "seconds a slice": float(np.median(times)),
        "seconds a slice, longest": float(np.max(times)),
    }


def page(report: dict) -> str:
    """Return the report as a page."""
    rows = list(report["knees"].values())
    seeds = list(report["knees"])
    lines = [
        "# Painting: from six slices to all",
        "",
        f"What `{report['command']}` printed: phantom knees of 416 x 416 x 160 voxels (0.385 x 0.385 x 0.7 mm) with noise,",
        f"{REGION}, {PAINTED} painted slices evenly spaced from its first to its last. Dice against the truth over all",
        f"slices; aim: at least 0.90. On {report['cores']} cores of a shared {report['machine']} machine (load {report['load']:.1f}).",
        "",
        "| | " + " | ".join(f"knee {s}" for s in seeds) + " |",
        "|---|" + "---|" * len(seeds),
    ]
    for name in rows[0]:
        values = [row[name] for row in rows]
        form = "{:.0f}" if name == "slices" else ("{:.2f}" if "seconds" in name else "{:.3f}")
        lines.append(f"| {TITLES.get(name, name)} | " + " | ".join(form.format(v) for v in values) + " |")
    return "\n".join([*lines, ""])


TITLES = {
    "slices": "slices with cartilage",
    "by hand, the six slices": "the six slices by hand, as painted",
    "both echoes": "**filled in: both echoes guide**",
    "both echoes, by hand": "**the same from slices by hand**",
    "one echo": "filled in: echo 1 guides",
    "one echo, by hand": "the same from slices by hand",
    "shape alone": "filled in by shape alone, no guide",
    "seconds": "time of filling in, both echoes, s",
    "propagated once": "propagated to the next slice",
    f"propagated {STEPS} times": f"propagated {STEPS} slices on, uncorrected, mean of six",
    f"propagated {STEPS} times, worst": f"propagated {STEPS} slices on, worst of six",
    "seconds a slice": "time to propagate one slice, median, s (aim: at most 0.3)",
    "seconds a slice, longest": "the same, longest, s",
}


def main() -> None:
    """Measure, print and, where asked, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    propagate(np.eye(40, dtype=bool), np.random.default_rng(0).random((1, 2, 40, 40)), (1.0, 1.0))  # libraries load
    report = {
        "command": "python benchmarks/painting.py --seeds " + " ".join(map(str, options.seeds)),
        "region": REGION,
        "painted": PAINTED,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "knees": {str(seed): measure(seed) for seed in options.seeds},
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan"),
    }
    text = page(report)
    print(text)
    if options.out is not None:
        (options.out / "painting.md").write_text(text)
        (options.out / "painting.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
