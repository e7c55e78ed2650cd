"""T1 of a real brain by variable flip angles: tissues, scatter, and what an unknown B1 leaves open; prints docs/results/vfa.md.

    NAPARI_MRSR_DATA=DIR python benchmarks/vfa.py > docs/results/vfa.md

``DIR/brain/vfa`` holds PDw.nii.gz (6 degrees, TR 28 ms) and T1w.nii.gz (20 degrees, TR 18 ms) of one subject. Nobody has
drawn tissues there: white and grey matter are two of the three classes into which the histogram of T1 within the brain
falls (Otsu), their cores what is left of them when borders are taken off. Classes cut from T1 cannot tell how wide T1 is
spread; where its middle lies they hardly move.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from napari_mrsr.files import read_scan
from napari_mrsr.mapping import Reason, T1Map, t1_from_flash
from napari_mrsr.mapping.vfa import linear
from napari_mrsr.scan import Scan

Mask = npt.NDArray[np.bool_]
FLIPS, TIMES = (6.0, 20.0), (28.0, 18.0)
#: T1 of tissue within the skull, ms: fat has less. M0 over its 90th percentile below which there is air or bone.
WITHIN, FAINT = (500.0, 6000.0), 0.3
#: Layers taken off to part the brain from what it touches, and off white and grey matter for their cores.
APART, CORES = 3, {"white matter": 2, "grey matter": 1}
PUBLISHED = {
    "white matter": ("832 (Wansapura 1999), 1084 (Stanisz 2005)", "884 (Stanisz 2005)"),
    "grey matter": ("1331 (Wansapura 1999), 1820 (Stanisz 2005)", "1124 (Stanisz 2005)"),
}


def brain_of(found: T1Map) -> Mask:
    """Return the voxels of the brain: what holds together within the skull after its borders were taken off."""
    t1, m0 = found.map.array[0], found.m0.array[0]
    tissue = (t1 > WITHIN[0]) & (t1 < WITHIN[1]) & (m0 > FAINT * np.nanpercentile(m0, 90))
    labels, _ = ndimage.label(ndimage.binary_erosion(tissue, iterations=APART))
    largest = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return ndimage.binary_dilation(largest, iterations=APART) & tissue


def cores_of(t1: npt.NDArray[np.float32], brain: Mask) -> dict[str, Mask]:
    """Return the cores of white and grey matter."""
    lower, upper = threshold_multiotsu(np.clip(t1[brain], WITHIN[0], 4000), 3)
    classes = {"white matter": brain & (t1 < lower), "grey matter": brain & (t1 >= lower) & (t1 < upper)}
    return {name: ndimage.binary_erosion(one, iterations=CORES[name]) for name, one in classes.items()}


def scatter(t1: npt.NDArray[np.float32], core: Mask) -> float:
    """Return the standard deviation of T1 between neighbours along the first axis within a core, ms."""
    both = core[1:] & core[:-1]
    steps = (t1[1:] - t1[:-1])[both]
    return float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2))


def thirds(t1: npt.NDArray[np.float32], core: Mask, axis: int) -> list[float]:
    """Return the median of T1 in three parts of a core with as many voxels each, along an axis."""
    where = np.nonzero(core)[axis]
    first, second = np.quantile(where, (1 / 3, 2 / 3))
    parts = (where < first, (where >= first) & (where < second), where >= second)
    return [float(np.median(t1[core][part])) for part in parts]


def tissue_rows(found: T1Map, cores: dict[str, Mask]) -> list[str]:
    """Return the table of tissues."""
    t1, sigma = found.map.array[0], found.sigma
    assert sigma is not None
    rows = []
    for name, core in cores.items():
        low, middle, high = np.percentile(t1[core], (25, 50, 75))
        expected = float(np.median(sigma.array[0][core]))
        three, half = PUBLISHED[name]
        rows.append(
            f"| {name} | {core.sum()} | **{middle:.0f}** ({low:.0f} to {high:.0f}) | {expected:.0f} | "
            f"{scatter(t1, core):.0f} | {three} | {half} |"
        )
    return rows


def region_rows(t1: npt.NDArray[np.float32], core: Mask) -> list[str]:
    """Return the table of white matter by place; voxels run to the left, to the front and upwards."""
    names = {1: "back to front", 0: "right to left", 2: "bottom to top"}
    return [f"| {name} | {' | '.join(f'{v:.0f}' for v in thirds(t1, core, axis))} |" for axis, name in names.items()]


def shifted_rows(scans: list[Scan], cores: dict[str, Mask]) -> list[str]:
    """Return what other flip angles than asked for would make of T1."""
    rows = []
    for b1 in (0.85, 0.9, 1.1, 1.15):
        flat = Scan(np.full(scans[0].shape, b1, np.float32), scans[0].affine)
        t1 = t1_from_flash(scans, flip_angles=FLIPS, repetition_times=TIMES, b1=flat).map.array[0]
        rows.append(f"| {b1:g} | {' | '.join(f'{np.nanmedian(t1[core]):.0f}' for core in cores.values())} |")
    return rows


def main() -> None:
    """Print the page."""
    data = os.environ.get("NAPARI_MRSR_DATA")
    if data is None:
        sys.exit("set NAPARI_MRSR_DATA to the folder that holds brain/vfa")
    folder = Path(data) / "brain" / "vfa"
    scans = [read_scan([folder / name]) for name in ("PDw.nii.gz", "T1w.nii.gz")]
    began, cpu = time.perf_counter(), time.process_time()
    found = t1_from_flash(scans, flip_angles=FLIPS, repetition_times=TIMES)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    t1, brain = found.map.array[0], brain_of(found)
    cores = cores_of(t1, brain)
    reasons = found.reason.array[0]
    odd = {r: np.count_nonzero(reasons == r) for r in (Reason.NO_SOLUTION, Reason.OUT_OF_RANGE, Reason.LOW_SNR)}
    line, _ = linear([scan.array[0][brain] for scan in scans], FLIPS, TIMES)
    approximation = np.abs(line / t1[brain] - 1)
    signal = np.count_nonzero((reasons != Reason.AIR) & (reasons != Reason.NOT_FINITE))
    noise = [one["sigma"] for one in found.map.history[-1].parameters["noise"]]

    text = f"""# T1 by variable flip angles

`NAPARI_MRSR_DATA=DIR python benchmarks/vfa.py`: one real head, 3-D FLASH at 1.5 mm, 6 degrees with TR 28 ms and 20 degrees with
TR 18 ms (the example scans of qMRLab's magnetisation transfer saturation; MIT). No map of B1 and none of T1 comes with them, and the
files do not say the field strength. White and grey matter are classes of the histogram of T1 itself, without their borders, so
that the median can be judged and the width cannot.

| tissue, core | voxels | T1 [ms]: median (quartiles) | sigma by noise, median | scatter between neighbours | published at 3 T | at 1.5 T |
|---|---|---|---|---|---|---|
{chr(10).join(tissue_rows(found, cores))}

Published T1 of white matter at 3 T alone runs from 690 to 1150 ms (Stikov et al., Validation of T1 mapping techniques: are phantom
studies sufficient?), so that the median of white matter fits 3 T and 1.5 T alike. Grey matter lies a little above the longer value of
3 T and far above that of 1.5 T: it is a thin band beside fluid, of which voxels of 1.5 mm hold some. This is a test of plausibility, not of accuracy: another
B1 would say something else (below). Neighbours scatter more than the noise of the background would make them: tissue is no one
value, and a receiver with several coils leaves more noise in the middle of the head. Sigma is a lower bound.

**What is not known of B1.** T1 follows the square of the flip angle that was reached. White matter of one person differs a little from
place to place; that it is shorter by a fifth at the front than at the back is likely B1 (three parts with as many voxels each, medians,
ms):

| white matter | | | |
|---|---|---|---|
{chr(10).join(region_rows(t1, cores["white matter"]))}

If the flip angle reached was everywhere this part of the one asked for, the medians would be:

| flip reached / asked | white matter | grey matter |
|---|---|---|
{chr(10).join(shifted_rows(scans, cores))}

So `--b1` decides more than the estimator: the rational approximation of Helms (2008), at half angle tangents, differs from the exact
solution by {100 * np.median(approximation):.3f} % in the brain (median; 99th percentile {100 * np.quantile(approximation, 0.99):.2f} %).

**Without a value**: of {signal} voxels brighter than noise, air's ghosts, scalp and bone among them, {odd[Reason.NO_SOLUTION]} have no solution and
{odd[Reason.OUT_OF_RANGE]} a T1 outside 50 to 6000 ms. Much of the ventricles is among these: fluid has a T1 of 4 to 5 s, which a flip angle of a sixth more than asked
for makes longer than 6 s, and what T1w shows of it is little more than noise. {odd[Reason.LOW_SNR]} voxels keep a value that is marked as
uncertain (sigma above a fifth of it).

Noise, measured in the background: {noise[0]:.1f} and {noise[1]:.1f} units of the images. {t1.size} voxels took {seconds:.1f} s ({cpu:.1f} s of
processor time) on a machine that others used too.
"""
    print(text, end="")


if __name__ == "__main__":
    main()
