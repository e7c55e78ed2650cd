"""Super-resolution of a clinical volume: time, memory, first sharp slice, Stop; beside other ways to run the same network.

    python benchmarks/volume.py [--shape 416 416 160] [--threads 2] [--out docs/results/speed.md] [--part 304]

The volume is the knee phantom at 0.4 x 0.4 x 0.7 mm, two echoes, thick slices of 1.4 mm. Every measurement is a process
of its own, so that peak memory (largest resident size, everything included) is its own. MONAI's sliding window and
the published patch scheme (32^3 of the fine grid at stride 16, averaged) run the same network in the same precision on a part
of the volume, and so does this package; the ratio is what counts. MONAI is installed by ``pip install monai --no-deps``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import Result, answer, in_a_process, machine, made_by, timed, write

FACTOR, AXIS = 2, 2
#: MONAI's default overlap and weights, then what is tried until its largest error falls below this part of the range.
WAYS = ((0.25, "constant"), (0.25, "gaussian"), (0.5, "gaussian"), (0.625, "gaussian"), (0.75, "gaussian"))
TOLERANCE = 1e-3
WINDOW = 96


def make_volume(shape: tuple[int, int, int], path: Path) -> None:
    """Write the thick slices of a knee phantom of that fine matrix."""
    from napari_mrsr.phantoms import knee
    from napari_mrsr.sampling import degrade

    fine = knee(3, shape=shape, spacing=(0.4, 0.4, 0.7)).scan
    np.save(path, degrade(fine, factor=FACTOR, axis=AXIS).array)


def load(path: Path, part: int = 0) -> tuple[Any, np.ndarray]:
    """Return the default network and the volume, or the middle of it."""
    from napari_mrsr.networks import registry

    y = np.load(path)
    if part:
        i, j = ((n - min(part, n)) // 2 for n in y.shape[1:3])
        y = np.ascontiguousarray(y[:, i : i + part, j : j + part])
    return registry.load("lean"), y


def whole(path: Path, precision: str, threads: int) -> Result:
    """Time the engine on the whole volume."""
    from napari_mrsr.inference import engine

    model, y = load(path)
    estimate = engine.estimate_seconds(model, y, factor=FACTOR, axis=AXIS, precision=precision, threads=threads)
    start, started = time.perf_counter(), time.process_time()
    engine.run(model, y, factor=FACTOR, axis=AXIS, precision=precision, threads=threads)
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - started, "estimate": estimate}


def first_slice(path: Path, precision: str, threads: int) -> Result:
    """Time the slice on screen: cold (torch and the network not loaded), then again in the same process."""
    y = np.load(path)
    found: Result = {}
    for name in ("cold", "warm"):
        start = time.perf_counter()
        from napari_mrsr.inference import engine
        from napari_mrsr.networks import registry

        model = registry.load("lean")
        at = (AXIS, y.shape[AXIS + 1])  # a slice in the middle of the fine grid
        options = {"factor": FACTOR, "axis": AXIS, "precision": precision, "threads": threads}
        for tile in engine.stream(model, y, first=at, **options):
            if not tile.preview:
                break
            found.setdefault(f"{name} first block", time.perf_counter() - start)
            found[f"{name} whole slice"] = time.perf_counter() - start
    return found


def stop(path: Path, precision: str, threads: int) -> Result:
    """Ask to stop at five moments of a run; the longest time until the engine ended."""
    from napari_mrsr.inference import engine

    model, y = load(path)
    waits = []
    for moment in (1.0, 3.0, 4.5, 6.0, 8.0):
        start = time.perf_counter()
        stopping = lambda: time.perf_counter() - start > moment  # noqa: B023, E731 - used within the loop only
        options = {"factor": FACTOR, "axis": AXIS, "precision": precision, "threads": threads}
        for _ in engine.stream(model, y, stop=stopping, **options):
            pass
        waits.append(max(0.0, time.perf_counter() - start - moment))
    return {"seconds": max(waits)}


def part_ours(path: Path, precision: str, threads: int, part: int) -> Result:
    """Time the engine on a part, air included, in tiles of the size that it takes for the whole volume."""
    import torch

    from napari_mrsr.inference import engine
    from napari_mrsr.inference.backends import choose_backend
    from napari_mrsr.inference.job import core_side
    from napari_mrsr.inference.scale import common_scale

    model, y = load(path, part)
    options = {"factor": FACTOR, "axis": AXIS, "precision": precision, "threads": threads, "air": False}
    engine.run(model, y[:, :96, :96], **options)  # its speed decides the size of tiles
    full = np.load(path, mmap_mode="r").shape[1:]
    backend = choose_backend(model, y, FACTOR, common_scale(y), torch.device("cpu"), precision)
    side = core_side(backend, full, int(model.halo))
    seconds = timed(lambda: engine.run(model, y, tile=side, **options))
    return {"seconds": seconds, "voxels": y[0].size * FACTOR, "tile": list(side)}


def part_monai(path: Path, precision: str, threads: int, part: int) -> Result:
    """Time MONAI's sliding window, full depth, at its default overlap and at the first overlap that is right to 1e-3."""
    import torch
    from monai.inferers import sliding_window_inference

    from napari_mrsr.inference.scale import common_scale

    model, y = load(path, part)
    torch.set_num_threads(threads)
    network = same_network(model, precision)
    x = torch.from_numpy(y / np.float32(common_scale(y)))[None]
    with torch.inference_mode():
        # a strip at a time with twice the halo: the whole part at once would need too much memory
        strips = []
        for begin in range(0, x.shape[2], WINDOW):
            low, high = max(0, begin - 2 * model.halo), min(x.shape[2], begin + WINDOW + 2 * model.halo)
            strip = network(x[:, :, low:high])
            strips.append(strip[:, :, begin - low : begin - low + WINDOW])
        expected = torch.cat(strips, dim=2).numpy()
    found: Result = {"voxels": y[0].size * FACTOR, "window": WINDOW}
    for overlap, mode in WAYS:
        results: list[Any] = []
        window = (WINDOW, WINDOW, y.shape[3])

        def slide(
            overlap: float = overlap, mode: str = mode, results: list[Any] = results, window: Any = window
        ) -> None:
            with torch.inference_mode():
                results.append(sliding_window_inference(x, window, 1, network, overlap=overlap, mode=mode))

        seconds = timed(slide)
        difference = results[-1].numpy() - expected
        error = float(np.abs(difference).max())
        rms = float(np.sqrt(np.mean(difference**2)))
        if mode == "constant":
            found |= {"default seconds": seconds, "default error": error, "default rms": rms}
        if precision == "fp32":  # nothing but the speed of the layers differs: one precision tells the ratio
            return found
        if error < TOLERANCE or (overlap, mode) == WAYS[-1]:
            return found | {"exact seconds": seconds, "exact overlap": overlap, "exact error": error, "exact rms": rms}
    return found


def part_patches(path: Path, precision: str, threads: int, part: int) -> Result:
    """Time the published scheme: 32^3 patches of the fine grid at stride 16, averaged, eight at a time."""
    import torch

    from napari_mrsr.inference.scale import common_scale

    model, y = load(path, min(part, 96))
    torch.set_num_threads(threads)
    network = same_network(model, precision)
    x = torch.from_numpy(y / np.float32(common_scale(y)))
    size, stride = (32, 32, 32 // FACTOR), (16, 16, 16 // FACTOR)
    starts = [sorted({*range(0, n - s + 1, step), n - s}) for n, s, step in zip(x.shape[1:], size, stride, strict=True)]
    places = [(i, j, k) for i in starts[0] for j in starts[1] for k in starts[2]]

    def run() -> None:
        total = torch.zeros(*x.shape[:3], x.shape[3] * FACTOR)
        count = torch.zeros_like(total)
        with torch.inference_mode():
            for begin in range(0, len(places), 8):
                batch = places[begin : begin + 8]
                patches = [x[:, i : i + size[0], j : j + size[1], k : k + size[2]] for i, j, k in batch]
                for (i, j, k), patch in zip(batch, network(torch.stack(patches)), strict=True):
                    there = np.s_[:, i : i + 32, j : j + 32, FACTOR * k : FACTOR * k + 32]
                    total[there] += patch
                    count[there] += 1
        total /= count

    return {"seconds": timed(run), "voxels": y[0].size * FACTOR, "patches": len(places)}


def same_network(model: Any, precision: str) -> Callable[..., Any]:
    """Return the network as the engine runs it, fused layers and all, as a function of one tensor."""
    import torch

    from napari_mrsr.inference.precision import convert

    module = convert(model, precision, torch.device("cpu"))  # type: ignore[arg-type]
    return lambda x: module(x, FACTOR)


MEASURES: dict[str, Callable[..., Result]] = {
    "whole": whole,
    "first slice": first_slice,
    "stop": stop,
    "part ours": part_ours,
    "part monai": part_monai,
    "part patches": part_patches,
}


def report(found: dict[str, Result], shape: tuple[int, ...], threads: int) -> str:
    """Return the results as Markdown."""
    size = " x ".join(map(str, shape))
    lines = [
        "# Speed of a clinical volume",
        "",
        f"{size}, two echoes, from {shape[2] // FACTOR} thick slices, default network, {threads} threads. {machine()}.",
        f"Written by `{made_by(__file__)}`; every row is a process of its own, one",
        "after the other.",
        "",
        "| whole volume | seconds | CPU seconds | estimated before | peak memory, GiB |",
        "|---|---|---|---|---|",
    ]
    for precision in ("auto", "fp32", "int8"):
        row = found.get(f"whole {precision}", {"failed": "not run"})
        cells = [f"{row[key]:.1f}" for key in ("seconds", "cpu", "estimate", "peak GiB")] if "seconds" in row else []
        lines.append(f"| {precision} | {' | '.join(cells) or row['failed'] + ' | | |'} |")
    lines += ["", "| what a person waits for | seconds |", "|---|---|"]
    for precision in ("auto", "fp32"):
        lines += [
            f"| slice on screen, {key}, {precision} | {value:.1f} |"
            for key, value in found.get(f"first slice {precision}", {}).items()
            if isinstance(value, float) and key != "peak GiB"
        ]
        if "seconds" in found.get(f"stop {precision}", {}):
            lines.append(f"| Stop, the longest of five, {precision} | {found[f'stop {precision}']['seconds']:.2f} |")
    lines += [
        "",
        "| the same network on a part | seconds per million fine voxels | times this package |",
        "|---|---|---|",
    ]
    for precision in ("fp32", "bf16"):
        ours = found.get(f"part ours {precision}", {})
        if "seconds" not in ours:
            continue
        base = ours["seconds"] / ours["voxels"] * 1e6
        rows = [(f"this package, {precision}, tiles of {' x '.join(map(str, ours['tile']))} and halo", base, "")]
        monai = found.get(f"part monai {precision}", {})
        for which in ("default", "exact"):
            if f"{which} seconds" in monai:
                error, rms = monai[f"{which} error"], monai[f"{which} rms"]
                overlap = WAYS[0][0] if which == "default" else monai["exact overlap"]
                weights = "its default" if which == "default" else "gaussian"
                if which == "exact" and error >= TOLERANCE:
                    weights += f", still not right to {TOLERANCE:g}"
                name = f"MONAI sliding window {WINDOW}, overlap {overlap:g} ({weights}; error up to {error:.1e}, "
                name += f"rms {rms:.1e} of the range)"
                rows.append((name, monai[f"{which} seconds"] / monai["voxels"] * 1e6, ""))
        patches = found.get(f"part patches {precision}", {})
        if "seconds" in patches:
            rows.append(("patches 32^3, stride 16, averaged", patches["seconds"] / patches["voxels"] * 1e6, ""))
        lines += [f"| {name} | {value:.2f} | {value / base:.2f} |" for name, value, _ in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all measurements and write Markdown and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--part", type=int, default=304)
    parser.add_argument("--volume", type=Path, help="thick slices (.npy) to take in place of the phantom")
    parser.add_argument("--precisions", nargs="*", default=["auto", "fp32", "int8"])
    parser.add_argument("--part-precisions", nargs="*", default=["fp32", "bf16"])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, path, precision, *numbers = options.measure
        answer(lambda: MEASURES[what](Path(path), precision, *map(int, numbers)))
        return
    found: dict[str, Result] = {}
    with TemporaryDirectory() as folder:
        path = options.volume or Path(folder) / "thick.npy"
        if options.volume is None:
            make_volume(tuple(options.shape), path)
        for precision in options.precisions:
            found[f"whole {precision}"] = in_a_process(__file__, "whole", path, precision, options.threads)
            if precision != "int8":
                for name in ("first slice", "stop"):
                    found[f"{name} {precision}"] = in_a_process(__file__, name, path, precision, options.threads)
        for precision in options.part_precisions:
            for name in ("part ours", "part monai", "part patches"):
                found[f"{name} {precision}"] = in_a_process(
                    __file__, name, path, precision, options.threads, options.part
                )
    write(report(found, tuple(options.shape), options.threads), found, options.out)


if __name__ == "__main__":
    main()
