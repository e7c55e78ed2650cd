"""How well the standard error of a region's mean T2 is told, against the scatter of means of drawn noise.

A phantom knee without noise is thickened, Rician noise is drawn again and again, each draw is super-resolved and
mapped, and the mean T2 of each region is taken, before and after. Printed is the standard error that the first draw
tells over the scatter of the means::

    python benchmarks/region_errors.py --method tricubic --draws 40
    python benchmarks/region_errors.py --method lean --draws 16

1 is exact; its own error is 1 / sqrt(2 (draws - 1)). Below 1, where a region lies at fluid: voxels that noise pushes
over the limit of fluid come and go, and take their long T2 out of the mean and into it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from napari_mrsr import roi, superres
from napari_mrsr.mapping import t2_from_dess, with_uncertainty
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.roi.certainty import Refinement, certainty
from napari_mrsr.scan import Scan

#: S1 of the middle of all tissue over noise.
SNR = 25.0
WANTED = ("cartilage", "meniscus", "cruciate", "tendon")


def main() -> None:
    """Draw, super-resolve, map, and print a line a region."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="tricubic")
    parser.add_argument("--draws", type=int, default=40)
    asked = parser.parse_args()
    clean, labels, names = phantom()
    sigma = float(np.median(clean.array[0][clean.array[0] > 0])) / SNR
    random = np.random.default_rng(0)
    means: dict[str, list[np.ndarray]] = {"acquired": [], "SR": []}
    said = {}
    began = time.perf_counter()
    for draw in range(asked.draws):
        parts = clean.array + random.normal(0, sigma, clean.array.shape), random.normal(0, sigma, clean.array.shape)
        scan = replace(clean, array=np.hypot(*parts).astype(np.float32))
        found = with_uncertainty(scan, t2_from_dess(scan))
        refined = superres.super_resolve(scan, method=asked.method, factor=2, axis=2)
        sharp = t2_from_dess(refined).map
        for role, map in (("acquired", found.map), ("SR", sharp)):
            means[role].append(roi.statistics(map, labels)["mean"].to_numpy())
            if draw == 0:
                how = Refinement(refined, asked.method, 2, scan.shape[2]) if role == "SR" else None
                said[role] = certainty(map, labels, acquired=found, refinement=how)["standard_error"].to_numpy()
    print(f"{asked.method}, {asked.draws} draws, SNR {SNR:g}, {time.perf_counter() - began:.0f} s")
    print(f"{'region':30s} {'SE acquired':>12s} {'SE / scatter':>13s} {'SE SR':>8s} {'SE / scatter':>13s}")
    scatter = {role: np.std(drawn, axis=0, ddof=1) for role, drawn in means.items()}
    for n, name in enumerate(names.values()):
        told = [f"{said[role][n]:.3f}" for role in means]
        ratio = [f"{said[role][n] / scatter[role][n]:.2f}" for role in means]
        print(f"{name:30s} {told[0]:>12s} {ratio[0]:>13s} {told[1]:>8s} {ratio[1]:>13s}")


def phantom() -> tuple[Scan, Scan, dict[int, str]]:
    """Return thick slices without noise, the regions on the fine grid, and their names."""
    made = knee(3, shape=(112, 112, 40), spacing=(1.5, 1.5, 1.2), noise=False)
    wanted = {number: name for number, name in LABELS.items() if any(word in name for word in WANTED)}
    there = [number for number in wanted if (made.labels.array == number).sum() > 100]
    array = np.zeros_like(made.labels.array, dtype=np.uint8)
    for label, number in enumerate(there, start=1):
        array[made.labels.array == number] = label
    names = {label: wanted[number] for label, number in enumerate(there, start=1)}
    return superres.retrospective(made.noiseless, 2, 2), made.labels.after("regions", array), names


if __name__ == "__main__":
    main()
