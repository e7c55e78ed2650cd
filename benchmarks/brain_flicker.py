"""Networks of single slices on a real brain: what flickers from slice to slice, and what three orientations do about it.

    python benchmarks/brain_flicker.py SCAN [--weights FILE ...] [--methods cpce cpce-l1] [--part 128] [--out docs/results/brain_flicker.md]

The scan, nearly cubes, is cut to half its samples along two axes, as paper 2 does, and along all three, as a scanner does that
saves time in 3-D. Its middle is enough (``--part``). Measured in the head against the scan itself: PSNR, L being the 99th
percentile; what flickers (``napari_mrsr.metrics.flicker``), in thousandths of the brightest value, across the slices and as a
ratio to that within them; and how much the volume changes from slice to slice, the scan being 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

#: What is tried with every network: orientations, and whether the measured centre is put back.
WAYS = ((1, "none"), (3, "none"), (1, "hard"), (3, "hard"))
HEADINGS = "| k-space | method | orientations | centre put back | PSNR, dB | flicker, slices | ratio | change | CPU s |"


def cuts(fine: Any) -> Iterator[tuple[str, Any]]:
    """Yield the scan with half the samples along two axes, and along three."""
    from napari_mrsr.inference.measured_centre import centre
    from napari_mrsr.sampling import along, degrade
    from napari_mrsr.scan import Scan

    yield "half of two axes", degrade(fine, kspace=0.25)
    y = fine.array.astype(np.float32)
    for axis in (1, 2, 3):
        y = along.apply(centre(y.shape[axis], y.shape[axis] // 2), y, axis)
    affine = np.array(fine.affine)
    affine[:3, :3] *= 2
    yield "half of three axes", Scan(np.abs(y).astype(np.float32), affine, slice_axis=fine.slice_axis)


def row(fine: Any, result: np.ndarray, head: np.ndarray) -> dict[str, float]:
    """Measure a result against the scan."""
    from napari_mrsr.metrics.flicker import between_slices

    truth = fine.array[0].astype(np.float32)
    bright = float(np.percentile(truth[head], 99))
    error = (result - truth)[head]
    found = between_slices(truth, result, fine.slice_axis, head)
    return {
        "psnr": 20 * float(np.log10(bright / np.sqrt(np.mean(error.astype(np.float64) ** 2)))),
        "flicker": 1e3 * found.slices / float(truth.max()),
        "ratio": found.ratio,
        "change": found.change,
    }


def main() -> None:
    """Measure everything and write Markdown and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--weights", type=Path, nargs="*", default=[])
    parser.add_argument("--methods", nargs="*", default=[])
    parser.add_argument(
        "--part", type=int, default=128, help="samples along every axis, from the middle; an even number"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import torch

    from napari_mrsr import in_plane
    from napari_mrsr.files import read_scan
    from napari_mrsr.planes import across
    from napari_mrsr.studies.brain.head import head_of

    torch.set_num_threads(options.threads)
    whole = across(read_scan(options.scan))
    head = head_of(whole.array[0])
    middle = tuple(
        slice((n - min(options.part, n)) // 2, (n - min(options.part, n)) // 2 + min(options.part, n) // 2 * 2)
        for n in whole.shape
    )
    fine = whole.after("middle", whole.array[(slice(None), *middle)])
    head = head[middle]
    networks: dict[str, dict[str, Any]] = {file.parent.name: {"weights": file} for file in options.weights}
    networks |= {name: {"method": name} for name in options.methods}
    found = []
    for cut, low in cuts(fine):
        zero = in_plane.plan(
            low, method="fourier", matrix=tuple(n for a, n in enumerate(fine.shape) if a != fine.slice_axis)
        )
        filled = in_plane.to_grid(low.array, replace(zero, depth=fine.shape[fine.slice_axis]), "fourier")[0]
        found.append(
            {
                "k-space": cut,
                "method": "zero-filled",
                "orientations": 0,
                "centre": "",
                **row(fine, filled, head),
                "cpu": 0.0,
            }
        )
        for name, way in networks.items():
            for orientations, consistency in WAYS:
                start = time.process_time()
                given = {**way, "consistency": consistency, "orientations": orientations, "device": "cpu"}
                if cut == "half of two axes" or orientations == 3:
                    result = in_plane.sharpen(low, matrix=zero.matrix, **given).array[0]
                else:  # the slices between are zero-filled first
                    deep = low.after("zero-filled", filled[None], affine=fine.affine)
                    result = in_plane.sharpen(deep, matrix=zero.matrix, **{**given, "consistency": "none"}).array[0]
                    if consistency == "hard":
                        from napari_mrsr.inference.measured_centre import hold

                        result = hold(result[None], low.array, (-3, -2, -1))[0]
                seconds = time.process_time() - start
                found.append({"k-space": cut, "method": name, "orientations": orientations, "centre": consistency})
                found[-1] |= {**row(fine, result, head), "cpu": seconds}
                print(found[-1], file=sys.stderr)
    text = report(
        found,
        options.scan.name,
        fine.shape,
        " ".join(arg if "/" not in arg else Path(arg).name for arg in sys.argv[1:]),
    )
    print(text)
    if options.out:
        options.out.write_text(text)
        options.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")


def report(found: list[dict[str, Any]], name: str, shape: tuple[int, ...], arguments: str) -> str:
    """Return the results as Markdown."""
    lines = [
        "# From slice to slice",
        "",
        f"The middle {' x '.join(map(str, shape))} voxels of {name}. Written by",
        f"`python benchmarks/brain_flicker.py {arguments}`.",
        "",
        "Measured in the head. *Flicker* is the SD of the error between neighbouring slices, in thousandths of the brightest value;",
        "*ratio* that to the same between neighbouring lines within the slices; *change* how much neighbouring slices differ, the",
        "scan itself being 1. Zero-filling stands for what there was before.",
        "",
        HEADINGS,
        "|---" * 9 + "|",
    ]
    for one in found:
        many = one["orientations"] or "-"
        back = {"hard": "yes", "none": "no", "": "-"}[one["centre"]]
        lines.append(
            f"| {one['k-space']} | {one['method']} | {many} | {back} | {one['psnr']:.2f} | {one['flicker']:.2f} | {one['ratio']:.3f} "
            f"| {one['change']:.3f} | {one['cpu']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
