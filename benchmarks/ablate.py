"""What of `lean` matters: one thing changed at a time, short runs at equal steps and at equal processor time.

    NAPARI_MRSR_DATA=... python benchmarks/ablate.py [--steps 300] [--only NAME...] [--page]

Every variant starts untrained and is scored after ``--steps`` steps, and again when it has had the processor time that
the reference took for them. Each result is appended to docs/results/ablations.jsonl as soon as it is there, and a variant
found in it is not run again; ``--page`` only writes docs/results/ablations.md anew. Without NAPARI_MRSR_DATA there are
phantoms alone, and the rows of real scans are missing.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from short_runs import keep, kept, middle, phantom_scans, run, write_page

from napari_mrsr.files import read_scan
from napari_mrsr.inference import cost
from napari_mrsr.networks import registry
from napari_mrsr.training import recipes
from napari_mrsr.training.sources import TrainingSource, gather
from napari_mrsr.training.validation import Case, cases_of

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
STEPS = 300
PHANTOMS = 6
#: Largest side of a scored block, voxels.
BLOCK = 72
#: Real scans to learn from (their last fifth is held out), and one that is only ever looked at.
REAL = ("brain/t1w_0p7mm.nii.gz", "brain/flair_1mm.nii.gz", "brain/t2w_1mm_stripped.nii.gz", "knee/mese_t2")
LOOKED_AT = "knee/qdess_lateral"
#: Held-out parts that are scored.
SCORED = ("t1w_0p7mm", "flair_1mm")

#: The reference: the recipe of `lean`, factor 2 and one echo alone, small patches, twice the rate, since the run is short.
REFERENCE = replace(
    recipes.find("lean"),
    settings={"features": 32, "blocks": 6, "factors": (2,)},
    learning_rate=1e-3,
    steps=STEPS,
    warm_up=0.1,
    cool_down=0.0,
    factors=(2,),
    echoes=(1,),
    patch=(16, 8),
)


@dataclass(frozen=True)
class Variant:
    """One change of the reference."""

    name: str
    recipe: recipes.Recipe = REFERENCE
    sources: str = "both"
    seed: int = 0


def sized(**settings: Any) -> recipes.Recipe:
    """Return the reference with other settings of the network."""
    return replace(REFERENCE, settings={**REFERENCE.settings, **settings})


VARIANTS = (
    Variant("reference: 32 features, 6 blocks, L1, all augmentation"),
    Variant("the same, other seed", seed=1),
    Variant("16 features", sized(features=16)),
    Variant("48 features", sized(features=48)),
    Variant("4 blocks", sized(blocks=4)),
    Variant("8 blocks", sized(blocks=8)),
    Variant("separable kernels", sized(separable=True)),
    Variant("loss L2", replace(REFERENCE, loss="l2")),
    Variant("loss L1 + frequency", replace(REFERENCE, loss="l1+frequency")),
    Variant("loss L1 + focal frequency", replace(REFERENCE, loss="l1+focal")),
    Variant("no augmentation", replace(REFERENCE, augment=False)),
    Variant("phantoms only", sources="phantoms"),
    Variant("real scans only", sources="real"),
    Variant("separable, 48 features", sized(separable=True, features=48)),
    Variant("without other contrasts", replace(REFERENCE, augment=("shading", "noise", "profile"))),
    Variant("without noise", replace(REFERENCE, augment=("contrast", "shading", "profile"))),
    Variant("without other slice profiles", replace(REFERENCE, augment=("contrast", "shading", "noise"))),
    Variant("without shading", replace(REFERENCE, augment=("contrast", "noise", "profile"))),
)


def material(data: Path | None) -> tuple[list[TrainingSource], list[Case]]:
    """Return what to learn from, and what is scored."""
    places = [data / name for name in REAL] if data else []
    sources, held_out = gather(places, PHANTOMS, lambda line: print(line, flush=True))
    checks = [(name, scan) for name, scan in held_out if name.startswith(SCORED)]
    if data:
        checks.append((LOOKED_AT.split("/")[-1], read_scan(data / LOOKED_AT)))
    cases = [replace(case, thin=middle(case.thin, BLOCK)) for case in cases_of([*checks, *phantom_scans()])]
    return sources, cases


def train(variant: Variant, sources: Sequence[TrainingSource], cases: Sequence[Case], seconds: float) -> dict[str, Any]:
    """Run a variant; returns its points by what was equal."""
    chosen = [s for s in sources if variant.sources == "both" or (variant.sources == "phantoms") == is_phantom(s)]
    torch.manual_seed(variant.seed)
    network = registry.build(variant.recipe.network, variant.recipe.settings)
    operations = cost.of(network, 2, 1).operations / 2
    at_seconds = (seconds,) if seconds else ()
    points = list(
        run(variant.recipe, network, chosen, cases, at_steps=(STEPS,), at_seconds=at_seconds, seed=variant.seed)
    )
    by_steps = next(p for p in points if p.step == STEPS)
    by_seconds = next((p for p in points if p.seconds >= seconds), by_steps)
    return {
        "name": variant.name,
        "operations": operations,
        "sources": len(chosen),
        "equal steps": asdict(by_steps),
        "equal time": asdict(by_seconds),
    }


def is_phantom(source: TrainingSource) -> bool:
    """Tell a phantom from a real scan."""
    return source.name.startswith("phantom-")


def page(results: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown page of the results."""
    reference = results[0]
    names = list(reference["equal steps"]["gains"])
    seconds = reference["equal steps"]["seconds"]
    lines = [
        "# What of `lean` matters",
        "",
        "Made by `python benchmarks/ablate.py`. One thing changed at a time, untrained at the start, one run each. The reference",
        f"is the recipe of `lean` for factor 2 and one echo alone, with patches of {REFERENCE.patch[0]} x {REFERENCE.patch[0]} x "
        f"{REFERENCE.patch[1]} thick voxels, {REFERENCE.batch} a step, Adam {REFERENCE.learning_rate:g}.",
        "Gain over tricubic (B-spline) interpolation [dB] on parts and scans never trained on, thickened twofold by the FIR.",
        "",
    ]
    for key, title in (
        ("equal steps", f"## After {STEPS} steps"),
        ("equal time", f"## After {seconds:.0f} s of processor time, what the reference took"),
    ):
        lines += [
            title,
            "",
            "| variant | MFLOP per thin voxel | steps | CPU s | " + " | ".join(names) + " | mean | to reference |",
            "|---" * (len(names) + 6) + "|",
        ]
        base = mean_gain(reference, key)
        for r in results:
            point = r[key]
            cells = [f"{point['gains'][n]:+.2f}" if n in point["gains"] else "-" for n in names]
            lines.append(
                f"| {r['name']} | {r['operations'] / 1e6:.3f} | {point['step']} | {point['seconds']:.0f} | "
                + " | ".join(cells)
                + f" | {mean_gain(r, key):+.2f} | {mean_gain(r, key) - base:+.2f} |"
            )
        lines.append("")
    return "\n".join(lines)


def mean_gain(result: dict[str, Any], key: str) -> float:
    """Return the mean gain over the cases, dB."""
    return float(np.mean(list(result[key]["gains"].values())))


def main() -> None:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--only", nargs="*", help="variants by a part of their name")
    parser.add_argument("--page", action="store_true", help="only write the page")
    arguments = parser.parse_args()
    file = arguments.out / "ablations.jsonl"
    if not arguments.page:
        data = os.environ.get("NAPARI_MRSR_DATA")
        sources, cases = material(Path(data) if data else None)
        print([(c.name, c.thin.shape) for c in cases], flush=True)
        for variant in VARIANTS:
            done = {r["name"]: r for r in kept(file)}
            wanted = not arguments.only or any(part in variant.name for part in arguments.only)
            if variant.name in done or not wanted:
                continue
            reference = done.get(VARIANTS[0].name)
            seconds = reference["equal steps"]["seconds"] if reference else 0.0
            result = train(variant, sources, cases, seconds)
            keep(file, result)
            print(
                f"{variant.name}: {mean_gain(result, 'equal steps'):+.2f} {mean_gain(result, 'equal time'):+.2f}",
                flush=True,
            )
    results = kept(file)
    if results:
        write_page(arguments.out / "ablations.md", page(results))


if __name__ == "__main__":
    main()
