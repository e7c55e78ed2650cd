"""How long a dictionary takes for one echo of a clinical volume, and how soon it hears Stop.

    python benchmarks/dictionary_speed.py [--method aplus] [--shape 416 416 80] [--threads 2]
    python benchmarks/dictionary_speed.py --method scsr --estimate [--scan SCAN]

What anchored regression costs does not depend on what the image shows, so the volume is noise. CPU seconds over threads
is what an idle computer would take; wall seconds are those of this one, with whatever else it was doing.

Sparse coding takes hours, and what it costs depends on the image: ``--estimate`` only times pieces, of a scan or else of a
noisy phantom, by CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

import numpy as np

from napari_mrsr.files import read_scan
from napari_mrsr.inference import dictionary
from napari_mrsr.networks import dictionary_files
from napari_mrsr.phantoms import knee
from napari_mrsr.scan import Scan

#: Estimates that are averaged.
ESTIMATES = 2


def main() -> None:
    """Print one row of Markdown for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="aplus")
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 80))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--estimate", action="store_true", help="time pieces only")
    parser.add_argument("--scan", type=Path, help="with --estimate: the scan that pieces are taken of")
    arguments = parser.parse_args()
    trained = dictionary_files.load(arguments.method)
    if arguments.estimate:
        estimate(arguments.method, trained, read_scan(arguments.scan) if arguments.scan else None)
        return
    volume = np.random.default_rng(0).random((1, *arguments.shape), np.float32)
    told = dictionary.estimate_seconds(trained, volume, axis=2, threads=arguments.threads)
    wall, cpu, first = time.perf_counter(), time.process_time(), 0.0
    for tile in dictionary.stream(trained, volume, axis=2, threads=arguments.threads):
        first = first or time.perf_counter() - wall
        assert tile.done <= 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    shape = " x ".join(map(str, arguments.shape))
    print(
        f"{arguments.method}, one echo of {shape} thick voxels, {arguments.threads} threads, {platform.processor()}\n"
    )
    print("| what | seconds |\n|---|---|")
    rows = {
        "CPU": cpu,
        "CPU over threads": cpu / arguments.threads,
        "wall": wall,
        "estimated before": told,
        "first block": first,
        "Stop": _stop(trained, volume, arguments.threads),
    }
    for name, seconds in rows.items():
        print(f"| {name} | {seconds:.1f} |")


def estimate(name: str, trained: dictionary_files.Dictionary, scan: Scan | None) -> None:
    """Print what all echoes of a scan would take on one thread, and a plane of either family."""
    scan = scan or knee(2, shape=(128, 128, 40), spacing=(0.5, 0.5, 1.4)).scan
    axis = scan.find_slice_axis()
    seconds = [
        dictionary.estimate_seconds(trained, scan.array, axis=axis, threads=1, clock=time.process_time)
        for _ in range(ESTIMATES)
    ]
    voxels, planes = scan.array[0].size, [n for a, n in enumerate(scan.shape) if a != axis]
    per_voxel = sum(seconds) / ESTIMATES / scan.array.size
    print(f"{name}: thick {scan.shape}, {scan.volumes} volumes, one thread, {ESTIMATES} estimates")
    print(f"all volumes: {' '.join(f'{one / 3600:.2f}' for one in seconds)} CPU hours")
    print(
        f"one volume: {per_voxel * voxels / 3600:.2f} CPU hours; a plane: {per_voxel * voxels / sum(planes):.1f} CPU seconds"
    )
    clinical = 416 * 416 * 80
    print(f"one echo of 416 x 416 x 80 thick voxels of such content: {per_voxel * clinical / 3600:.2f} CPU hours")


def _stop(trained: dictionary_files.Dictionary, volume: np.ndarray, threads: int) -> float:
    """Return how long after it is asked the work ends, s; asked after the first planes of the second block."""
    asked = [0, 0.0]

    def stop() -> bool:
        asked[0] += 1
        if asked[0] > 150 and not asked[1]:
            asked[1] = time.perf_counter()
        return bool(asked[1])

    for _ in dictionary.stream(trained, volume, axis=2, threads=threads, stop=stop):
        pass
    return time.perf_counter() - asked[1]


if __name__ == "__main__":
    main()
