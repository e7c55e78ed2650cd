"""What a network learns from: scans and phantoms, each cut into a part to learn from and a part held out.

The last fifth of every scan along its first voxel axis is held out: no patch, and no margin of a patch, ever reaches
into it. Scans given for validation are held out whole. Phantom seeds below :data:`FIRST_TRAINING_SEED` never teach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import NothingToRead
from napari_mrsr.physics.combined import root_sum_of_squares
from napari_mrsr.scan import Scan
from napari_mrsr.training.full_band import full_band_axes

#: Share of a scan, along its first voxel axis, that is never trained on.
HELD_OUT = 0.2
#: Seeds below are for samples, tests and results.
FIRST_TRAINING_SEED = 1000
#: Block of a phantom, and the voxel sizes it is made with in turn, mm (paper 1; isotropic; coarse; SKM-TEA).
PHANTOM_SHAPE = (160, 160, 112)
PHANTOM_SPACINGS = ((0.385, 0.385, 0.7), (0.5, 0.5, 0.5), (0.55, 0.55, 0.7), (0.3125, 0.3125, 0.8))


@dataclass(frozen=True, eq=False)
class TrainingSource:
    """A scan to learn from: values 0 to about 1 on one scale for all its volumes, and the axes that may teach.

    ``array`` has the shape ``(volume, i, j, k)``.
    """

    name: str
    array: npt.NDArray[np.float32]
    axes: tuple[int, ...]
    weight: float = 1.0


def common_scale(array: npt.NDArray[np.float32]) -> float:
    """Return the 99.9th percentile over all volumes: one scale, so that the ratio of echoes survives."""
    step = max(1, int((array[0].size / 2e6) ** (1 / 3)))
    scale = float(np.percentile(array[:, ::step, ::step, ::step], 99.9))
    return scale if scale > 0 else 1.0


def from_scan(scan: Scan, name: str) -> tuple[TrainingSource | None, Scan]:
    """Cut a scan into the source to learn from (None where no axis may teach) and the held-out scan."""
    axes = full_band_axes(scan)
    cut = round(scan.shape[0] * (1 - HELD_OUT))
    affine = np.array(scan.affine)
    affine[:3, 3] += affine[:3, 0] * cut
    held_out = replace(scan, array=scan.array[:, cut:], affine=affine)
    if not axes:
        return None, held_out
    array = (scan.array[:, :cut] / common_scale(scan.array)).astype(np.float32)
    return TrainingSource(name, array, axes, weight=float(np.sqrt(array[0].size))), held_out


def scans_in(places: Sequence[Path]) -> Iterator[tuple[str, Scan]]:
    """Read every scan in some files and folders; what cannot be read is left out by the caller's choice of place."""
    from napari_mrsr.files import read_scan

    for place in places:
        if place.is_file() or _holds_dicom(place):
            yield place.name, read_scan(place)
            continue
        files = sorted(p for p in place.rglob("*.nii*") if p.is_file())
        if not files:
            raise NothingToRead("holds no NIfTI or DICOM scan", where=place)
        for file in files:
            yield file.name, read_scan(file)


def phantom_sources(count: int, report: Callable[[str], None]) -> Iterator[TrainingSource]:
    """Make blocks of knee phantoms of ``count`` different seeds as sources, every other one without noise.

    The blocks differ in place and voxel size as well as in the knee, so that no grid is learned by heart.
    """
    from napari_mrsr.phantoms import knee

    for n in range(count):
        seed = FIRST_TRAINING_SEED + n
        rng = np.random.default_rng(seed)
        centre = tuple(float(c) for c in rng.uniform(-15, 15, 3))
        scan = knee(
            seed,
            shape=PHANTOM_SHAPE,
            spacing=PHANTOM_SPACINGS[n % len(PHANTOM_SPACINGS)],
            centre=(centre[0], centre[1], centre[2]),
            noise=n % 2 == 0,
        ).scan
        array = (scan.array / common_scale(scan.array)).astype(np.float32)
        report(f"phantom {seed}")
        yield TrainingSource(f"phantom-{seed}", array, (0, 1, 2), weight=float(np.sqrt(array[0].size)))


def combine(source: TrainingSource) -> TrainingSource:
    """Return the combined image of a source of two echoes, on a scale of 0 to about 1; any other source as it is.

    This is the single-contrast DESS that a network may learn from before it meets both echoes (paper 1, section 3.2).
    """
    if source.array.shape[0] != 2:
        return source
    array = root_sum_of_squares(source.array)
    return replace(source, array=(array / common_scale(array)).astype(np.float32))


def combine_scan(scan: Scan) -> Scan:
    """Return the combined image of a scan of two echoes; any other scan as it is."""
    if scan.volumes != 2 or scan.axis != "echo":
        return scan
    return scan.after("combined dess", root_sum_of_squares(scan.array), axis="contrast", names=("combined",))


def gather(
    places: Sequence[Path], phantoms: int, report: Callable[[str], None] = lambda _: None
) -> tuple[list[TrainingSource], list[tuple[str, Scan]]]:
    """Return what to learn from, and the held-out parts by name.

    Raises
    ------
    NothingToRead
        Neither a scan with a full-resolution axis nor a phantom is there.
    """
    sources: list[TrainingSource] = []
    held_out: list[tuple[str, Scan]] = []
    for name, scan in scans_in(places):
        source, rest = from_scan(scan, name)
        if source is None:
            report(f"{name}: no axis at full resolution, left out")
            continue
        report(f"{name}: {source.array.shape}, axes {source.axes}")
        sources.append(source)
        held_out.append((name, rest))
    sources.extend(phantom_sources(phantoms, report))
    if not sources:
        raise NothingToRead("nothing to learn from", remedy="give --data DIR or --phantoms N")
    return sources, held_out


def _holds_dicom(folder: Path) -> bool:
    return folder.is_dir() and any(p.suffix.lower() in {".dcm", ".ima", ""} and p.is_file() for p in folder.rglob("*"))
