r"""Slices in order, and the affine they span.

With the unit vectors :math:`r` (along a row) and :math:`c` (down a column), the spacing of columns :math:`s_c` and rows
:math:`s_r`, and the positions :math:`p_0, ..., p_{n-1}` of the slices (PS3.3 C.7.6.2.1.1), sorted along the normal
:math:`r \times c`, voxel (i = column, j = row, k = slice) lies at

    p_0 + i s_c r + j s_r c + k (p_{n-1} - p_0) / (n - 1)      in LPS+,

and in RAS+ with the first two coordinates negated. Sorting along the normal makes the result the same whichever way the
slices were numbered. Headers round positions and cosines to a few decimals. So the vectors are made unit vectors at
right angles again; the slices step along the normal where that moves none of them by more than a tenth of a pixel; and
the step is ``SpacingBetweenSlices`` where that moves none by more than 0.005 mm. Slices truly sheared stay so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch, MissingSlice, WrongDimensions
from napari_mrsr.files.dicom.frames import Frame, Vector

#: Slices closer than this are the same slice, mm.
SAME_SLICE = 0.01
#: Relative unevenness of the slice spacing that rounded headers bring.
_UNEVEN = 0.03
#: How far the nominal slice spacing may move the last slice, mm; and the normal, in pixels.
_ROUNDING, _STRAIGHT = 0.005, 0.1
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def heights(frames: Sequence[Frame]) -> npt.NDArray[np.float64]:
    """Return the positions along the slice normal, mm."""
    normal = np.cross(*frames[0].orientation)
    return np.array([float(normal @ frame.position) for frame in frames])


def count_slices(frames: Sequence[Frame]) -> int:
    """Return the number of different positions along the normal."""
    sorted_heights = np.sort(heights(frames))
    return 1 + int((np.diff(sorted_heights) > SAME_SLICE).sum())


def stack(frames: Sequence[Frame], *, volume: str = "") -> tuple[list[Frame], npt.NDArray[np.float64]]:
    """Return the slices of one volume in order along the normal, and voxel indices to mm (RAS+).

    Parameters
    ----------
    frames
        Slices of one orientation and pixel spacing.
    volume
        What to call the volume in messages (``" of TE 7.48 ms"``).

    Raises
    ------
    WrongDimensions
        There is one slice only.
    MissingSlice
        A slice is absent, stands twice, or the slices are unevenly spaced.
    GeometryMismatch
        The slices do not lie on one straight line.
    """
    where = _folder(frames)
    height = heights(frames)
    order = np.argsort(height, kind="stable")
    ordered = [frames[n] for n in order]
    height = height[order]
    steps = np.diff(height)
    twice = np.flatnonzero(steps <= SAME_SLICE)
    if len(twice):
        one, other = ordered[twice[0]], ordered[twice[0] + 1]
        raise MissingSlice(
            f"has the slice at {height[twice[0]]:.2f} mm{volume} twice ({_name(one)} and {_name(other)})",
            where=where,
            remedy="remove one of them",
        )
    if len(ordered) < 2:
        raise WrongDimensions(
            f"has a single slice{volume}: a 2-D image", where=ordered[0].path, remedy="give the whole volume"
        )
    _check_even(height, steps, where, volume)
    return ordered, _affine(ordered)


def _check_even(height: Vector, steps: Vector, where: object, volume: str) -> None:
    smallest = float(steps.min())
    uneven = np.flatnonzero(steps > smallest * (1 + _UNEVEN) + SAME_SLICE)
    if not len(uneven):
        return
    widest = int(steps.argmax())
    absent = round(float(steps[widest] / smallest)) - 1
    between = f"between {height[widest]:.2f} and {height[widest + 1]:.2f} mm{volume}"
    if absent >= 1 and abs(steps[widest] / smallest - absent - 1) < 0.1 * (absent + 1):
        total = int(sum(round(float(step / smallest)) - 1 for step in steps))
        lacks = "lacks 1 slice" if total == 1 else f"lacks {total} slices"
        raise MissingSlice(f"{lacks}, first {between}" if total > absent else f"{lacks} {between}", where=str(where),
                           remedy="copy or export the series again")  # fmt: skip
    raise MissingSlice(
        f"has unevenly spaced slices ({smallest:.3g} to {steps[widest]:.3g} mm, the widest {between})",
        where=str(where),
        remedy="give one evenly spaced volume",
    )


def _affine(ordered: Sequence[Frame]) -> npt.NDArray[np.float64]:
    first, last, spacing = ordered[0].position, ordered[-1].position, ordered[0].pixel_spacing
    step = (last - first) / (len(ordered) - 1)
    line = first + np.arange(len(ordered))[:, None] * step
    astray = np.sqrt(((np.array([frame.position for frame in ordered]) - line) ** 2).sum(1)).max()
    if astray > max(0.5 * float(spacing.min()), 0.1 * float(np.linalg.norm(step))):
        raise GeometryMismatch(
            f"has slices that do not lie on one straight line (up to {astray:.2g} mm off)",
            where=_folder(ordered),
            remedy="give one evenly spaced volume",
        )
    row, column = _right_angled(ordered[0].orientation)
    normal = np.cross(row, column)
    along = float(step @ normal) * normal
    if np.linalg.norm(step - along) * (len(ordered) - 1) <= _STRAIGHT * float(spacing.min()):
        step = along
    length, nominal = float(np.linalg.norm(step)), ordered[0].number_of("SpacingBetweenSlices") or 0.0
    if abs(nominal - length) * (len(ordered) - 1) <= _ROUNDING:
        step = step * (nominal / length)
    affine = np.eye(4)
    affine[:3, 0] = row * spacing[1]
    affine[:3, 1] = column * spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = first
    return _LPS_TO_RAS @ affine


def _right_angled(orientation: Vector) -> Vector:
    """Return the nearest two unit vectors at right angles (the orthogonal factor of the polar decomposition)."""
    left, _, right = np.linalg.svd(orientation, full_matrices=False)
    return np.asarray(left @ right)


def _folder(frames: Sequence[Frame]) -> str:
    paths = {frame.path for frame in frames}
    only = next(iter(paths))
    return str(only if len(paths) == 1 else only.parent)


def _name(frame: Frame) -> str:
    return f"{frame.path.name} frame {frame.number + 1}" if frame.group else frame.path.name
