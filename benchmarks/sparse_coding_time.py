"""What sparse coding would take for whole volumes, from a slab that is computed in full: docs/results/sparse_coding_time.md.

    NAPARI_MRSR_DATA=... OMP_NUM_THREADS=1 python benchmarks/sparse_coding_time.py [--planes 8] [--rows 48] [--out docs/results]

A whole volume takes hours, so the figures for whole volumes are **extrapolated**: the slab's processor time on one thread, times
the patches of the volume over those of the slab. A patch stands around every fine sample of every plane of both families;
patches without detail (air, noise) are not coded and cost next to nothing, so that the time depends on what the image shows.
Beside it what the engine tells a person before it starts, which times pieces from all over the volume.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.files import read_scan
from napari_mrsr.inference import dictionary
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.interpolation.dictionaries.anchored import FACTOR
from napari_mrsr.interpolation.dictionaries.sparse_coding import SparseCoding, features
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.networks import dictionary_files
from napari_mrsr.phantoms import knee
from napari_mrsr.scan import Scan
from napari_mrsr.superres import retrospective

ROOT = Path(__file__).resolve().parents[1]
METHOD = "scsr"
#: Thick voxels of one echo of a clinical volume.
CLINICAL = (416, 416, 80)


def subjects() -> dict[str, Scan]:
    """Return thick scans: a noisy phantom, and the real half knee where it is at hand."""
    found = {"noisy phantom": retrospective(knee(2, shape=(192, 192, 80), spacing=(0.5, 0.5, 0.7)).scan, FACTOR, 2)}
    data = os.environ.get("NAPARI_MRSR_DATA")
    if data:
        found["real half knee"] = retrospective(read_scan(Path(data) / "knee" / "qdess_lateral"), FACTOR, 2)
    return found


def measure(scan: Scan, planes: int, rows: int) -> dict[str, Any]:
    """Compute a slab of the middle of one echo in full; return its seconds and what follows for whole volumes."""
    method = dictionary_files.load(METHOD)
    assert isinstance(method, SparseCoding)
    scale = common_scale(scan.array)
    low = [(n - wanted) // 2 for n, wanted in zip(scan.shape, (planes, rows), strict=False)]
    slab = scan.array[:1, low[0] : low[0] + planes, low[1] : low[1] + rows]
    scaled = method.at_scale(scale)
    cpu = time.process_time()
    for turned in (slab[0], slab[0].swapaxes(0, 1)):  # both families of planes
        scaled.residual(turned)
    cpu = time.process_time() - cpu
    patches = 2 * FACTOR * slab.size
    told = dictionary.estimate_seconds(method, scan.array[:1], axis=2, threads=1, clock=time.process_time)
    return {
        "thick": "x".join(map(str, scan.shape)),
        "slab": "x".join(map(str, slab.shape[1:])),
        "coded": coded(slab[0], scaled.flat),
        "cpu": cpu,
        "per_patch": cpu / patches,
        "whole": cpu / patches * 2 * FACTOR * scan.array[0].size,
        "told": told,
        "clinical": cpu / patches * 2 * FACTOR * float(np.prod(CLINICAL)),
    }


def coded(planes: np.ndarray, flat: float) -> float:
    """Return the share of patches that have detail."""
    cubic = planes @ matrix("tricubic", planes.shape[-1], FACTOR * planes.shape[-1]).T
    lengths = [np.sqrt((features(plane) ** 2).sum(axis=(2, 3, 4))) for plane in cubic]
    return float(np.mean(np.stack(lengths) > flat))


def page(found: dict[str, dict[str, Any]], planes: int, rows: int) -> str:
    """Return docs/results/sparse_coding_time.md."""
    clinical = " x ".join(map(str, CLINICAL))
    lines = [
        "# What sparse coding would take",
        "",
        f"Made by `python benchmarks/sparse_coding_time.py --planes {planes} --rows {rows}`: one echo, slices made twice as many, processor time",
        f"of one thread ({platform.machine()}). No whole volume was computed: the last three columns are **extrapolated**, by the number of",
        "patches, from the slab (measured in full), or from pieces all over the volume (what the engine tells before it starts).",
        "",
        "| scan | thick voxels | slab | patches with detail | slab, s | µs a patch | whole scan, h | the engine's estimate, h | "
        f"{clinical}, h |",
        "|---" * 9 + "|",
    ]
    for name, one in found.items():
        hours = " | ".join(f"{one[key] / 3600:.2f}" for key in ("whole", "told", "clinical"))
        lines.append(
            f"| {name} | {one['thick']} | {one['slab']} | {100 * one['coded']:.0f} % | {one['cpu']:.1f} | {1e6 * one['per_patch']:.0f} | {hours} |"
        )
    lines += [
        "",
        "Slabs lie in the middle of the joint, where everything has detail; a whole scan may have air around it, whose patches cost next",
        "to nothing. The engine's estimate counts the margins of its blocks too, a fifth more; the slab's figure does not. Two echoes take",
        "twice as long. Tables of the [study](dess.md) name the seconds of the slab that was scored, all echoes, which were measured.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planes", type=int, default=8)
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    found = {name: measure(scan, arguments.planes, arguments.rows) for name, scan in subjects().items()}
    text = page(found, arguments.planes, arguments.rows)
    (arguments.out / "sparse_coding_time.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
