"""How well T2w and FLAIR are registered to T1w, and how well a head that moved is told: docs/results/brain_registration.md.

    python benchmarks/brain_registration.py --cache FOLDER [--heads 3] [--spacing 1] [--out docs/results/brain_registration.md]

Heads are phantoms (seeds from 11), imaged with noise (white matter over noise 30), B1 and coil shading. A motion is put into
the geometry of T2w and FLAIR, about the middle of the head, in a direction that is drawn; no interpolation touches the
images before the search. Error is the root mean square over the head of what is left when the motion found is undone.
With NAPARI_MRSR_DATA, real images of one person and of several are compared, too.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.registration import ONE_HEAD, resample
from napari_mrsr.mapping.registration_estimate import Estimate, estimate, told_from
from napari_mrsr.mapping.rigid import angle, displacement, rigid, shift_of
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.phantoms.brain.contrasts import weighted
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.scan import Scan

#: Shift (mm) and turn (degrees) of the motions.
MOTIONS = ((0, 0), (0.5, 0), (1, 0), (2, 0), (0, 0.5), (0, 1), (0, 2), (0.5, 0.5), (1, 1), (2, 2), (8, 8))
SNR = 30.0
FIRST = 11


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the heads")
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--spacing", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=Path("docs/results/brain_registration.md"))
    given = parser.parse_args()
    page = Page()
    with redirect_stdout(page):
        measure(given)
    given.out.write_text(page.getvalue())


class Page(io.StringIO):
    """What is printed, kept for a file."""

    def write(self, text: str) -> int:
        """Show it at once, too."""
        sys.stderr.write(text)
        return super().write(text)


def measure(given: argparse.Namespace) -> None:
    """Print the page."""
    print("# Registration of T2w and FLAIR to T1w")
    print(f"\nMade by `python benchmarks/brain_registration.py --cache FOLDER --heads {given.heads}`: phantom heads of")
    print(
        f"{given.spacing:g} mm with noise, B1 and coil shading. A motion is put into the geometry of T2w and FLAIR, in a direction that is"
    )
    print("drawn; the error is what is left of it over the head when the motion found is undone.\n")
    heads = [images(seed, given.spacing, given.cache) for seed in range(FIRST, FIRST + given.heads)]
    motions(heads)
    other_heads(heads)
    interpolation(heads[0])
    real()
    speed(heads[0])


def images(seed: int, spacing: float, cache: Path) -> dict[str, Scan]:
    """Return noisy T1w, T2w and FLAIR of a head."""
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / f"head-{seed}-{spacing:g}mm.npz"
    if not file.is_file():
        clean = weighted(brain(seed, spacing=spacing), snr=None)
        np.savez(file, affine=clean["T1w"].affine, **{name: scan.array[0] for name, scan in clean.items()})
    kept = np.load(file)
    found = {}
    for n, name in enumerate(("T1w", "T2w", "FLAIR")):
        array = kept[name]
        level = float(np.median(array[array > array.mean()]))
        found[name] = Scan(rician(array[None], level / SNR, 3 * seed + n)[0], kept["affine"])
    return found


def moved(scan: Scan, shift: float, turn: float, seed: int) -> tuple[Scan, npt.NDArray[np.float64]]:
    """Return a scan whose geometry was moved in a direction that is drawn, and the motion."""
    rng = np.random.default_rng([seed, 7])
    ways = rng.standard_normal((2, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    middle = scan.affine @ [*((np.array(scan.shape) - 1) / 2), 1]
    motion = rigid(turn * ways[0], shift * ways[1], about=middle[:3])
    return replace(scan, affine=motion @ scan.affine), motion


def motions(heads: list[dict[str, Scan]]) -> None:
    """Print the error of the motion found, and how often it is called a motion."""
    print("| motion | RMS over the head, mm | error of T2w, mm / degrees | error of FLAIR | called apart |")
    print("|---|---|---|---|---|")
    least = told_from(heads[0]["T1w"])
    for shift, turn in MOTIONS:
        size, called, errors = [], 0, {"T2w": [], "FLAIR": []}
        for n, head in enumerate(heads):
            for m, name in enumerate(errors):
                scan, motion = moved(head[name], shift, turn, 100 * n + 10 * m + round(shift + 3 * turn))
                found = estimate(scan, head["T1w"])
                left = found.motion @ motion
                errors[name].append((shift_of(left, found.middle), angle(left), displacement(left, found.middle)))
                size.append(displacement(motion, found.middle))
                called += displacement(found.motion, found.middle) > least
        told = {
            name: f"{np.mean([e[0] for e in one]):.2f} / {np.mean([e[1] for e in one]):.2f}, "
            f"most {max(e[2] for e in one):.2f} mm RMS"
            for name, one in errors.items()
        }
        print(
            f"| {shift:g} mm, {turn:g}° | {np.mean(size):.2f} | {told['T2w']} | {told['FLAIR']} | {called} of {len(size)} |",
            flush=True,
        )
    print(f"\nApart is what is above {least:g} mm RMS.\n")


def other_heads(heads: list[dict[str, Scan]]) -> None:
    """Print the agreement of edges for the same and for other heads."""
    same = [estimate(head[name], head["T1w"]).agreement for head in heads for name in ("T2w", "FLAIR")]
    pairs = [(one, other) for one in heads for other in heads if one is not other]
    others = [estimate(other[name], one["T1w"]).agreement for one, other in pairs for name in ("T2w", "FLAIR")]
    told = f"Edges agree by {min(same):.2f} to {max(same):.2f} in one head"
    if others:
        told += f", by {min(others):.2f} to {max(others):.2f} in two"
    print(f"{told} (doubted below {ONE_HEAD:g}).\n")


def interpolation(head: dict[str, Scan]) -> None:
    """Print what is lost when an image is brought half a voxel off and back, by splines and linearly."""
    from scipy.ndimage import shift

    scan = head["T2w"]
    half = np.eye(4)
    step = scan.spacing[0] / 2
    half[:3, 3] = step
    once = replace(scan, array=np.nan_to_num(resample(scan, scan, half))[None])
    back = np.nan_to_num(resample(once, scan, np.linalg.inv(half)))
    array = np.asarray(scan.array[0], np.float32)
    linear = shift(shift(array, 0.5, order=1), -0.5, order=1)
    core = tuple(slice(8, -8) for _ in range(3))
    noise = np.sqrt(np.mean(array[core] ** 2))
    told = {
        name: 100 * np.sqrt(np.mean((a[core] - array[core]) ** 2)) / noise
        for name, a in (("cubic", back), ("linear", linear))
    }
    print(
        f"T2w half a voxel off and back: RMS error {told['cubic']:.1f} % by cubic splines, {told['linear']:.1f} % linearly.\n"
    )


def real() -> None:
    """Print what is found between real images."""
    if "NAPARI_MRSR_DATA" not in os.environ:
        return
    from napari_mrsr.files import read_scan

    folder = Path(os.environ["NAPARI_MRSR_DATA"]) / "brain"
    pairs = [
        ("vfa/T1w", "vfa/PDw"),
        ("vfa/T1w", "vfa/MTw"),
        ("t1w_0p7mm", "flair_1mm"),
        ("t1w_0p7mm", "t2w_1mm_stripped"),
    ]
    pairs.append(("vfa/T1w", "flair_1mm"))
    print("Real images; those of `vfa` are of one person, the others each of another:\n")
    for one, other in pairs:
        fixed, moving = (read_scan(folder / f"{name}.nii.gz").volume(0) for name in (one, other))
        print(f"- {other} on {one}: {told(estimate(moving, fixed))}", flush=True)
    print()


def told(found: Estimate) -> str:
    """Return an estimate in words."""
    shift, turn = shift_of(found.motion, found.middle), angle(found.motion)
    size = displacement(found.motion, found.middle)
    more = "" if found.from_header else ", from the middles of the heads"
    return f"{shift:.2f} mm, {turn:.2f}°, {size:.2f} mm RMS, agreement {found.agreement:.2f}, overlap {found.overlap:.2f}{more}"


def speed(head: dict[str, Scan]) -> None:
    """Print the seconds for two images of 256^3."""
    wide = {}
    for name, scan in head.items():
        pad = [(max(0, 256 - n) // 2, max(0, 256 - n) - max(0, 256 - n) // 2) for n in scan.shape]
        wide[name] = replace(scan, array=np.pad(scan.array, [(0, 0), *pad]))
    begun, used = time.perf_counter(), time.process_time()
    for name in ("T2w", "FLAIR"):
        estimate(wide[name], wide["T1w"])
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    print(f"Two images of 256^3 looked at in {seconds:.1f} s, {processor:.1f} s of one processor.")


if __name__ == "__main__":
    main()
