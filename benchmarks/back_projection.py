"""Iterative back-projection in plane and along slices: fidelity, sharpness, and how much of it is true.

    python benchmarks/back_projection.py SCAN... [--slices 12] [--out docs/results/back_projection.md]

Of each scan's first volume the middle slices are taken, across its slice axis (isotropic voxels: the last axis). In plane
the centre of k-space (25 %) is kept and the matrix reached again; along the first axis in plane, as if that were the slice
axis, the published filter makes slices twice as thick. Nothing is trained, so no scan is held out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from napari_mrsr import interpolation
from napari_mrsr.files import read_scan
from napari_mrsr.interpolation.back_projection import PointSpread, refine, residual
from napari_mrsr.metrics import psnr, ssim
from napari_mrsr.metrics.beyond import beyond
from napari_mrsr.sampling import along, degrade, thick_slices
from napari_mrsr.scan import SPACING_TOLERANCE, Scan

FRACTION, FACTOR = 0.25, 2
ITERATIONS = (1, 5, 20)
POINT_SPREADS: tuple[PointSpread, ...] = ("fir", "gaussian")
#: Head of the table in plane.
IN_PLANE = "| way | PSNR, dB | SSIM | residual | sharpness | towards | away |\n|---|---|---|---|---|---|---|"
Array = np.ndarray
Way = Callable[[Array, dict[int, int]], Array]


def ways() -> dict[str, Way]:
    """Return all that is compared, by name."""

    def by(method: interpolation.Interpolation) -> Way:
        def way(y: Array, sizes: dict[int, int]) -> Array:
            for axis, size in sizes.items():
                y = along.apply(interpolation.matrix(method, y.shape[axis], size), y, axis)
            return y

        return way

    def back(psf: PointSpread, iterations: int) -> Way:
        return lambda y, sizes: refine(y, sizes, psf=psf, iterations=iterations)

    found: dict[str, Way] = {
        "zero-filled": by("fourier"), "nearest": by("nearest"), "trilinear": by("trilinear"), "tricubic": by("tricubic"),
    }  # fmt: skip
    return found | {f"{psf}, {n} step{'s' * (n > 1)}": back(psf, n) for psf in POINT_SPREADS for n in ITERATIONS}


def middle(path: Path, slices: int) -> Array:
    """Return the middle slices of a scan, the slice axis last; as many lines as go into thick slices."""
    scan = read_scan(path)
    finest, coarsest = min(scan.spacing), max(scan.spacing)
    axis = 2 if coarsest <= finest * (1 + SPACING_TOLERANCE) else scan.find_slice_axis()
    volume = np.moveaxis(np.asarray(scan.array[0], np.float32), axis, -1)
    begin = max(0, volume.shape[2] // 2 - slices // 2)
    return volume[: volume.shape[0] // FACTOR * FACTOR, :, begin : begin + slices]


def rows_in_plane(truth: Array) -> list[str]:
    """Return a row of the table for each way from the centre of k-space."""
    scan = Scan(truth[None], np.diag([1, 1, 4, 1]), slice_axis=2)
    y = degrade(scan, kspace=FRACTION).array[0]
    acquired, rows = (y.shape[0], y.shape[1]), []
    for name, way in ways().items():
        found = way(y, {0: truth.shape[0], 1: truth.shape[1]})
        told = [beyond(truth[..., k], found[..., k], acquired) for k in range(truth.shape[2])]
        sharp, true, false = (
            round(float(np.mean([getattr(one, what) for one in told])), 3) + 0.0  # no -0.000
            for what in ("sharpness", "towards", "away")
        )
        left = "-"
        if "step" in name:
            psf: PointSpread = "fir" if name.startswith("fir") else "gaussian"
            rest = np.linalg.norm(residual(found, y, axes=(0, 1), psf=psf)) / np.linalg.norm(y)
            left = f"{100 * rest:.2f}"
        rows.append(
            f"| {name} | {psnr(truth, found):.2f} | {ssim(truth, found):.4f} | {left} | {sharp:.3f} | {true:.3f} | {false:.3f} |"
        )
    return rows


def rows_along_slices(truth: Array) -> list[str]:
    """Return a row of the table for each way from slices twice as thick."""
    y = along.apply(thick_slices.matrix(truth.shape[0], FACTOR, "fir"), truth, 0)
    found = {name: way(y, {0: truth.shape[0]}) for name, way in ways().items()}
    return [f"| {name} | {psnr(truth, x):.2f} | {ssim(truth, x):.4f} |" for name, x in found.items()]


def noise_rows() -> list[str]:
    """Return the noise of each way over that of what was measured, along one axis and in plane; exact."""
    one = {name: way(np.eye(64), {0: 128}) for name, way in ways().items()}
    rows = []
    for name, matrix in one.items():
        along_one = np.sqrt(np.square(matrix[32:96]).sum(axis=1).mean())
        rows.append(f"| {name} | {along_one:.2f} |")
    return rows


def page(paths: list[Path], slices: int, command: str) -> str:
    """Return docs/results/back_projection.md."""
    parts = [
        "# Iterative back-projection",
        f"Made by `{command}`. {slices} middle slices of each scan; the method and its point spreads are described in "
        "{py:mod}`napari_mrsr.interpolation.back_projection`. `ibp` is *fir, 20 steps*. Nothing is trained.",
    ]
    for path in paths:
        truth = middle(path, slices)
        parts += [
            f"## {path.name}",
            f"In plane, {FRACTION:.0%} of k-space. *Residual*: what the simulation of the result lacks, per cent of what was "
            "measured. *Sharpness* is the energy beyond the measured band over that of the truth; *towards* the truth and "
            "*away* from it are its two parts ({py:mod}`napari_mrsr.metrics.beyond`).",
            "\n".join([IN_PLANE, *rows_in_plane(truth)]),
            f"Along the first axis, slices {FACTOR} times as thick by the published filter:",
            "\n".join(["| way | PSNR, dB | SSIM |", "|---|---|---|", *rows_along_slices(truth)]),
        ]
    parts += [
        "## Noise",
        "Standard deviation of the result over that of white noise in what was measured, along one axis, twice as fine:",
        "\n".join(["| way | noise |", "|---|---|", *noise_rows()]),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", nargs="+", type=Path)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    told = " ".join(Path(a).name if Path(a).exists() else a for a in sys.argv[1:])
    text = page(asked.scans, asked.slices, f"python benchmarks/back_projection.py {told}")
    print(text)
    if asked.out is not None:
        kept = asked.out.read_text() if asked.out.is_file() else ""
        said = kept[kept.index("## What it says") :] if "## What it says" in kept else ""
        asked.out.write_text(text + ("\n" + said if said else ""))


if __name__ == "__main__":
    main()
