"""An image of a head brought onto the grid of another one: a rigid motion is found, and the image interpolated once.

Where the motion found is no larger than what the search itself is off by, the header's geometry is kept: it is then the
better witness, and an image that lies on the same grid already is left as it is. Else the image is resampled by cubic
B-splines. Linear interpolation would blur it between voxels, and sharpness is what these maps are made for. Splines
overshoot beside edges, so what falls below zero is set to it: these are magnitudes. An image finer than the grid is
smoothed first to the voxels of the grid. Beyond what was acquired there is no value (NaN).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch, MixedPatients
from napari_mrsr.mapping.registration_estimate import COVERED, Estimate, estimate, told_from
from napari_mrsr.mapping.registration_itk import image_of, require, transform_of
from napari_mrsr.mapping.rigid import angle, displacement, shift_of
from napari_mrsr.scan import Scan

__all__ = ["STEP", "Registered", "register", "require"]

#: Name of the step in the history of an image that was brought onto another's grid.
STEP = "registered"
#: Agreement of edges below which nothing was found, and below which it is doubted that two images show one head; 1/3 is
#: chance, and two phantoms of different heads agree by 0.84.
ALIKE, ONE_HEAD = 0.45, 0.9
#: Part of the head below which it is told that an image does not cover it.
WHOLE = 0.98
#: How many times a slice may be thicker than the grid before it is told.
THICK = 1.5
_FWHM = math.sqrt(8 * math.log(2))


@dataclass(frozen=True, eq=False)
class Registered:
    """An image on the grid of another one, and how it came there.

    Parameters
    ----------
    scan
        The image on the other's grid; NaN where it was not acquired.
    transform
        Takes a point of the image as its header places it (RAS mm) to where it lies in the other, ``(4, 4)``; no motion
        where the header's geometry was kept.
    rotation, translation, displacement
        Of the motion found: angle (degrees), shift of the head's middle (mm), and root mean square of the shift over
        the head (mm).
    overlap
        Part of the other's head that the image covers, 0 to 1.
    metric
        Mattes mutual information of the two images.
    agreement
        How alike the directions of their edges are: 1 the same, 1/3 by chance.
    resampled_only
        Whether the header's geometry was kept.
    """

    scan: Scan
    transform: npt.NDArray[np.float64]
    rotation: float
    translation: float
    displacement: float
    overlap: float
    metric: float
    agreement: float
    resampled_only: bool = False

    @property
    def record(self) -> dict[str, Any]:
        """What is written down: the transform by rows (RAS mm) and the numbers."""
        return {
            "transform_ras_mm": [[round(float(v), 6) for v in row] for row in self.transform],
            "translation_mm": round(self.translation, 3),
            "rotation_deg": round(self.rotation, 3),
            "displacement_mm": round(self.displacement, 3),
            "overlap": round(self.overlap, 4),
            "mutual_information": round(self.metric, 4),
            "edge_agreement": round(self.agreement, 4),
            "header_geometry_kept": self.resampled_only,
        }


def register(
    moving: Scan,
    fixed: Scan,
    *,
    name: str = "image",
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Registered:
    """Return an image on the grid of another one, after the rigid motion between them.

    Parameters
    ----------
    moving, fixed
        One volume each, magnitudes of one head, of any contrast, on any grids.
    name
        What the moving image is called in messages.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Raises
    ------
    MissingDependency
        SimpleITK is not installed.
    GeometryMismatch
        The image covers next to nothing of the head.
    MixedPatients
        The edges of the two images agree hardly more than by chance: the search failed, or they show different things.
        Two heads of different people may agree much better; where they do less than one head does, it is a warning.
    Stopped
        ``stop`` answered True.
    """

    def tell(done: float) -> None:
        if progress is not None:
            progress(0.8 * done)

    found = estimate(moving, fixed, progress=tell, stop=stop)
    _check(found, moving, name)
    numbers = (angle(found.motion), shift_of(found.motion, found.middle), displacement(found.motion, found.middle))
    kept = numbers[2] <= told_from(moving, fixed)
    transform = np.eye(4) if kept else found.motion
    same = kept and moving.same_grid(fixed)
    parameters = {
        "transform": transform.round(6).tolist(),
        "rotation": round(numbers[0], 3),
        "translation": round(numbers[1], 3),
        "overlap": round(found.overlap, 4),
        "interpolation": "none" if same else "cubic B-spline",
    }
    array = moving.array[0] if same else resample(moving, fixed, transform)
    scan = moving.after(
        STEP, array, parameters=parameters, affine=fixed.affine, slice_axis=fixed.slice_axis, axis=moving.axis
    ).warn(*_lines(found, moving, fixed, name, kept=kept, same=same, numbers=numbers))
    if progress is not None:
        progress(1.0)
    return Registered(scan, transform, *numbers, found.overlap, found.metric, found.agreement, kept)


def resample(moving: Scan, fixed: Scan, transform: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return an image on the grid of another one, by cubic B-splines; NaN where it was not acquired.

    Parameters
    ----------
    moving, fixed
        One volume each.
    transform
        Takes a point of the moving image (RAS mm) to where it lies in the fixed one.
    """
    require()
    import SimpleITK as sitk
    from scipy.ndimage import gaussian_filter

    array = np.nan_to_num(np.asarray(moving.array[0], np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    turn = np.linalg.inv(moving.affine) @ np.linalg.inv(transform) @ fixed.affine
    wide = np.sqrt((turn[:3, :3] ** 2).sum(axis=1))  # of a voxel of the grid, in voxels of the image
    blur = np.sqrt(np.maximum(wide**2 - 1, 0)) / _FWHM
    if blur.max() > 0.1:
        array = gaussian_filter(array, blur)
    grid = image_of(np.broadcast_to(np.uint8(0), fixed.shape), fixed.affine)
    back = transform_of(np.linalg.inv(transform))
    found = sitk.Resample(image_of(array, moving.affine), grid, back, sitk.sitkBSpline, math.nan, sitk.sitkFloat32)
    return np.asarray(np.maximum(sitk.GetArrayFromImage(found).T, 0))


def _check(found: Estimate, moving: Scan, name: str) -> None:
    """Refuse what was not found, or is not there to be found."""
    if found.overlap < COVERED:
        raise GeometryMismatch(
            f"({name}) covers {100 * found.overlap:.0f} % of the head that T1w shows, too little to be registered",
            where=moving.where,
            remedy=f"give a {name} of the whole head",
        )
    if found.agreement < ALIKE:
        shift, turn = shift_of(found.motion, found.middle), angle(found.motion)
        raise MixedPatients(
            f"({name}) does not fit T1w anywhere: at best, moved by {shift:.0f} mm and {turn:.0f} degrees, their edges "
            f"agree by {found.agreement:.2f} (one head: {ONE_HEAD:g}, chance: 0.33): they may show different people",
            where=moving.where,
            remedy="give three images of one person",
        )


def _lines(
    found: Estimate, moving: Scan, fixed: Scan, name: str, *, kept: bool, same: bool, numbers: tuple[float, ...]
) -> list[str]:
    """Return what a person should know, one line each."""
    turn, shift, _ = numbers
    told = f"{shift:.1f} mm, {turn:.1f} degrees"
    if same:
        lines = [f"{name} lies on T1w as it is (found: {told}): nothing was changed"]
    elif kept:
        lines = [f"{name} was brought onto the grid of T1w by its header alone (motion found: {told})"]
    else:
        lines = [f"{name} was registered to T1w: moved by {told}"]
    if not found.from_header:
        lines.append(f"the header of {name} puts it beside T1w: the search began with the middles of the heads")
    if found.agreement < ONE_HEAD:
        lines.append(
            f"edges of {name} and T1w agree by {found.agreement:.2f} only (one phantom: 0.95, two heads: 0.84): look "
            "whether they show one person and fit"
        )
    if found.overlap < WHOLE:
        lines.append(f"{name} covers {100 * found.overlap:.0f} % of the head: there are no maps elsewhere")
    thick = max(moving.spacing)
    if not same and thick > THICK * max(fixed.spacing):
        lines.append(f"{name} has slices of {thick:g} mm, interpolated to the grid of T1w: they hold no finer detail")
    return lines
