r"""How one image of a head lies to one of another contrast: the rigid motion of largest mutual information.

Mattes' mutual information (Mattes et al., IEEE Trans Med Imaging 2003;22:120-128) asks for no relation between the
contrasts. The images are averaged to voxels of 6 and then 3 mm, their shading is divided out, and what is brighter than
almost all of the head is cut off, so that neither a coil nor fat decides. It is asked for inside the head and a rim
of air about it. All voxels count and one thread adds them up, so that the same images always give the same motion.

The header's geometry is where it starts. Where that puts the heads beside each other, it starts with their middles on
each other.

How alike the images are afterwards is told by the directions of their edges, which contrasts share though not their
signs (Haber and Modersitzki, MICCAI 2006:726-733): with gradients :math:`g` and :math:`h` the mean of
:math:`\cos^2 \angle(g, h)`, weighted by :math:`\lvert g \rvert \lvert h \rvert`. It is 1/3 by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import Stopped
from napari_mrsr.mapping.registration_itk import image_of, motion_of, require, transform_of
from napari_mrsr.scan import Scan

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
#: Voxels of the levels, mm.
LEVELS = (6.0, 3.0)
#: Bins of an image's histogram.
BINS = 32
#: Most steps of a level, and the shift below which a step is no progress, mm.
STEPS, SMALLEST = 100, 0.005
#: Reach of the shading that is divided out (SD of a Gaussian), and the rim of air about the head, mm.
SHADING, RIM = 25.0, 8.0
#: Percentile of the head above which an image is cut off.
BRIGHTEST = 99.0
#: Share of the level of bright voxels above which a voxel belongs to the head.
ABOVE = 0.25
#: Root mean square of the shift over the head up to which a motion is not told from none: mm, and parts of the largest
#: side of a voxel, where that is more.
TOLD_FROM, TOLD_FROM_VOXEL = 0.4, 0.15
#: Part of the head that the other image must cover where the header puts it, for the header to be where it starts.
COVERED = 0.2


@dataclass(frozen=True, eq=False)
class Estimate:
    """How an image lies to another one.

    Parameters
    ----------
    motion
        Takes a point of the moving image as its header places it to where it lies in the fixed one, ``(4, 4)``, RAS mm.
    middle
        Of the head in the fixed image, RAS mm.
    metric
        Mattes mutual information (nats; larger is better).
    overlap
        Part of the fixed head that the moving image covers after the motion.
    agreement
        How alike the directions of edges are then.
    from_header
        Whether the header's geometry was the start.
    """

    motion: Matrix
    middle: npt.NDArray[np.float64]
    metric: float
    overlap: float
    agreement: float
    from_header: bool


def told_from(*scans: Scan) -> float:
    """Return up to which displacement over the head (RMS, mm) a motion between scans is not told from none.

    Examples
    --------
    >>> told_from(Scan(np.zeros((8, 8, 8)), np.eye(4)), Scan(np.zeros((8, 8, 4)), np.diag([1, 1, 4.0, 1])))
    0.6
    """
    return max(TOLD_FROM, TOLD_FROM_VOXEL * max(side for scan in scans for side in scan.spacing))


def estimate(
    moving: Scan,
    fixed: Scan,
    *,
    levels: tuple[float, ...] = LEVELS,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Estimate:
    """Return how an image lies to another one.

    Parameters
    ----------
    moving, fixed
        One volume each, magnitudes of one head.
    levels
        Voxels that the images are averaged to, mm, coarse to fine.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Raises
    ------
    MissingDependency
        SimpleITK is not installed.
    Stopped
        ``stop`` answered True.
    """
    require()
    import SimpleITK as sitk

    transform = sitk.Euler3DTransform()
    metric, overlap, agreement, from_header = math.nan, 0.0, 0.0, True
    middle = np.zeros(3)
    for n, size in enumerate(levels):
        one, other = _coarse(fixed, size), _coarse(moving, size)
        head = _head(one[0], one[1])
        if n == 0:
            middle = _middle(*one)
            transform.SetCenter((middle * (-1, -1, 1)).tolist())
            from_header = _cover(head, one[1], other[0].shape, other[1], np.eye(4)) >= COVERED
            if not from_header:
                transform.SetTranslation(((_middle(*other) - middle) * (-1, -1, 1)).tolist())
        even = _even(*one), _even(*other)

        def tell(step: int, first: int = n) -> None:
            if progress is not None:
                progress(min(1.0, (first + step / STEPS) / len(levels)))

        metric = _maximise(transform, (even[0], one[1]), (even[1], other[1]), head, size, tell, stop)
        if n == len(levels) - 1:
            found = motion_of(transform)
            overlap = _cover(head, one[1], other[0].shape, other[1], found)
            agreement = _agreement((even[0], one[1]), (even[1], other[1]), head, found)
    if progress is not None:
        progress(1.0)
    motion = np.asarray(np.linalg.inv(motion_of(transform)), np.float64)
    return Estimate(motion, middle, metric, overlap, agreement, from_header)


Placed = tuple[Floats, Matrix]


def _maximise(
    transform: Any,
    fixed: Placed,
    moving: Placed,
    head: npt.NDArray[np.bool_],
    size: float,
    tell: Callable[[int], None],
    stop: Callable[[], bool] | None,
) -> float:
    """Move the transform to where mutual information is largest, and return that."""
    import SimpleITK as sitk

    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(image_of(head.astype(np.uint8), fixed[1]))
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=size / 3, minStep=SMALLEST, numberOfIterations=STEPS, relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-7,
    )  # fmt: skip
    method.SetOptimizerScalesFromPhysicalShift()
    # ITK smooths gradients unless told not to; these are not the metric's own and led 0.2 to 0.4 mm past its maximum
    method.MetricUseMovingImageGradientFilterOff()
    method.MetricUseFixedImageGradientFilterOff()
    method.SetInitialTransform(transform, inPlace=True)
    stopped = []

    def step() -> None:
        tell(method.GetOptimizerIteration())
        if stop is not None and stop():
            stopped.append(True)
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, step)
    try:
        method.Execute(image_of(*fixed), image_of(*moving))
    except RuntimeError:  # no voxel of the head is left in the moving image
        return 0.0
    if stopped:
        raise Stopped("was stopped before the images were registered")
    return -float(method.GetMetricValue())


# -- images to compare ---------------------------------------------------------------------------------
def _coarse(scan: Scan, size: float) -> Placed:
    """Return a volume averaged over blocks to voxels of about a size, mm, and its affine."""
    blocks = [min(n, max(1, round(size / step))) for n, step in zip(scan.shape, scan.spacing, strict=True)]
    counts = [n // block for n, block in zip(scan.shape, blocks, strict=True)]
    i, j, k = (slice(count * block) for count, block in zip(counts, blocks, strict=True))
    array = np.nan_to_num(np.asarray(scan.array[0][i, j, k], np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    for axis, (count, block) in enumerate(zip(counts, blocks, strict=True)):
        shape = (*array.shape[:axis], count, block, *array.shape[axis + 1 :])
        array = array.reshape(shape).mean(axis=axis + 1)
    step = np.diag([*map(float, blocks), 1.0])
    step[:3, 3] = (np.array(blocks) - 1) / 2
    return np.maximum(array, 0), scan.affine @ step


def _level(array: Floats) -> float:
    """Return the signal above which a voxel belongs to the head; 0 where nothing is positive."""
    positive = array[array > 0]
    return ABOVE * float(np.median(positive[positive >= positive.mean()])) if positive.size else 0.0


def _sides(affine: Matrix) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)))


def _head(array: Floats, affine: Matrix) -> npt.NDArray[np.bool_]:
    """Return the head and a rim of air about it."""
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(array <= _level(array), sampling=_sides(affine))
    return np.asarray(away <= RIM)


def _middle(array: Floats, affine: Matrix) -> npt.NDArray[np.float64]:
    """Return the middle of the head, RAS mm; that of the volume where it shows nothing."""
    where = np.argwhere(array > _level(array))
    voxel = where.mean(axis=0) if len(where) else (np.array(array.shape) - 1) / 2
    return np.asarray(affine[:3, :3] @ voxel + affine[:3, 3])


def _even(array: Floats, affine: Matrix) -> Floats:
    """Return an image without its shading, cut off at its brightest."""
    from scipy.ndimage import gaussian_filter

    inside = array > _level(array)
    if not inside.any():
        return array
    reach = SHADING / _sides(affine)
    weight = gaussian_filter(inside.astype(np.float32), reach) + np.float32(1e-3)
    shading = gaussian_filter(array * inside, reach) / weight
    even = array / (shading + np.float32(0.05 * np.median(array[inside])))
    return np.asarray(np.minimum(even, np.percentile(even[inside], BRIGHTEST)), np.float32)


# -- how alike they are --------------------------------------------------------------------------------
def _cover(
    head: npt.NDArray[np.bool_], affine: Matrix, shape: tuple[int, ...], moving: Matrix, motion: Matrix
) -> float:
    """Return the part of a head that a volume covers; the motion takes points of the head to those of the volume."""
    places = np.argwhere(head)
    if not len(places):
        return 0.0
    matrix = np.linalg.inv(moving) @ motion @ affine
    voxels = places @ matrix[:3, :3].T + matrix[:3, 3]
    return float(np.mean(((voxels >= -0.5) & (voxels <= np.array(shape) - 0.5)).all(axis=1)))


def _agreement(fixed: Placed, moving: Placed, head: npt.NDArray[np.bool_], motion: Matrix) -> float:
    """Return how alike directions of edges are; the motion takes points of the fixed image to the moving one."""
    import SimpleITK as sitk
    from scipy.ndimage import gaussian_filter

    on = sitk.Resample(image_of(*moving), image_of(*fixed), transform_of(motion), sitk.sitkLinear, math.nan)
    brought = sitk.GetArrayFromImage(on).T
    seen = head & np.isfinite(brought)
    if not seen.any():
        return 0.0
    sides = _sides(fixed[1])
    one, other = (
        np.stack([g / s for g, s in zip(np.gradient(gaussian_filter(a, 1.0)), sides, strict=True)])[:, seen]
        for a in (fixed[0], np.nan_to_num(brought))
    )
    both = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    along = (one * other).sum(axis=0) ** 2
    return float((along / np.maximum(both, 1e-12)).sum() / max(float(both.sum()), 1e-12))
