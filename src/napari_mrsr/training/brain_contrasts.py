r"""Weighted images of a head and the maps that belong to them: what a mapping network learns from.

Images are MPRAGE, TSE and FLAIR (:mod:`napari_mrsr.phantoms.brain.contrasts`), each with the head's B1, the coil,
Rician noise, a gain of its own and timings that are some per cent off what the header says. FLAIR has an equivalent TE
drawn from 90 to 200 ms.

Label maps have slices of 3.5 mm along one axis of the slices that train (sagittal slices: axial slabs). A slab's T1 is
what the mean of its signals tells (:mod:`napari_mrsr.physics.mixtures`), not the mean of T1; slabs are brought back to
the fine grid by linear interpolation of the maps, as a study must that has only the maps. The truth at full resolution
goes along for judging, never for training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from napari_mrsr.networks.head_scale import head_scale
from napari_mrsr.phantoms.brain import BrainPhantom
from napari_mrsr.phantoms.brain.contrasts import Protocol, weighted
from napari_mrsr.physics import mixtures
from napari_mrsr.physics.flair import FlairTimings
from napari_mrsr.physics.mprage import MprageTimings
from napari_mrsr.physics.tse import TseTimings
from napari_mrsr.training.label_slabs import Slabs

Array = npt.NDArray[np.floating[Any]]
Timed = TypeVar("Timed", MprageTimings, TseTimings, FlairTimings)

#: Thickness of the slices of label maps, mm (Table 1 of paper 4).
THICK = 3.5
#: Range of the equivalent TE of a FLAIR, ms.
EQUIVALENT = (90.0, 200.0)
#: Half the range by which a timing is off, relative; of the angle of the MPRAGE too.
OFF = 0.04
#: Range of the ratio of white matter to noise, and SD of the logarithm of the gain of an image.
SNR, GAIN_SPREAD = (15.0, 60.0), 0.15
#: Timings that are changed; numbers of echoes and spacings stay, so that trains fit.
_CHANGED = {
    MprageTimings: ("repetition_time", "inversion_time", "flip_angle"),
    TseTimings: ("repetition_time", "echo_time"),
    FlairTimings: ("repetition_time",),
}


def drawn(seed: int, nominal: Protocol | None = None, *, off: float = OFF) -> Protocol:
    """Return what the scanner really did: timings off by up to ``off``, FLAIR's equivalent TE anywhere in its range.

    Examples
    --------
    >>> really = drawn(5)
    >>> really.mprage.inversion_time != 900.0, 90 <= really.flair.equivalent_echo_time <= 200
    (True, True)
    """
    nominal = nominal or Protocol()
    rng = np.random.default_rng([seed, 41])
    flair = replace(_off(nominal.flair, rng, off), equivalent_echo_time=float(rng.uniform(*EQUIVALENT)))
    missed = float(rng.uniform(1 - off, 1 + off))
    return Protocol(_off(nominal.mprage, rng, off), _off(nominal.tse, rng, off), flair, missed)


# -- thick labels --------------------------------------------------------------------------------------
def slabs(count: int, spacing: float, thick: float, offset: float = 0.0) -> tuple[Array, Array]:
    """Return the matrix from voxels to slabs, means over their thickness, and the middles of the slabs in voxels.

    Parameters
    ----------
    count, spacing
        Voxels along the axis, and their size, mm.
    thick
        Thickness of a slab, mm.
    offset
        Where the first slab begins, mm before the first voxel; from 0 to ``thick``.

    Examples
    --------
    >>> matrix, middles = slabs(7, 1.0, 3.5)
    >>> matrix.shape, middles.tolist()
    ((2, 7), [1.25, 4.75])
    >>> [round(v, 3) for v in matrix[0].tolist()]
    [0.286, 0.286, 0.286, 0.143, 0.0, 0.0, 0.0]
    """
    edges = np.arange(count + 1) * spacing
    start = -offset + thick * np.arange(int(np.ceil((count * spacing + offset) / thick - 1e-9)))
    low = np.maximum(start[:, None], edges[None, :-1])
    high = np.minimum(start[:, None] + thick, edges[None, 1:])
    part = np.clip(high - low, 0, None)
    return part / part.sum(axis=1, keepdims=True), (start + thick / 2) / spacing - 0.5


def thick_maps(
    maps: mixtures.Maps, spacing: float, *, axis: int = 2, thick: float = THICK, offset: float = 0.0
) -> mixtures.Maps:
    """Return maps measured in thick slices and interpolated linearly back to the grid; NaN where nothing is near.

    Parameters
    ----------
    maps
        At full resolution.
    spacing
        Of the axis across the slices, mm.
    axis
        Across the slices.
    thick, offset
        Of the slices, mm.
    """
    count = maps.m0.shape[axis]
    how = thickening(count, spacing, thick, offset)
    parts = np.moveaxis(mixtures.moments(*maps), axis + 1, -1) @ how.mean.T
    measured = mixtures.read(parts)
    back = how.back
    found = []
    for values in measured:
        known = np.isfinite(values)
        weight = known.astype(np.float32) @ back.T
        total = np.where(known, values, 0).astype(np.float32) @ back.T
        with np.errstate(invalid="ignore", divide="ignore"):
            near = np.where(weight > 0.5, total / weight, np.nan)
        found.append(np.moveaxis(near, -1, axis).astype(np.float32))
    return mixtures.Maps(*found)


def thickening(count: int, spacing: float, thick: float, offset: float = 0.0) -> Slabs:
    """Return how maps of so many voxels are measured in slabs (:func:`slabs`) and brought back to the grid."""
    matrix, middles = slabs(count, spacing, thick, offset)
    return Slabs(matrix.astype(np.float32), interpolation_of(middles, count).astype(np.float32))


def interpolation_of(middles: Array, count: int) -> Array:
    """Return the matrix that interpolates between slabs, constant beyond the first and the last."""
    at = np.interp(np.arange(count), middles, np.arange(len(middles)))
    low = np.minimum(np.floor(at).astype(int), max(len(middles) - 2, 0))
    matrix = np.zeros((count, len(middles)), np.float32)
    rows = np.arange(count)
    matrix[rows, low] = 1 - (at - low)
    if len(middles) > 1:
        matrix[rows, low + 1] = at - low
    return matrix


# -- pairs ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class BrainSlices:
    """Sagittal slices of one head, rows from head to foot, columns from front to back.

    Parameters
    ----------
    images
        T1w, T2w and FLAIR, ``(slice, 3, rows, columns)``, each with a gain of its own.
    labels
        T1, T2 (ms) and M0 of thick slices across the rows, interpolated to the grid; NaN where unknown.
    truth
        The same at full resolution: for judging, never for training.
    brain
        Voxels that are mostly brain or fluid within it, ``(slice, rows, columns)``.
    protocol, header
        What the scanner did; what it says.
    scales
        What each image of the whole head is divided by (:mod:`~napari_mrsr.networks.head_scale`): as it is, and of
        the brain alone, ``(2, 3)``.
    slabs
        How labels became coarse along the rows.
    """

    name: str
    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    truth: npt.NDArray[np.float32]
    brain: npt.NDArray[np.bool_]
    protocol: Protocol
    header: Protocol
    seed: int
    scales: npt.NDArray[np.float64]
    slabs: Slabs

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        return iter(zip(self.images, self.labels, self.truth, strict=True))


def sagittal_slices(
    head: BrainPhantom,
    name: str,
    *,
    seed: int | None = None,
    off: float = OFF,
    nominal: Protocol | None = None,
    whole: BrainPhantom | None = None,
) -> BrainSlices:
    """Return the slices of a head that hold brain, imaged with noise, gain and timings that are drawn.

    Parameters
    ----------
    head
        A phantom, or real anatomy with values of its own.
    name
        Of the subject.
    seed
        Of timings, noise, gains and the place of the thick slices; that of the head where not given.
    off
        How far timings may be off, relative.
    nominal
        What the header says; the timings of paper 4 where not given.
    whole
        The whole head, on a grid that may be coarser, where ``head`` is a part of it: its images set the scales.
    """
    seed = head.seed if seed is None else seed
    rng = np.random.default_rng([seed, 43])
    header = nominal or Protocol()
    protocol = drawn(seed, header, off=off)
    gains = [float(g) for g in np.exp(GAIN_SPREAD * rng.standard_normal(3))]
    images = weighted(head, protocol, header=header, snr=float(rng.uniform(*SNR)), gains=gains, seed=seed)
    seen = images if whole is None else weighted(whole, protocol, header=header, snr=None, gains=gains)
    spacing = head.labels.spacing[2]
    offset = float(rng.uniform(0, THICK))
    labels = thick_maps(head.maps, spacing, offset=offset)
    brain = _brain(head)
    inside = brain + head.share_of("CSF") > 0.5
    kept = inside if whole is None else _brain(whole) + whole.share_of("CSF") > 0.5
    scales = [[head_scale(scan.array[0] * mask) for scan in seen.values()] for mask in (np.float32(1), kept)]
    some = np.flatnonzero((brain > 0.5).sum(axis=(1, 2)) * spacing**2 > 1000)
    picked = slice(int(some[0]), int(some[-1]) + 1) if len(some) else slice(0, 0)

    def turned(volumes: Sequence[Array]) -> npt.NDArray[np.float32]:
        parts = np.stack([np.asarray(v, np.float32)[picked] for v in volumes], axis=1)
        return np.ascontiguousarray(parts.transpose(0, 1, 3, 2)[:, :, ::-1])

    return BrainSlices(
        name,
        turned([scan.array[0] for scan in images.values()]),
        turned(labels),
        turned(head.maps),
        np.ascontiguousarray(inside[picked].transpose(0, 2, 1)[:, ::-1]),
        protocol,
        header,
        seed,
        np.array(scales),
        thickening(head.maps.m0.shape[2], spacing, THICK, offset).mirrored,
    )


def _brain(head: BrainPhantom) -> Array:
    return head.share_of("white matter") + head.share_of("grey matter") + head.share_of("lesion")


def _off(timings: Timed, rng: np.random.Generator, off: float) -> Timed:
    changes = {name: getattr(timings, name) * float(rng.uniform(1 - off, 1 + off)) for name in _CHANGED[type(timings)]}
    return replace(timings, **changes)
