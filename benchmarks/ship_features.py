"""Put the feature network of a training run into weights/: file, manifest entry with sha256, and card.

    python benchmarks/ship_features.py RUN [--how "what of the run training.json cannot know"]

All figures come from the run's training.json, which ``napari-mrsr train features`` writes at its end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from ship_weights import LICENCE, ORIGINS, ROOT

from napari_mrsr.networks import features
from napari_mrsr.training.features import RECORD

#: Scans that teach this network alone.
FURTHER = {"mr_3mm.nii.gz": "abdomen, resampled to 3 mm, TotalSegmentator, Apache-2.0"}
SUMMARY = "knows tissue: the measure of the perceptual loss, no method of super-resolution"


def ship(run: Path, how: str = "") -> Path:
    """Copy the weights of a run, and write manifest and card."""
    record = json.loads((run / RECORD).read_text())
    weights = ROOT / "weights" / f"{features.NAME}.safetensors"
    shutil.copyfile(run / "weights.safetensors", weights)
    features.load(weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    file = ROOT / "weights" / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest[features.NAME] = {
        "kind": "features",
        "file": weights.name,
        "sha256": sha256,
        "card": f"{features.NAME}.md",
        "summary": SUMMARY,
        "licence": LICENCE,
        "figures": {"mean Dice of tissues": f"{record['mean dice']:.3f}"},
    }
    file.write_text(json.dumps(dict(sorted(manifest.items())), indent=2) + "\n")
    weights.with_suffix(".md").write_text(card(record, sha256, weights.stat().st_size, how))
    return weights


def card(record: dict[str, Any], sha256: str, size: int, how: str) -> str:
    """Return the card of the feature network."""
    settings = record["settings"]
    made = [name for name in record["sources"] if name.startswith(("abdomen ", "knee "))]
    knees = sum(name.startswith("knee ") for name in made)
    scans = [name for name in record["sources"] if name not in made]
    origins = ORIGINS | FURTHER
    lines = [
        f"# {features.NAME}",
        "",
        "The way down of a 3-D U-Net (`src/napari_mrsr/networks/features.py`): two convolutions with batch normalisation and",
        "ReLU at each of three levels, maximum pooling between them. Its features are compared by the perceptual loss",
        "(`src/napari_mrsr/training/perceptual.py`). It super-resolves nothing and is no method. The published one (Sarasaen 2021)",
        f"has the same layers and {features.PUBLISHED_WIDTH} features at its first level; it was trained on vessels in 7 T angiography and cannot be had.",
        "",
        f"- Settings: width {settings['width']}, so {', '.join(str(settings['width'] * 2**n) for n in range(features.LEVELS))} features",
        f"- File: {features.NAME}.safetensors, {size / 2**20:.2f} MiB in half precision, sha256 `{sha256}`",
        f"- Licence: {LICENCE}",
        "",
        "## Trained on",
        "",
        f"- tissue and noise: {len(made) - knees} abdomen and {knees} knee phantoms of this package, {made[0]} to {made[-1]}",
        *(f"- noise alone: {origins.get(scan, scan)}; its last fifth held out" for scan in scans),
        f"- {record['step']} steps of {settings['batch']} patches of {settings['patch']} x {settings['patch']} x {settings['patch']} "
        f"voxels, Adam {settings['learning_rate']:g}, {60 * record['hours']:.0f} min on one shared core of a CPU",
        *([f"- {how}"] if how else []),
        "",
        "## Measured on phantoms and parts of scans never trained on",
        "",
        f"- Dice of tissues on {', '.join(record['judged by'])}: mean {record['mean dice']:.3f}",
        *(f"- {name}: {value:.2f}" for name, value in record["dice"].items()),
        *(
            f"- noise of 4 % of the maximum removed from {scan}: {value:+.1f} dB"
            for scan, value in record["dB gained over noise"].items()
        ),
        "",
        "## Limits",
        "",
        "- Small and shortly trained: it is a measure of likeness, not a segmentation, and its Dice says only how far its features",
        "  tell tissues apart. A loss through it does not know what is diagnostically important.",
        "- Two anatomies are simulated; the real scans taught it noise alone. Other anatomies and contrasts: no statement.",
        "- Images must be on a scale of 0 to about 1.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Ship the run named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--how", default="", help="what of the run its record cannot know")
    arguments = parser.parse_args()
    print(ship(arguments.run, arguments.how))


if __name__ == "__main__":
    main()
