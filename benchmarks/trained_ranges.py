"""Write down what scans taught a method, so that others can be told from them: weights/ranges.json.

    python benchmarks/trained_ranges.py METHOD... --data DIR... [--phantoms 48] [--fir-only]

``--data`` and ``--phantoms`` as the training was given; ``--fir-only`` for recipes without augmentation, which see the
published slice profile alone and no noise but the scans' own. The ranges are those of :mod:`napari_mrsr.trust.range`: spacing along the
axes that taught, the finest spacing across each of them, gaps between slices (from the profiles of the training),
signal to noise with the noise that the training adds, and contrast. Run it again when the sources have changed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from napari_mrsr.phantoms import knee
from napari_mrsr.sampling.thick_slices import THICKNESS
from napari_mrsr.training.full_band import full_band_axes
from napari_mrsr.training.pairs import PROFILES
from napari_mrsr.training.sources import FIRST_TRAINING_SEED, PHANTOM_SPACINGS, scans_in
from napari_mrsr.trust import range as ranges

ROOT = Path(__file__).resolve().parents[1]
#: Largest noise that training adds to a patch, part of the scale (:mod:`napari_mrsr.training.pairs`).
ADDED_NOISE = 0.03
#: Phantoms whose contrast is looked at: the first ones, in blocks of this size.
LOOKED_AT, SHAPE = 8, (96, 96, 64)


def of_sources(places: list[Path], phantoms: int, *, fir_only: bool) -> dict[str, Any]:
    """Return the ranges of the scans in some places and of so many phantoms."""
    noise = 0.0 if fir_only else ADDED_NOISE
    spacings: list[tuple[tuple[float, ...], tuple[int, ...]]] = []
    contrasts = []
    for name, scan in scans_in(places):
        axes = full_band_axes(scan)
        if not axes:
            continue
        print(name, axes, flush=True)
        spacings.append((scan.spacing, axes))
        slices = scan.slice_axis if scan.slice_axis is not None else axes[-1]
        contrasts.append(ranges.describe(scan, slices, noise))
    for n in range(phantoms):
        spacing = PHANTOM_SPACINGS[n % len(PHANTOM_SPACINGS)]
        spacings.append((spacing, (0, 1, 2)))
        if n < LOOKED_AT:
            made = knee(FIRST_TRAINING_SEED + n, shape=SHAPE, spacing=spacing, noise=n % 2 == 0)
            contrasts.append(ranges.describe(made.scan, 2, noise))
    along = [s[a] for s, axes in spacings for a in axes]
    across = [min(s[b] for b in range(3) if b != a) for s, axes in spacings for a in axes]
    gap = 1 - THICKNESS["gap"] if "gap" in PROFILES and not fir_only else 0.0
    return {
        "spacing": [min(along), max(along)],
        "in_plane": [min(across), max(across)],
        "gap": gap,
        **ranges.widest(contrasts),
    }


def main() -> None:
    """Write the ranges of the methods named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="+")
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--phantoms", type=int, default=0)
    parser.add_argument("--fir-only", action="store_true", help="without augmentation")
    parser.add_argument("--out", type=Path, default=ROOT / "weights" / ranges.FILE)
    arguments = parser.parse_args()
    found = of_sources(arguments.data, arguments.phantoms, fir_only=arguments.fir_only)
    entries = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    entries |= dict.fromkeys(arguments.methods, found)
    arguments.out.write_text(json.dumps(dict(sorted(entries.items())), indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
