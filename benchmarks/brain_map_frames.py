"""What of a brain's maps changes where the air around a head is cut off before a network sees its slices.

    python benchmarks/brain_map_frames.py [--weights weights/brain-maps.safetensors] [--out docs/results/brain_map_frames.md]

The head of ``brain_maps_speed.py``, every so many sagittal slices of it, whole and with margins of some voxels around the
head. A voxel of these networks sees so many voxels to each side as their halo has (51 of four levels): at that margin, which
``inference/slice_maps.py`` keeps, nothing may change but the last digits.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from brain_maps_speed import Slices, make_images, make_weights
from measuring import made_by, write

#: Every so many slices are looked at, and margins in voxels; the last is the halo.
EVERY, MARGINS = 16, (8, 24)


def brain_of(side: int) -> np.ndarray:
    """Return which voxels of the images of that head are brain."""
    from scipy.ndimage import zoom

    from napari_mrsr.phantoms.brain import brain

    head = brain(3, spacing=512 / side, lesions="none")
    share = sum(head.share_of(name) for name in ("white matter", "grey matter", "CSF"))
    fine = zoom(share, 2, order=1)
    around = [((side - n) // 2, side - n - (side - n) // 2) for n in fine.shape]
    return np.pad(fine, around) > 0.5


def differences(side: int, weights: Path | None) -> tuple[list[str], dict[str, list[float]]]:
    """Return a row for each margin and map, and the same as numbers."""
    import torch

    from napari_mrsr.inference.slice_maps import _frame

    with TemporaryDirectory() as folder:
        make_images(side, Path(folder))
        slices = Slices(folder, str(weights or make_weights(Path(folder) / "weights.safetensors", side)))
    network, back = slices.job.network, slices.back
    head, brain = (mask.transpose(slices.order)[back] for mask in (slices.job.inside, brain_of(side)))
    chosen = [int(n) for n in np.flatnonzero(brain.any(axis=(0, 1)))[EVERY // 2 :: EVERY]]
    head, brain = (np.moveaxis(mask[..., chosen], -1, 0) for mask in (head, brain))
    pictures = slices.pictures[chosen]

    def maps(margin: int | None) -> np.ndarray:
        i, j = (
            (slice(None),) * 2
            if margin is None
            else _frame(slices.job.inside.transpose(slices.order)[back], margin, network.stride)
        )
        found = np.full((len(pictures), 3, *pictures.shape[2:]), np.nan, np.float32)
        with torch.no_grad():
            for n, picture in enumerate(pictures):
                found[n, :, i, j] = network.plane(picture[None, :, i, j])[0].numpy()
        return found

    whole, rows, numbers = maps(None), [], {}
    for margin in (*MARGINS, network.halo):
        apart = np.abs(maps(margin) - whole)
        for n, name in enumerate(("T1", "T2")):
            cells = []
            for where in (brain & head, head & ~brain):
                values = apart[:, n][where]
                cells.append([*np.percentile(values, (50, 99, 100)), 100 * np.mean(values > 1)])
            numbers[f"{margin} {name}"] = [float(v) for cell in cells for v in cell]
            shown = (f"{' / '.join(f'{v:.2g}' for v in cell[:3])} | {cell[3]:.2f}" for cell in cells)
            rows.append(f"| {margin}{' (halo)' if margin == network.halo else ''} | {name} | {' | '.join(shown)} |")
    return rows, numbers


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--weights", type=Path, help="of the network; drawn where not given")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows, numbers = differences(options.side, options.weights)
    lines = [
        "# Maps of a brain without the air around the head",
        "",
        f"A head in {options.side}^3 voxels, every {EVERY}th sagittal slice, float32. Written by `{made_by(__file__)}`.",
        "Slices are cut to the head and a margin before the network sees them. Differences from the maps of whole slices, ms,",
        "median / 99th percentile / largest, and the voxels that differ by more than 1 ms, %.",
        "",
        "| margin, voxels | | brain | > 1 ms, % | rest of the head | > 1 ms, % |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "`maps` keeps a margin of the halo, as far as a voxel sees; slices are whole where there is no more around the head.",
    ]
    write("\n".join(lines) + "\n", numbers, options.out)


if __name__ == "__main__":
    main()
