"""SSIM map of a whole volume: this package against scikit-image, time and peak memory, in one run on one machine.

    python benchmarks/ssim.py [--shape 416 416 160] [--repeats 3]

Every measurement is a process of its own, the two taken in turns, so that neither profits from the other's memory. Peak
memory is the growth of the process' largest resident size over that before the call, images held already: the map
that is returned counts. Images are float32 on [0, 1] with texture, edges and air. The package aims at 1.5 times the
speed in a third of the memory, and maps equal to 2e-4.

scikit-image works in the precision of its input. It is timed in single, as images are held here, and run once
more in double, which is the truth for both maps: its single precision alone is off by more than 2e-4 in places.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

OURS, SINGLE, DOUBLE = "this package", "scikit-image", "scikit-image, double"


def make_images(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return a ball with a bright shell and texture in air, and a noisy, slightly blurred copy of it."""
    rng = np.random.default_rng(0)
    i, j, k = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    radius = np.sqrt(i[:, None, None] ** 2 + j[:, None] ** 2 + k**2)
    x = np.where(radius < 0.8, 0.5 + 0.1 * rng.standard_normal(shape, np.float32), np.float32(0))
    x[(radius > 0.6) & (radius < 0.65)] = 1
    y = x.copy()
    y[..., 1:-1] = 0.5 * x[..., 1:-1] + 0.25 * (x[..., :-2] + x[..., 2:])
    y += 0.02 * rng.standard_normal(shape, np.float32)
    return x, y


def peak_memory() -> int:
    """Return the largest resident size of this process so far, bytes (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def measure(which: str, folder: Path) -> None:
    """Time one SSIM map, print seconds and bytes as JSON, leave the map in the folder."""
    x, y = np.load(folder / "x.npy"), np.load(folder / "y.npy")
    if which == DOUBLE:
        x, y = x.astype(np.float64), y.astype(np.float64)
    if which == OURS:
        from napari_mrsr.metrics import similarity

        def run(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return similarity(a, b, data_range=1)

    else:
        from skimage.metrics import structural_similarity

        def run(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "full": True}
            return structural_similarity(a, b, data_range=1, **options)[1]

    run(x[:16, :16, :16], y[:16, :16, :16])  # imports and the matrix library's threads are not part of it
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = peak_memory()
    start, started = time.perf_counter(), time.process_time()
    found = run(x, y)
    seconds, cpu = time.perf_counter() - start, time.process_time() - started
    print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": peak_memory() - before}))
    np.save(folder / f"{which}.npy", found)


def main() -> None:
    """Measure both in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], Path(given.measure[1]))
        return
    results: dict[str, list[dict[str, float]]] = {SINGLE: [], OURS: [], DOUBLE: []}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for image, label in zip(make_images(tuple(given.shape)), "xy", strict=True):
            np.save(folder / label, image)
        for repeat in range(given.repeats):
            for which, runs in results.items():
                if which == DOUBLE and repeat:
                    continue
                command = [sys.executable, __file__, "--measure", which, name]
                runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        truth = np.load(folder / f"{DOUBLE}.npy")
        error = {which: float(np.abs(np.load(folder / f"{which}.npy") - truth).max()) for which in results}
    best = {which: {key: min(run[key] for run in runs) for key in runs[0]} for which, runs in results.items()}
    print(f"SSIM map of {'x'.join(map(str, given.shape))}, best of {given.repeats}")
    for which, found in best.items():
        size = f"{found['seconds']:7.2f} s {found['cpu']:7.2f} s of CPU {found['bytes'] / 2**20:7.0f} MiB"
        print(f"  {which:22}{size}   at most {error[which]:.1e} from {DOUBLE}")
    speed = best[SINGLE]["seconds"] / best[OURS]["seconds"]
    memory = best[OURS]["bytes"] / best[SINGLE]["bytes"]
    print(f"  {OURS} against {SINGLE}: {speed:.1f} times as fast in {memory:.2f} of its memory")


if __name__ == "__main__":
    main()
