"""Where `lean` holds and where it does not: gain over tricubic when the input is not what the card describes.

    NAPARI_MRSR_DATA=... python benchmarks/robustness.py [--quick] [--weights FILE]

Blocks of phantoms whose seeds never teach and of scans (parts of scans) never trained on are changed, made thick, and
super-resolved by `lean` with its defaults and by tricubic; both are compared with the block as it was changed. Noise and
shading are put on the thin block before it is made thick. The network is never told the slice profile: its data
consistency assumes the published filter, as it does for a scan. Writes docs/results/robustness.md and .json after
every block, so that an interruption leaves what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from short_runs import write_page

from napari_mrsr.files import read_scan
from napari_mrsr.networks import registry
from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade
from napari_mrsr.sampling.thick_slices import Profile
from napari_mrsr.scan import Scan
from napari_mrsr.superres import super_resolve
from napari_mrsr.training.sources import HELD_OUT, common_scale
from napari_mrsr.training.validation import psnr

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
METHOD = "lean"
PHANTOM = {"shape": (64, 64, 48), "spacing": (0.5, 0.5, 0.7)}
#: Largest side of a block, voxels; one that holds whole slices of two, three and four thin ones.
BLOCK = 60

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Condition:
    """One way in which a scan may differ: what is done to the thin block, and how it is made thick."""

    group: str
    name: str
    change: Change = lambda thin: thin
    factor: int = 2
    profile: Profile = "fir"


def noise(snr: float) -> Change:
    """White noise so that the brighter tissue (the 90th percentile of the first volume) stands ``snr`` above it."""

    def change(thin: np.ndarray) -> np.ndarray:
        sigma = float(np.percentile(thin[0], 90)) / snr
        return thin + np.random.default_rng(0).normal(0, sigma, thin.shape).astype(np.float32)

    return change


def shading(amplitude: float, apart: float = 0.0) -> Change:
    """Multiply by ``exp`` of a slope along every axis; ``apart`` adds one of opposite sign for each echo (B1)."""

    def change(thin: np.ndarray) -> np.ndarray:
        slope = sum(np.ix_(*(np.linspace(-1, 1, n) for n in thin.shape[1:])))
        gains = [amplitude + apart * (-1) ** echo for echo in range(thin.shape[0])]
        return np.stack([v * np.exp(g * slope) for v, g in zip(thin, gains, strict=True)]).astype(np.float32)

    return change


def cut(shape: tuple[int, int, int]) -> Change:
    """Keep the middle of that many voxels."""

    def change(thin: np.ndarray) -> np.ndarray:
        starts = [max(0, (n - s) // 2) for n, s in zip(thin.shape[1:], shape, strict=True)]
        return thin[(slice(None), *(slice(a, a + s) for a, s in zip(starts, shape, strict=True)))]

    return change


CONDITIONS = (
    Condition("as on the card", "factor 2, FIR"),
    Condition("factor", "3", factor=3),
    Condition("factor", "4", factor=4),
    *(Condition("slice profile", f"{p}, factor 2", profile=p) for p in ("box", "gap", "gaussian")),
    *(Condition("slice profile", f"{p}, factor 4", profile=p, factor=4) for p in ("box", "gap", "gaussian")),
    Condition("intensity", "x 0.01", lambda thin: thin * np.float32(0.01)),
    Condition("intensity", "x 100", lambda thin: thin * np.float32(100)),
    Condition("intensity", "offset of a fifth of the range", lambda thin: thin + np.float32(0.2 * np.ptp(thin))),
    Condition("intensity", "sign turned", lambda thin: -thin),
    *(Condition("added noise", f"SNR {snr:g}", noise(snr)) for snr in (50, 20, 10, 5)),
    Condition("shading", "x 0.4 to 2.5 over the block", shading(0.3)),
    Condition("shading", "the same, and the echoes apart by a third", shading(0.3, 0.05)),
    Condition("echoes", "first alone", lambda thin: thin[:1]),
    Condition("echoes", "second (or only) alone", lambda thin: thin[-1:]),
    Condition("echoes", "the first twice", lambda thin: np.repeat(thin[:1], 2, axis=0)),
    Condition("shape", "41 x 37 x 23", cut((41, 37, 23))),
    Condition("shape", "9 x 11 x 8", cut((9, 11, 8))),
    Condition("shape", "one row: 1 x 60 x 24", cut((1, 60, 24))),
)


def blocks(data: Path | None, quick: bool) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield name, thin block ``(echo, i, j, k)`` with its slice axis last, on a scale of 0 to about 1, and spacing."""
    for seed, with_noise in ((1, False),) if quick else ((1, False), (2, True)):
        scan = knee(seed, noise=with_noise, **PHANTOM).scan  # type: ignore[arg-type]
        yield f"phantom {'noisy' if with_noise else 'noise-free'}", *block(scan, 2)
    if data and not quick:
        yield "real half knee", *block(read_scan(data / "knee" / "qdess_lateral"), 2)
        brain = read_scan(data / "brain" / "t1w_0p7mm.nii.gz")
        held_out = brain.array[:, round(brain.shape[0] * (1 - HELD_OUT)) :]
        yield "brain T1w, held out", *block(replace(brain, array=held_out), 0)


def block(scan: Scan, axis: int) -> tuple[np.ndarray, float]:
    """Return the middle of a scan with an axis turned last, and the spacing along it, mm."""
    volume = np.moveaxis(scan.array / common_scale(scan.array), axis + 1, -1)
    for a, n in enumerate(volume.shape[1:], start=1):
        size = min(n, BLOCK) // 12 * 12
        volume = np.take(volume, range((n - size) // 2, (n - size) // 2 + size), axis=a)
    return np.ascontiguousarray(volume, dtype=np.float32), float(scan.spacing[axis])


def gain(thin: np.ndarray, spacing: float, condition: Condition, weights: Path | None) -> tuple[float, float]:
    """Return the PSNR of tricubic and the gain of the network over it, dB, mean over echoes."""
    reference = np.ascontiguousarray(condition.change(thin), dtype=np.float32)
    affine = np.diag([spacing / 1.5, spacing / 1.5, spacing, 1.0])
    scan = Scan(reference, affine, axis="echo" if len(reference) == 2 else "contrast")
    thick = degrade(scan, factor=condition.factor, axis=2, profile=condition.profile)
    found = []
    for method in ("tricubic", METHOD):
        sharp = super_resolve(
            thick,
            method=method,
            factor=condition.factor,
            axis=2,
            weights=weights if method == METHOD else None,
            precision="fp32",
        )
        found.append(psnr(reference, sharp.array[..., : reference.shape[-1]]))
    return found[0], found[1] - found[0]


def page(rows: dict[str, dict[str, tuple[float, float]]], which: str) -> str:
    """Return the Markdown page of the results."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [
        "# Where `lean` holds",
        "",
        "Made by `python benchmarks/robustness.py`. Gain of `lean` over tricubic (B-spline) interpolation [dB], in brackets the PSNR of",
        "tricubic, mean over the echoes, on blocks never trained on. Where noise was added the reference has it too, so that noise",
        f"bounds every method. Weights: {which}.",
        "",
        "| what is changed | | " + " | ".join(names) + " |",
        "|---" * (len(names) + 2) + "|",
    ]
    for key, row in rows.items():
        group, name = key.split(": ", 1)
        cells = [f"{row[n][1]:+.2f} ({row[n][0]:.1f})" if n in row else "-" for n in names]
        lines.append(f"| {group} | {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "The profile *gap* is an ideal slice of three quarters of the distance between slices. Scaled intensities must give the same",
        "gain; an offset and a turned sign are not images that a scanner gives, and show how far the trunk depends on air being dark.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run every condition on every block."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--weights", type=Path, help="a file of weights in place of the shipped ones")
    parser.add_argument("--quick", action="store_true", help="one phantom, no real scans")
    arguments = parser.parse_args()
    data = os.environ.get("NAPARI_MRSR_DATA")
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    which = arguments.weights.name if arguments.weights else f"shipped, sha256 {str(registry.find(METHOD).sha256)[:12]}"
    arguments.out.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    for name, thin, spacing in blocks(Path(data) if data else None, arguments.quick):
        for condition in CONDITIONS:
            found = gain(thin, spacing, condition, arguments.weights)
            rows.setdefault(f"{condition.group}: {condition.name}", {})[name] = found
            print(f"{name}: {condition.group} {condition.name} {found[1]:+.2f}", flush=True)
        (arguments.out / "robustness.json").write_text(json.dumps({"weights": which, "rows": rows}, indent=1) + "\n")
        write_page(arguments.out / "robustness.md", page(rows, which))
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
