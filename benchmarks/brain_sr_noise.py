r"""How far above zero-filling noise would let anyone come on the two heads of paper 2's study: docs/results/brain_sr_noise.md.

    NAPARI_MRSR_DATA=... python benchmarks/brain_sr_noise.py

A method that found every detail of the truth would still miss the noise of the reference beyond the measured band: white of SD
:math:`\sigma`, it leaves the error :math:`\sigma^2 (1 - s)` with s the share of k-space that was measured. Zero-filling leaves the
energy of all that lies beyond, :math:`E = \overline{|H x|^2}` (:mod:`napari_mrsr.metrics.beyond`), so that the gain that noise
allows is :math:`10 \lg\, E / (\sigma^2 (1 - s))` dB.

:math:`\sigma` is taken in the head, where patches of 32 x 32 voxels (Hann window) hold tissue alone, from the corners of their spectra,
above 80 % of the band along both axes. Whatever detail is there counts as noise, so sigma is too large if anything, and the gain too
small: noise allows *at least* so much. (A scanner's filter that empties the corners would turn this round.)

What more k-space would give, zero-filled, stands beside it: what a method has to find for a gain, said in lines of k-space. And
what a teacher gives whom nobody has: the slices next to the scored ones, of the same head in the same scan, teach anchored regression
(Timofte et al. 2014: nearest of some anchors, and a ridge regression for each) what lies beyond the band in the middle of a patch.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from brain_sr import HELD_OUT

from napari_mrsr.files import read_scan
from napari_mrsr.metrics.beyond import high_frequencies
from napari_mrsr.studies.brain.head import head_of
from napari_mrsr.studies.brain.planes import Stack, stacks
from napari_mrsr.studies.brain.scan_scored import KSPACE

#: As in docs/results/brain_sr.md.
SLICES = 24
#: Side of a patch, part of it that is head, and where its corners begin.
SIDE, FILLED, CORNER = 32, 0.98, 0.8
#: Parts of the band along both axes; the first is that of the study, the zero of all gains.
PARTS = (KSPACE**0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
#: The aim for the L1 twins, dB.
AIM = 3.0
#: Anchored regression: pixels around the middle of a patch, its principal components, anchors, patches that place them, ridge.
REACH, COMPONENTS, ANCHORS, PLACING, RIDGE = 4, 40, 512, 40_000, 0.05

Values = npt.NDArray[np.float64]


def pictures(stack: Stack) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Return slices and where the head is in them, slices first."""
    slices, head = (np.moveaxis(one, stack.axis, 0) for one in (stack.scan.array[0], stack.head))
    return slices.astype(np.float64), head


def noise(slices: Values, head: npt.NDArray[np.bool_]) -> tuple[float, int]:
    """Return an SD that noise does not exceed, and of how many patches it is the root mean square."""
    window = np.hanning(SIDE + 2)[1:-1]
    window = np.outer(window, window)
    corner = 2 * np.abs(np.fft.fftfreq(SIDE)) > CORNER
    found = []
    for picture, inside in zip(slices, head, strict=True):
        for i in range(0, picture.shape[0] - SIDE + 1, SIDE // 2):
            for j in range(0, picture.shape[1] - SIDE + 1, SIDE // 2):
                here = np.s_[i : i + SIDE, j : j + SIDE]
                if inside[here].mean() > FILLED:
                    patch = picture[here] - np.average(picture[here], weights=window)
                    power = np.abs(np.fft.fft2(patch * window)) ** 2 / (window**2).sum()
                    found.append(power[np.ix_(corner, corner)].mean())
    return float(np.sqrt(np.mean(found))), len(found)


def beyond(slices: Values, head: npt.NDArray[np.bool_], part: float) -> float:
    """Return the mean energy in the head that lies beyond a part of the band along both axes."""
    matrix = (round(part * slices.shape[1]), round(part * slices.shape[2]))
    energy = [np.mean(high_frequencies(x, matrix)[inside] ** 2) for x, inside in zip(slices, head, strict=True)]
    return float(np.mean(energy))


def patches(slices: Values, head: npt.NDArray[np.bool_], bright: float) -> tuple[npt.NDArray, npt.NDArray]:
    """Return what the measured centre shows around each pixel of the head, without its mean, and what lies beyond there."""
    side, seen, beyond_ = 2 * REACH + 1, [], []
    matrix = (round(PARTS[0] * slices.shape[1]), round(PARTS[0] * slices.shape[2]))
    for x, inside in zip(slices / bright, head, strict=True):
        high = high_frequencies(x, matrix)
        around = np.lib.stride_tricks.sliding_window_view(np.pad(x - high, REACH, mode="reflect"), (side, side))
        seen.append(around[inside].reshape(-1, side**2).astype(np.float32))
        beyond_.append(high[inside].astype(np.float32))
    both = np.concatenate(seen)
    return both - both.mean(axis=1, keepdims=True), np.concatenate(beyond_)


def taught_by_neighbours(whole: Values, head: npt.NDArray[np.bool_], scored: tuple[int, ...]) -> float:
    """Return the gain in the head, dB, of anchored regression that the slices next to the scored ones taught."""
    from sklearn.cluster import MiniBatchKMeans

    bright = float(np.percentile(whole[list(scored)][head[list(scored)]], 99))
    near = sorted({k + d for k in scored for d in (-1, 1) if 0 <= k + d < len(whole)} - set(scored))
    x, y = patches(whole[near], head[near], bright)
    basis = np.linalg.eigh(x[::20].T @ x[::20])[1][:, -COMPONENTS:]

    def seen(x: npt.NDArray) -> tuple[npt.NDArray, npt.NDArray]:
        x = x @ basis
        strength = np.linalg.norm(x, axis=1, keepdims=True) + RIDGE
        return x / strength, np.concatenate([x, strength], axis=1)

    shape, values = seen(x)
    some = np.random.default_rng(0).choice(len(x), min(PLACING, len(x)), replace=False)
    anchors = MiniBatchKMeans(ANCHORS, batch_size=4096, n_init=1, max_iter=20, random_state=0).fit(shape[some])
    nearest, size = anchors.predict(shape), COMPONENTS + 1
    weights = np.zeros((ANCHORS, size), np.float32)
    for n in range(ANCHORS):
        mine = values[nearest == n]
        if len(mine) > size:
            weights[n] = np.linalg.solve(mine.T @ mine + RIDGE * np.eye(size), mine.T @ y[nearest == n])
    x, y = patches(whole[list(scored)], head[list(scored)], bright)
    shape, values = seen(x)
    left = y - (values * weights[anchors.predict(shape)]).sum(axis=1)
    return 10 * float(np.log10(np.mean(y**2) / np.mean(left**2)))


def of_head(file: Path) -> dict[str, float | str | dict[str, float]]:
    """Return noise, and gains over zero-filling, of one head."""
    scan = read_scan(file)
    inside = head_of(scan.array[0])
    (stack,) = stacks(scan, inside, most=SLICES)
    whole, everywhere = (np.moveaxis(one, stack.axis, 0) for one in (scan.array[0].astype(np.float64), inside))
    slices, head = pictures(stack)
    sigma, patches = noise(slices, head)
    lost = [beyond(slices, head, part) for part in PARTS]
    left = sigma**2 * (1 - KSPACE)
    return {
        "scan": file.name.split(".")[0],
        "bright": float(np.percentile(slices[head], 99)),
        "sigma": sigma,
        "patches": patches,
        "share": left / lost[0],
        "allowed": 10 * float(np.log10(lost[0] / left)),
        "neighbours": taught_by_neighbours(whole, everywhere, stack.indices),
        "more": {
            f"{part:g}": 10 * float(np.log10(lost[0] / one)) for part, one in zip(PARTS[1:], lost[1:], strict=True)
        },
    }


def report(found: list[dict]) -> str:
    """Return the page."""
    rows = [
        f"| {one['scan']} | {one['bright']:.0f} | {one['sigma']:.1f} | {one['patches']} | {100 * one['share']:.0f} % "
        f"| {one['allowed']:.1f} |"
        for one in found
    ]
    more = [f"| {one['scan']} | " + " | ".join(f"{gain:+.2f}" for gain in one["more"].values()) + " |" for one in found]
    least = min(one["allowed"] for one in found)
    verdict = "is no reason" if least > AIM else "may be a reason"
    taught = " and ".join(f"{one['neighbours']:+.2f} dB" for one in found)
    needed = [np.interp(AIM, [0, *one["more"].values()], PARTS) for one in found]
    return f"""# What noise would allow on brain slices

Made by `python benchmarks/brain_sr_noise.py`: the {SLICES} slices of each head of [Brain slices](brain_sr.md), in the head.

Whoever found all detail of the truth would still miss the noise of the reference beyond the measured quarter of k-space. *Noise*: SD
from the corners of the spectra of patches that hold tissue alone; detail that is still there counts as noise, so it is an upper
value, and what it allows a lower one, unless the scanner's filter has emptied the corners. *Of the error*: the part of zero-filling's
squared error that is noise, at most.

| head | 99th percentile of the head | noise, SD | patches | of the error | gain over zero-filling that noise allows, at least [dB] |
|---|---|---|---|---|---|
{chr(10).join(rows)}

So noise {verdict} why the L1 twins miss +{AIM:g} dB: what they do not show is detail, which either cannot be told from the
measured centre or was not learned. A hint which of the two it is: anchored regression of patches of {2 * REACH + 1} x {2 * REACH + 1} pixels
({ANCHORS} anchors), taught by the slices *next to* the scored ones, of the same head in the same scan, gains {taught} in the head.
No network is taught so well, but networks see farther than these patches.

To see what a gain asks for: zero-filling with more of k-space, by the part of the band that is measured along both axes (the study
measures {PARTS[0]:g}), and its gain in the head over the study's [dB]. +{AIM:g} dB are what {min(needed):.2f} to {max(needed):.2f} would give:
{100 * (np.mean(needed) / PARTS[0] - 1):.0f} % more lines along either axis.

| head | {" | ".join(f"{part:g}" for part in PARTS[1:])} |
|---|{"---|" * (len(PARTS) - 1)}
{chr(10).join(more)}
"""


def main() -> None:
    """Measure, and write page and numbers."""
    data = os.environ.get("NAPARI_MRSR_DATA")
    if not data:
        raise SystemExit("NAPARI_MRSR_DATA names no folder of scans")
    found = [of_head(Path(data) / "brain" / f"{name}.nii.gz") for name in HELD_OUT]
    out = Path(__file__).resolve().parents[1] / "docs" / "results" / "brain_sr_noise.md"
    out.write_text(report(found))
    out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
    print(out)


if __name__ == "__main__":
    main()
