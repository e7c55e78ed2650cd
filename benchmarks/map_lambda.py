"""How much the edges should weigh when a network learns to map: writes docs/results/map_lambda.jsonl and map_lambda.md.

    python benchmarks/map_lambda.py --start FOLDER/labels/weights.safetensors [--data SCAN] [--steps 1500] [--page]

Paper 4 gives no lambda. From the same weights, taught by labels alone, the same heads and the same number of steps,
each lambda goes on; the phantoms that judge the training, which never teach, judge every slice. Lambda 0 goes on with labels
alone. Two variants stand beside: edges of FLAIR too, and the length of the gradient in place of its components.

Rows that stand in the file are not computed again: the command may be stopped and given again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.metrics.hfen import hfen
from napari_mrsr.metrics.percentage_error import mean_percentage_error
from napari_mrsr.metrics.ssim import ssim
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import CONTRASTS, Mapper, load
from napari_mrsr.training import mapping_recipe
from napari_mrsr.training.edge_loss import PUBLISHED_CONTRASTS, Edges
from napari_mrsr.training.map_material import MapSource, maps_of_slices
from napari_mrsr.training.mapping_recipe import MapRecipe, gather

NAME = "map_lambda"
LAMBDAS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
#: By what maps are divided before HFEN and SSIM, ms, as in the paper.
SCALE = 3000.0


@dataclass(frozen=True)
class Trial:
    """What is tried."""

    name: str
    weight: float
    contrasts: tuple[str, ...] = PUBLISHED_CONTRASTS
    edges: Edges = "components"


def trials() -> Iterator[Trial]:
    """Yield what is compared."""
    for weight in LAMBDAS:
        yield Trial(f"{weight:g}", weight)
    yield Trial("1, FLAIR too", 1.0, CONTRASTS)
    yield Trial("1, length of the gradient", 1.0, edges="length")


def judged(network: Mapper, sources: Sequence[MapSource]) -> dict[str, float]:
    """Return mean figures over every labelled slice of heads that never teach."""
    found: dict[str, list[float]] = {}
    for source in sources:
        assert source.truth is not None
        images, truth = (np.moveaxis(array, source.normals[0] + 1, -1) for array in (source.images, source.truth))
        for k in np.flatnonzero(np.isfinite(truth).all(axis=0).any(axis=(0, 1))):
            maps = maps_of_slices(network, images, [int(k)])[..., 0]
            valid = np.isfinite(truth[..., k]).all(axis=0)
            for n, name in enumerate(("T1", "T2")):
                true = np.where(valid, truth[n, ..., k], np.nan).astype(np.float64) / SCALE
                mine = np.where(valid, maps[n], np.nan).astype(np.float64) / SCALE
                for title, value in (
                    ("mpe", mean_percentage_error(true, mine, mask=valid)),
                    ("hfen", hfen(true, mine, mask=valid)),
                    ("ssim", ssim(np.nan_to_num(true), np.nan_to_num(mine), data_range=1.0, mask=valid)),
                ):
                    found.setdefault(f"{name} {title}", []).append(value)
    return {name: float(np.nanmean(values)) for name, values in found.items()}


def page(rows: Sequence[dict[str, Any]]) -> str:
    """Return the page of results."""
    first = rows[0]
    lines = [
        "# How much edges weigh",
        "",
        f"Made by `python benchmarks/{NAME}.py`: a mapping network of {first['features']} features, taught by labels of",
        f"3.5 mm alone, goes on for {first['steps']} steps with each lambda; maps are compared with labels as thick as these are",
        f"(`train brain-maps` as it stands). Means over {first['slices']} sagittal slices of the phantoms that judge the training",
        "and never teach, against maps at 1 mm, divided by 3 s for HFEN and SSIM.",
        "",
        "| lambda | T1: MPE, % | HFEN | SSIM | T2: MPE, % | HFEN | SSIM |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"{row[f'{name} {kind}']:.{digits}f}" for name in ("T1", "T2") for kind, digits in KINDS]
        lines.append(f"| {row['name']} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


KINDS = (("mpe", 2), ("hfen", 3), ("ssim", 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--start", type=Path, help="weights taught by labels alone")
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--phantoms", type=int, default=MapRecipe.phantoms)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--page", action="store_true", help="only write the page")
    chosen = parser.parse_args()
    record = chosen.out / f"{NAME}.jsonl"
    rows = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    if not chosen.page:
        settings = load(chosen.start).settings
        size = {name: settings[name] for name in ("features", "levels", "neighbours")}
        recipe = replace(MapRecipe(), phantoms=chosen.phantoms, **size)
        sources = gather(recipe, MapConditions(spread=recipe.spread), chosen.data, print)
        slices = sum(int(np.isfinite(np.asarray(s.truth)).all(axis=0).any(axis=(1, 2)).sum()) for s in sources[1])
        for trial in trials():
            if any(row["name"] == trial.name for row in rows) or (chosen.only and trial.name not in chosen.only):
                continue
            with tempfile.TemporaryDirectory() as folder:
                found = mapping_recipe.train(
                    out=Path(folder),
                    start=chosen.start,
                    steps=chosen.steps,
                    edge_weight=trial.weight,
                    flair_edges="FLAIR" in trial.contrasts,
                    edges=trial.edges,
                    sources=sources,
                )
                scores = judged(load(found.weights), sources[1])
            row = {"name": trial.name, "steps": chosen.steps, "slices": slices, "features": size["features"], **scores}
            rows.append(row)
            with record.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
    order = [trial.name for trial in trials()]
    rows.sort(key=lambda row: order.index(row["name"]))
    (chosen.out / f"{NAME}.md").write_text(page(rows))


if __name__ == "__main__":
    main()
