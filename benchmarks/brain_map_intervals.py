"""Find within what T1 and T2 of a mapped brain are right, and how often that holds: docs/results/brain_map_intervals.md.

    NAPARI_MRSR_DATA=... OMP_NUM_THREADS=1 python benchmarks/brain_map_intervals.py [--method brain-maps] [--weights FILE]
        [--out docs/results] [--folder weights] [--quick]

Heads of three kinds, none of which taught (seeds below 1000) or is scored elsewhere:

fitting
    slabs of phantoms; on them the weights of the predicted error are found;
calibration
    other slabs, alike; on them the multiple is found;
testing
    further slabs: as the calibration, by tissue, and under conditions that calibration never saw; with data, the
    anatomy of a real head that never taught, with values of its own.

Half the fitting and calibration heads have lesions, a third has twice the noise, a fourth no skull; timings are some per
cent off their headers, as in training. It takes some ten minutes on one core; run it again whenever weights have changed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.brain_maps import empty, finish, plan, run
from napari_mrsr.mapping.brain import CONTRASTS
from napari_mrsr.phantoms.brain.brain import CENTRE
from napari_mrsr.studies.brain_maps.conditions import Condition
from napari_mrsr.studies.brain_maps.heads import TISSUES, VFA, Head, Phantom, Real
from napari_mrsr.trust import brain_intervals as intervals
from napari_mrsr.trust import conformal
from napari_mrsr.trust.brain_second_look import second_look
from napari_mrsr.trust.fitting import fit

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = 0.9
MAPS = ("T1", "T2")
FITTING, CALIBRATION, TESTING, VALUES = range(300, 308), range(320, 344), range(360, 366), (61, 62)
#: Sagittal slices of a slab, and how far its middle lies from that of the head at most, mm.
SLAB, ASIDE = (24, 208, 184), 45.0
#: Voxels of a head that the fit looks at, and that are kept.
FITTED, KEPT = 4000, 30_000
#: Conditions that calibration heads are drawn from, in turn.
SEEN = (
    Condition("as trained"),
    Condition("lesions, twice the noise", lesions="plaques", noise=2.0),
    Condition("no skull", skull=False),
    Condition("lesions", lesions="tumour"),
    Condition("twice the noise", noise=2.0),
    Condition("lesions, no skull", lesions="plaques", skull=False),
)
#: Conditions that they are not.
UNSEEN = (
    Condition("four times the noise", noise=4.0),
    Condition("all timings 10 % longer", times={"T1w": 1.1, "T2w": 1.1, "FLAIR": 1.1}),
    Condition("TE of T2w 110 ms instead of 93", echo_time=110.0),
    Condition("refocusing pulses as scanners have them", real_pulses=True),
    Condition("B1 twice as far from 1", b1=2.0),
    Condition("T2w moved by 1 mm", moved=("T2w", 1.0, 0.0)),
)


@dataclass(eq=False)
class Judged:
    """A sample of the voxels of a head: relative errors, predictors and tissue, by map."""

    errors: dict[str, np.ndarray]
    predictors: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    tissues: dict[str, np.ndarray]

    def width(self, name: str, weights: np.ndarray) -> np.ndarray:
        """Return u of each voxel."""
        return np.sqrt(self.predictors[name] @ weights)

    def scores(self, name: str, weights: np.ndarray, tissue: int | None = None) -> np.ndarray:
        """Return the errors over their predicted size, of one tissue where given."""
        found = np.abs(self.errors[name]) / self.width(name, weights)
        return found if tissue is None else found[self.tissues[name] == tissue]


def judged(head: Head, weights: str | Path) -> Judged:
    """Map a head twice, and keep a sample of what is known of it."""
    scans = head.scans
    job = plan(scans.t1w, scans.t2w, scans.flair, weights=weights, plane="sagittal", assume=True)
    looks = []
    for tiles in (run(job, threads=1), second_look(job, threads=1)):
        maps = empty(job)
        for tile in tiles:
            tile.write(maps)
        looks.append(maps)
    found = finish(job, looks[0])
    misfit = intervals.misfit_of(found.difference, dict(zip(CONTRASTS, job.scales, strict=True)))
    rng = np.random.default_rng(0)
    parts: dict[str, dict[str, np.ndarray]] = {"errors": {}, "predictors": {}, "values": {}, "tissues": {}}
    for n, (name, map, truth) in enumerate(zip(MAPS, (found.t1, found.t2), (head.t1, head.t2), strict=True)):
        there = np.flatnonzero(np.isfinite(map.array[0]) & np.isfinite(truth))
        there = rng.choice(there, min(KEPT, there.size), replace=False)
        columns = [one.ravel()[there] for one in intervals.predictors(looks[0][n], looks[1][n], misfit, job.inside)]
        value = map.array[0].ravel()[there]
        parts["predictors"][name] = np.stack(columns, axis=1)
        parts["errors"][name] = (value - truth.ravel()[there]) / value
        parts["values"][name] = value
        parts["tissues"][name] = head.tissues.ravel()[there]
    return Judged(**parts)


def slab(seed: int, condition: Condition) -> Head:
    """Return some sagittal slices of the phantom of a seed, somewhere in its head."""
    x, y, z = CENTRE
    aside = float(np.random.default_rng(seed).uniform(-ASIDE, ASIDE))
    return Phantom(seed, shape=SLAB, centre=(x + aside, y, z)).under(condition)


def seen(seed: int) -> Condition:
    """Return the condition of a calibration seed."""
    return SEEN[seed % len(SEEN)]


# -- calibrating and testing -----------------------------------------------------------------------------
def weights_of(heads: list[Judged], name: str) -> np.ndarray:
    """Fit the weights of the predicted error to a sample of each head."""
    rng = np.random.default_rng(1)
    chosen = [rng.integers(len(head.errors[name]), size=FITTED) for head in heads]
    errors = [head.errors[name][some] for head, some in zip(heads, chosen, strict=True)]
    columns = [head.predictors[name][some] for head, some in zip(heads, chosen, strict=True)]
    return fit(np.concatenate(errors), np.concatenate(columns))


def row(title: str, name: str, heads: list[Judged], found: dict[str, Any], tissue: int | None = None) -> dict[str, Any]:
    """Return how often the interval holds on heads, and how wide it is."""
    weights, q = found["weights"], found["multiple"]
    scores = [one for head in heads if (one := head.scores(name, weights, tissue)).size > 200]
    if not scores:
        return {}
    part = 100 * conformal.coverage_of(scores, q)
    wide = []
    for head in heads:
        some = slice(None) if tissue is None else head.tissues[name] == tissue
        wide.append(
            float(np.median(q * head.width(name, weights)[some])) if head.width(name, weights)[some].size else np.nan
        )
    error = [float(np.median(np.abs(head.errors[name]))) for head in heads]
    return {
        "title": title, "map": name, "heads": len(scores), "mean": float(part.mean()), "low": float(part.min()),
        "high": float(part.max()), "width": 100 * float(np.nanmean(wide)), "error": 100 * float(np.mean(error)),
    }  # fmt: skip


def rows(
    known: dict[str, dict[str, Any]], weights: str | Path, seeds: range, data: Path | None
) -> Iterator[dict[str, Any]]:
    """Score heads that were not used."""
    alike = [judged(slab(seed, seen(seed)), weights) for seed in seeds]
    groups: list[tuple[str, list[Judged]]] = [("phantoms, as those of the calibration", alike)]
    for condition in UNSEEN:
        groups.append((f"phantoms, {condition.name}", [judged(slab(seed, condition), weights) for seed in seeds[:3]]))
    if data is not None:
        anatomies: dict[Path, Any] = {}
        real = [Real(seed, scan=data / VFA / "T1w.nii.gz", anatomies=anatomies) for seed in VALUES]
        groups.append(("real anatomy, values of a seed", [judged(one.under(SEEN[0]), weights) for one in real]))
    for name in MAPS:
        for title, heads in groups:
            yield row(title, name, heads, known[name])
            if heads is alike:
                for number, tissue in TISSUES.items():
                    yield row(f"- {tissue}", name, heads, known[name], number)


def page(results: dict[str, Any]) -> str:
    """Return the page."""
    lines = [
        "# Intervals of T1 and T2 of the brain: how often they hold",
        "",
        f"Made by `python benchmarks/brain_map_intervals.py` in {results['minutes']:.1f} processor minutes. {results['method']},",
        f"weights sha256 `{results['sha256'][:12]}…`.",
        "",
        f"The interval of a voxel is meant to hold its true value in {COVERAGE:.0%} of the voxels of the brain (of T2: of those with",
        "a T2). It follows from a second look of the network in slices of another plane with the noise added once more, from how",
        "steep the map is, and from what the synthesised images are above the acquired ones",
        "({py:mod}`napari_mrsr.trust.brain_intervals`).",
        f"Fitted on {results['fitting']} phantoms, calibrated on {results['calibration']} others.",
        "",
        "| map | " + " | ".join(intervals.PREDICTORS) + " | multiple |",
        "|---|" + "---|" * (len(intervals.PREDICTORS) + 1),
    ]
    for name, one in results["calibrations"].items():
        lines.append(f"| {name} | " + " | ".join(f"{w:.2g}" for w in one["weights"]) + f" | {one['multiple']:.2f} |")
    for name in MAPS:
        lines += [
            "",
            f"## {name}, on heads that were not used",
            "",
            "Part of the voxels in the interval, %: mean over heads, the lowest and the highest head; half-width in the median,",
            f"% of {name}; and the median error of all voxels, %.",
            "",
            "| heads | number | covered | lowest | highest | half-width | error |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {one['title']} | {one['heads']} | {one['mean']:.1f} | {one['low']:.1f} | {one['high']:.1f} | {one['width']:.1f} | {one['error']:.1f} |"
            for one in results["rows"]
            if one and one["map"] == name
        ]
    lines += [
        "",
        "## What is covered, and what is not",
        "",
        "For a head that could have been one of the calibration heads, a voxel of the brain drawn at random lies in its interval with a",
        f"probability of at least {COVERAGE:.0%}, over heads and voxels together (split conformal prediction with one vote per head,",
        "`napari_mrsr.trust.conformal`). Not each head, tissue or border reaches it: see the rows.",
        "",
        "Calibration heads are phantoms. What none of them has is not covered: tissue unlike theirs, disease unlike their lesions, physics",
        "unlike the equations, motion, timings farther off than some per cent, images that do not lie on one another. The rows under other",
        "conditions say how much is lost. A network that is wrong in the same way twice is not found out by a second look, so a narrow",
        "interval in a place where maps and images disagree is not to be believed.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Calibrate, test, write the file and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="brain-maps", help="name of shipped weights")
    parser.add_argument("--weights", type=Path, help="a file instead")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--folder", type=Path, default=ROOT / "weights", help="that the calibration goes to")
    parser.add_argument("--quick", action="store_true", help="few phantoms alone, to see that it runs")
    arguments = parser.parse_args()
    weights: str | Path = arguments.weights or arguments.method
    fitting, calibration, testing = FITTING, CALIBRATION, TESTING
    if arguments.quick:
        fitting, calibration, testing = FITTING[:3], CALIBRATION[:10], TESTING[:3]
    data = None if arguments.quick or not os.environ.get("NAPARI_MRSR_DATA") else Path(os.environ["NAPARI_MRSR_DATA"])
    began = time.perf_counter()

    def made(seeds: range) -> list[Judged]:
        heads = []
        for seed in seeds:
            heads.append(judged(slab(seed, seen(seed)), weights))
            print(f"{time.perf_counter() - began:6.1f} s  phantom {seed}", flush=True)
        return heads

    first, second = made(fitting), made(calibration)
    known: dict[str, dict[str, Any]] = {}
    for name in MAPS:
        found = weights_of(first, name)
        q = conformal.multiple([head.scores(name, found) for head in second], COVERAGE)
        known[name] = {"weights": found, "multiple": q}
    sha256 = intervals.sha256_of(weights)
    save = [
        intervals.MapCalibration(
            name, sha256, COVERAGE, tuple(map(float, one["weights"])), one["multiple"], len(second)
        )
        for name, one in known.items()
    ]
    intervals.save(save, arguments.folder / intervals.FILE)
    results = {
        "method": arguments.method if arguments.weights is None else arguments.weights.name,
        "sha256": sha256,
        "fitting": len(first),
        "calibration": len(second),
        "calibrations": {name: one | {"weights": list(map(float, one["weights"]))} for name, one in known.items()},
        "rows": [one for one in rows(known, weights, testing, data) if one],
        "minutes": time.process_time() / 60,
    }
    (arguments.out / "brain_map_intervals.json").write_text(json.dumps(results, indent=1) + "\n")
    (arguments.out / "brain_map_intervals.md").write_text(page(results))
    print(page(results))


if __name__ == "__main__":
    main()
