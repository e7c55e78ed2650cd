"""In which slices a volume of the brain is cut, and how they lie before a network that has only seen one way."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_mrsr.planes import NEARLY_CUBES, PLANES, planes_of
from napari_mrsr.scan import Scan

Plane = Literal["auto", "sagittal", "coronal", "axial"]


def normal_of(scan: Scan, plane: Plane) -> int:
    """Return the voxel axis across which slices of a plane are cut.

    Examples
    --------
    >>> normal_of(Scan(np.zeros((8, 9, 10)), np.eye(4)), "sagittal")
    0
    """
    if plane != "auto":
        return planes_of(scan)[plane]
    spacing = np.array(scan.spacing)
    return int(spacing.argmax()) if spacing.max() > NEARLY_CUBES * spacing.min() else planes_of(scan)["sagittal"]


def seen_as(scan: Scan, normal: int) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return the voxel axes in the order of the patient's (up, front, right), the normal last, and which run backwards.

    So lie the slices that teach (:mod:`napari_mrsr.training.brain_contrasts`): their rows from head to foot.

    Examples
    --------
    >>> seen_as(Scan(np.zeros((8, 9, 10)), np.diag([-1, -1, 1, 1])), 0)
    ((2, 1, 0), (False, True, True))
    """
    across = planes_of(scan)
    in_plane = [across[name] for name in reversed(PLANES) if across[name] != normal]
    one, two, three = (*in_plane, normal)
    world = {axis: PLANES.index(name) for name, axis in across.items()}
    a, b, c = (bool(scan.affine[world[axis], axis] < 0) for axis in (one, two, three))
    return (one, two, three), (a, b, c)


def plane_name(scan: Scan, normal: int) -> str:
    """Return the name of the plane whose slices are cut across a voxel axis."""
    return next(name for name, axis in planes_of(scan).items() if axis == normal)
