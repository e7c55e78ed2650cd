"""The fixed slab on which all methods are scored: a few reformat planes through the cartilage that bears weight.

Sparse coding takes minutes for a plane, so whole volumes cannot be compared. A slab is a run of neighbouring planes
across one in-plane axis, each holding the slice axis, along which the methods differ, in full. Of sagittal slices they
are axial reformats, as figure 4 of Chaudhari et al. (PREDICTIVE 2018): where the condyles bear weight the cartilage
lies along them, so a dozen planes, some 4 to 5 mm, hold its whole depth over both condyles. They are placed where they
hold most femoral cartilage; without labels in the middle of the scan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject

#: Planes of a slab.
PLANES = 12
#: Planes to either side that a slab keeps free where the scan has them: what the widest network looks at (`mrsr`).
MARGIN = 24
#: What the slab is placed by, the first of them that has a voxel: words of the names of labels.
WANTED = ("femoral cartilage", "cartilage")


@dataclass(frozen=True)
class Slab:
    """Planes ``start`` to ``stop`` (not included) across a voxel axis, full along the others.

    Parameters
    ----------
    axis
        The in-plane axis that the planes are counted along.
    start, stop
        Of the planes; the same on the thick and on the fine grid, which differ along the slice axis only.
    voxels
        Labelled voxels that it was placed by; 0 where it lies in the middle.
    notes
        What a reader of the results should know, one line each.
    """

    axis: int
    start: int
    stop: int
    voxels: int = 0
    notes: tuple[str, ...] = ()

    @property
    def planes(self) -> int:
        """Number of planes."""
        return self.stop - self.start

    @property
    def where(self) -> tuple[slice, slice, slice]:
        """The slab as an index."""
        whole = [slice(None)] * 3
        whole[self.axis] = slice(self.start, self.stop)
        return (whole[0], whole[1], whole[2])

    def cut(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the slab of an array whose last three axes are those of the scan."""
        return array[(..., *self.where)]

    def crop(self, scan: Scan) -> Scan:
        """Return the slab of a scan, in its place in the patient."""
        affine = np.array(scan.affine)
        affine[:3, 3] += affine[:3, self.axis] * self.start
        return replace(scan, array=np.ascontiguousarray(self.cut(scan.array)), affine=affine)


def whole_volume(subject: Subject) -> Slab:
    """Return all planes as a slab."""
    axis = reformat_axis(subject.scan)
    return Slab(axis, 0, subject.scan.shape[axis], notes=label_notes(subject))


def cartilage_slab(subject: Subject, planes: int = PLANES, margin: int = MARGIN) -> Slab:
    """Return the slab of a subject.

    Parameters
    ----------
    subject
        With labels whose names say "cartilage", or without.
    planes
        How many; fewer where the scan has fewer.
    margin
        Planes kept free to either side, as far as the scan has them.

    Raises
    ------
    BadParameter
        No plane is asked for.
    AmbiguousAxis
        The slice axis cannot be told.

    Examples
    --------
    >>> labels = np.zeros((30, 20, 8), np.uint8)
    >>> labels[4:20, 13:15] = 2
    >>> sagittal = [[0, 0, 3, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]]
    >>> scan = Scan(np.ones((1, 30, 20, 8), np.float32), sagittal)
    >>> slab = cartilage_slab(Subject("one", scan, labels, {2: "femoral cartilage"}), planes=2, margin=3)
    >>> slab.axis, slab.start, slab.stop, slab.voxels
    (1, 13, 15, 256)
    """
    if planes < 1:
        raise BadParameter(f"a slab of {planes} planes is empty", remedy="give at least 1")
    axis = reformat_axis(subject.scan)
    n = subject.scan.shape[axis]
    count = min(planes, n)
    notes = label_notes(subject)
    chosen = _chosen(subject)
    free = min(margin, (n - count) // 2)
    if chosen is None:
        start = (n - count) // 2
        notes += ("no cartilage is labelled: the slab lies in the middle of the scan",)
        return Slab(axis, start, start + count, 0, notes)
    per_plane = chosen.sum(axis=tuple(a for a in range(3) if a != axis))
    held = np.convolve(per_plane, np.ones(count, int), mode="valid")
    start = free + int(held[free : n - count - free + 1].argmax())
    if held[start] == 0:
        start = int(held.argmax())
    return Slab(axis, start, start + count, int(held[start]), notes)


def reformat_axis(scan: Scan) -> int:
    """Return the in-plane axis nearest to superior-inferior."""
    slices = scan.find_slice_axis()
    directions = np.abs(scan.affine[2, :3]) / np.linalg.norm(scan.affine[:3, :3], axis=0)
    return max((a for a in range(3) if a != slices), key=lambda a: float(directions[a]))


def label_notes(subject: Subject) -> tuple[str, ...]:
    """Return what is odd about the labels: regions without a voxel, cartilage that touches the border of the scan.

    A phantom, which has a true T2, is a window of a whole knee: its cartilage is cut in plane on purpose.
    """
    if subject.labels is None:
        return ()
    notes = []
    slices = subject.scan.find_slice_axis()
    present = set(np.unique(subject.labels).tolist())
    if not present - {0}:
        return ("the labels hold no voxel",)
    cartilage = {number: name for number, name in subject.regions.items() if "cartilage" in name.lower()}
    empty = [name for number, name in cartilage.items() if number not in present]
    if empty and subject.t2 is None:
        notes.append(f"no voxel is labelled {', '.join(empty)}")
    for number, name in cartilage.items():
        region = subject.labels == number
        axes = (slices,) if subject.t2 is not None else (0, 1, 2)
        ends = [a for a in axes if np.take(region, [0, -1], axis=a).any()]
        if ends:
            told = " and ".join("the first or last slice" if a == slices else f"the border of axis {a}" for a in ends)
            notes.append(f"{name} touches {told}: there it is cut, and slices are extrapolated")
    return tuple(notes)


def _chosen(subject: Subject) -> npt.NDArray[np.bool_] | None:
    if subject.labels is None:
        return None
    for words in WANTED:
        numbers = [number for number, name in subject.regions.items() if words in name.lower()]
        chosen = np.isin(subject.labels, numbers)
        if chosen.any():
            return chosen
    return None
