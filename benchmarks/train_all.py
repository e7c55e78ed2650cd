"""Train every shipped network within a time budget; run it again and each goes on where it stopped.

    python benchmarks/train_all.py --minutes 27 --data DIR... [--validate DIR...] [--only lean] [--out runs]

The budget is shared out by :data:`RUNS`. On a GPU the convolutions run in bfloat16, channels last. What leaves the
machine is small: each run's ``weights.safetensors``, ``training.csv``, ``training.png`` and a checkpoint in shards of
at most 12 MiB. Then: ``python benchmarks/ship_weights.py runs/NAME``, ``python benchmarks/quality.py``, and once more the first,
so that the cards carry the new figures; last a line in docs/training-log.md.

``mrsr`` is trained as in the paper: first for a single contrast, the combined image of dual-echo scans and the scans of one
contrast as they are, then, from those weights, for two echoes. ``--quick`` makes the networks small, to see within a minute that
all of it works.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_mrsr.training import by_recipe


@dataclass(frozen=True)
class Run:
    """One training: its recipe, its share of the time, for how many echoes (mrsr only), and the run it starts from."""

    name: str
    recipe: str
    share: float
    echoes: int | None = None
    start: str | None = None


RUNS = (
    Run("lean", "lean", 0.5),
    Run("mrsr-single", "mrsr", 0.25, echoes=1),
    Run("mrsr", "mrsr", 0.25, echoes=2, start="mrsr-single"),
    Run("unet", "abdomen", 0.5),
    Run("swift", "swift", 0.25),
)


def main(command_line: Sequence[str] | None = None) -> None:
    """Train what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--validate", type=Path, nargs="*", default=[])
    parser.add_argument("--phantoms", type=int, default=48)
    parser.add_argument("--batch", type=int, help="patches a step, in place of the recipe's")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--quick", action="store_true", help="small networks and short runs")
    arguments = parser.parse_args(command_line)
    chosen = [run for run in RUNS if not arguments.only or run.name in arguments.only]
    whole = sum(run.share for run in chosen)
    for run in chosen:
        start = arguments.out / run.start / "weights.safetensors" if run.start else None
        if start is not None and not start.is_file():
            say(f"{run.name}: {start} is not there; starts untrained")
            start = None
        began = time.monotonic()
        result = by_recipe.train(
            run.recipe,
            out=arguments.out / run.name,
            data=arguments.data,
            validate=arguments.validate,
            phantoms=arguments.phantoms,
            start=start,
            quick=arguments.quick,
            minutes=arguments.minutes * run.share / whole,
            batch=arguments.batch,
            echoes=run.echoes,
            combined=run.echoes == 1,
            progress=lambda step, steps, loss: say(f"{step}/{steps} {loss:.5f}"),
            report=say,
        )
        say(f"{run.name}: step {result.step} of {result.steps}, {(time.monotonic() - began) / 60:.1f} min")


def say(line: str) -> None:
    """Print at once, so that a log can be watched."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
