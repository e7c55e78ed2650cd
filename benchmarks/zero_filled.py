"""How surely zero-filled k-space is told: docs/results/zero_filled.md.

    python benchmarks/zero_filled.py [--data DIR]

Phantoms of which a known share of k-space was measured along the first axis, with what happens to scans later, and
what :func:`napari_mrsr.trust.zero_filled.zero_filled` finds. With ``--data`` every scan there, as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_mrsr.errors import MrsrError
from napari_mrsr.phantoms.abdomen import abdomen
from napari_mrsr.phantoms.brain.sample import sample_brain
from napari_mrsr.planes import across
from napari_mrsr.scan import Scan
from napari_mrsr.training.sources import scans_in
from napari_mrsr.trust.zero_filled import zero_filled

ROOT = Path(__file__).resolve().parents[1]
SHARES = (0.25, 0.4, 0.5, 0.625, 0.75, 0.8, 0.85, 0.9, 1.0)
#: How much finer the grid is onto which a scan is resampled.
FINER = 1.25

Volume = npt.NDArray[Any]


def measured(volume: Volume, share: float, *, noise: float = 0.01, window: bool = False) -> Volume:
    """Return the magnitude of a volume of which a share of k-space was measured along axis 0, with a smooth phase.

    ``noise`` is the SD of its two parts over the brightest tissue; ``window`` rounds the edge (Hamming).
    """
    rng = np.random.default_rng(0)
    i, j, _ = np.meshgrid(*[np.linspace(-1, 1, n) for n in volume.shape], indexing="ij", sparse=True)
    bright = np.percentile(volume, 99)
    signal = volume * np.exp(1j * (1.3 * i - 0.8 * j + 0.7 * i * j))
    signal = signal + noise * bright * (rng.normal(size=volume.shape) + 1j * rng.normal(size=volume.shape))
    n = volume.shape[0]
    f = np.abs(np.fft.fftfreq(n)) * 2
    kept = (f < share) * (0.54 + 0.46 * np.cos(np.pi * np.minimum(f / share, 1)) if window else 1.0)
    return np.abs(np.fft.ifft(np.fft.fft(signal, axis=0) * kept[:, None, None], axis=0)).astype(np.float32)


def eight_bits(volume: Volume) -> Volume:
    """Round to 256 grey values."""
    return np.round(np.clip(volume / np.percentile(volume, 99.9), 0, 1) * 255)


def cut_out(volume: Volume) -> Volume:
    """Set everything but the inside of the object to zero."""
    smooth = ndimage.gaussian_filter(volume, (2, 2, 0))
    inside = smooth > 0.1 * np.percentile(volume, 99)
    return volume * ndimage.binary_erosion(inside, np.ones((3, 3, 1)), iterations=4)


def finer(volume: Volume) -> Volume:
    """Interpolate linearly along axis 0."""
    return np.asarray(ndimage.zoom(volume, (FINER, 1, 1), order=1))


HOW: dict[str, Callable[[Volume, float], Volume]] = {
    "as measured": measured,
    "noise of 5 % of bright tissue": lambda v, s: measured(v, s, noise=0.05),
    "Hamming window": lambda v, s: measured(v, s, window=True),
    "8 bits": lambda v, s: eight_bits(measured(v, s)),
    "cut out": lambda v, s: cut_out(measured(v, s)),
    "cut out, 8 bits": lambda v, s: eight_bits(cut_out(measured(v, s))),
    f"linear, {FINER:g} times finer": lambda v, s: finer(measured(v, s)),
}


def found_of(volume: Volume) -> str:
    """Return the share found along axis 0, and a word on a false alarm along axis 1."""
    found = zero_filled(Scan(volume, np.diag([1.0, 1.0, 3.0, 1.0]), slice_axis=2), (0, 1)).shares
    return (f"{found[0]:.2f}" if 0 in found else "-") + (" (and axis 1)" if 1 in found else "")


def known(name: str, volume: Volume) -> list[str]:
    """Return the table of one phantom."""
    lines = [f"| {name} | {' | '.join(f'{share:g}' for share in SHARES)} |", f"|---{'|--:' * len(SHARES)}|"]
    for how, change in HOW.items():
        cells = [found_of(change(volume, share)) for share in SHARES]
        lines.append(f"| {how} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return [*lines, ""]


def real(folder: Path) -> list[str]:
    """Return the table of the scans in a folder."""
    lines = ["| scan | matrix | measured, about |", "|---|---|---|"]
    for path in sorted({*folder.rglob("*.nii*"), *(p.parent for p in folder.rglob("*.dcm"))}):
        try:
            scan = next(across(scan) for _, scan in scans_in([path]))
        except (MrsrError, StopIteration):
            continue
        found = zero_filled(scan)
        size = " x ".join(map(str, found.measured)) if found else "all of it, as far as can be told"
        lines.append(f"| {path.relative_to(folder)} | {' x '.join(map(str, scan.shape))} | {size} |")
        print(lines[-1], flush=True)
    return [*lines, ""]


def main() -> None:
    """Read the command line and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "zero_filled.md")
    given = parser.parse_args()
    lines = [
        "# Was it zero-filled before?",
        "",
        "Printed by `python benchmarks/zero_filled.py --data FOLDER`. Columns: the share of k-space that was measured",
        "along one axis in plane. Cells: the share that is found; - where nothing is told. Linear interpolation onto a",
        f"{FINER:g} times finer grid divides the share by {FINER:g}.",
        "",
        *known("brain phantom, T2w", sample_brain().array[0]),
        *known("abdomen phantom, GRE", abdomen(900, frames=1).noiseless.array[0]),
    ]
    if given.data is not None:
        lines += ["## Real scans, as they are", "", *real(given.data)]
    given.out.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
