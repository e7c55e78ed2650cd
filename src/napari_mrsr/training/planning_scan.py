"""A planning scan and the dynamic scan that it is to help: which one it was, and whether it can help."""

from __future__ import annotations

import hashlib

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

#: How much coarser than the dynamic scan the planning scan may be in plane, relative.
COARSER = 0.02
#: Share of the dynamic field of view that the planning scan should cover, and must.
SHOULD_COVER, MUST_COVER = 0.95, 0.5
#: Points along each axis at which the field of view is looked at.
POINTS = 24


def fingerprint(scan: Scan) -> str:
    """Return the sha256 of a scan's voxels (as float32, in C order) and of its affine (to 0.0001 mm).

    Examples
    --------
    >>> scan = Scan(np.ones((1, 2, 2, 2), np.float32), np.eye(4))
    >>> fingerprint(scan) == fingerprint(Scan(np.ones((1, 2, 2, 2), np.float64), np.eye(4)))
    True
    """
    digest = hashlib.sha256(repr(scan.array.shape).encode())
    digest.update(np.ascontiguousarray(scan.array, dtype="<f4").tobytes())
    digest.update((np.round(scan.affine, 4) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def is_itself(planning: Scan, dynamic: Scan) -> bool:
    """Tell whether both were read from the same file: what learns from it then has seen the answer."""
    known = {source.sha256 or source.path for source in planning.sources}
    return planning is dynamic or bool(known & {source.sha256 or source.path for source in dynamic.sources})


def check_planning(planning: Scan, dynamic: Scan) -> tuple[str, ...]:
    """Return what a person should know before fine-tuning for a dynamic scan, one line each.

    Both may lie differently, as after a change of the table; what counts is how fine they are and how much of the
    anatomy both show, by the coordinates of the scanner.

    Raises
    ------
    BadParameter
        The planning scan is coarser in plane, so there is nothing to learn from it; or it covers less than half of the
        dynamic field of view.
    AmbiguousAxis
        A slice axis cannot be told.
    """
    warnings = []
    scans = planning, dynamic
    axes = planning.find_slice_axis(), dynamic.find_slice_axis()
    fine, coarse = (sorted(s.spacing[a] for a in range(3) if a != axis) for s, axis in zip(scans, axes, strict=True))
    if any(a > b * (1 + COARSER) for a, b in zip(fine, coarse, strict=True)):
        raise BadParameter(
            f"has pixels of {_size(fine)} mm, coarser than those of the dynamic scan ({_size(coarse)} mm)",
            where=planning.where,
            remedy="give a planning scan at least as fine",
        )
    thick, thin = planning.spacing[axes[0]], dynamic.spacing[axes[1]]
    if thick > thin * (1 + COARSER):
        warnings.append(
            f"the slices of the planning scan lie {thick:.3g} mm apart, those of the dynamic scan {thin:.3g} mm"
        )
    covered = coverage(planning, dynamic)
    if covered < MUST_COVER:
        raise BadParameter(
            f"covers {covered:.0%} of the dynamic scan's field of view",
            where=planning.where,
            remedy="give the planning scan of this region",
        )
    if covered < SHOULD_COVER:
        warnings.append(f"the planning scan covers {covered:.0%} of the dynamic scan's field of view")
    if turned(planning, dynamic):
        warnings.append("planning and dynamic scan were not sliced in the same direction")
    return tuple(warnings)


def coverage(planning: Scan, dynamic: Scan) -> float:
    """Return the share of a dynamic field of view that lies within that of the planning scan, 0 to 1."""
    axes = [np.linspace(-0.5, n - 0.5, 2 * POINTS + 1)[1::2] for n in dynamic.shape]
    grid = np.stack([*(one.ravel() for one in np.meshgrid(*axes, indexing="ij")), np.ones(POINTS**3)])
    voxels = (np.linalg.inv(planning.affine) @ dynamic.affine @ grid)[:3]
    size = np.array(planning.shape)[:, None]
    return float(np.mean(((voxels >= -0.5) & (voxels <= size - 0.5)).all(axis=0)))


def turned(planning: Scan, dynamic: Scan) -> bool:
    """Tell whether the slices of two scans are more than 45 degrees apart."""
    normals = []
    for scan in (planning, dynamic):
        direction = scan.affine[:3, scan.find_slice_axis()]
        normals.append(direction / np.linalg.norm(direction))
    return bool(abs(normals[0] @ normals[1]) < np.sqrt(0.5))


def _size(spacing: list[float]) -> str:
    return " x ".join(f"{s:.3g}" for s in spacing)
