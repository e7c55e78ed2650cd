"""Put the weights of a run of ``train brain-maps`` into weights/: file, manifest entry with sha256, and model card.

    python benchmarks/ship_maps.py NAME RUN        NAME: brain-maps, brain-maps-published or brain-maps-supervised

What the card says of data, steps and hours comes from the run, and from its steps in which labels alone taught; its
figures are the last validation of the run. Those of the study stand in docs/results/brain_maps.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from cards import LICENCE, MAP_LIMITS, MAPPERS, ORIGINS

from napari_mrsr.networks import mapper

ROOT = Path(__file__).resolve().parents[1]


def ship(name: str, run: Path) -> Path:
    """Copy the weights of a run, and write manifest and card."""
    weights = ROOT / "weights" / f"{name}.safetensors"
    network = mapper.load(run / "weights.safetensors")
    shutil.copyfile(run / "weights.safetensors", weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    figures = _validated(run)
    manifest_file = ROOT / "weights" / "manifest.json"
    manifest = json.loads(manifest_file.read_text())
    manifest[name] = {
        "kind": "maps",
        "file": weights.name,
        "sha256": sha256,
        "card": f"{name}.md",
        "summary": MAPPERS[name]["summary"],
        "anatomy": ["brain"],
        "contrasts": list(mapper.CONTRASTS),
        "licence": LICENCE,
        "figures": {"error on phantoms that judged the training": "; ".join(f"{k}: {v}" for k, v in figures.items())},
    }
    manifest_file.write_text(json.dumps(dict(sorted(manifest.items())), indent=2) + "\n")
    (ROOT / "weights" / f"{name}.md").write_text(_card(name, run, network, sha256, weights.stat().st_size, figures))
    return weights


def _states(run: Path) -> list[dict[str, Any]]:
    """Return what the checkpoints of a run say: of the steps with labels alone, if there are any, and of the others."""
    folders = [folder for folder in (run / "labels", run) if (folder / "checkpoint" / "checkpoint.json").is_file()]
    return [json.loads((folder / "checkpoint" / "checkpoint.json").read_text())["state"] for folder in folders]


def _validated(run: Path) -> dict[str, str]:
    """Return the errors of each judge at the end of a run."""
    found: dict[str, str] = {}
    with (run / "training.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["note"] and not row["loss"]:
                judge, _, line = row["note"].rpartition(": error of ")
                found[judge] = line
    return found


def _card(name: str, run: Path, network: mapper.Mapper, sha256: str, size: int, figures: dict[str, str]) -> str:
    states, conditions = _states(run), network.settings["conditions"]
    sources = states[-1]["sources"]
    scans = list(dict.fromkeys(source.split(" ")[0] for source in sources if not source.startswith("phantom")))
    heads = {scan: sum(source.startswith(scan) for source in sources) for scan in scans}
    phantoms = sum(source.startswith("phantom") for source in sources)
    recipe = conditions["trained"]["recipe"]
    timings = {
        key: ", ".join(f"{label} {conditions[key][field]:g} {unit}" for label, field, unit in fields)
        for key, fields in _TIMINGS.items()
    }
    lines = [
        f"# {name}",
        "",
        MAPPERS[name]["text"],
        "",
        f"- Settings: {', '.join(f'{key} {network.settings[key]}' for key in ('features', 'levels', 'neighbours'))}",
        "- In: T1w, T2w and FLAIR on one grid; out: T1 and T2 in ms, and M0, relative",
        f"- File: {name}.safetensors, {size / 2**20:.1f} MiB, sha256 `{sha256}`",
        f"- Licence: {LICENCE}",
        "",
        "## Trained on",
        "",
        f"- {phantoms} slabs of brain phantoms of this package, each another head",
        *(f"- {n} heads with drawn T1, T2 and M0 on the anatomy of {ORIGINS[scan]}" for scan, n in heads.items()),
        f"- T1w MPRAGE {timings['mprage']}; T2w TSE {timings['tse']}; FLAIR {timings['flair']}; each up to "
        f"{conditions['spread']:.0%} off; {conditions['field_strength']:g} T",
        f"- labels of 3.5 mm; {'; '.join(_steps(state) for state in states)}; lambda {recipe['edge_weight']:g}",
        "",
        "## Measured on phantoms that judged the training",
        "",
        *(f"- {judge}: mean percentage error of {line}" for judge, line in figures.items()),
        "",
        "Heads that played no part in it: docs/results/brain_maps.md.",
        "",
        "## Limits",
        "",
        MAP_LIMITS.strip(),
    ]
    return "\n".join(lines) + "\n"


_TIMINGS = {
    "mprage": (
        ("TR", "repetition_time", "ms"),
        ("TI", "inversion_time", "ms"),
        ("flip angle", "flip_angle", "degrees"),
    ),
    "tse": (("TR", "repetition_time", "ms"), ("TE", "echo_time", "ms")),
    "flair": (("TR", "repetition_time", "ms"), ("TI", "inversion_time", "ms")),
}


def _steps(state: dict[str, Any]) -> str:
    recipe = state["recipe"]
    return (
        f"{state['step']} steps of {recipe['batch']} patches, {recipe['loss']}, Adam {recipe['learning_rate']:g}, "
        f"{60 * state['hours']:.0f} min on one core of a shared CPU"
    )


def main() -> None:
    """Ship the run named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=MAPPERS)
    parser.add_argument("run", type=Path)
    arguments = parser.parse_args()
    print(ship(arguments.name, arguments.run))


if __name__ == "__main__":
    main()
