"""What consistency and the layers of trust cost beside super-resolution: docs/results/trust_speed.md.

    OMP_NUM_THREADS=1 python benchmarks/trust_speed.py [--shape 416 416 160] [--threads 1] [--out docs/results]

The knee phantom at 0.4 x 0.4 x 0.7 mm, two echoes, thick slices of 1.4 mm, lean in bfloat16. Processor seconds are counted (all
threads together), which other programs on the machine change little; wall seconds stand beside. The aim: consistency
and trust together take at most 25 % of the time of the network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade
from napari_mrsr.superres import super_resolve
from napari_mrsr.trust import intervals, trust
from napari_mrsr.trust.echo_motion import echo_motion

ROOT = Path(__file__).resolve().parents[1]
FACTOR, AXIS, AIM = 2, 2, 25.0


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what a call gives, its processor seconds and its wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return found, time.process_time() - cpu, time.perf_counter() - wall


def measure(shape: tuple[int, int, int], threads: int) -> dict[str, tuple[float, float]]:
    """Return processor and wall seconds of each part."""
    thick = degrade(knee(3, shape=shape, spacing=(0.4, 0.4, 0.7)).scan, factor=FACTOR, axis=AXIS)
    options: dict[str, Any] = {"method": "lean", "factor": FACTOR, "axis": AXIS, "device": "cpu", "precision": "bf16"}
    small = thick.after("a corner, to load everything", thick.array[:, :64, :64])
    super_resolve(small, threads=threads, **options)
    _, *bare = timed(lambda: super_resolve(thick, threads=threads, consistency="none", **options))
    result, *held = timed(lambda: super_resolve(thick, threads=threads, **options))
    _, *judged = timed(lambda: trust(thick, result, factor=FACTOR, axis=AXIS))
    step = intervals.read(ROOT / "weights" / intervals.FILE)
    rows = {
        "super-resolution, bare": bare,
        "with wiener consistency": held,
        "layers of trust": judged,
    }
    if step:
        _, *rows["of these: interval"] = timed(lambda: intervals.half_width(thick, result, step[0], axis=AXIS))
    _, *rows["of these: motion of the echoes"] = timed(lambda: echo_motion(thick, AXIS))
    return {name: (cpu, wall) for name, (cpu, wall) in rows.items()}


def page(found: dict[str, tuple[float, float]], shape: tuple[int, int, int], threads: int) -> str:
    """Return docs/results/trust_speed.md."""
    bare, held, judged = (found[name][0] for name in list(found)[:3])
    size = " x ".join(map(str, shape))
    more = 100 * (max(0.0, held - bare) + judged) / bare
    lines = [
        "# What trust costs",
        "",
        f"Made by `python benchmarks/trust_speed.py --shape {size.replace(' x ', ' ')} --threads {threads}`: {size}, two echoes, from "
        f"{shape[2] // FACTOR} thick slices, lean in bfloat16.",
        "",
        "| | processor seconds | of the network | wall seconds |",
        "|---|---|---|---|",
        *(f"| {name} | {cpu:.1f} | {100 * cpu / bare:.0f} % | {wall:.1f} |" for name, (cpu, wall) in found.items()),
        "",
        f"Consistency and trust together: {more:.0f} % of the network (aim: at most {AIM:.0f} %, "
        f"{'reached' if more <= AIM else 'not reached'}). Wall seconds are those of a machine that did other things meanwhile.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    shape = tuple(arguments.shape)
    found = measure(shape, arguments.threads)
    (arguments.out / "trust_speed.md").write_text(page(found, shape, arguments.threads))
    print(page(found, shape, arguments.threads))


if __name__ == "__main__":
    main()
