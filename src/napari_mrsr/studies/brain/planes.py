"""Which slices are scored: of the plane that was acquired, or of others, evenly through the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import AmbiguousAxis, BadParameter
from napari_mrsr.report.planes import PLANES, patient_axes
from napari_mrsr.scan import Scan

ACQUIRED, ALL = "acquired", "all"
#: Slices that hold less head than this part of them are not scored.
LEAST_HEAD = 0.05
#: Slices thicker than so many voxels of the plane: no other plane of the scan is a picture.
THICKEST = 1.5


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices of one plane of a scan.

    Parameters
    ----------
    plane
        What tables call it: ``"axial"``.
    axis
        Voxel axis across it.
    indices
        Of the slices in the scan.
    scan
        These slices as a scan.
    head
        Where the head is in them, shape ``(i, j, k)``.
    lesion
        Where a lesion is; None where none was marked.
    """

    plane: str
    axis: int
    indices: tuple[int, ...]
    scan: Scan
    head: npt.NDArray[np.bool_]
    lesion: npt.NDArray[np.bool_] | None = None

    @property
    def in_plane(self) -> tuple[int, int]:
        """The two other axes."""
        one, other = (a for a in range(3) if a != self.axis)
        return one, other


def stacks(
    scan: Scan,
    head: npt.NDArray[np.bool_],
    planes: str = ACQUIRED,
    *,
    most: int | None = None,
    lesion: npt.NDArray[np.bool_] | None = None,
) -> list[Stack]:
    """Return the slices of a scan that are scored.

    Parameters
    ----------
    scan
        One volume.
    head
        Where the head is.
    planes
        ``"acquired"``, ``"all"``, or names of planes with commas between.
    most
        So many slices of each plane, evenly spaced; None for all.
    lesion
        Where a lesion is.

    Raises
    ------
    BadParameter
        No plane of that name, or no slice holds enough of a head.
    """
    found = []
    for plane, axis in axes_of(scan, planes):
        across = tuple(a for a in range(3) if a != axis)
        held = np.flatnonzero(head.mean(axis=across) >= LEAST_HEAD)
        if not held.size:
            continue
        if most is not None and most < held.size:
            held = held[np.linspace(0, held.size - 1, most + 2)[1:-1].round().astype(int)]
        few = replace(scan, array=np.take(scan.array, held, axis=axis + 1), slice_axis=axis)
        parts = [None if one is None else np.take(one, held, axis=axis) for one in (head, lesion)]
        assert parts[0] is not None
        found.append(Stack(plane, axis, tuple(int(n) for n in held), few, parts[0], parts[1]))
    if not found:
        raise BadParameter(
            f"no slice of which a head takes {100 * LEAST_HEAD:g} %", where=scan.where, remedy="leave it out"
        )
    return found


def axes_of(scan: Scan, planes: str) -> list[tuple[str, int]]:
    """Return the names and axes of planes; of thick slices the acquired plane alone.

    Examples
    --------
    >>> axes_of(Scan(np.ones((1, 4, 4, 4), np.float32), np.eye(4)), "acquired")
    [('axial', 2)]
    """
    by_axis = {axis: PLANES[patient] for patient, axis in enumerate(patient_axes(scan)[0])}
    try:
        own = scan.find_slice_axis()
    except AmbiguousAxis:
        own = next(axis for axis, name in by_axis.items() if name == "axial")
    fine = min(scan.spacing[axis] for axis in range(3) if axis != own)
    thick = scan.spacing[own] > THICKEST * fine
    if planes == ACQUIRED or thick:
        return [(by_axis[own], own)]
    wanted = names_of(planes)
    return [(name, axis) for name in wanted for axis, its_name in by_axis.items() if its_name == name]


def names_of(planes: str) -> Sequence[str]:
    """Return the names of planes that a text asks for; none for the acquired one.

    Raises
    ------
    BadParameter
        No plane of that name.

    Examples
    --------
    >>> names_of("axial,coronal")
    ['axial', 'coronal']
    """
    if planes == ACQUIRED:
        return []
    wanted = list(PLANES[::-1]) if planes == ALL else [one.strip() for one in planes.split(",")]
    for one in wanted:
        if one not in PLANES:
            raise BadParameter(f"no plane {one!r}", remedy=f"choose of {ACQUIRED}, {ALL}, {', '.join(PLANES[::-1])}")
    return list(dict.fromkeys(wanted))
