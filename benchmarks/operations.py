"""Time what runs on every volume besides the network, and count what the networks do: docs/results/operations.md.

    python benchmarks/operations.py [--out docs/results/operations.md] [--networks]

``--networks`` writes the count of the networks' operations alone anew and leaves what was timed.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from short_runs import kept

from napari_mrsr.inference import cost
from napari_mrsr.networks import registry

HERE = Path(__file__).resolve().parent
PARTS = {
    "t2_map.py": "T2 map of two echoes, by estimator (aim: at most 1 s)",
    "ssim.py": "SSIM map (aim: 1.5 times as fast as scikit-image in a third of its memory)",
}
NETWORKS = "## Operations of the networks"
FACTOR = 2
#: Networks beside the shipped ones, to see what another size would take.
OTHERS: dict[str, dict[str, Any]] = {
    "lean, separable kernels": {"separable": True},
    "lean, 16 features": {"features": 16},
    "lean, 48 features": {"features": 48},
    "lean, 48 features, separable kernels": {"features": 48, "separable": True},
}
#: The same networks among the short runs of benchmarks/ablate.py; the first is the one that the others are held to.
SHORT_RUNS = {
    "lean, as shipped": "reference: 32 features, 6 blocks, L1, all augmentation",
    "lean, separable kernels": "separable kernels",
    "lean, 16 features": "16 features",
    "lean, 48 features": "48 features",
    "lean, 48 features, separable kernels": "separable, 48 features",
}


def timings() -> list[str]:
    """Run the benchmarks one after the other and keep what they print."""
    lines = [
        "# Speed of maps and metrics, operations of the networks",
        "",
        "What `python benchmarks/operations.py` printed for 416 x 416 x 160 voxels, on 2 cores of a shared machine",
        f"({platform.machine()}). Trust the ratios more than the seconds.",
    ]
    for script, title in PARTS.items():
        done = subprocess.run([sys.executable, HERE / script], capture_output=True, text=True, check=True)
        lines += ["", f"## {title}", "", f"`python benchmarks/{script}`", "", "```text", done.stdout.strip(), "```"]
    return lines


def operations(network: Any, echoes: int) -> float:
    """Return the operations for each thin voxel of the grid, all echoes together; a single-contrast network runs on each."""
    own = getattr(network, "echoes", None)
    runs = echoes if own == 1 else 1
    return runs * cost.of(network, FACTOR, own or echoes).operations / FACTOR


def short_runs(ablations: Path) -> dict[str, str]:
    """Return what each network had gained after the short runs, dB, mean over their cases, and against the first."""
    found = {r["name"]: float(np.mean(list(r["equal steps"]["gains"].values()))) for r in kept(ablations)}
    gains = {network: found[name] for network, name in SHORT_RUNS.items() if name in found}
    base = next(iter(gains.values()), 0.0)
    return {network: f"{gain:+.2f} ({gain - base:+.2f})" for network, gain in gains.items()}


def networks(results: Path, ablations: Path) -> list[str]:
    """Return the table of operations and qualities."""
    early = short_runs(ablations)
    quality = json.loads(results.read_text())["quality"]
    rows = ("knee slices S1", "knee slices S2", "phantom noise-free S1", "phantom noise-free S2")
    mrsr, lean = registry.load("mrsr"), registry.load("lean")
    single = registry.build("mrsr", {**mrsr.settings, "echoes": 1})  # type: ignore[dict-item]
    made = {"mrsr, as published": (single, mrsr), "lean, as shipped": (lean, lean)}
    made |= {name: (n, n) for name, s in OTHERS.items() for n in [registry.build("lean", {"factors": (FACTOR,), **s})]}
    of_mrsr = [operations(network, echoes) for echoes, network in enumerate(made["mrsr, as published"], start=1)]
    lines = [
        NETWORKS,
        "",
        "Millions of operations (a multiplication and its addition are two) for each thin voxel, slices made twice as many, counted by",
        "`napari_mrsr.inference.cost`; and the gain over tricubic [dB] of the shipped weights, from the [knee](knee.md) results.",
        "`mrsr` takes both echoes at once; `lean` runs on each, so that two echoes cost it twice as much. The last column: networks",
        "trained alike from nothing for 300 steps ([ablations](ablations.md)), mean over its five cases, and against `lean`.",
        "",
        "| network | one echo | mrsr takes | two echoes | mrsr takes | "
        + " | ".join(rows)
        + " | untrained, 300 steps (to lean) |",
        "|---" * (6 + len(rows)) + "|",
    ]
    for name, pair in made.items():
        counts = [operations(network, echoes) for echoes, network in enumerate(pair, start=1)]
        cells = []
        for count, reference in zip(counts, of_mrsr, strict=True):
            cells += [f"{count / 1e6:.3f}", f"{reference / count:.1f} times"]
        method = name.split(",")[0] if name in ("mrsr, as published", "lean, as shipped") else ""
        gains = [
            f"{quality[row][method]['psnr'] - quality[row]['tricubic']['psnr']:+.2f}"
            if method in quality.get(row, {})
            else ""
            for row in rows
        ]
        lines.append(f"| {name} | " + " | ".join([*cells, *gains, early.get(name, "")]) + " |")
    return [
        *lines,
        "",
        "**A tenth of the operations?** For one echo yes: `lean` needs a twelfth of what the published `mrsr` needs. For two echoes no:",
        "a sixth, since it runs on each. Two smaller networks would be below a tenth for both. After 300 steps alike neither is behind",
        "`lean` by more than another seed moves it (0.05 dB): 16 features (1/47 and 1/24) are level, separable kernels (1/26 and 1/13)",
        "0.05 dB behind. That is the beginning of a training. Whether they keep up over the 7400 steps of the shipped `lean` was not",
        "measured, so they are not shipped.",
        "",
        "**As good as `mrsr`?** Only the shipped `mrsr` could be compared. It had 808 steps of 4 patches, 0.2 % of the published training,",
        "and is cubic interpolation for all practical purposes: that `lean` is better than *this* `mrsr` says nothing of the published",
        "one, and no short run stands in its row, because it learns nothing in so short a time ([transfer](transfer.md)).",
    ]


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "results" / "operations.md")
    parser.add_argument("--results", type=Path, default=HERE.parent / "docs" / "results" / "knee.json")
    parser.add_argument("--ablations", type=Path, default=HERE.parent / "docs" / "results" / "ablations.jsonl")
    parser.add_argument("--networks", action="store_true", help="only count the networks' operations anew")
    arguments = parser.parse_args()
    timed = arguments.out.read_text().split(NETWORKS)[0] if arguments.networks else "\n".join(timings()) + "\n"
    counted = networks(arguments.results, arguments.ablations)
    print("\n".join(counted))
    arguments.out.write_text(timed.rstrip() + "\n\n" + "\n".join(counted) + "\n")


if __name__ == "__main__":
    main()
