"""A brain volume through the networks of single slices: seconds, beside the plain loop over whole slices.

    python benchmarks/brain_speed.py [--shape 256 256 180] [--threads 2] [--weights FILE ...] [--out docs/results/brain_speed.md]

The volume has half its matrix in plane and is zero-filled; noise and a few waves, since what it shows takes no time. Every
measurement is a process of its own, one after the other. The plain loop is what is usually written: the network as it was
trained, in float32, on one whole slice after the other, without gradients. Its results are what ours are compared with. A
network without weights is measured as it is drawn: its speed is that of a trained one.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import Result, answer, machine, made_by, of_methods, parser_of, write

METHODS = ("cpce", "circle")
#: Seconds that the whole volume of 256 x 256 x 180 may take on two cores.
AIMS = {"cpce": 15, "circle": 120}


def make_volume(shape: tuple[int, int, int], path: Path) -> None:
    """Write a volume of half the matrix in plane."""
    rng = np.random.default_rng(0)
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in (shape[0] // 2, shape[1] // 2, shape[2])), indexing="ij")
    ball = 1 / (1 + np.exp(20 * (np.sqrt(i**2 + j**2 + k**2) - 0.8)))
    array = 800 * ball * (1 + 0.3 * np.cos(40 * i + 9 * k)) + rng.normal(0, 10, ball.shape)
    np.save(path, np.abs(array).astype(np.float32))


def network_of(name: str, weights: str) -> Any:
    """Return the network: from a file, as shipped, or as it is drawn, its last layer shaken."""
    import torch

    from napari_mrsr.errors import MrsrError
    from napari_mrsr.networks import registry

    if weights:
        return registry.load(Path(weights))
    try:
        return registry.load(name)
    except MrsrError:
        torch.manual_seed(0)
        network: Any = registry.build(name, {})
        last = network.outward[-1] if name == "cpce" else network.tail
        torch.nn.init.normal_(last.weight, std=0.02)
        return network.eval()


def scan_of(path: Path) -> Any:
    """Return the volume as a scan of cubes, 2 mm in plane."""
    from napari_mrsr.scan import Scan

    return Scan(np.load(path), np.diag([2.0, 2.0, 1.0, 1.0]), slice_axis=2)


def filled(path: Path, network: Any) -> tuple[np.ndarray, float]:
    """Return what the network is given, and the scale."""
    from napari_mrsr import in_plane

    scan = scan_of(path)
    job = in_plane.plan(scan, method="fourier")
    return in_plane.to_grid(scan.array, job, network.interpolation), in_plane.series_scale(scan)


def ours(path: Path, name: str, weights: str, threads: int, precision: str) -> Result:
    """Time the engine, with all that it takes to begin; and tell when the slice on screen is there."""
    from napari_mrsr.inference import engine

    network = network_of(name, weights)
    x, scale = filled(path, network)
    options: dict[str, Any] = {
        "factor": 1,
        "axis": 2,
        "scale": scale,
        "threads": threads,
        "device": "cpu",
        "air": False,
    }
    options["precision"] = precision
    kept, result, found = engine.Kept(), np.empty_like(x), {}
    start, cpu = time.perf_counter(), time.process_time()
    for tile in engine.stream(network, x, kept=kept, first=(2, x.shape[3] // 2), **options):
        found.setdefault("first slice", time.perf_counter() - start)
        tile.write(result)
    found |= {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "kind": kept.backend.kind}
    np.save(path.with_name(f"{name} {precision}.npy"), result)
    return found | {"estimate": engine.estimate_seconds(network, x, **options)}


def stop(path: Path, name: str, weights: str, threads: int) -> Result:
    """Press Stop after a second and a half: how long until it is heard, at worst of three."""
    from napari_mrsr.inference import engine

    network = network_of(name, weights)
    x, scale = filled(path, network)
    waits = []
    for after in (1.5, 1.7, 1.9):
        end = time.perf_counter() + after
        for _ in engine.stream(
            network, x, factor=1, axis=2, scale=scale, threads=threads, stop=lambda end=end: time.perf_counter() > end
        ):
            pass
        waits.append(time.perf_counter() - end)
    return {"wait": max(waits)}


def plain(path: Path, name: str, weights: str, threads: int) -> Result:
    """Time the network as it is written on one whole slice after the other, and compare ours with its result."""
    import torch

    torch.set_num_threads(threads)
    network = network_of(name, weights)
    x, scale = filled(path, network)
    slices = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x[0], -1, 0)) / np.float32(scale))
    result = torch.empty_like(slices)
    start, cpu = time.perf_counter(), time.process_time()
    with torch.no_grad():
        for n, picture in enumerate(slices):
            result[n] = network.plane(picture[None, None])[0, 0]
    found: Result = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    expected = np.moveaxis(result.numpy(), 0, -1)
    for precision in ("fp32", "auto"):
        kept = path.with_name(f"{name} {precision}.npy")
        if kept.is_file():
            error = np.load(kept)[0] / np.float32(scale) - expected
            found[f"largest {precision}"] = float(np.abs(error).max())
            found[f"agreement {precision}"] = float(-20 * np.log10(max(1e-12, np.sqrt(np.mean(error**2)))))
    return found


def whole(path: Path, name: str, weights: str, threads: int, orientations: int) -> Result:
    """Time :func:`napari_mrsr.in_plane.sharpen` from the volume as acquired, its measured centre kept."""
    from napari_mrsr import in_plane
    from napari_mrsr.networks import registry

    file = Path(weights) if weights else registry.save(network_of(name, ""), path.with_name(f"{name}.safetensors"))
    start = time.perf_counter()
    in_plane.sharpen(
        scan_of(path), weights=file, consistency="hard", orientations=orientations, threads=threads, device="cpu"
    )
    return {"seconds": time.perf_counter() - start}


MEASURES = {
    "fp32": lambda *a: ours(*a, "fp32"),
    "auto": lambda *a: ours(*a, "auto"),
    "plain": plain,
    "stop": stop,
    "sharpen": lambda *a: whole(*a, 1),
    "three": lambda *a: whole(*a, 3),
}


def report(found: dict[str, dict[str, Result]], shape: tuple[int, ...], threads: int) -> str:
    """Return the results as Markdown."""
    lines = [
        "# Speed on a brain",
        "",
        f"A volume of {' x '.join(map(str, shape))}, zero-filled from half the matrix in plane, {threads} threads.",
        f"{machine()}. Written by",
        f"`{made_by(__file__)}`;",
        "every measurement is a process of its own, one after the other.",
        "",
        "The plain loop is the network as it was trained, in float32, on one whole slice after the other. *auto* is what runs",
        "where nothing is asked for: bfloat16 where the processor has products for it that were measured to be faster, and",
        "whose picture agrees with float32 to 50 dB.",
        "",
        "| network | precision | s | aim, s | CPU s | plain loop, s | times faster | slice on screen, s | estimated, s | peak, GiB |"
        " agreement, dB | largest difference, of the scale |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, results in found.items():
        base = results["plain"]
        for precision in ("fp32", "auto"):
            row = results[precision]
            if "failed" in row or "failed" in base:
                lines.append(f"| {name} | {precision}: {row.get('failed', base.get('failed', ''))} |" + " |" * 10)
                continue
            label = precision if precision == "fp32" else f"auto: {row['kind']}"
            lines.append(
                f"| {name} | {label} | {row['seconds']:.1f} | {AIMS.get(name, '-')} | {row['cpu']:.1f} "
                f"| {base['seconds']:.1f} | {base['seconds'] / row['seconds']:.1f} | {row['first slice']:.2f} "
                f"| {row['estimate']:.1f} | {row['peak GiB']:.2f} | {base[f'agreement {precision}']:.0f} "
                f"| {base[f'largest {precision}']:.1e} |"
            )
    lines += [
        "",
        "From the volume as acquired, zero-filled, sharpened, and its measured centre of k-space put back (*auto*); and how",
        "long a person waits after Stop, at worst:",
        "",
        "| network | one orientation, s | three orientations, s | Stop, s |",
        "|---|---|---|---|",
    ]
    for name, results in found.items():
        cells = [
            results[key].get(unit) for key, unit in (("sharpen", "seconds"), ("three", "seconds"), ("stop", "wait"))
        ]
        lines.append(f"| {name} | {' | '.join('-' if cell is None else f'{cell:.1f}' for cell in cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all measurements and write Markdown and JSON."""
    options = parser_of(__doc__, tuple(MEASURES), shape=(256, 256, 180), methods=METHODS).parse_args()
    if options.measure:
        what, path, name, weights, threads = options.measure
        answer(lambda: MEASURES[what](Path(path), name, weights, int(threads)))
        return
    with TemporaryDirectory() as folder:
        volume = Path(folder) / "volume.npy"
        make_volume(tuple(options.shape), volume)
        found = of_methods(__file__, tuple(MEASURES), options, volume)
    write(report(found, tuple(options.shape), options.threads), found, options.out)


if __name__ == "__main__":
    main()
