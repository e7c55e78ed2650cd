"""T2 of a clinical DESS volume: time, beside the same formula written plainly in numpy, in one run on one machine.

    python benchmarks/t2_map.py [--shape 416 416 160] [--repeats 3]

The scan is a ball of tissue with T2 from 20 to 80 ms and Rician noise in air, two float32 echoes. "Plain" is the
analytic formula alone, array by array, single precision, without masks, noise or reasons; the package's maps have them
all. The package aims at 1 s for 416 x 416 x 160 on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np

from napari_mrsr.mapping import t2_from_dess
from napari_mrsr.mapping.sveinsson import coefficients
from napari_mrsr.physics.dess import PRESETS, DessSequence
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.scan import Acquisition, Scan

SEQUENCE = PRESETS["GE qDESS, low spoiler, 20 deg"]


def make_scan(shape: tuple[int, int, int]) -> Scan:
    """Return two echoes of a ball in air."""
    rng = np.random.default_rng(0)
    i, j, k = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    ball = np.sqrt(i[:, None, None] ** 2 + j[:, None] ** 2 + k**2) < 0.9
    first, second = dess_signals(1200.0, np.linspace(20, 80, shape[2]), SEQUENCE, 1000.0)
    echoes = np.empty((2, *shape), np.float32)
    for echo, signal in zip(echoes, (first, second), strict=True):
        np.multiply(ball, signal.astype(np.float32), out=echo)
        echo += rng.standard_normal(shape, np.float32)
        np.hypot(echo, rng.standard_normal(shape, np.float32), out=echo)
    acquisition = Acquisition(
        repetition_time=SEQUENCE.repetition_time,
        echo_times=(SEQUENCE.echo_time, SEQUENCE.second_echo_time),
        flip_angle=SEQUENCE.flip_angle,
        spoiler_moment=SEQUENCE.spoiler_moment,
        spoiler_duration=SEQUENCE.spoiler_duration,
    )
    return Scan(echoes, np.diag([0.4, 0.4, 0.7, 1.0]), axis="echo", names=("S1", "S2"), acquisition=acquisition)


def plain(scan: Scan, sequence: DessSequence) -> np.ndarray:
    """Return T2 by the analytic formula, as one writes it down."""
    k, c1 = coefficients(sequence, 1200.0)
    with np.errstate(all="ignore"):
        ratio = scan.array[1] / scan.array[0]
        exponent = np.log(ratio / np.float32(k)) + np.float32(c1)
        t2 = np.float32(-2 * (sequence.repetition_time - sequence.echo_time)) / exponent
        return np.where(t2 > 0, t2, np.float32(np.nan))


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Return the shortest time of several calls, s."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Time the maps and print them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    scan = make_scan(tuple(options.shape))
    b1 = Scan(np.broadcast_to(np.linspace(0.85, 1.15, scan.shape[0])[:, None, None], scan.shape), scan.affine)
    seconds = {
        "plain numpy, formula only": best_of(options.repeats, lambda: plain(scan, SEQUENCE)),
        "analytic": best_of(options.repeats, lambda: t2_from_dess(scan)),
        "epg": best_of(options.repeats, lambda: t2_from_dess(scan, method="epg")),
        "analytic with b1": best_of(options.repeats, lambda: t2_from_dess(scan, b1=b1)),
        "epg with b1": best_of(options.repeats, lambda: t2_from_dess(scan, method="epg", b1=b1)),
    }
    baseline = seconds["plain numpy, formula only"]
    report = {
        "shape": list(scan.shape),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "relative to plain": {name: round(value / baseline, 2) for name, value in seconds.items()},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
