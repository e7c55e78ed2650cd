"""What warns of a network that gains in plane and loses between the slices? Writes docs/results/adapt_checks.md and .json.

    NAPARI_MRSR_DATA=... OMP_NUM_THREADS=1 python benchmarks/adapt_checks.py [--out docs/results] [--steps 60] [--only NAME...] [--page]

Blocks of the cases of benchmarks/adapt.py, whose slices were made thick, so that what lies between them is known. While the default
network takes its steps, four gains over the trained weights are noted: of each place held out in plane (the check that was
there first; *worst place* is the lowest of axes and echoes), along the slices made thicker once more (the check that forbids), of
the re-thickened output against the acquired slices, and the one that a person never has: along the slices against the truth.
The network's own output is scored, before any consistency, and whatever step would have been kept.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adapt import KINDS, Case, cases
from short_runs import write_page

from napari_mrsr.errors import MrsrError
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks import registry
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.superres import retrospective, whole_slices
from napari_mrsr.training import adapt as adapting
from napari_mrsr.training.learner import Learner
from napari_mrsr.training.own_slices import Array, Patches, own_slices

ROOT = Path(__file__).resolve().parents[1]
FACTOR, NAME, JUDGED = 2, "adapt_checks", 4


def measure(case: Case, steps: int) -> dict[str, Any]:
    """Return the gains of a case at the last step, and along the way."""
    thick, truth = retrospective(case.scan, FACTOR, case.axis), whole_slices(case.scan, FACTOR, case.axis)
    own = own_slices(thick, axis=case.axis, factor=FACTOR)
    network = adapting.for_factor(registry.load("lean"), FACTOR)
    learner = Learner(network, own, torch.device("cpu"), adapting.LEARNING_RATE)
    scale = common_scale(thick.array)
    y, x = (np.moveaxis(one.array / scale, case.axis + 1, -1).astype(np.float32) for one in (thick, truth))
    before = between(learner, y, x)
    history = []
    for number in range(1, steps + 1):
        learner.step(own.draw(Patches(), 0, number), number)
        if number % (steps // JUDGED) == 0:
            after = between(learner, y, x)
            history.append(
                {
                    "step": number,
                    "in plane": learner.gain(),
                    "worst place": min(learner.gains(learner.held_out)),
                    "thicker": learner.gain_along(),
                    "re-thickened": gain(before["thick"], after["thick"]),
                    "truth": gain(before["truth"], after["truth"]),
                }
            )
    return {"thick": "x".join(map(str, thick.shape)), "axes": list(own.axes), "history": history}


def between(learner: Learner, y: Array, x: Array) -> dict[str, Array]:
    """Return the error of each volume between the slices, and of the output made thick again."""
    with torch.inference_mode(), torch.autocast("cpu", dtype=learner.precision, enabled=learner.precision is not None):
        fine = learner.average.module(torch.from_numpy(np.ascontiguousarray(y))[None], FACTOR).float()[0].numpy()
    again = ThickSlices(fine.shape, -1, FACTOR)(fine)
    return {name: ((a - b) ** 2).mean(axis=(1, 2, 3)) for name, a, b in (("truth", fine, x), ("thick", again, y))}


def gain(before: Array, after: Array) -> float:
    """Return the gain in the mean over volumes, dB."""
    return float(np.mean(10 * np.log10(before / after)))


def page(results: dict[str, dict[str, Any]], steps: int) -> str:
    """Return the page; what was concluded stays below it."""
    lines = [
        "# Adapting: what warns of a loss between the slices",
        "",
        f"Made by `python benchmarks/adapt_checks.py --steps {steps}`: blocks of at most 128 x 128 x 48 voxels, slices made twice as thick.",
        "Gain of the adapted `lean` over the trained one after the last step, dB, mean over volumes, network output alone, no matter what",
        "would have been kept. The last column is what a person never knows.",
        "",
        "| case | thick scan | in plane, mean | in plane, worst place | output made thick again | slices made thicker | "
        "between the slices (truth) |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in results.items():
        last = one["history"][-1]
        keys = ("in plane", "worst place", "re-thickened", "thicker", "truth")
        cells = " | ".join("-" if last[key] is None else f"{last[key]:+.2f}" for key in keys)
        lines.append(f"| {name} | {one['thick']} | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=[], choices=list(KINDS), metavar="NAME")
    parser.add_argument("--page", action="store_true", help="only write the page")
    arguments = parser.parse_args()
    record, file = arguments.out / f"{NAME}.json", arguments.out / f"{NAME}.md"
    results: dict[str, Any] = json.loads(record.read_text()) if record.exists() else {}
    for case in () if arguments.page else cases(True, arguments.only):
        try:
            results[case.name] = measure(case, arguments.steps)
        except MrsrError as error:
            print(f"{case.name}: {error.line}", flush=True)
            continue
        print(case.name, results[case.name]["history"], flush=True)
        record.write_text(json.dumps(results, indent=1) + "\n")
    write_page(file, page(results, arguments.steps))


if __name__ == "__main__":
    main()
