"""The grid of a scan: matrix and voxels from the protocol or as asked for, where its voxels lie, and windows of it."""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen.breathing import Pose
from napari_mrsr.phantoms.abdomen.motion import Axes
from napari_mrsr.phantoms.abdomen.protocols import Protocol

Window = tuple[slice, slice, slice]
Vector = tuple[float, float, float]

#: The matrix of a planning scan over that of the dynamic one, where none is given.
PLANNING_MATRIX = 1.125


def matrix_and_voxels(
    protocol: Protocol, shape: tuple[int, int, int] | None, spacing: Vector | None, pose: Pose
) -> tuple[tuple[int, int, int], Vector]:
    """Return matrix and voxels, each from the other where only one is given."""
    view = protocol.field_of_view
    if shape is None and spacing is None:
        finer = PLANNING_MATRIX if pose == "planning" else 1.0
        shape = (
            round(protocol.matrix[0] * finer),
            round(protocol.matrix[1] * finer),
            round(protocol.matrix[2] * finer),
        )
    if shape is None:
        assert spacing is not None
        if min(spacing) <= 0:
            raise BadParameter(f"voxels of {spacing} mm cannot be made")
        shape = (round(view[0] / spacing[0]), round(view[1] / spacing[1]), round(view[2] / spacing[2]))
    if min(shape) < 1:
        raise BadParameter(f"a grid of {shape} voxels is empty")
    if spacing is None:
        spacing = (view[0] / shape[0], view[1] / shape[1], view[2] / shape[2])
    if min(spacing) <= 0:
        raise BadParameter(f"voxels of {spacing} mm cannot be made")
    return shape, spacing


def positions(shape: tuple[int, int, int], spacing: Vector, centre: Vector) -> Axes:
    """Return the positions of the voxels along i, j, k: x and y falling, z rising, mm."""
    x, y, z = (
        c + sign * (np.arange(n, dtype=np.float64) - (n - 1) / 2) * s
        for n, s, c, sign in zip(shape, spacing, centre, (-1, -1, 1), strict=True)
    )
    return x, y, z


def window_of(window: Window | None, shape: tuple[int, int, int]) -> Window:
    """Return the window with its ends filled in; the whole grid where there is none."""
    if window is None:
        return slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])
    cut = []
    for one, n in zip(window, shape, strict=True):
        start, stop, step = one.indices(n)
        if step != 1 or stop <= start:
            raise BadParameter(f"the window {window} of a grid of {shape} is empty or has steps")
        cut.append(slice(start, stop))
    return cut[0], cut[1], cut[2]
