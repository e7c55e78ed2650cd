"""How long a dictionary takes for one echo of a clinical volume, and how soon it hears Stop.

    python benchmarks/dictionary_speed.py [--method aplus] [--shape 416 416 80] [--threads 2]

What a dictionary costs does not depend on what the image shows, so the volume is noise. CPU seconds over threads is what
an idle computer would take; wall seconds are those of this one, with whatever else it was doing.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np

from napari_mrsr.inference import dictionary
from napari_mrsr.networks import dictionary_files


def main() -> None:
    """Print one row of Markdown for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="aplus")
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 80))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    trained = dictionary_files.load(arguments.method)
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


def _stop(trained: dictionary_files.AnchoredRegression, volume: np.ndarray, threads: int) -> float:
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
