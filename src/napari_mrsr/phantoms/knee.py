"""A knee with known truth, imaged with dual-echo DESS.

Voxel axes are those of a sagittal DICOM series: i from front to back, j from top to bottom, k from the patient's left
to the right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.anatomy import Anatomy, Axes
from napari_mrsr.phantoms.coil import gain
from napari_mrsr.phantoms.compose import Canvas
from napari_mrsr.phantoms.layers import paint
from napari_mrsr.phantoms.materials import Materials
from napari_mrsr.phantoms.phantom import KneePhantom, Painted, assemble
from napari_mrsr.phantoms.settings import Settings, load
from napari_mrsr.phantoms.signal import noise_sigma
from napari_mrsr.phantoms.slab import Slab
from napari_mrsr.phantoms.subject import Side, draw

SHAPE = (416, 416, 160)
SPACING = (0.385, 0.385, 0.7)
#: The joint centre lies this far from the patient's mid-line, mm.
FROM_MIDLINE = 85.0
#: Voxels of a slab worked on at once; bounds the memory.
SLAB_VOXELS = 1_500_000

Window = tuple[slice, slice, slice]


def knee(
    seed: int = 0,
    *,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    window: Window | None = None,
    slab: tuple[int, int] | None = None,
    noise: bool = True,
    diseased: bool | None = None,
    side: Side | None = None,
    snr: float | None = None,
    cartilage_t2: float | None = None,
) -> KneePhantom:
    """Return the knee of a seed.

    Parameters
    ----------
    seed
        Draws size, pose, side, texture, disease and noise.
    shape, spacing
        The whole grid, ``(i, j, k)``, and its voxels, mm.
    centre
        Where the middle of the grid lies relative to the middle of the joint: lateral, anterior, superior, mm.
    window
        Compute only this part of the grid; it equals the cut of the whole (steps are not allowed).
    slab
        Shorthand for a window of slices ``(start, stop)`` along k.
    noise
        Whether ``scan`` has noise.
    diseased, side
        Override what the seed draws.
    snr
        S1 of cartilage over noise, instead of the frozen one.
    cartilage_t2
        Mean T2 of the cartilage, ms, instead of what the seed draws: knees drawn from the settings differ by 2 ms (SD),
        the patients of a study by more. Layers, smooth variation and lesions stay what they are relative to it.

    Returns
    -------
    KneePhantom
        Float32 echoes of shape ``(2, i, j, k)`` and their truth.

    Raises
    ------
    BadParameter
        The grid or the window is empty or impossible, the ratio is not positive, or no cartilage has such a T2.

    Examples
    --------
    >>> phantom = knee(3, shape=(32, 32, 8), spacing=(1.2, 1.2, 4.0))
    >>> phantom.scan.shape, phantom.scan.names
    ((32, 32, 8), ('S1', 'S2'))
    """
    settings = load()
    if min(shape) < 1 or min(spacing) <= 0:
        raise BadParameter(
            f"a phantom of {shape} voxels at {spacing} mm cannot be made",
            remedy="give at least one voxel along each axis, and spacings above 0 mm",
        )
    if snr is not None and snr <= 0:
        raise BadParameter(f"signal to noise ratio {snr:g} is not positive", remedy="give a ratio above 0")
    if slab is not None:
        if window is not None:
            raise BadParameter("give a window or a slab, not both", remedy="leave one of them out")
        window = (slice(0, shape[0]), slice(0, shape[1]), slice(*slab))
    where = _window(window, shape)
    subject = draw(seed, settings, side=side, diseased=diseased)
    if cartilage_t2 is not None:
        low, high = settings.tissues["cartilage"].limits
        if not low < cartilage_t2 < high:
            raise BadParameter(
                f"T2 of cartilage of {cartilage_t2:g} ms lies outside {low:g} to {high:g} ms",
                remedy="choose a T2 between these",
            )
        subject = replace(subject, t2={**subject.t2, "cartilage": float(cartilage_t2)})
    anatomy = Anatomy(subject, settings)
    axes, affine = _grid(subject.side, shape, spacing, centre, where)
    painted = paint_window(anatomy, settings, axes, spacing)
    start = (where[0].start, where[1].start, where[2].start)
    sigma = noise_sigma(settings) * (settings.snr_cartilage / snr if snr else 1.0)
    return assemble(painted, affine, subject, settings, sigma if noise else 0.0, start)


def _window(window: Window | None, shape: tuple[int, int, int]) -> Window:
    if window is None:
        return slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])
    cut = []
    for one, n in zip(window, shape, strict=True):
        start, stop, step = one.indices(n)
        if step != 1 or stop <= start:
            raise BadParameter(
                f"the window {window} of a grid of {shape} is empty or has steps",
                remedy="give slices with voxels, without steps",
            )
        cut.append(slice(start, stop))
    return cut[0], cut[1], cut[2]


def _grid(
    side: Side,
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    centre: tuple[float, float, float],
    where: Window,
) -> tuple[Axes, npt.NDArray[np.float64]]:
    """Return canonical positions along i, j, k (y, z, x) and the affine of the window."""
    right = 1.0 if side == "right" else -1.0
    middle = [(n - 1) / 2 for n in shape]
    y = centre[1] - (np.arange(shape[0], dtype=np.float64) - middle[0]) * spacing[0]
    z = centre[2] - (np.arange(shape[1], dtype=np.float64) - middle[1]) * spacing[1]
    patient_x = centre[0] * right + (np.arange(shape[2], dtype=np.float64) - middle[2]) * spacing[2]
    affine = np.zeros((4, 4))
    affine[1, 0], affine[2, 1], affine[0, 2], affine[3, 3] = -spacing[0], -spacing[1], spacing[2], 1
    affine[:3, 3] = (patient_x[where[2].start] + right * FROM_MIDLINE, y[where[0].start], z[where[1].start])
    axes = (y[where[0]], z[where[1]], right * patient_x[where[2]])
    return (np.asarray(axes[0], np.float64), np.asarray(axes[1], np.float64), np.asarray(axes[2], np.float64)), affine


def paint_window(anatomy: Anatomy, settings: Settings, axes: Axes, spacing: tuple[float, float, float]) -> Painted:
    """Return the window painted slab by slab."""
    y, z, x = axes
    shape = (len(y), len(z), len(x))
    out = Painted(
        np.empty((2, *shape), np.float32),
        np.empty(shape, np.uint8),
        np.empty(shape, np.uint8),
        np.empty(shape, np.float32),
        np.empty(shape, np.float32),
    )
    materials = Materials(anatomy.subject, settings)
    thick = max(1, SLAB_VOXELS // (shape[0] * shape[1]))
    for first in range(0, shape[2], thick):
        cut = slice(first, min(first + thick, shape[2]))
        here = (y, z, x[cut])
        canvas = Canvas(Slab(here, spacing, anatomy.fields), materials)
        paint(canvas, settings, anatomy.lines, anatomy.frames.scale)
        canvas.signal *= gain(anatomy.subject.seed, here, settings.coil)
        out.signal[..., cut] = canvas.signal
        out.labels[..., cut], out.layers[..., cut] = canvas.labels, canvas.layers
        out.t2[..., cut], out.t1[..., cut] = canvas.t2, canvas.t1
    return out
