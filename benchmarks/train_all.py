"""Train every shipped network within a time budget; run it again and each goes on where it stopped.

    python benchmarks/train_all.py --minutes 27 --data DIR... [--validate DIR...] [--only lean] [--out runs]

The budget is shared out by :data:`SHARES`. On a GPU the convolutions run in bfloat16, channels last. What leaves the
machine is small: each run's ``weights.safetensors``, ``training.csv``, ``training.png`` and a checkpoint in shards of
at most 12 MiB. Then: ``python benchmarks/ship_weights.py runs/NAME``, ``python benchmarks/quality.py``, and once more the first,
so that the cards carry the new figures; last a line in docs/training-log.md.

``mrsr`` is trained as in the paper: first for a single contrast, then, from those weights, for two echoes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from napari_mrsr.training import recipes

#: Share of the time for each run: name, recipe, echoes (mrsr only), run to start from.
SHARES = (
    ("lean", "lean", None, None, 0.5),
    ("mrsr-single", "mrsr", 1, None, 0.25),
    ("mrsr", "mrsr", 2, "mrsr-single", 0.25),
)


def main() -> None:
    """Train what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--validate", type=Path, nargs="*", default=[])
    parser.add_argument("--phantoms", type=int, default=48)
    parser.add_argument("--batch", type=int, help="patches a step, in place of the recipe's")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    chosen = [run for run in SHARES if not arguments.only or run[0] in arguments.only]
    whole = sum(share for *_, share in chosen)
    for name, recipe, echoes, start, share in chosen:
        first = arguments.out / start / "weights.safetensors" if start else None
        began = time.monotonic()
        result = recipes.train(
            recipe,
            out=arguments.out / name,
            data=arguments.data,
            validate=arguments.validate,
            phantoms=arguments.phantoms,
            start=first if first is not None and first.is_file() else None,
            minutes=arguments.minutes * share / whole,
            batch=arguments.batch,
            echoes=echoes,
            progress=lambda step, steps, loss: print(f"{step}/{steps} {loss:.5f}", flush=True),
            report=lambda line: print(line, flush=True),
        )
        print(f"{name}: step {result.step} of {result.steps}, {(time.monotonic() - began) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
