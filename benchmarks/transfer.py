"""Transfer from single-contrast to dual-echo DESS against training from scratch (paper 1, section 3.2).

    NAPARI_MRSR_DATA=... python benchmarks/transfer.py [--seeds 0 1] [--page]

A small `mrsr` is trained three times for each seed:

- *single*: on the combined image (root sum of squares of the echoes) of many phantoms;
- *transfer*: from those weights, widened for two echoes, on both echoes of few phantoms;
- *scratch*: on both echoes of the same few phantoms, for as many steps as single and transfer together.

All are scored on phantoms whose seeds never teach and, where NAPARI_MRSR_DATA is set, on a real dual-echo DESS half knee
that is never trained on. Each run is appended to docs/results/transfer.jsonl as soon as it is there; a seed that has all three is not run again.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from short_runs import Point, keep, kept, middle, phantom_scans, run, write_page

from napari_mrsr.files import read_scan
from napari_mrsr.networks import registry
from napari_mrsr.training import by_recipe, recipes
from napari_mrsr.training.sources import TrainingSource, combine, combine_scan, phantom_sources
from napari_mrsr.training.validation import Case, cases_of

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
#: Steps on a single contrast, steps on two echoes, and after how many to score.
SINGLE, DUAL, EVERY = 500, 250, 50
#: Phantoms to learn a single contrast from, and further ones for both echoes.
MANY, FEW = 4, 2
BLOCK = 72
LOOKED_AT = "knee/qdess_lateral"

#: As published but for size, patches and rate: 4 layers of 24 features learn something within a minute, where the rate rises
#: slowly; 3 layers at a constant 2e-3, and 8 layers of 16 in 400 steps, stayed the interpolation they start from.
SMALL = replace(
    recipes.find("mrsr"),
    settings={"echoes": 2, "features": 24, "layers": 4},
    learning_rate=1e-3,
    batch=4,
    steps=SINGLE + DUAL,
    warm_up=0.06,
    patch=(16, 8),
)
SMALL_SINGLE = replace(SMALL, settings={**SMALL.settings, "echoes": 1}, echoes=(1,))


def material(data: Path | None) -> tuple[list[TrainingSource], list[TrainingSource], list[Case], list[Case]]:
    """Return sources of one contrast and of two echoes, and what is scored, as one contrast and as two echoes."""
    phantoms = list(phantom_sources(MANY + FEW, lambda line: print(line, flush=True)))
    checks = phantom_scans()
    if data:
        checks.append(("real half knee", read_scan(data / LOOKED_AT)))
    combined = [(name, combine_scan(scan)) for name, scan in checks]
    single, dual = (
        [replace(case, thin=middle(case.thin, BLOCK)) for case in cases_of(scans)] for scans in (combined, checks)
    )
    return [combine(source) for source in phantoms[:MANY]], phantoms[MANY:], single, dual


def train(
    seed: int,
    folder: Path,
    many: Sequence[TrainingSource],
    few: Sequence[TrainingSource],
    single_cases: Sequence[Case],
    dual_cases: Sequence[Case],
) -> None:
    """Run the three trainings of a seed."""
    file = folder / "transfer.jsonl"

    def note(name: str, points: list[Point]) -> None:
        keep(file, {"run": name, "seed": seed, "points": [asdict(p) for p in points]})
        print(f"{name}, seed {seed}: {points[-1]}", flush=True)

    weights = folder / f"transfer-single-{seed}.safetensors"
    torch.manual_seed(seed)
    network = by_recipe.build(SMALL_SINGLE)
    points = list(
        run(SMALL_SINGLE, network, many, single_cases, at_steps=range(2 * EVERY, SINGLE + 1, 2 * EVERY), seed=seed)
    )
    registry.save(network, weights)
    note("single", points)
    widened = by_recipe.build(SMALL, weights)
    weights.unlink()
    note("transfer", list(run(SMALL, widened, few, dual_cases, at_steps=range(EVERY, DUAL + 1, EVERY), seed=seed)))
    torch.manual_seed(seed)
    fresh = by_recipe.build(SMALL)
    steps = [*range(EVERY, DUAL + 1, EVERY), *range(DUAL + 2 * EVERY, SINGLE + DUAL, 2 * EVERY), SINGLE + DUAL]
    note("scratch", list(run(SMALL, fresh, few, dual_cases, at_steps=steps, seed=seed)))


def mean_curves(results: Sequence[dict[str, Any]], name: str) -> dict[int, dict[str, list[float]]]:
    """Return the gains of a run by step and case, one for each seed."""
    found: dict[int, dict[str, list[float]]] = {}
    for result in results:
        if result["run"] == name:
            for point in result["points"]:
                for case, gain in point["gains"].items():
                    found.setdefault(point["step"], {}).setdefault(case, []).append(gain)
    return found


def page(results: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown page of the results."""
    transfer, scratch = mean_curves(results, "transfer"), mean_curves(results, "scratch")
    cases = list(next(iter(transfer.values())))
    seeds = len({r["seed"] for r in results})
    seconds = {
        name: np.mean([r["points"][-1]["seconds"] for r in results if r["run"] == name])
        for name in ("single", "transfer", "scratch")
    }
    lines = [
        "# Transfer from a single contrast to two echoes",
        "",
        "Made by `python benchmarks/transfer.py`. As in paper 1, section 3.2, a network is trained on single-contrast DESS, its first",
        "layer is doubled for two echoes (and divided by two, which keeps the activations as they were) and its last layer is",
        "doubled; then it learns from both echoes. The single contrast is the root sum of squares of the echoes, as scanners show",
        "it. Beside it the same network from scratch, on the same dual-echo data.",
        "",
        f"The network is a small `mrsr`, {SMALL.settings['layers']} layers of {SMALL.settings['features']} features, "
        f"L2, {SMALL.batch} patches of {SMALL.patch[0]} x {SMALL.patch[0]} x {SMALL.patch[1]} thick",
        f"voxels a step, Adam {SMALL.learning_rate:g}: the published one (20 x 64) learns nothing in such a time, nor did 8 layers of 16. Single: {SINGLE} steps on "
        f"{MANY} phantoms;",
        f"two echoes: {DUAL} steps on {FEW} other phantoms. {seeds} {'seeds' if seeds > 1 else 'seed'}; processor time "
        + ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
        + " on one core.",
        "",
        "Gain over tricubic interpolation [dB], mean over seeds (each seed in brackets where there is more than one).",
        "",
        "| steps on two echoes | "
        + " | ".join(f"{case}: transfer | scratch" for case in (short(c) for c in cases))
        + " |",
        "|---" * (2 * len(cases) + 1) + "|",
    ]
    for step in sorted(set(transfer) | set(scratch)):
        cells = []
        for case in cases:
            for curve in (transfer, scratch):
                values = curve.get(step, {}).get(case)
                cells.append(worded(values) if values else "")
        lines.append(f"| {step} | " + " | ".join(cells) + " |")
    equal, total = DUAL, SINGLE + DUAL
    lines += ["", "What transfer is worth, difference of the gains [dB]:", ""]
    lines += [
        "| case | at equal steps on two echoes | against scratch with the steps of both |",
        "|---|---|---|",
    ]
    for case in cases:
        at_equal, at_total = (
            [a - b for a, b in zip(transfer[equal][case], scratch[s][case], strict=False)] for s in (equal, total)
        )
        lines.append(f"| {short(case)} | {worded(at_equal)} | {worded(at_total)} |")
    lines += ["", "![Gain over tricubic against steps on two echoes](../_static/transfer.png)", ""]
    return "\n".join(lines)


def short(case: str) -> str:
    """Return the name of a case without its axis."""
    return case.split(" axis ")[0]


def worded(values: Sequence[float]) -> str:
    """Return the mean, and each value where there are several."""
    each = ", ".join(f"{v:+.2f}" for v in values)
    return f"{np.mean(values):+.2f}" + (f" ({each})" if len(values) > 1 else "")


def draw(results: Sequence[dict[str, Any]], picture: Path) -> None:
    """Draw both curves of every case."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves = {name: mean_curves(results, name) for name in ("transfer", "scratch")}
    cases = list(next(iter(curves["transfer"].values())))
    figure = Figure(figsize=(3.2 * len(cases), 3), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, case in zip(np.atleast_1d(figure.subplots(1, len(cases), sharey=True)), cases, strict=True):
        for name, curve in curves.items():
            steps = [step for step in sorted(curve) if case in curve[step]]
            means = [float(np.mean(curve[step][case])) for step in steps]
            (line,) = axes.plot(steps, means, marker=".", label=name)
            for number in range(len(curve[steps[0]][case])):
                axes.plot(
                    steps, [curve[step][case][number] for step in steps], color=line.get_color(), lw=0.5, alpha=0.6
                )
        axes.axhline(0, color="grey", lw=0.5)
        axes.set(title=short(case), xlabel="steps on two echoes")
    figure.axes[0].set_ylabel("gain over tricubic [dB]")
    figure.axes[0].legend()
    figure.savefig(picture, dpi=110)


def main() -> None:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "_static" / "transfer.png")
    parser.add_argument("--page", action="store_true", help="only write the page")
    arguments = parser.parse_args()
    if not arguments.page:
        data = os.environ.get("NAPARI_MRSR_DATA")
        done = {r["seed"] for r in kept(arguments.out / "transfer.jsonl") if r["run"] == "scratch"}
        missing = [seed for seed in arguments.seeds if seed not in done]
        learned_from_and_scored = material(Path(data) if data else None) if missing else None
        for seed in missing:
            train(seed, arguments.out, *learned_from_and_scored)  # type: ignore[misc]
            write(arguments)
    write(arguments)


def write(arguments: argparse.Namespace) -> None:
    """Write page and picture of what is there."""
    results = kept(arguments.out / "transfer.jsonl")
    write_page(arguments.out / "transfer.md", page(results))
    draw(results, arguments.picture)


if __name__ == "__main__":
    main()
