"""T1, T2 and M0 of a brain from three volumes: seconds, processor seconds and memory of all that it takes.

    python benchmarks/brain_maps_speed.py [--side 256] [--threads 2] [--weights FILE] [--out docs/results/brain_maps_speed.md]

A head of 192 x 224 x 192 mm in the middle of a cube of 256 mm, with noise: the phantom at twice the voxel, interpolated,
since what it shows takes no time. Every measurement is a process of its own, one after the other. Without weights a network
as the recipe makes it is drawn: its speed is that of a trained one, its errors are not.

The plain loop is what is usually written: the network in float32 on one whole slice after the other, without gradients.
MONAI's sliding window runs the same network over the same slices (``pip install monai --no-deps``). Both are given images that
are scaled already, and only map: they stand beside the part of ours that does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import Result, answer, in_a_process, machine, made_by, write

CONTRASTS = ("T1w", "T2w", "FLAIR")
PRECISIONS = ("fp32", "auto")
#: Parts of the front door; the first three pass before a slice is on screen.
PARTS = ("torch", "checks", "first slices", "other slices", "finish")
UNITS = ("s", "cpu")
#: Seconds and GiB that three volumes of 256^3 may take on two cores.
AIM, MEMORY = 30, 4
#: Side of MONAI's window (that of the patches that train), its overlap, and how many windows at once.
WINDOW, OVERLAP, AT_ONCE = 96, 0.5, 8


def make_images(side: int, folder: Path) -> None:
    """Write three images of a head as compressed NIfTI with their sidecars."""
    from dataclasses import replace

    from scipy.ndimage import zoom

    from napari_mrsr.files import write_nifti
    from napari_mrsr.phantoms.brain import brain
    from napari_mrsr.phantoms.brain.contrasts import weighted

    voxel = 256 / side
    rng = np.random.default_rng(0)
    for name, scan in weighted(brain(3, spacing=2 * voxel, lesions="none"), snr=None).items():
        fine = zoom(scan.array[0], 2, order=1)
        around = [((side - n) // 2, side - n - (side - n) // 2) for n in fine.shape]
        image = 1000 * np.pad(fine, around) / fine.max()
        noisy = np.hypot(image + rng.normal(0, 8, image.shape), rng.normal(0, 8, image.shape))
        cubes = np.diag([-voxel, -voxel, voxel, 1])
        write_nifti(replace(scan, array=np.rint(noisy)[None], affine=cubes), folder / f"{name}.nii.gz")


def make_weights(path: Path, side: int) -> Path:
    """Write a network as the recipe makes it, untrained, that takes voxels of this size."""
    from dataclasses import fields

    import torch

    from napari_mrsr.networks import registry
    from napari_mrsr.networks.map_conditions import MapConditions
    from napari_mrsr.networks.mapper import Mapper
    from napari_mrsr.training.mapping_recipe import MapRecipe

    torch.manual_seed(0)
    recipe = {field.name: field.default for field in fields(MapRecipe)}
    conditions = MapConditions(voxel=(0.7, max(1.3, 300 / side))).written()
    return registry.save(
        Mapper(**{key: recipe[key] for key in ("features", "levels", "neighbours")}, conditions=conditions), path
    )


def images_of(folder: str) -> list[Any]:
    """Return the three scans."""
    from napari_mrsr.cli.read import read

    return [read([Path(folder) / f"{name}.nii.gz"], allow_nonfinite=False, doubts=False) for name in CONTRASTS]


class Clock:
    """Seconds and processor seconds since the last time it was asked."""

    def __init__(self) -> None:
        self.found: Result = {}
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def lap(self, name: str) -> None:
        """Write down what a part took."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.found |= {f"{name} s": wall - self.wall, f"{name} cpu": cpu - self.cpu}
        self.wall, self.cpu = wall, cpu


def door(folder: str, precision: str, weights: str, threads: str) -> Result:
    """Time each part of the front door, from three scans in memory to maps, reasons and synthesised images."""
    from napari_mrsr import brain_maps

    scans = images_of(folder)
    clock = Clock()
    import torch  # whoever asks for maps waits for it too

    torch.set_num_threads(int(threads))
    clock.lap("torch")
    job = brain_maps.plan(*scans, weights=Path(weights))
    clock.lap("checks")
    maps, middle = brain_maps.empty(job), job.scans.t1w.shape[job.normal] // 2
    tiles = brain_maps.run(job, device="cpu", precision=precision, threads=int(threads), first=middle)
    next(tiles).write(maps)
    clock.lap("first slices")
    for tile in tiles:
        tile.write(maps)
    clock.lap("other slices")
    brain_maps.finish(job, maps)
    clock.lap("finish")
    np.save(Path(folder) / f"{precision}.npy", maps)
    return clock.found


def command(folder: str, precision: str, weights: str, threads: str) -> Result:
    """Time ``napari-mrsr maps`` from files to files, its start, reading and writing included."""
    images = [f"--{name.lower()}={folder}/{name}.nii.gz" for name in CONTRASTS]
    out = Path(folder) / f"maps {precision}"
    line = [sys.executable, "-m", "napari_mrsr", "maps", *images, "-o", str(out), "--weights", weights]
    line += ["--precision", precision, "--threads", threads, "--device", "cpu"]
    start = time.perf_counter()
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"napari-mrsr maps ended with {child.returncode}")
    seconds = time.perf_counter() - start
    return {"s": seconds, "cpu": used.ru_utime + used.ru_stime, "peak GiB": used.ru_maxrss / 2**20}


class Slices:
    """Scaled images as sagittal slices ``(slice, contrast, front, up)``, and maps of them brought back to voxels."""

    def __init__(self, folder: str, weights: str) -> None:
        import torch

        from napari_mrsr import brain_maps
        from napari_mrsr.networks.brain_slices import seen_as

        self.job = job = brain_maps.plan(*images_of(folder), weights=Path(weights), plane="sagittal")
        self.order, mirrored = seen_as(job.scans.t1w, job.normal)
        self.back = tuple(slice(None, None, -1) if turned else slice(None) for turned in mirrored)
        scaled = [scan.array[0] / scale for scan, scale in zip(job.scans.by_name.values(), job.scales, strict=True)]
        seen = np.stack(scaled).transpose(0, *(axis + 1 for axis in self.order))[(slice(None), *self.back)]
        self.pictures = torch.from_numpy(np.ascontiguousarray(np.moveaxis(seen, -1, 0), dtype=np.float32))

    def in_voxels(self, maps: Any) -> np.ndarray:
        """Return maps of the slices as ``(map, i, j, k)``."""
        seen = np.moveaxis(maps.numpy(), 0, -1)[(slice(None), *self.back)]
        return seen.transpose(0, *(self.order.index(axis) + 1 for axis in range(3)))

    def errors(self, maps: np.ndarray, expected: np.ndarray) -> Result:
        """Return median, 99th percentile and largest difference inside the head; T1 and T2 in ms."""
        apart = {name: np.abs(maps[n] - expected[n])[self.job.inside] for n, name in enumerate(("T1", "T2", "M0"))}
        return {name: [float(np.percentile(values, q)) for q in (50, 99, 100)] for name, values in apart.items()}


def plain(folder: str, precision: str, weights: str, threads: str) -> Result:
    """Time the network on one whole slice after the other, and tell how far ours is from its result."""
    import torch

    torch.set_num_threads(int(threads))
    slices = Slices(folder, weights)
    maps = torch.empty_like(slices.pictures)
    clock = Clock()
    with torch.no_grad():
        for n, picture in enumerate(slices.pictures):
            maps[n] = slices.job.network.plane(picture[None])[0]
    clock.lap("maps")
    expected = slices.in_voxels(maps)
    np.save(Path(folder) / "plain.npy", expected)
    kept = {one: Path(folder) / f"{one}.npy" for one in PRECISIONS}
    return clock.found | {one: slices.errors(np.load(path), expected) for one, path in kept.items() if path.is_file()}


def monai(folder: str, precision: str, weights: str, threads: str) -> Result:
    """Time MONAI's sliding window: windows as trained with overlap, and whole slices; and how far each is from the loop."""
    import torch
    from monai.inferers import sliding_window_inference

    torch.set_num_threads(int(threads))
    slices = Slices(folder, weights)
    expected, found = np.load(Path(folder) / "plain.npy"), {}
    network, shape = slices.job.network.plane, tuple(slices.pictures.shape[2:])
    for name, window, overlap in (("windows", (WINDOW, WINDOW), OVERLAP), ("whole slices", shape, 0.0)):
        clock = Clock()
        with torch.no_grad():
            parts = [
                sliding_window_inference(part, window, AT_ONCE, network, overlap=overlap, mode="gaussian")
                for part in torch.split(slices.pictures, AT_ONCE)
            ]
        clock.lap("maps")
        found[name] = clock.found | slices.errors(slices.in_voxels(torch.cat(parts)), expected)
    return found


MEASURES = {"door": door, "command": command, "plain": plain, "monai": monai}


def seconds(rows: list[Result], parts: Sequence[str]) -> list[str]:
    """Return seconds and processor seconds of some parts of each run."""
    return [
        f"{sum(row[f'{part} s'] for part in parts):.2f} ({sum(row[f'{part} cpu'] for part in parts):.2f})"
        if "failed" not in row
        else row["failed"]
        for row in rows
    ]


def ways(found: dict[str, Result]) -> list[tuple[str, Result, Result]]:
    """Return each way to run the network over the slices: its name, its times, and how far it is from the plain loop."""
    base, by_monai = found["plain"], found["monai"]
    told = [("plain loop, whole slices, fp32", base, {})]
    for one in PRECISIONS:
        row = found[f"door {one}"]
        whole = (
            row
            if "failed" in row
            else {f"maps {u}": row[f"first slices {u}"] + row[f"other slices {u}"] for u in UNITS}
        )
        told.append((f"ours, {one}", whole, base.get(one, {})))
    for name in ("whole slices", "windows"):
        row = by_monai.get(name, by_monai)
        size = f"windows of {WINDOW}^2, overlap {OVERLAP:g}" if name == "windows" else name
        told.append((f"MONAI's sliding window, {size}, fp32", row, row))
    return told


def report(found: dict[str, Result], side: int, threads: int, *, drawn: bool) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Speed of T1, T2 and M0 of a brain",
        "",
        f"T1w, T2w and FLAIR of {side}^3 voxels, a head in the middle, {threads} threads. {machine()}. Written by",
        f"`{made_by(__file__)}`; every measurement is a process of its own, one after the other.",
        *(
            ["The network is drawn, not trained: times hold, differences are not those of shipped weights."]
            if drawn
            else []
        ),
        "",
        "*auto* is what runs where nothing is asked for: bfloat16 where the processor has products for it, float32 elsewhere.",
        f"Aim for 256^3 on two cores: {AIM} s and {MEMORY} GiB, all included.",
        "",
        "| `napari-mrsr maps`, from files to files | s | CPU s | peak, GiB |",
        "|---|---|---|---|",
    ]
    for one in PRECISIONS:
        row = found[f"command {one}"]
        cells = [row["failed"], "", ""] if "failed" in row else [f"{row[key]:.1f}" for key in ("s", "cpu", "peak GiB")]
        lines.append(f"| {one} | {' | '.join(cells)} |")
    doors = [found[f"door {one}"] for one in PRECISIONS]
    lines += [
        "",
        "From three scans in memory to maps, reasons and synthesised images, seconds (CPU seconds):",
        "",
        f"| | {' | '.join(PRECISIONS)} |",
        "|---|---|---|",
        *(f"| {part} | {' | '.join(seconds(doors, [part]))} |" for part in PARTS),
        f"| **slice on screen** | {' | '.join(seconds(doors, PARTS[:3]))} |",
        f"| **together** | {' | '.join(seconds(doors, PARTS))} |",
        f"| peak, GiB | {' | '.join('{:.2f}'.format(row.get('peak GiB', np.nan)) for row in doors)} |",
        "",
        "The network alone, beside other ways to run it over the same slices; differences from the plain loop inside the head,",
        "median / 99th percentile / largest:",
        "",
        "| | s | CPU s | times faster | T1, ms | T2, ms | M0 |",
        "|---|---|---|---|---|---|---|",
    ]
    base = found["plain"]
    for name, row, errors in ways(found):
        if "maps s" not in row or "maps s" not in base:
            lines.append(f"| {name} | {row.get('failed', 'not run')} |" + " |" * 5)
            continue
        apart = (
            " / ".join(f"{value:.2g}" for value in errors[key]) if key in errors else "" for key in ("T1", "T2", "M0")
        )
        ratio = base["maps cpu"] / row["maps cpu"]
        lines.append(f"| {name} | {row['maps s']:.1f} | {row['maps cpu']:.1f} | {ratio:.1f} | {' | '.join(apart)} |")
    ending = [
        "",
        "Times faster: of processor seconds. Ours leaves a frame of air out that no voxel of the head sees:",
        "[what of it changes](brain_map_frames.md).",
    ]
    return "\n".join([*lines, *ending]) + "\n"


def main() -> None:
    """Run all measurements and write Markdown and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--weights", type=Path, help="of the network; drawn where not given")
    parser.add_argument("--only", nargs="*", choices=tuple(MEASURES), default=tuple(MEASURES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, *arguments = options.measure
        answer(lambda: MEASURES[what](*arguments))
        return
    found: dict[str, Result] = {}
    with TemporaryDirectory() as folder:
        weights = options.weights or make_weights(Path(folder) / "weights.safetensors", options.side)
        make_images(options.side, Path(folder))
        for what in MEASURES:
            for one in PRECISIONS if what in ("door", "command") else ("fp32",):
                name = f"{what} {one}" if what in ("door", "command") else what
                found[name] = {"failed": "not run"}
                if what in options.only:
                    found[name] = in_a_process(__file__, what, folder, one, weights, options.threads)
    write(report(found, options.side, options.threads, drawn=options.weights is None), found, options.out)


if __name__ == "__main__":
    main()
