"""What networks in plane learn from: volumes with their slices last, held out by subject.

A plane may teach where both its axes are at full band (:mod:`~napari_mrsr.training.full_band`). Where a scan has no
thick slices, neighbouring ones are averaged until they are :data:`THICKEST` times as thick as voxels are wide: dynamic
imaging has thick slices, and a network that never saw any would lean on neighbours that are not there.

Phantoms are those of the main training of Sarasaen et al. (their Table 1): T1-weighted, two echoes, in and opposed
phase, voxels and slices drawn from the printed ranges. Seeds below :data:`FIRST_TRAINING_SEED` never teach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import NothingToRead
from napari_mrsr.phantoms.abdomen import abdomen
from napari_mrsr.phantoms.abdomen.protocols import CHAOS, Protocol
from napari_mrsr.physics.flash import Phase
from napari_mrsr.scan import Scan
from napari_mrsr.training.full_band import full_band_axes
from napari_mrsr.training.in_plane import PlaneSource
from napari_mrsr.training.sources import FIRST_TRAINING_SEED
from napari_mrsr.training.subjects_in import subjects_in

#: Slices at least so many times as thick as voxels are wide.
THICKEST = 3.0
#: Share of the subjects that teaches (Sarasaen et al., section 2.1).
TAUGHT = 0.7
#: Seeds of phantoms that judge a run, never those of samples, tests and results.
JUDGES = (900, 901)
#: Printed ranges of Table 1, mm: voxels in plane, and slices.
IN_PLANE, SLICES = (1.44, 2.03), (5.0, 8.0)


def gather(
    places: Sequence[Path], phantoms: int, report: Callable[[str], None] = lambda _: None
) -> tuple[list[PlaneSource], list[PlaneSource]]:
    """Return volumes to learn from, and volumes of other subjects to be judged by.

    Parameters
    ----------
    places
        Files and folders of scans.
    phantoms
        Number of persons that are made, each in and opposed phase.
    report
        Told what is used and what is not.

    Raises
    ------
    NothingToRead
        There is nothing to learn from.
    """
    found: list[PlaneSource] = []
    for one in subjects_in(places, report):
        planes = of_scan(one.scan, one.name, one.subject)
        report(f"{one.name}: {len(planes)} volumes" if planes else f"{one.name}: no plane at full resolution, left out")
        found += planes
    sources, held_out = split(found)
    for n in range(phantoms):
        report(f"phantom {FIRST_TRAINING_SEED + n}")
        sources += of_phantom(FIRST_TRAINING_SEED + n, noise=n % 2 == 0)
    if phantoms:
        held_out += [source for seed in JUDGES for source in of_phantom(seed, noise=False, phases=("in",))]
    if not sources:
        raise NothingToRead("nothing to learn from", remedy="give --data DIR or --phantoms N")
    return sources, held_out


def split(found: Sequence[PlaneSource]) -> tuple[list[PlaneSource], list[PlaneSource]]:
    """Hold out the last three of ten subjects, in the order of their names; fewer than three subjects all teach.

    Examples
    --------
    >>> people = [PlaneSource("scan", name, np.ones((4, 4, 4), np.float32)) for name in ("c", "a", "b", "a")]
    >>> [[one.subject for one in part] for part in split(people)]
    [['a', 'b', 'a'], ['c']]
    """
    subjects = sorted({source.subject for source in found})
    taught = subjects if len(subjects) < 3 else subjects[: max(1, round(TAUGHT * len(subjects)))]
    return [s for s in found if s.subject in taught], [s for s in found if s.subject not in taught]


def of_scan(scan: Scan, name: str, subject: str | None = None) -> list[PlaneSource]:
    """Return every volume of a scan that may teach in plane; none where fewer than two axes are at full band."""
    axes = full_band_axes(scan)
    pairs = [pair for pair in combinations(axes, 2) if scan.spacing[_other(pair)] == max(scan.spacing)]
    if not pairs:
        pairs = list(combinations(axes, 2))[:1]
    if not pairs:
        return []
    slices = _other(pairs[0])
    sources = []
    for number, volume in enumerate(scan.array):
        array = np.moveaxis(np.abs(volume).astype(np.float32), slices, -1)
        array = thickened(array, THICKEST * min(scan.spacing[a] for a in pairs[0]) / scan.spacing[slices])
        largest = float(array.max())
        if largest > 0:
            sources.append(PlaneSource(f"{name} {number + 1}", subject or name, np.ascontiguousarray(array / largest)))
    return sources


def thickened(array: npt.NDArray[np.float32], ratio: float) -> npt.NDArray[np.float32]:
    """Average neighbouring slices (the last axis), about ``ratio`` times as thick, rounded down.

    Examples
    --------
    >>> thickened(np.arange(7, dtype=np.float32).reshape(1, 1, 7), 2.9)
    array([[[0.5, 2.5, 4.5]]], dtype=float32)
    """
    count = max(1, int(ratio + 0.01))
    whole = array.shape[-1] // count * count
    return np.asarray(array[..., :whole].reshape(*array.shape[:-1], -1, count).mean(axis=-1), np.float32)


def of_phantom(seed: int, *, noise: bool, phases: Sequence[Phase] = ("in", "opposed")) -> list[PlaneSource]:
    """Return a person in and opposed phase, scanned as in the main training."""
    protocol = drawn_protocol(seed)
    rng = np.random.default_rng([seed, 7])
    made = []
    for phase in phases:
        snr = float(rng.uniform(15, 60))
        scan = abdomen(seed, protocol=protocol, phase=phase, frames=1, noise=noise, snr=snr).scan
        array = scan.array[0] / scan.array.max()
        made.append(PlaneSource(f"phantom-{seed} {phase}", f"phantom-{seed}", np.ascontiguousarray(array)))
    return made


def drawn_protocol(seed: int) -> Protocol:
    """Return the dual-echo protocol with voxels and slices drawn from the printed ranges, and a matrix to match."""
    rng = np.random.default_rng([seed, 3])
    wide, thick = float(rng.uniform(*IN_PLANE)), float(rng.uniform(*SLICES))
    field_of_view = CHAOS.field_of_view
    matrix = tuple(2 * round(f / s / 2) for f, s in zip(field_of_view, (wide, wide, thick), strict=True))
    return replace(CHAOS, matrix=(matrix[0], matrix[1], matrix[2]), resolution=(wide, wide, thick))


def _other(pair: tuple[int, ...]) -> int:
    return next(axis for axis in range(3) if axis not in pair)
