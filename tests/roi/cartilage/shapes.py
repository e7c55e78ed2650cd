"""Cartilage of known shape: a condyle as a shell, two condyles with a notch, painted on any grid."""

from __future__ import annotations

import numpy as np

from napari_mrsr.scan import Scan

#: Sagittal, as DICOM gives it: i backwards, j downwards, k to the patient's right.
NAMES = {1: "femoral cartilage"}


def affine_of(spacing: tuple[float, float, float], right: float = 60.0) -> np.ndarray:
    """Return the affine of a sagittal scan whose first slice lies ``right`` mm to the right."""
    affine = np.zeros((4, 4))
    affine[1, 0], affine[2, 1], affine[0, 2], affine[3, 3] = -spacing[0], -spacing[1], spacing[2], 1.0
    affine[:3, 3] = (right, 40.0, 40.0)
    return affine


def points(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> tuple[np.ndarray, ...]:
    """Return backwards, downwards and right, mm, from a centre a little off the voxels."""
    return tuple(
        (np.arange(n) - n / 2 + 0.37) * s
        for n, s in zip(shape, spacing, strict=True)
    )  # fmt: skip


def condyle(
    spacing: tuple[float, float, float] = (0.5, 0.5, 1.0),
    *,
    radius: float = 20.0,
    thickness: float = 3.0,
    width: float = 24.0,
    notch: float = 0.0,
) -> tuple[Scan, np.ndarray]:
    """Return a cylinder shell of femoral cartilage open upwards, and the depth (0 bone to 1) of every voxel.

    With a ``notch`` (mm) its middle is missing behind the trochlea, so that there are two condyles.
    """
    shape = tuple(
        int((2 * (radius + thickness) + 6) / s) if s is not spacing[2] else int((width + 8) / s) for s in spacing
    )
    back, down, right = points(shape, spacing)  # type: ignore[arg-type]
    rho = np.hypot(back[:, None], down[None, :])[:, :, None]
    angle = np.degrees(np.arctan2(-down[None, :], back[:, None]))  # as DOSMA: 0 behind, -90 below
    angle = np.where(angle >= 90, angle - 360, angle)[:, :, None]
    inside = (rho > radius) & (rho < radius + thickness) & (angle > -230) & (angle < 30)
    inside = inside & (np.abs(right) < width / 2)
    if notch:
        inside &= ~((np.abs(right) < notch / 2) & (angle > -110))
    depth = np.broadcast_to((rho - radius) / thickness, shape)
    return Scan(inside.astype(np.uint8), affine_of(spacing), axis="label", quantity="label", unit=""), depth


def reordered(scan: Scan, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Scan:
    """Return the same scan with its voxels in another order: the affine changes with them."""
    import nibabel as nib

    transform = np.stack([np.argsort(axes), [-1 if f else 1 for f in flips]], axis=1).astype(float)
    array = nib.orientations.apply_orientation(scan.array[0], transform)
    affine = scan.affine @ nib.orientations.inv_ornt_aff(transform, scan.shape)
    return Scan(array, affine, axis=scan.axis, quantity=scan.quantity, unit=scan.unit)
