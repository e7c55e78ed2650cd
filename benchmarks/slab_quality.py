"""What slow methods gain, on a few planes of scans never trained on: writes docs/results/slab.json.

    NAPARI_MRSR_DATA=... python benchmarks/slab_quality.py [--methods scsr aplus] [--out docs/results/slab.json]

Sparse coding takes hours for a volume, so ``benchmarks/quality.py`` would take days. Here a block of four planes by 48
rows, with all its slices, is computed as it is in the whole volume, and scored against what it was made from,
beside tricubic and any other method. CPU seconds are
those of one thread, for 48 rows of a plane with the block's margins; what a whole plane costs is told by
``benchmarks/dictionary_speed.py --estimate``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_mrsr.files import read_scan
from napari_mrsr.metrics import compare
from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.superres import stream

FACTOR, AXIS = 2, 2
PLANES, ROWS = 4, 48


def cases() -> Iterator[tuple[str, Scan]]:
    """Return a phantom of a seed that never teaches, without and with noise, and the real knee."""
    for noise in (False, True):
        yield (
            "phantom noisy" if noise else "phantom noise-free",
            knee(2, shape=(96, 96, 48), spacing=(0.5, 0.5, 0.7), noise=noise).scan,
        )
    if "NAPARI_MRSR_DATA" in os.environ:
        yield "knee slices", read_scan(Path(os.environ["NAPARI_MRSR_DATA"]) / "knee" / "qdess_lateral")
    else:
        print("NAPARI_MRSR_DATA is not set: the real knee is left out")


def block(scan: Scan) -> tuple[slice, slice, slice]:
    """Return planes and rows in the middle, and all slices."""
    i, j = scan.shape[0] // 2, scan.shape[1] // 2
    return slice(i - PLANES // 2, i + PLANES // 2), slice(j - ROWS // 2, j + ROWS // 2), slice(None)


def computed(thick: Scan, method: str, part: tuple[slice, slice, slice], slices: int) -> tuple[np.ndarray, float]:
    """Return the fine values of a part and the CPU seconds they took."""
    result = np.empty((thick.volumes, PLANES, ROWS, FACTOR * thick.shape[AXIS]), np.float32)
    began = time.process_time()
    for tile in stream(thick, method=method, factor=FACTOR, axis=AXIS, threads=1, within=part):
        there = tuple(slice(t.start - p.start, t.stop - p.start) for t, p in zip(tile.where[:2], part[:2], strict=True))
        result[(slice(None), *there)] = tile.array
    return result[..., :slices], time.process_time() - began


def main() -> None:
    """Print a row of Markdown for each volume and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["scsr", "aplus", "lean"])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "results" / "slab.json")
    arguments = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    print("| part | method | PSNR, dB | over tricubic | SSIM | CPU seconds |\n|---|---|---|---|---|---|")
    for name, scan in cases():
        part = block(scan)
        reference = replace(scan, array=np.ascontiguousarray(scan.array[(slice(None), *part)]))
        thick = degrade(scan, factor=FACTOR, axis=AXIS)
        for method in ("tricubic", *arguments.methods):
            if method == "tricubic":
                (tile,) = stream(thick, method=method, factor=FACTOR, axis=AXIS)
                values, seconds = tile.array[(slice(None), *part)][..., : scan.shape[AXIS]], float("nan")
            else:
                values, seconds = computed(thick, method, part, scan.shape[AXIS])
            for volume, figures in compare(reference, replace(reference, array=np.ascontiguousarray(values))).items():
                key = f"{name} {volume}"
                one = {"psnr": figures["psnr"], "ssim": figures["ssim"], "seconds": seconds / PLANES / scan.volumes}
                found.setdefault(key, {})[method] = one
                gain = one["psnr"] - found[key]["tricubic"]["psnr"]
                print(
                    f"| {key} | {method} | {one['psnr']:.2f} | {gain:+.2f} | {one['ssim']:.4f} | {one['seconds']:.2f} |",
                    flush=True,
                )
    told = {"planes": PLANES, "rows": ROWS, "quality": found}
    arguments.out.write_text(json.dumps(told, indent=1).replace("NaN", "null") + "\n")


if __name__ == "__main__":
    main()
