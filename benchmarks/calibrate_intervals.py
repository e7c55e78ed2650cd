"""Find how far results of lean x2 may be off, and how often that is right: weights/intervals.json, docs/results/intervals.md.

    NAPARI_MRSR_DATA=... OMP_NUM_THREADS=1 python benchmarks/calibrate_intervals.py [--out docs/results] [--quick] [--precisions]

Subjects of three kinds, none of which taught the network or is scored elsewhere:

fitting
    phantoms, every other one with noise; on them the weights of the predicted error are found;
calibration
    other phantoms, alike, and the held-out fifths of the real scans that taught (:mod:`napari_mrsr.training.sources`),
    along every axis at full resolution; scans of one person count as one subject. On them the multiple is found;
testing
    further phantoms, with noise and without; real scans that never taught. For the held-out fifths the whole is
    repeated without the subject that is tested (leave one subject out).

Thick slices are made by the published filter. The truth is what the thin slices showed, with their noise where there was
some: for noisy phantoms the noise-free truth is scored as well. The predictors and the pooling over subjects were chosen
on phantoms of seeds 500 to 512 and on all real scans below, so that the real rows are not blind to it. It takes a few
minutes on one core; run it again whenever the weights of lean have changed.

The network is calibrated in one precision and may be run in another: ``--precisions`` alone scores some of the testing
subjects in each with the calibration that is there, and leaves the rest of the page.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.files import read_scan
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks import registry
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.scan import Scan
from napari_mrsr.superres import retrospective, super_resolve, whole_slices
from napari_mrsr.training.full_band import full_band_axes
from napari_mrsr.training.sources import PHANTOM_SPACINGS, from_scan
from napari_mrsr.trust import conformal, intervals
from napari_mrsr.trust.fitting import fit

ROOT = Path(__file__).resolve().parents[1]
METHOD, FACTOR, COVERAGE = "lean", 2, 0.9
#: Of the network: the one that clinical volumes are computed in where the processor has it; and those it may also run in.
PRECISION, PRECISIONS = "bf16", ("fp32", "bf16", "int8")
#: Testing phantoms on which precisions are compared, each without noise and with it.
COMPARED = 2
#: Seeds that neither teach (1000 and more) nor stand in any other results.
FITTING, CALIBRATION, TESTING = range(500, 512), range(520, 568), range(600, 620)
PHANTOM_SHAPE = (80, 80, 40)
#: The middle of a phantom's block lies within so many mm of the joint's.
PLACES = 15.0
#: Largest side of a real piece, voxels, and its volumes.
PIECE, VOLUMES = 96, 2
#: Voxels of a subject that the fit looks at, and scores that are kept of one volume.
FITTED, KEPT = 5000, 60_000
#: Real scans that teach, by subject, and those that never did.
TAUGHT = {
    "T1w brain": ("brain/t1w_0p7mm.nii.gz",),
    "FLAIR brain": ("brain/flair_1mm.nii.gz",),
    "T2w brain": ("brain/t2w_1mm_stripped.nii.gz",),
    "2-D FLAIR brain, in plane": ("brain/flair_2d_5p5mm.nii.gz",),
    "FLASH brain": ("brain/vfa/T1w.nii.gz", "brain/vfa/PDw.nii.gz", "brain/vfa/MTw.nii.gz"),
    "multi-echo knee, in plane": ("knee/mese_t2",),
}
NEVER_TAUGHT = {
    "DESS knee, slices 1.5 mm": ("knee/qdess_lateral", 2),
    "DESS knee, superior-inferior": ("knee/qdess_lateral", 1),
    "T2w brain, slices 2 mm": ("brain/t2w_2d.nii.gz", 2),
}
CARTILAGE = tuple(number for number, name in LABELS.items() if "cartilage" in name)


@dataclass(eq=False)
class Piece:
    """One scan of a subject, super-resolved from its own thick slices.

    ``errors`` against the thin slices, ``clean`` against the noise-free truth where it is known (else None), and the
    predictors of the error for each voxel of the object, all as parts of the common scale. ``marks`` are further
    groups of voxels.
    """

    errors: np.ndarray
    predictors: np.ndarray
    clean: np.ndarray | None = None
    marks: dict[str, np.ndarray] = field(default_factory=dict)


Subject = list[Piece]


def piece(
    scan: Scan, axis: int, truth: Scan | None = None, labels: np.ndarray | None = None, precision: str = PRECISION
) -> Piece:
    """Make a scan thick along an axis, super-resolve it, and keep a sample of its errors and their predictors."""
    thick, thin = retrospective(scan, FACTOR, axis), whole_slices(scan, FACTOR, axis).array
    result = super_resolve(thick, method=METHOD, factor=FACTOR, axis=axis, device="cpu", precision=precision, threads=1)
    scale = common_scale(thick.array)
    found: dict[str, list[np.ndarray]] = {"errors": [], "predictors": [], "clean": [], "cartilage": []}
    rng = np.random.default_rng(0)
    for v in range(result.volumes):
        where = np.flatnonzero(intervals.in_object(result.array[v], axis, scale))
        where = rng.choice(where, min(KEPT, where.size), replace=False)
        detail = intervals.spread(np.sqrt(intervals.bending(result.array[v], axis)), result.shape).ravel()[where] ** 2
        noise = intervals.noise_floor(thick.array[v], axis, scale)
        x = result.array[v].ravel()[where]
        columns = np.ones(where.size), detail / scale**2, np.full(where.size, noise / scale**2)
        found["errors"].append((x - thin[v].ravel()[where]) / scale)
        found["predictors"].append(np.stack(columns, axis=1).astype(np.float32))
        if truth is not None:
            found["clean"].append((x - truth.array[v].ravel()[where]) / scale)
        if labels is not None:
            found["cartilage"].append(np.isin(labels.ravel()[where], CARTILAGE))
    joined = {name: np.concatenate(parts) for name, parts in found.items() if parts}
    marks = {"cartilage": joined["cartilage"]} if "cartilage" in joined else {}
    return Piece(joined["errors"], joined["predictors"], joined.get("clean"), marks)


def noisy(seed: int) -> bool:
    """Tell whether the phantom of a seed has noise: half of them with every voxel size."""
    return seed // len(PHANTOM_SPACINGS) % 2 == 0


def phantom(seed: int, noise: bool, precision: str = PRECISION) -> Subject:
    """Return a block of a knee; its place and voxels follow from the seed, as in training."""
    centre = np.random.default_rng(seed).uniform(-PLACES, PLACES, 3)
    spacing = PHANTOM_SPACINGS[seed % len(PHANTOM_SPACINGS)]
    made = knee(seed, shape=PHANTOM_SHAPE, spacing=spacing, centre=tuple(map(float, centre)), noise=noise)  # type: ignore[arg-type]
    return [piece(made.scan, 2, made.noiseless, made.labels.array[0], precision)]


def real(files: tuple[str, ...], data: Path) -> Subject:
    """Return the held-out fifths of the scans of a subject, along every axis at full resolution."""
    pieces = []
    for name in files:
        scan = read_scan(data / name)
        axes = full_band_axes(scan)
        _, held_out = from_scan(scan, name)
        pieces += [piece(middle(held_out), axis) for axis in axes]
    return pieces


def middle(scan: Scan) -> Scan:
    """Return the middle of a scan, its first volumes alone."""
    where = tuple(slice((n - min(n, PIECE)) // 2, (n - min(n, PIECE)) // 2 + min(n, PIECE)) for n in scan.shape)
    array = scan.array[(slice(0, VOLUMES), *where)].astype(np.float32)
    affine = np.array(scan.affine)
    affine[:3, 3] += affine[:3, :3] @ [s.start for s in where]
    times = scan.acquisition.echo_times[: array.shape[0]]
    acquisition = replace(scan.acquisition, echo_times=times)
    return replace(scan, array=array, affine=affine, names=scan.names[: array.shape[0]], acquisition=acquisition)


# -- calibrating -------------------------------------------------------------------------------------
def weights_of(subjects: list[Subject]) -> np.ndarray:
    """Fit the weights of the predicted error to a sample of each subject."""
    rng = np.random.default_rng(1)
    errors, predictors = [], []
    for subject in subjects:
        e, p = (np.concatenate([getattr(one, name) for one in subject]) for name in ("errors", "predictors"))
        chosen = rng.integers(len(e), size=FITTED)
        errors.append(e[chosen])
        predictors.append(p[chosen])
    return fit(np.concatenate(errors), np.concatenate(predictors))


def scores(subject: Subject, weights: np.ndarray, *, of: str = "errors", mark: str = "") -> np.ndarray:
    """Return the sizes of the errors over what was predicted."""
    found = []
    for one in subject:
        chosen = one.marks[mark] if mark else slice(None)
        u = np.sqrt(one.predictors[chosen].astype(np.float64) @ weights)
        found.append(np.abs(getattr(one, of)[chosen]) / u)
    return np.concatenate(found)


def sharpest(subject: Subject, weights: np.ndarray) -> np.ndarray:
    """Return the scores of the tenth of the voxels where the largest errors are predicted."""
    u = np.concatenate([np.sqrt(one.predictors.astype(np.float64) @ weights) for one in subject])
    return scores(subject, weights)[u >= np.quantile(u, 0.9)]


def width(subject: Subject, weights: np.ndarray, q: float) -> float:
    """Return the median half-width, per cent of the scale."""
    u = np.concatenate([np.sqrt(one.predictors.astype(np.float64) @ weights) for one in subject])
    return float(100 * q * np.median(u))


# -- reporting ---------------------------------------------------------------------------------------
def row(name: str, found: list[np.ndarray], q: float, widths: list[float] | None = None) -> dict[str, Any]:
    """Return coverage over subjects: mean, smallest and largest, per cent."""
    covered = 100 * conformal.coverage_of([one for one in found if one.size], q)
    return {
        "name": name,
        "subjects": len(covered),
        "mean": float(covered.mean()),
        "low": float(covered.min()),
        "high": float(covered.max()),
        "width": float(np.mean(widths)) if widths else None,
    }


def compared(calibration: intervals.Calibration) -> list[dict[str, Any]]:
    """Return the coverage of the same subjects in each precision, and by how much one of them changed at most."""
    weights = np.array([calibration.floor, calibration.detail, calibration.noise])
    covered: dict[str, np.ndarray] = {}
    for precision in PRECISIONS:
        subjects = [phantom(seed, noise, precision) for seed in TESTING[:COMPARED] for noise in (False, True)]
        found = [scores(one, weights) for one in subjects]
        covered[precision] = 100 * conformal.coverage_of(found, calibration.multiple)
    return [
        {
            "name": name,
            "subjects": len(own),
            "mean": float(own.mean()),
            "change": float(np.abs(own - covered[PRECISION]).max()),
        }
        for name, own in covered.items()
    ]


def precisions_section(rows: list[dict[str, Any]]) -> list[str]:
    """Return what the page says of precisions."""
    return [
        "",
        "## In another precision",
        "",
        f"Calibrated in {PRECISION}, used in whichever the engine picks. The same {rows[0]['subjects']} phantoms, half of them noisy: part of the",
        "voxels in the interval, per cent, and the largest change of a subject against the calibrated precision, points (`--precisions`).",
        "",
        "| precision | covered | largest change |",
        "|---|---|---|",
        *(f"| {one['name']} | {one['mean']:.2f} | {one['change']:.2f} |" for one in rows),
    ]


def page(results: dict[str, Any]) -> str:
    """Return docs/results/intervals.md."""
    c = results["calibration"]
    lines = [
        "# Local intervals: how often they hold",
        "",
        f"Made by `python benchmarks/calibrate_intervals.py` in {results['minutes']:.1f} processor minutes. {METHOD} x{FACTOR}, weights "
        f"sha256 `{c['weights_sha256'][:12]}…`, thick slices by the published filter, wiener consistency, {PRECISION}.",
        "",
        f"The interval is meant to hold the value that thin slices would have shown in {COVERAGE:.0%} of the voxels of the object "
        f"(air and the {intervals.ENDS} slices at either end left out). Predicted error: u² = {c['floor']:.2g} scale² + "
        f"{c['detail']:.3g} bending² + {c['noise']:.3g} noise floor², fitted to {results['fitting']} phantoms; half-width "
        f"{c['multiple']:.2f} u, the multiple from {c['subjects']} other subjects ({results['phantoms']} phantoms, every other one with "
        f"noise, and {c['subjects'] - results['phantoms']} real ones).",
        "",
        "## On subjects not used",
        "",
        "Part of the voxels in the interval, per cent: mean over subjects, the lowest and the highest subject; half-width in the",
        "median, per cent of the scale (99.9th percentile).",
        "",
        "| | subjects | covered | lowest | highest | half-width | 88 to 93 %? |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in results["rows"]:
        verdict = "" if not one["aim"] else "yes" if 88 <= one["mean"] <= 93 else "no"
        wide = "" if one["width"] is None else f"{one['width']:.1f}"
        lines.append(
            f"| {one['name']} | {one['subjects']} | {one['mean']:.1f} | {one['low']:.1f} | {one['high']:.1f} | {wide} | {verdict} |"
        )
    if results.get("precisions"):
        lines += precisions_section(results["precisions"])
    lines += [
        "",
        "## What is guaranteed, and what is not",
        "",
        "Guaranteed, for a subject that could have been one of the calibration subjects (mostly these phantoms): a voxel of the",
        f"object drawn at random lies in its interval with a probability of at least {COVERAGE:.0%}, over subjects and voxels together",
        "(split conformal prediction with one vote per subject: Dunn, Wasserman, Ramdas 2023; Lee, Barber, Willett 2023; see",
        "`napari_mrsr.trust.conformal`). The average over a mixture is what is guaranteed, not each row above.",
        "",
        "Not guaranteed: each subject, tissue or edge. Voxels where the largest errors are predicted are covered more often than",
        "flat ones or less often, as their row says. Scans unlike the calibration subjects - a scanner's real slice profile, motion,",
        "pathology, another anatomy - have no guarantee at all; the real rows say how far that goes on those at hand.",
        "A structure that left no trace in the thick slices is not bent, and its interval is narrow: see",
        "[planted failures](planted.md).",
        "",
        "The real scans that taught are scored on their held-out fifth, with that subject left out of the calibration. Where the",
        "thin slices have noise the interval holds the noisy value; the row of the noise-free truth says how often it holds the",
        "value without it.",
        "",
        "**The real rows are not blind.** Which predictors u is made of, and how subjects are pooled, was chosen by looking at",
        "phantoms of seeds 500 to 512, at the held-out fifths, and at the real scans that never taught. The weights and the",
        "multiple were fitted without the subject of each row, the form was not: expect somewhat less on real scans that nobody",
        "looked at. The rows of phantoms of seeds from 600 are blind.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Calibrate, write the file and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights", help="folder that intervals.json goes to")
    parser.add_argument("--quick", action="store_true", help="a few phantoms alone, to see that it runs")
    parser.add_argument(
        "--precisions", action="store_true", help="only compare the precisions, by the calibration there"
    )
    arguments = parser.parse_args()
    began = time.perf_counter()
    fitting, calibration, testing = FITTING, CALIBRATION, TESTING
    if arguments.quick:
        fitting, calibration, testing = FITTING[:4], CALIBRATION[:10], TESTING[:3]
    data = None if arguments.quick or not os.environ.get("NAPARI_MRSR_DATA") else Path(os.environ["NAPARI_MRSR_DATA"])
    if arguments.precisions:
        results = json.loads((arguments.out / "intervals.json").read_text())
        (calibration_there,) = intervals.read(arguments.weights / intervals.FILE)
        write(arguments.out, results | {"precisions": compared(calibration_there)})
        return

    def say(text: str) -> None:
        print(f"{time.perf_counter() - began:6.1f} s  {text}", flush=True)

    weights = weights_of([phantom(seed, noisy(seed)) for seed in fitting])
    say(f"weights {weights}")
    phantoms = [phantom(seed, noisy(seed)) for seed in calibration]
    say(f"{len(phantoms)} phantoms to calibrate on")
    taught = {name: real(files, data) for name, files in TAUGHT.items()} if data else {}
    say(f"{len(taught)} real subjects to calibrate on")
    by_subject = {name: scores(one, weights) for name, one in taught.items()}
    of_phantoms = [scores(one, weights) for one in phantoms]
    q = conformal.multiple([*of_phantoms, *by_subject.values()], COVERAGE)
    found = intervals.Calibration(
        METHOD,
        FACTOR,
        str(registry.find(METHOD).sha256),
        COVERAGE,
        *map(float, weights),
        q,
        len(phantoms) + len(taught),
    )
    rows = list(tested(testing, taught, of_phantoms, by_subject, data, weights, q))
    say("tested")
    intervals.save([found], arguments.weights / intervals.FILE)
    results = {
        "calibration": found.__dict__,
        "phantoms": len(phantoms),
        "fitting": len(fitting),
        "rows": rows,
        "minutes": time.process_time() / 60,
        "precisions": compared(found),
    }
    write(arguments.out, results)


def write(folder: Path, results: dict[str, Any]) -> None:
    """Write the figures and the page."""
    (folder / "intervals.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "intervals.md").write_text(page(results))
    print(page(results))


def tested(
    seeds: range,
    taught: dict[str, Subject],
    of_phantoms: list[np.ndarray],
    by_subject: dict[str, np.ndarray],
    data: Path | None,
    weights: np.ndarray,
    q: float,
) -> Iterator[dict[str, Any]]:
    """Score subjects that were not used."""
    groups = {
        word: [phantom(seed, noise) for seed in seeds] for word, noise in (("noise-free", False), ("noisy", True))
    }
    every = [one for subjects in groups.values() for one in subjects]
    for word, subjects in groups.items():
        widths = [width(one, weights, q) for one in subjects]
        yield row(f"phantoms, {word}", [scores(one, weights) for one in subjects], q, widths) | {"aim": True}
    if taught:
        left_out = []
        for name, own in by_subject.items():
            others = [one for other, one in by_subject.items() if other != name]
            left_out.append(own / conformal.multiple([*of_phantoms, *others], COVERAGE))
        widths = [width(one, weights, q) for one in taught.values()]
        yield row("real pieces, all", left_out, 1.0, widths) | {"aim": True}
        for (name, subject), one in zip(taught.items(), left_out, strict=True):
            yield row(f"- {name}", [one], 1.0, [width(subject, weights, q)]) | {"aim": False}
    for name, (file, axis) in NEVER_TAUGHT.items() if data else ():
        subject = [piece(middle(read_scan(data / file)), axis)]
        yield row(name, [scores(subject, weights)], q, [width(subject, weights, q)]) | {"aim": True}
    clean = [scores(one, weights, of="clean") for one in groups["noisy"]]
    yield row("phantoms, noisy, against the noise-free truth", clean, q) | {"aim": False}
    cartilage = [scores(one, weights, mark="cartilage") for one in every]
    yield row("phantoms, cartilage alone", [one for one in cartilage if one.size > 500], q) | {"aim": False}
    yield row("phantoms, the tenth with the largest predicted errors", [sharpest(one, weights) for one in every], q) | {
        "aim": False
    }


if __name__ == "__main__":
    main()
