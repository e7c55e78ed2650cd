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

from napari_mrsr.networks import dictionary_files, registry
from napari_mrsr.training import dictionaries

ROOT = Path(__file__).resolve().parents[1]

ABOUT: dict[str, dict[str, Any]] = {
    "lean": {
        "summary": "default for thick slices: convolutions on the acquired grid, any number of echoes",
        "factors": [2, 3, 4],
        "echoes": None,
        "text": "A residual trunk on the thick slices, one-axis pixel shuffle, added to cubic interpolation "
        "(`src/napari_mrsr/networks/lean.py`). One set of weights for any number of echoes or contrasts.",
    },
    "mrsr": {
        "summary": "as published (Chaudhari 2018), but hardly trained: as good as cubic interpolation, not better",
        "factors": [2],
        "echoes": 2,
        "text": "The published network (`src/napari_mrsr/networks/mrsr.py`), trained far shorter than published; "
        "see the steps below. As shipped it does no better than the cubic convolution that it starts from; it is here so that "
        "the comparison can be run, never as the default.",
    },
    "aplus": {
        "summary": "anchored regression (A+, Timofte 2014) in reformat planes: quick, without a network",
        "kind": "dictionary",
        "profiles": "the 48th-order FIR alone",
        "factors": [2],
        "echoes": None,
        "text": "A dictionary of patch features and a ridge regression for each of its atoms, applied in both families of "
        "planes through the slice axis and added to cubic interpolation "
        "(`src/napari_mrsr/interpolation/dictionaries/anchored.py`). Numpy alone; any number of echoes.",
        "how": "settings chosen among four by their gain on phantom seed 1 and on parts of the brain and knee that are "
        "scored below, which makes these rows slightly favourable",
    },
    "scsr": {
        "summary": "sparse coding (ScSR, Yang 2010) in reformat planes: the published comparison, slow",
        "kind": "dictionary",
        "profiles": "the 48th-order FIR alone",
        "factors": [2],
        "echoes": None,
        "text": "Two dictionaries that share sparse codes: for every 5 x 5 patch a lasso finds atoms that explain the "
        "derivatives of the interpolated plane, their partners are what is added, and back-projection holds the result to "
        "the thick slices (`src/napari_mrsr/interpolation/dictionaries/sparse_coding.py` says what is kept of the "
        "publication). The comparison of paper 1, not a method to prefer: `aplus` gains more in a small part of the "
        "time. Numpy and scipy alone; any number of echoes.",
        "how": "published settings, none chosen by what is scored below; learning ended where scikit-learn's tolerance was "
        "reached, before the eighth pass; scored on blocks by benchmarks/slab_quality.py",
    },
}
#: Networks in plane: what differs from those of slices.
IN_PLANE = {
    "axes": ["in-plane"],
    "anatomy": ["abdomen"],
    "factors": [1],
    "echoes": None,
    "phantoms": "volumes of abdominal phantoms of this package, in and opposed phase",
    "held": "",
}
ABOUT |= {
    "swift": IN_PLANE
    | {
        "summary": "default in plane: a small residual U-Net on the zero-filled picture, a frame in seconds on a CPU",
        "text": "A residual U-Net of two levels behind a pixel unshuffle (`src/napari_mrsr/networks/swift.py`), for pictures of "
        "which the central 25, 10 or 6.25 % of k-space was acquired. It is meant to be fine-tuned on the subject's own "
        "planning scan (`napari-mrsr finetune`). Figures on moving phantoms and real abdomens: docs/results/abdomen.md.",
    },
    "unet": IN_PLANE
    | {
        "summary": "as published (Sarasaen 2021), but hardly trained: close to trilinear interpolation",
        "text": "The published network (`src/napari_mrsr/networks/unet.py`) with perceptual loss on our own feature network, "
        "trained far shorter than published; see the steps below. It is here so that the comparison can be run.",
    },
}
#: Where the scans come from, and on what terms, by file or folder name.
ORIGINS = {
    "t1w_0p7mm.nii.gz": "brain T1w 0.7 mm, studyforrest, PDDL (public domain)",
    "flair_1mm.nii.gz": "brain FLAIR 1 mm, neurolabusc/py_synthsr, Apache-2.0",
    "t2w_1mm_stripped.nii.gz": "brain T2w 1 mm, niivue-demo-images, BSD-2-Clause",
    "flair_2d_5p5mm.nii.gz": "brain 2-D FLAIR, in plane, fepegar/torchio-data, MIT",
    "T1w.nii.gz": "brain FLASH, flip angle 20 degrees, 1.5 mm, qMRLab, MIT",
    "PDw.nii.gz": "brain FLASH, flip angle 6 degrees, 1.5 mm, qMRLab, MIT",
    "MTw.nii.gz": "brain FLASH with magnetisation transfer, 1.5 mm, qMRLab, MIT",
    "mr_3mm.nii.gz": "abdomen 3 mm, TotalSegmentator, Apache-2.0",
    "mese_t2": "knee multi-echo spin echo, in plane, gattia/pymskt, MIT",
}
AXES = ["slice"]
ANATOMY = ["knee", "brain"]
LICENCE = "BSD-3-Clause"
#: Slice profiles of the training, where a method does not say its own.
PROFILES = "48th-order FIR, box with and without a gap, and Gaussian profiles"
LIMITS = """\
- Thin slices are estimated, not measured. Small or unusual structures may be missing, blurred or invented; look at the
  trust maps and at the acquired slices. Research use only.
- Trained on slices made thick in simulation ({profiles}). A scanner's real slice profile,
  gaps between slices, and motion between echoes were not part of it.
- No dual-echo DESS scan with thin slices was at hand: knees are simulated (phantoms), the real scans are brains and one
  multi-echo spin-echo knee. Real dual-echo DESS serves validation only.
- Other anatomies, contrasts and factors than those listed: no statement.
"""
PLANE_LIMITS = """\
- What lies beyond the acquired k-space is estimated, not measured. Small or unusual structures may be missing, blurred or
  invented; a needle was never seen in training. Research use only.
- Trained on pictures whose outer k-space was cut off in simulation, from magnitude images: a scanner's partial Fourier,
  parallel imaging, coil combination and noise at low resolution were not part of it.
- The abdomens that taught are phantoms; real scans are brains and one abdomen of 3 mm.
- Other anatomies, contrasts and shares of k-space than those listed: no statement.
"""


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
    how = (
        f"{state['step']} steps of {recipe['batch']} patches, loss {recipe['loss'].upper()}, "
        f"Adam {recipe['learning_rate']:g}, {state['hours']:.1f} h on a shared 2-core CPU"
    )
    return {"name": recipe["network"], "settings": recipe["settings"], "sources": state["sources"], "how": how}


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
            if row["note"]:
                case, _, line = row["note"].rpartition(": ")
                found[case] = line
    return found


def _gain_in_plane(figures: dict[str, str]) -> dict[str, str]:
    """One line for the dock."""
    gains = [f"{case.split(' ', 1)[0]} {case.rsplit(' ', 2)[-2]} % {line.split()[2]}" for case, line in figures.items()]
    return {"dB over zero-filling": ", ".join(gain for gain in gains if gain.startswith("phantom"))}


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
        scans = list(dict.fromkeys(scan.rsplit(" ", 1)[0] for scan in scans))
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
        LIMITS.format(profiles=about.get("profiles", PROFILES)) if about.get("axes", AXES) == AXES else PLANE_LIMITS,
    ]
    return "\n".join(lines).rstrip() + "\n"


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
