"""In which planes a scan can be looked at: their names in the patient, and which is meant where voxels are cubes.

A plane is named by the patient's axis that is most nearly across it: axial (feet to head), coronal (back to front),
sagittal (left to right). Slices lie across the axis that the header names, else across that of the largest voxels.
Where all voxels are cubes nothing tells; brains are read in axial planes, so these are taken then, and it is said.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_mrsr.errors import AmbiguousAxis, BadParameter
from napari_mrsr.scan import SPACING_TOLERANCE, Scan

#: Planes by the patient's axis across them: x, y and z of RAS.
PLANES = ("sagittal", "coronal", "axial")
#: How much longer one side of a fine voxel may be than another, where networks look at planes that hold both; how many
#: times thinner slices are made for it at most.
NEARLY_CUBES, THINNEST = 1.5, 2.5


def planes_of(scan: Scan) -> dict[str, int]:
    """Return the voxel axis across each plane, that of the slices first.

    Examples
    --------
    >>> planes_of(Scan(np.zeros((8, 8, 4)), np.diag([1.0, 1.0, 3.0, 1.0])))
    {'axial': 2, 'sagittal': 0, 'coronal': 1}
    >>> next(iter(planes_of(Scan(np.zeros((8, 8, 8)), np.eye(4)[[1, 2, 0, 3]]))))  # cubes
    'axial'
    """
    from nibabel.orientations import io_orientation

    patient = io_orientation(scan.affine)[:, 0].astype(int)
    found = {name: int(np.flatnonzero(patient == n)[0]) for n, name in enumerate(PLANES)}
    first = _slices(scan, found)
    return dict(sorted(found.items(), key=lambda item: item[1] != first))


def across(scan: Scan, plane: str | int | None = None) -> Scan:
    """Return a scan with the axis across a plane as its slice axis.

    Parameters
    ----------
    scan
        Any scan.
    plane
        ``"axial"``, ``"coronal"``, ``"sagittal"``, or the voxel axis across it, 0, 1 or 2. None: that of the slices,
        and where voxels are cubes the axial one, or that of the two which it can be that is more nearly axial.

    Raises
    ------
    BadParameter
        No such plane.

    Examples
    --------
    >>> cube = Scan(np.zeros((8, 8, 8)), np.eye(4))
    >>> across(cube).slice_axis, across(cube, "coronal").slice_axis
    (2, 1)
    """
    found = planes_of(scan)
    if plane is None:
        axis = next(iter(found.values()))
    elif isinstance(plane, str) and plane in found:
        axis = found[plane]
    elif isinstance(plane, int) and not isinstance(plane, bool) and plane in (0, 1, 2):
        axis = plane
    else:
        raise BadParameter(f"plane {plane!r} is unknown", remedy=f"give one of {', '.join(reversed(PLANES))}")
    return scan if scan.slice_axis == axis else replace(scan, slice_axis=axis)


def assumed(scan: Scan, plane: str | int | None = None) -> str:
    """Return a line about the plane that was assumed; empty where it was given or can be told."""
    if plane is not None:
        return ""
    try:
        scan.find_slice_axis()
    except AmbiguousAxis:
        size = " x ".join(f"{s:g}" for s in scan.spacing)
        name = next(iter(planes_of(scan)))
        return f"voxels of {size} mm do not tell the plane: {name} slices are taken"
    return ""


def lengthy(scan: Scan, axis: int, matrix: tuple[int, int]) -> str:
    """Return a line about voxels that will be no squares in a plane; empty where they will be."""
    one, other = (scan.spacing[a] * scan.shape[a] / n for a, n in zip(_others(axis), matrix, strict=True))
    if max(one, other) <= NEARLY_CUBES * min(one, other):
        return ""
    return f"voxels of {one:.3g} x {other:.3g} mm in plane: networks were trained on squares"


def depth_for(scan: Scan, axis: int, matrix: tuple[int, int]) -> int:
    """Return the slices of a volume whose planes of every orientation a network can look at.

    As many as there are where fine voxels are nearly cubes; else as make them cubes.

    Raises
    ------
    BadParameter
        Slices would have to become much thinner than they are, or are thinner than voxels are wide.
    """
    fine = [scan.spacing[a] * scan.shape[a] / n for a, n in zip(_others(axis), matrix, strict=True)]
    thick = scan.spacing[axis]
    longer = max(*fine, thick) / min(*fine, thick)
    if longer <= NEARLY_CUBES:
        return scan.shape[axis]
    if max(fine) > NEARLY_CUBES * min(fine) or not 1 < thick / max(fine) <= THINNEST:
        size = " x ".join(f"{s:.3g}" for s in (*fine, thick))
        raise BadParameter(
            f"would have voxels of {size} mm, far from cubes, so planes across the slices show too little",
            where=scan.where,
            remedy="take one orientation",
        )
    return round(scan.shape[axis] * thick / float(np.mean(fine)))


def check_orientations(count: int, *, classical: bool, dropped: bool, where: str | None) -> None:
    """Refuse a number of orientations that cannot be averaged.

    Raises
    ------
    BadParameter
        It is not 1 or 3, the method is an interpolation, or slices are missing.
    """
    if count not in (1, 3) or isinstance(count, bool):
        raise BadParameter(f"{count!r} orientations are not 1 or 3", remedy="give 1 or 3")
    if count == 3 and classical:
        raise BadParameter(
            "an interpolation is the same in every orientation",
            remedy="choose a network, or take one orientation",
        )
    if count == 3 and dropped:
        raise BadParameter(
            "lacks slices, which planes across them would smear into their neighbours",
            where=where,
            remedy="take one orientation",
        )


def _others(axis: int) -> tuple[int, int]:
    one, other = (a for a in range(3) if a != axis)
    return one, other


def _slices(scan: Scan, found: dict[str, int]) -> int:
    """Return the axis across the slices, and the most nearly axial of those that it can be where it cannot be told."""
    try:
        return scan.find_slice_axis()
    except AmbiguousAxis:
        spacing = np.array(scan.spacing)
        tied = np.flatnonzero(spacing > spacing.max() * (1 - SPACING_TOLERANCE))
        return next(axis for axis in reversed(found.values()) if axis in tied)
