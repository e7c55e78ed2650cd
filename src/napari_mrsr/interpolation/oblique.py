r"""Oblique reformats: a scan sampled along any plane of the patient.

A plane has a centre :math:`c` and two unit vectors, :math:`r` (to the right of the picture) and :math:`d` (down), its
normal being :math:`n = r \times d`. Pixel (column a, row b) of a picture of pitch :math:`h` lies at

.. math:: p(a, b) = c + (u_0 + a h)\, r + (v_0 + b h)\, d

and at voxel :math:`A^{-1} p` of a scan with affine :math:`A`. Values between voxels are trilinear (a linear ramp is
reproduced exactly); labels, and the voxels beside a hole of a map, take the nearest. A slab of thickness t is the mean,
or the maximum, of planes no further apart than a pixel over :math:`[-t/2, t/2]` along n. Outside the scan the picture
is 0 (NaN for a map).

The picture hangs as a radiologist would hang the nearest plane of the patient: head or front up, the patient's right
(or front) on the left. The source is only read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

Vector = npt.NDArray[np.float64]
Slab = Literal["mean", "maximum"]

#: Down and right of the picture for a normal along the left-right, front-back and head-foot axis (RAS+).
HANGING = (((0, 0, -1), (0, -1, 0)), ((0, 0, -1), (-1, 0, 0)), ((0, -1, 0), (-1, 0, 0)))

#: Sides of a triangle may differ from one line by this part of its longest side.
STRAIGHT = 1e-3

#: Most pixels along a side of a picture.
LARGEST = 4096


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane of the patient and how it hangs.

    Attributes
    ----------
    centre
        A point of it, mm, RAS+.
    right, down
        Unit vectors of the picture's columns and rows, at right angles.
    """

    centre: Vector
    right: Vector
    down: Vector

    @property
    def normal(self) -> Vector:
        """The unit normal, into the screen or out of it."""
        return np.cross(self.right, self.down)

    def moved(self, millimetres: float) -> Plane:
        """Return the plane further along its normal."""
        return replace(self, centre=self.centre + millimetres * self.normal)


@dataclass(frozen=True, eq=False)
class Field:
    """The pixels of a picture in a plane: pitch in mm, size, and where the first pixel lies from the centre, mm."""

    plane: Plane
    pitch: float
    columns: int
    rows: int
    left: float
    top: float

    @property
    def origin(self) -> Vector:
        """The first pixel, mm, RAS+."""
        return self.plane.centre + self.left * self.plane.right + self.top * self.plane.down


def hung(centre: npt.ArrayLike, normal: npt.ArrayLike) -> Plane:
    """Return the plane through a point (mm) across a normal, hung as a radiologist hangs the nearest plane.

    Examples
    --------
    >>> plane = hung((0, 0, 0), (1, 0, 0))  # sagittal: the front on the left, the head up
    >>> plane.right.tolist(), plane.down.tolist()
    ([0.0, -1.0, -0.0], [0.0, 0.0, -1.0])
    """
    n = np.asarray(normal, dtype=float)
    n = n / np.linalg.norm(n)
    down, right = (np.asarray(v, dtype=float) for v in HANGING[int(np.abs(n).argmax())])
    down = down - (down @ n) * n
    down /= np.linalg.norm(down)
    across = np.cross(n, down)
    return Plane(np.asarray(centre, dtype=float), across if across @ right > 0 else -across, down)


def through(points: npt.ArrayLike) -> Plane:
    """Return the plane through three points.

    Parameters
    ----------
    points
        Shape ``(3, 3)``, mm, RAS+.

    Raises
    ------
    BadParameter
        There are not three points, or they lie on one line.
    """
    p = np.asarray(points, dtype=float)
    if p.shape != (3, 3) or not np.isfinite(p).all():
        raise BadParameter(f"a plane needs three points, not {len(p)}", remedy="set three points")
    sides = p[[1, 2, 2]] - p[[0, 0, 1]]
    normal = np.cross(sides[0], sides[1])
    longest = float((sides**2).sum(axis=1).max())
    if np.linalg.norm(normal) <= STRAIGHT * longest:
        raise BadParameter("the three points lie on one line", remedy="move one of them aside")
    return hung(p.mean(axis=0), normal)


def across(start: npt.ArrayLike, end: npt.ArrayLike, normal: npt.ArrayLike) -> Plane:
    """Return the plane that stands on a line drawn in a slice, at right angles to the slice.

    Parameters
    ----------
    start, end
        Ends of the line, mm, RAS+.
    normal
        Normal of the slice that it was drawn in.

    Raises
    ------
    BadParameter
        The line has no length, or runs along the normal.
    """
    a, b, s = (np.asarray(v, dtype=float) for v in (start, end, normal))
    length = float(np.linalg.norm(b - a))
    n = np.cross(b - a, s / np.linalg.norm(s))
    if length <= 0 or np.linalg.norm(n) <= STRAIGHT * length:
        raise BadParameter("the line has no length in its slice", remedy="draw a longer line")
    return hung((a + b) / 2, n)


def field_of_view(scan: Scan, plane: Plane, *, pitch: float | None = None) -> Field:
    """Return the smallest upright picture that shows all of a scan that the plane meets.

    Parameters
    ----------
    scan
        The scan.
    plane
        The plane.
    pitch
        Distance of pixels, mm; the scan's smallest spacing where not given.

    Raises
    ------
    BadParameter
        The plane does not meet the scan.
    """
    h = float(min(scan.spacing)) if pitch is None else float(pitch)
    met = _section(scan, plane)
    if met.size == 0:
        raise BadParameter("the plane lies outside the scan", remedy="move its points into the picture")
    u, v = (met - plane.centre) @ plane.right, (met - plane.centre) @ plane.down
    columns, rows = (int(np.clip(np.ceil(np.ptp(w) / h), 1, LARGEST)) for w in (u, v))
    left = float(u.min() + u.max() - (columns - 1) * h) / 2
    top = float(v.min() + v.max() - (rows - 1) * h) / 2
    return Field(plane, h, columns, rows, left, top)


def _section(scan: Scan, plane: Plane) -> Vector:
    """Return where the plane cuts the edges of the scan's box (outer faces of its voxels), shape ``(points, 3)``."""
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
    corners = (corners * scan.shape - 0.5) @ scan.affine[:3, :3].T + scan.affine[:3, 3]
    height = (corners - plane.centre) @ plane.normal
    height[np.abs(height) < 1e-6] = 0.0
    found = [corners[height == 0.0]]
    for one in range(8):
        for bit in (1, 2, 4):
            other = one | bit
            if other != one and height[one] * height[other] < 0:
                part = height[one] / (height[one] - height[other])
                found.append((corners[one] + part * (corners[other] - corners[one]))[None])
    return np.concatenate(found)


def reformat(scan: Scan, field: Field, *, thickness: float = 0.0, slab: Slab = "mean", nearest: bool = False) -> Scan:
    """Return a scan sampled in a plane.

    Parameters
    ----------
    scan
        The scan; only read.
    field
        Plane and pixels.
    thickness
        Of the slab, mm; 0 samples the plane alone.
    slab
        Mean or maximum over the slab. Labels are those of the plane itself.
    nearest
        Take the nearest voxel (labels) instead of trilinear values.

    Returns
    -------
    Scan
        Shape ``(volume, columns, rows, 1)`` with an affine that puts each pixel where it lies in the patient.

    Raises
    ------
    BadParameter
        The thickness is negative, or there is no such slab.

    Examples
    --------
    >>> ramp = Scan(np.arange(8.0)[:, None, None] * np.ones((1, 8, 8)), np.eye(4))
    >>> plane = through([[0, 0, 0], [7, 7, 0], [0, 0, 7]])  # diagonal
    >>> picture = reformat(ramp, field_of_view(ramp, plane))
    >>> picture.shape, picture.spacing
    ((12, 8, 1), (1.0, 1.0, 1.0))
    """
    if not (np.isfinite(thickness) and thickness >= 0) or slab not in ("mean", "maximum"):
        raise BadParameter(f"a slab of {thickness:g} mm ({slab}) cannot be made", remedy="choose 0 mm or more")
    plane, h = field.plane, field.pitch
    count = 1 if nearest else max(1, int(np.ceil(thickness / h)))
    offsets: Vector = (np.arange(count, dtype=float) - (count - 1) / 2) * (thickness / count)
    inverse = np.linalg.inv(scan.affine)
    base = inverse[:3, :3] @ field.origin + inverse[:3, 3]
    a = np.arange(field.columns)[:, None, None] * (inverse[:3, :3] @ plane.right * h)
    b = np.arange(field.rows)[None, :, None] * (inverse[:3, :3] @ plane.down * h)
    pixels: Vector = (base + a + b).reshape(-1, 3)
    step: Vector = inverse[:3, :3] @ plane.normal
    empty = np.nan if scan.axis == "map" else 0.0
    pictures = [
        _nearest(volume, pixels) if nearest else _slab(volume, pixels, step, offsets, slab, empty)
        for volume in scan.array
    ]
    array = np.stack(pictures).reshape(scan.volumes, field.columns, field.rows, 1)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([plane.right * h, plane.down * h, plane.normal * max(thickness, h)])
    affine[:3, 3] = field.origin
    about = {"centre": plane.centre.tolist(), "normal": plane.normal.tolist(), "thickness": thickness, "slab": slab}
    acquisition = replace(scan.acquisition, slice_thickness=max(thickness, h), slice_gap=None)
    return scan.after(
        "oblique reformat",
        array,
        parameters=about,
        affine=affine,
        names=scan.names,
        acquisition=acquisition,
        slice_axis=2,
    )


def _slab(
    volume: npt.NDArray[Any], pixels: Vector, step: Vector, offsets: Vector, slab: Slab, empty: float
) -> npt.NDArray[np.float32]:
    """Return the mean or maximum over parallel planes of what each met; ``empty`` where none met anything."""
    shape = np.array(volume.shape)
    total = np.full(len(pixels), -np.inf if slab == "maximum" else 0.0, np.float32)
    number = np.zeros(len(pixels), np.float32)
    for offset in offsets:
        at = pixels + offset * step
        inside = np.flatnonzero(((at >= -0.5) & (at <= shape - 0.5)).all(axis=1))
        values = _trilinear(volume, np.clip(at[inside], 0, shape - 1))
        known = ~np.isnan(values)
        inside, values = inside[known], values[known]
        number[inside] += 1
        if slab == "maximum":
            total[inside] = np.maximum(total[inside], values)
        else:
            total[inside] += values
    met = number > 0
    picture = np.full(len(pixels), empty, np.float32)
    picture[met] = total[met] if slab == "maximum" else total[met] / number[met]
    return picture


def _nearest(volume: npt.NDArray[Any], at: Vector) -> npt.NDArray[Any]:
    """Return the values of the nearest voxels; 0 outside."""
    shape = np.array(volume.shape)
    inside = ((at >= -0.5) & (at < shape - 0.5)).all(axis=1)
    found = np.zeros(len(at), volume.dtype)
    i, j, k = np.clip(np.rint(at[inside]).astype(int), 0, shape - 1).T
    found[inside] = volume[i, j, k]
    return found


def _trilinear(volume: npt.NDArray[Any], at: Vector) -> npt.NDArray[np.float32]:
    """Return trilinear values at voxel coordinates; beside a hole (NaN) in a map the nearest voxel's own."""
    from scipy.ndimage import map_coordinates

    found: npt.NDArray[np.float32] = map_coordinates(volume, at.T, np.float32, order=1, mode="nearest")
    beside = np.flatnonzero(np.isnan(found))
    if beside.size:
        found[beside] = _nearest(volume, at[beside])
    return found
