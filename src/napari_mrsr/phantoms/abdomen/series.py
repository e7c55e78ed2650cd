"""An abdomen with known truth, breathing, imaged with T1-weighted FLASH.

Voxel axes are those of an axial DICOM series: i from the patient's right to the left, j from front to back, k from foot
to head (LPS), so that a slice on the screen has the liver on the left, as radiologists look at it. The affine is in mm,
RAS+. A frame is the state of one moment: blurring by motion during its acquisition is not simulated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen import needle as metal
from napari_mrsr.phantoms.abdomen.anatomy import Anatomy, anatomy_of
from napari_mrsr.phantoms.abdomen.breathing import Breathing, Pose, held, states
from napari_mrsr.phantoms.abdomen.canvas import Canvas
from napari_mrsr.phantoms.abdomen.encoding import Complex, encode, encoded_noise
from napari_mrsr.phantoms.abdomen.grids import Vector, Window, matrix_and_voxels, positions, window_of
from napari_mrsr.phantoms.abdomen.motion import Axes, Motion
from napari_mrsr.phantoms.abdomen.phantom import AbdomenPhantom, Setup, assemble
from napari_mrsr.phantoms.abdomen.protocols import SUBJECTS, Protocol
from napari_mrsr.phantoms.abdomen.tissues import NUMBER, SUBSTANCES, Shade, shade
from napari_mrsr.phantoms.coil import gain
from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.physics.flash import Phase

#: Voxels of a slab worked on at once; bounds the memory and stays in the cache of a processor.
SLAB_VOXELS = 400_000
#: Loops of a body array: their number, the cylinder they lie on, their radius and half its length, mm.
COIL = {"loops": 8, "cylinder_radius": 190.0, "loop_radius": 120.0, "half_length": 150.0, "tilt_sd": 10.0}
#: Length of fine and coarse texture, mm.
GRAIN, CLOUDS = (3.2, 3.2, 4.5), (16.0, 16.0, 16.0)
#: How far what is left of suppressed fat varies over the field of view, SD of its logarithm.
FAT_SPREAD = 0.3
#: Odd number that keeps the noise of frames apart.
FRAME_SEED = 1_000_003


def abdomen(
    seed: int = 0,
    *,
    protocol: Protocol = SUBJECTS[1],
    shape: tuple[int, int, int] | None = None,
    spacing: Vector | None = None,
    centre: Vector = (0.0, 0.0, 0.0),
    phase: Phase | None = None,
    frames: int = 10,
    breath: Breathing | None = None,
    pose: Pose = "dynamic",
    window: Window | None = None,
    noise: bool = True,
    snr: float = 25.0,
    needle: bool = False,
    encoded: bool = False,
) -> AbdomenPhantom:
    """Return the abdomen of a seed, breathing freely or, for planning, lying otherwise and holding its breath.

    Parameters
    ----------
    seed
        Draws the person, the breathing, the pose of the planning scan and the noise. One seed is one person.
    protocol
        TR, TE, flip angle, matrix, field of view, field strength and time per frame: ``SUBJECTS[1..3]``, ``CHAOS``.
    shape, spacing
        Matrix and voxels (mm) instead of the protocol's; one alone keeps its field of view. Where neither is given a
        planning scan has a matrix finer by ``PLANNING_MATRIX``.
    centre
        Where the middle of the grid lies in the scanner, RAS mm.
    phase
        ``"in"`` or ``"opposed"`` puts fat exactly there (at the echo times of a dual-echo protocol); ``None`` leaves it
        to the echo time: 0.93 ms at 3 T is 145 degrees, not far from opposed.
    frames
        Time points of a dynamic series, one each ``protocol.time_per_volume`` (1 s where there is none). A planning
        scan has one.
    breath
        How the person breathes; ``Breathing(depth=0, wall=0)`` holds the breath throughout.
    pose
        ``"dynamic"``, or ``"planning"``: rotated, shifted, breath held in inspiration, no needle.
    window
        Compute only this part of the grid; it equals the cut of the whole (steps are not allowed).
    noise, snr
        Whether ``scan`` has Rician noise, and the ratio of liver (in phase, coil shading 1) to its SD.
    needle
        Whether a needle stands in the largest lesion of the dynamic frames.
    encoded
        Whether pictures have only the detail that the protocol acquires (its phase and slice resolution, filled with
        zeros) instead of that of the matrix.

    Returns
    -------
    AbdomenPhantom
        Float32 frames ``(frame, i, j, k)`` and their truth.

    Raises
    ------
    BadParameter
        The grid, the window, the number of frames, the phase or the ratio is impossible.

    Examples
    --------
    >>> phantom = abdomen(3, shape=(28, 21, 8), frames=2)
    >>> phantom.scan.shape, phantom.scan.spacing, phantom.scan.axis
    ((28, 21, 8), (10.0, 10.0, 20.0), 'time')
    """
    if frames < 1 or not snr > 0:
        raise BadParameter(f"{frames} frames at a signal to noise ratio of {snr:g} cannot be made")
    if phase not in (None, "in", "opposed") or pose not in ("dynamic", "planning"):
        raise BadParameter(
            f"phase {phase!r} or pose {pose!r} is not known",
            remedy='give "in", "opposed" or None; "dynamic" or "planning"',
        )
    shape, spacing = matrix_and_voxels(protocol, shape, spacing, pose)
    where = window_of(window, shape)
    anatomy, breathing = anatomy_of(seed), breath or Breathing()
    motions, times = _motions(anatomy, protocol, breathing, frames, pose)
    sequence = protocol.sequence(phase)
    angle = sequence.phase if phase is None else 0.0 if phase == "in" else np.pi
    shades = {
        name: shade(
            name,
            sequence,
            suppressed=protocol.fat_suppression,
            fat=anatomy.person.liver_fat if name == "liver" else None,
        )
        for name in SUBSTANCES
    }
    sigma = (shades["liver"].water + shades["liver"].fat) / snr if noise else 0.0
    setup = Setup(
        seed, protocol, sequence, phase, float(angle), pose, breathing, times, tuple(m.state for m in motions), sigma,
        needle and pose == "dynamic", encoded,
    )  # fmt: skip
    axes = positions(shape, spacing, centre)
    inside: Axes = (axes[0][where[0]], axes[1][where[1]], axes[2][where[2]])
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])
    affine[:3, 3] = [axis[0] for axis in inside]
    size = (len(inside[0]), len(inside[1]), len(inside[2]))
    signal, labels = np.empty((len(motions), *size), np.float32), np.empty((len(motions), *size), np.uint8)
    noisy = np.empty_like(signal) if sigma > 0 else signal
    start = (where[0].start, where[1].start, where[2].start)
    # Cutting k-space spreads every voxel over its whole line.
    area = window_of(None, shape) if encoded else where
    cut = where if encoded else window_of(None, size)
    for n, motion in enumerate(motions):
        picture, label = _frame(anatomy, motion, shades, setup, axes, spacing, area)
        labels[n] = label[cut]
        own = seed * FRAME_SEED + 2 * n + (pose == "planning")
        if encoded:
            picture = encode(picture, protocol)
        signal[n] = np.abs(picture[cut])
        if sigma > 0 and encoded:
            noisy[n] = np.abs((picture + encoded_noise(shape, sigma, own, protocol))[cut])
        elif sigma > 0:
            noisy[n : n + 1] = rician(signal[n : n + 1], sigma, own, start)
    return assemble(signal, noisy, labels, affine, anatomy.person, motions, setup)


def _motions(
    anatomy: Anatomy, protocol: Protocol, breathing: Breathing, frames: int, pose: Pose
) -> tuple[tuple[Motion, ...], tuple[float, ...]]:
    """Return pose and breath of each frame, and when it begins, s."""
    person = anatomy.person
    if pose == "planning":
        rotation, shift = person.pose()
        return (Motion(person.size, held(person.seed, breathing), rotation, shift),), (0.0,)
    times = tuple(float(n * (protocol.time_per_volume or 1.0)) for n in range(frames))
    still = Motion(person.size)
    return tuple(replace(still, state=s) for s in states(person.seed, breathing, times)), times


def _frame(
    anatomy: Anatomy,
    motion: Motion,
    shades: dict[str, Shade],
    setup: Setup,
    axes: Axes,
    spacing: Vector,
    where: Window,
) -> tuple[Complex, npt.NDArray[np.uint8]]:
    """Return complex signal and labels of one frame, painted slab by slab."""
    shape = tuple(one.stop - one.start for one in where)
    signal, labels = np.empty(shape, np.complex64), np.empty(shape, np.uint8)
    thick = max(2, SLAB_VOXELS // max(1, shape[0] * shape[1]))
    for first in range(0, shape[2], thick):
        last = min(first + thick, shape[2])
        part: Window = (where[0], where[1], slice(where[2].start + first, where[2].start + last))
        # One voxel more on each side, so that slopes at the border are those of the whole.
        wide, cut = [], []
        for one, axis, step in zip(part, axes, (-spacing[0], -spacing[1], spacing[2]), strict=True):
            wide.append(axis[0] + step * np.arange(one.start - 1, one.stop + 1))
            cut.append(slice(1, 1 + one.stop - one.start))
        # The lattice wants rising axes; the picture has the first two falling.
        rising: Axes = (wide[0][::-1], wide[1][::-1], wide[2])
        value, label = _slab(anatomy, motion, shades, setup, rising, spacing)
        signal[..., first:last] = value[::-1, ::-1][cut[0], cut[1], cut[2]]
        labels[..., first:last] = label[::-1, ::-1][cut[0], cut[1], cut[2]]
    return signal, labels


def _slab(
    anatomy: Anatomy, motion: Motion, shades: dict[str, Shade], setup: Setup, axes: Axes, spacing: Vector
) -> tuple[Complex, npt.NDArray[np.uint8]]:
    """Return complex signal and labels of a block."""
    canvas = Canvas(axes, spacing, motion, shades)
    anatomy.paint(canvas)
    p = canvas.voxel_points()
    fine, coarse = anatomy.grain(p, GRAIN, 0), anatomy.grain(p, CLOUDS, 1)
    water = canvas.water + canvas.grain_water * fine + canvas.clouds_water * coarse
    fat = canvas.fat + canvas.grain_fat * fine + canvas.clouds_fat * coarse
    if setup.protocol.fat_suppression:
        spread = RandomField.draw(setup.seed, "fat suppression", 70.0, reach=420.0).on(axes)
        fat *= np.exp(np.float32(FAT_SPREAD) * spread)
    received = gain(setup.seed, (axes[1], axes[2], axes[0]), COIL).transpose(2, 0, 1)
    labels = canvas.labels
    if setup.needle:
        tip, entry = motion.to_scanner(np.array([anatomy.target.centre, anatomy.entry()]))
        distance = metal.away(canvas.axes, tip, entry)
        received = received * canvas.mean(metal.shadow(distance))
        touched = canvas.mean((distance < metal.RADIUS + 0.4 * canvas.edge).astype(np.float32)) > 0
        labels[touched & (labels != NUMBER["air"])] = NUMBER["needle"]
    # sin(pi) must be 0, so that in and opposed phase stay real.
    lag = np.complex64(complex(np.cos(setup.angle), -np.sin(setup.angle) if setup.phase is None else 0.0))
    signal = (np.maximum(water, 0) + lag * np.maximum(fat, 0)) * received
    return np.asarray(signal, np.complex64), labels
