"""Put the weights of a training run into weights/: file, manifest entry with sha256, and model card.

    python benchmarks/ship_weights.py RUN [--results docs/results/knee.json] [--before "7400 steps in an earlier run"]

What the card says of data, steps and hours comes from the run's checkpoint, for a dictionary from its training.json;
its figures come from the results file of ``benchmarks/quality.py``, for a network in plane from the last validation of the
run itself. Run it again after either has changed. A run that
went on from earlier weights says so with ``--before``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from cards import ABOUT, ANATOMY, AXES, BRAIN_LIMITS, LICENCE, LIMITS, ORIGINS, PLANE_LIMITS, PROFILES

from napari_mrsr.networks import dictionary_files, registry
from napari_mrsr.training import dictionaries

ROOT = Path(__file__).resolve().parents[1]


def ship(run: Path, results: Path, before: str = "") -> Path:
    """Copy the weights of a run, and write manifest and card."""
    state = _state(run)
    name = state["name"]
    if before:
        state["how"] = f"{before}, then {state['how']}"
    weights = ROOT / "weights" / f"{name}.safetensors"
    shutil.copyfile(run / "weights.safetensors", weights)
    about = ABOUT[name]
    kind = about.get("kind", "network")
    (dictionary_files if kind == "dictionary" else registry).load(weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    figures = _validated(run) if about.get("axes") == ["in-plane"] else _figures(name, results)
    manifest_file = ROOT / "weights" / "manifest.json"
    manifest = json.loads(manifest_file.read_text()) if manifest_file.is_file() else {}
    manifest[name] = {
        "kind": kind,
        "file": weights.name,
        "sha256": sha256,
        "card": f"{name}.md",
        "summary": about["summary"],
        "factors": about["factors"],
        "axes": about.get("axes", AXES),
        "anatomy": about.get("anatomy", ANATOMY),
        "echoes": about["echoes"],
        **{key: about[key] for key in ("contrasts", "twin") if key in about},
        "licence": LICENCE,
        "figures": _in_short(name, results) if about.get("axes", AXES) == AXES else _gain_in_plane(figures),
    }
    manifest_file.write_text(json.dumps(dict(sorted(manifest.items())), indent=2) + "\n")
    (ROOT / "weights" / f"{name}.md").write_text(_card(name, state, sha256, weights.stat().st_size, figures))
    return weights


def _state(run: Path) -> dict[str, Any]:
    """Name, settings, sources and one line on the training of a run."""
    record = run / dictionaries.RECORD
    if record.is_file():
        told = json.loads(record.read_text())
        minutes = (told["seconds_reading"] + told["seconds_learning"]) / 60
        how = (
            f"{told['pairs']} pairs of patches, seed {told['seed']}, {minutes:.0f} min on a shared 2-core CPU; "
            f"{ABOUT[told['recipe']]['how']}"
        )
        return {"name": told["recipe"], "settings": told["settings"], "sources": told["sources"], "how": how}
    state = json.loads((run / "checkpoint" / "checkpoint.json").read_text())["state"]
    recipe = state["recipe"]
    is_game = "critic_steps" in recipe
    towards = f"{recipe['critic_steps']} of the critics to each" if is_game else f"loss {recipe['loss'].upper()}"
    how = (
        f"{state['step']} steps of {recipe['batch']} patch{'es' if recipe['batch'] > 1 else ''}, {towards}, "
        f"Adam {recipe['learning_rate']:g}, {state['hours']:.1f} h on a shared 2-core CPU"
    )
    twin = recipe["network"] in ("cpce", "circle") and not is_game
    return {
        "name": recipe["network"] + ("-l1" if twin else ""),
        "settings": recipe["settings"],
        "sources": state["sources"],
        "how": how,
    }


def _figures(name: str, results: Path) -> dict[str, str]:
    """Gain over tricubic of every case in the results."""
    if not results.is_file():
        return {}
    cases = json.loads(results.read_text())["quality"]
    found: dict[str, str] = {}
    for case, methods in cases.items():
        if name not in methods:
            continue
        ours, cubic = methods[name], methods["tricubic"]
        psnr, gain = ours["psnr"], ours["psnr"] - cubic["psnr"]
        found[case] = f"{psnr:.2f} dB ({gain:+.2f} over tricubic), SSIM {ours['ssim']:.4f}"
    return found


def _validated(run: Path) -> dict[str, str]:
    """PSNR and gain over zero-filling of every case in the last validation of a run in plane."""
    found: dict[str, str] = {}
    with (run / "training.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["note"] and not row["loss"]:  # a line with a loss says its terms
                case, _, line = row["note"].rpartition(": ")
                found[case] = line
    return found


def _gain_in_plane(figures: dict[str, str]) -> dict[str, str]:
    """One line for the dock."""
    gains = [f"{case.split(' ', 1)[0]} {case.rsplit(' ', 2)[-2]} % {line.split()[2]}" for case, line in figures.items()]
    made = [gain for gain in gains if gain.startswith("phantom")]
    if not made:  # the planes of one scan
        mean = sum(float(line.split()[2]) for line in figures.values()) / len(figures)
        scan = next(iter(figures)).split()[0]
        made = [f"{ORIGINS.get(scan, scan).split(',')[0]} {mean:+.1f}"]
    return {"dB over zero-filling": ", ".join(made)}


def _in_short(name: str, results: Path) -> dict[str, str]:
    """One line for the dock: the gain over tricubic in the cases that matter most."""
    if not results.is_file():
        return {}
    cases = json.loads(results.read_text())["quality"]
    gains = [
        f"{case} {methods[name]['psnr'] - methods['tricubic']['psnr']:+.1f}"
        for case, methods in cases.items()
        if name in methods and case.startswith(("knee slices", "brain", "phantom noise-free"))
    ]
    return {"dB over tricubic": ", ".join(gains)}


def _card(name: str, state: dict[str, Any], sha256: str, size: int, figures: dict[str, str]) -> str:
    about = ABOUT[name]
    scans = [s for s in state["sources"] if not s.startswith("phantom-")]
    phantoms = len(state["sources"]) - len(scans)
    if about.get("axes", AXES) != AXES:
        scans = list(dict.fromkeys(scan.split(" ")[0] for scan in scans))
    made = about.get("phantoms", "knee phantoms of this package")
    held = about.get("held", "; its last fifth held out")
    settings = ", ".join(f"{key} {value}" for key, value in state["settings"].items())
    lines = [
        f"# {name}",
        "",
        ABOUT[name]["text"],
        "",
        f"- Settings: {settings}",
        f"- Factors: {', '.join(map(str, ABOUT[name]['factors']))}; axis: {', '.join(about.get('axes', AXES))}; "
        f"anatomy: {', '.join(about.get('anatomy', ANATOMY))}",
        f"- File: {name}.safetensors, {size / 2**20:.1f} MiB, sha256 `{sha256}`",
        f"- Licence: {LICENCE}",
        "",
        "## Trained on",
        "",
        f"- {phantoms} {made}" if phantoms else "- no phantoms",
        *(f"- {ORIGINS[scan]}{held}" for scan in scans),
        f"- {state['how']}",
        "",
        "## Measured on scans, parts of scans and phantoms never trained on",
        "",
        *(f"- {case}: {line}" for case, line in figures.items()),
        "" if figures else "Not measured yet.",
        "## Limits",
        "",
        _limits(about),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _limits(about: dict[str, Any]) -> str:
    if about.get("axes", AXES) == AXES:
        return LIMITS.format(profiles=about.get("profiles", PROFILES))
    return BRAIN_LIMITS if about["anatomy"] == ["brain"] else PLANE_LIMITS


def main() -> None:
    """Ship the run named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--results", type=Path, default=ROOT / "docs" / "results" / "knee.json")
    parser.add_argument("--before", default="", help="what the weights that the run began with had seen")
    arguments = parser.parse_args()
    print(ship(arguments.run, arguments.results, arguments.before))


if __name__ == "__main__":
    main()
