"""A frame of a dynamic series sharpened in plane: seconds, tiles against the whole frame, and the published averaging.

    python benchmarks/in_plane.py [--threads 2] [--weights FILE ...] [--methods swift unet] [--out docs/results/in_plane.md]

The frame is the abdomen phantom, 256 x 192 x 40, of which the centre of k-space (6.25 %) was acquired. Every measurement is
a process of its own. The published inference (Sarasaen et al. 2021, section 2.3) runs the network on every patch of 24^3
voxels, one voxel apart, and averages what overlaps; here on a small volume from the middle of the frame, patches in batches,
through the same layers as ours, against the same network in aligned tiles. A network without weights is measured as it is
drawn: its speed is that of a trained one, its quality is not.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measuring import Result, answer, machine, made_by, of_methods, parser_of, timed, write

FRACTION = 0.0625
#: Patch of the paper, and how many go through the network at once.
PATCH, BATCH = 24, 16
#: Small volume that the published averaging runs on, voxels.
SMALL = (40, 36, 28)
#: Part that a network is run on at once, to be compared with its tiles, and the core of those tiles.
PART, CORE = (128, 128), (48, 40)


def make_frame(shape: tuple[int, int, int], path: Path) -> None:
    """Write a frame of the phantom and its low-resolution acquisition."""
    from napari_mrsr.phantoms.abdomen import abdomen
    from napari_mrsr.sampling import degrade

    fine = abdomen(5, shape=shape, frames=1).scan
    low = degrade(fine, kspace=FRACTION)
    np.savez(path, fine=fine.array, low=low.array, fine_affine=fine.affine, low_affine=low.affine)


def frame(path: Path) -> tuple[Any, Any]:
    """Return the frame as it is, and as it was acquired."""
    from napari_mrsr.scan import Scan

    with np.load(path) as kept:
        return (
            Scan(kept["fine"], kept["fine_affine"], "time", slice_axis=2),
            Scan(kept["low"], kept["low_affine"], "time", slice_axis=2),
        )


def network_of(name: str, weights: str) -> Any:
    """Return the network: from a file, as shipped, or as it is drawn."""
    import torch

    from napari_mrsr.errors import MrsrError
    from napari_mrsr.networks import registry

    if weights:
        return registry.load(Path(weights))
    try:
        return registry.load(name)
    except MrsrError:
        torch.manual_seed(0)
        network = registry.build(name, {})
        torch.nn.init.normal_(network.tail.weight, std=0.02)  # type: ignore[union-attr, arg-type]
        return network.eval()


def prepared(path: Path, name: str, weights: str) -> tuple[Any, np.ndarray, np.ndarray, float]:
    """Return network, its input on the fine grid, the truth, and the scale."""
    from napari_mrsr import in_plane

    fine, low = frame(path)
    network = network_of(name, weights)
    job = in_plane.plan(low, method="fourier", matrix=fine.shape[:2])
    return network, in_plane.to_grid(low.array, job, network.interpolation), fine.array, in_plane.series_scale(low)


def seconds_a_frame(path: Path, name: str, weights: str, threads: int) -> Result:
    """Time the first frame with everything that it takes to begin, the next one, and the slice on screen."""
    from napari_mrsr.inference import engine

    network, x, _, scale = prepared(path, name, weights)
    options: dict[str, Any] = {
        "factor": 1,
        "axis": 2,
        "scale": scale,
        "threads": threads,
        "device": "cpu",
        "air": False,
    }
    kept = engine.Kept()

    def whole() -> None:
        for _ in engine.stream(network, x, kept=kept, **options):
            pass

    found = {"first frame": timed(whole)}
    cpu = time.process_time()
    found["next frame"] = timed(whole)
    found["cpu"] = time.process_time() - cpu
    start = time.perf_counter()
    for tile in engine.stream(network, x, kept=kept, first=(2, x.shape[3] // 2), **options):
        if not tile.preview:
            break
        found["slice on screen"] = time.perf_counter() - start
    found["estimate"] = engine.estimate_seconds(network, x, **options)
    return found


def tiles_and_whole(path: Path, name: str, weights: str, threads: int) -> Result:
    """Compare aligned tiles with the network on the whole part, through plain layers; largest difference, of the scale."""
    import torch

    from napari_mrsr.inference import engine

    torch.set_num_threads(threads)
    network, x, _, scale = prepared(path, name, weights)
    part = np.ascontiguousarray(x[:, : PART[0], : PART[1]])
    tiled = engine.run(
        network, part, factor=1, axis=2, scale=scale, tile=CORE, air=False, precision="fp32", device="cpu"
    )
    with torch.inference_mode():
        at_once = network(torch.from_numpy(part / np.float32(scale))[None], 1)[0].numpy()
    return {"difference": float(np.abs(tiled / scale - at_once).max()), "part": list(part.shape[1:])}


def published(path: Path, name: str, weights: str, threads: int) -> Result:
    """Run patches of 24^3 one voxel apart, averaged, and our tiles, on the same small volume."""
    import torch

    from napari_mrsr.inference import engine
    from napari_mrsr.inference.precision import convert

    torch.set_num_threads(threads)
    network, x, truth, scale = prepared(path, name, weights)
    cut = [slice((n - s) // 2, (n - s) // 2 + s) for n, s in zip(x.shape[1:], SMALL, strict=True)]
    x, truth = (np.ascontiguousarray(a[(slice(None), *cut)]) for a in (x, truth))
    layers = convert(network, "fp32", torch.device("cpu"))
    volume = torch.from_numpy(x / np.float32(scale))[0]
    places = [(i, j, k) for i, j, k in np.ndindex(*(n - PATCH + 1 for n in SMALL))]
    averaged = np.empty(SMALL, np.float32)

    def patches() -> None:
        total, count = torch.zeros(SMALL), torch.zeros(SMALL)
        with torch.inference_mode():
            for begin in range(0, len(places), BATCH):
                batch = places[begin : begin + BATCH]
                cubes = [volume[i : i + PATCH, j : j + PATCH, k : k + PATCH] for i, j, k in batch]
                for (i, j, k), cube in zip(batch, layers(torch.stack(cubes)[:, None], 1)[:, 0], strict=True):
                    total[i : i + PATCH, j : j + PATCH, k : k + PATCH] += cube
                    count[i : i + PATCH, j : j + PATCH, k : k + PATCH] += 1
        averaged[:] = (total / count).numpy() * scale

    kept = engine.Kept()
    ours = np.empty_like(x)

    def tiles() -> None:
        options: dict[str, Any] = {"factor": 1, "axis": 2, "scale": scale, "kept": kept, "device": "cpu"}
        for tile in engine.stream(network, x, air=False, precision="fp32", **options):
            tile.write(ours)

    tiles()  # prepares the network
    seconds = [timed(tiles) for _ in range(5)]
    found: Result = {"tiles seconds": float(np.median(seconds)), "patches seconds": timed(patches)}
    peak = float(truth.max())
    for key, test in (("tiles", ours[0]), ("patches", averaged), ("input", x[0])):
        found[f"{key} psnr"] = 20 * float(np.log10(peak / np.sqrt(np.mean((test - truth[0]) ** 2))))
    return found | {"patches": len(places), "voxels": int(np.prod(SMALL))}


MEASURES = {"frame": seconds_a_frame, "exact": tiles_and_whole, "published": published}


def report(found: dict[str, dict[str, Result]], shape: tuple[int, ...], threads: int) -> str:
    """Return the results as Markdown."""
    size = " x ".join(map(str, shape))
    lines = [
        "# Speed in plane",
        "",
        f"A frame of {size} from {FRACTION:.2%} of k-space, {threads} threads. {machine()}.",
        f"Written by `{made_by(__file__)}`; every measurement is a process of",
        "its own, one after the other.",
        "",
        "| network | first frame, s | every next, s | its CPU seconds | slice on screen, s | estimated, s | peak memory, GiB |",
        "|---|---|---|---|---|---|---|",
    ]
    keys = ("first frame", "next frame", "cpu", "slice on screen", "estimate", "peak GiB")
    for name, results in found.items():
        row = results["frame"]
        cells = [f"{row[key]:.2f}" if key in row else row.get("failed", "-") for key in keys]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    small = " x ".join(map(str, SMALL))
    lines += [
        "",
        f"Tiles of at most {CORE[0]} x {CORE[1]} with their surrounding, against the whole part at once, of the scale:",
        "",
        "| network | part | largest difference |",
        "|---|---|---|",
    ]
    for name, results in found.items():
        row = results["exact"]
        part = " x ".join(map(str, row.get("part", ())))
        lines.append(f"| {name} | {part} | {row['difference']:.1e} |" if part else f"| {name} | {row['failed']} | |")
    lines += [
        "",
        f"The published averaging of {PATCH}^3 patches at stride 1, {BATCH} at a time, on {small} voxels, against our tiles:",
        "",
        "| network | patches | PSNR input, dB | published, dB | tiles, dB | published, s | tiles, s | times faster |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, results in found.items():
        row = results["published"]
        if "failed" in row:
            lines.append(f"| {name} | {row['failed']} | | | | | | |")
            continue
        psnr = " | ".join(f"{row[f'{key} psnr']:.2f}" for key in ("input", "patches", "tiles"))
        slow, fast = row["patches seconds"], row["tiles seconds"]
        lines.append(f"| {name} | {row['patches']} | {psnr} | {slow:.1f} | {fast:.3f} | {slow / fast:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all measurements and write Markdown and JSON."""
    options = parser_of(__doc__, tuple(MEASURES), shape=(256, 192, 40), methods=["swift", "unet"]).parse_args()
    if options.measure:
        what, path, name, weights, threads = options.measure
        answer(lambda: MEASURES[what](Path(path), name, weights, int(threads)))
        return
    with TemporaryDirectory() as folder:
        volume = Path(folder) / "frame.npz"
        make_frame(tuple(options.shape), volume)
        found = of_methods(__file__, tuple(MEASURES), options, volume)
    write(report(found, tuple(options.shape), options.threads), found, options.out)


if __name__ == "__main__":
    main()
