r"""A still scan of a real abdomen, set breathing: frames over time, and a planning scan in another pose.

No scan of a breathing abdomen with a planning scan of the same person is at hand. So the breathing of the phantom
(:mod:`~napari_mrsr.phantoms.abdomen.motion`) is laid over a real scan: each voxel of a frame asks where its tissue lay
at the end of expiration, up to 20 mm towards the head near the diaphragm and less below, a few millimetres
backwards at the belly wall, nowhere at the spine and the flanks; steep but smooth in between. The trunk of the phantom
is put in the middle of the body, as wide as that is.

*Band first.* What k-space is cut to must have been acquired. A zero-filled scan is brought to the matrix that it holds
detail of (:func:`at_full_band`).

*Interpolated once.* A frame is read from the still image, zero-filled (with its mirror image, for the ends to meet) to
twice the matrix in plane, by quintic B-splines through its samples. In plane that changes next to nothing. Nothing was
filled between thick slices: what lies between two of them loses detail and noise. The first frame is the scan itself
(nothing moves), so that the others show what it costs (:func:`kept_detail`): in six real abdomens the power of the
upper half band changed by 7 % at most, in frames and planning scans
(``benchmarks/simulated_motion.py``).

*What this can show.* Every frame is compared with itself at full resolution, so the figures are those of real anatomy,
contrast and noise. The motion is not real: nothing blurs within a frame, no blood flows in, nothing slides. Frames and
planning scan are one image with one noise, moved: the best case for fine-tuning, not a second session. Where nothing
moves the noise does not change from frame to frame either, so that flicker is that of what moves nearby, not of noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, WrongDimensions
from napari_mrsr.interpolation import matrix
from napari_mrsr.phantoms.abdomen.breathing import Breathing, State, held, states
from napari_mrsr.phantoms.abdomen.motion import Motion
from napari_mrsr.phantoms.subject import generator, rotation_matrix
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan
from napari_mrsr.training.full_band import to_true_band

Floats = npt.NDArray[np.float32]

#: Time between frames, s; about four make a breath.
FRAME_TIME = 1.1
#: Slices and voxels in plane below which there is nothing to be seen.
LEAST_SLICES, LEAST_IN_PLANE = 8, 96
#: How much finer the image is made before it is sampled, and the order of the splines.
OVERSAMPLING, ORDER = 2, 5
#: Half the width of the phantom's trunk, from front to back and across, mm.
TRUNK = (143.0, 96.0)
#: Thickness of a coronal slab up to which its middle is taken to lie at the kidneys, and their place, mm.
SLAB, KIDNEYS = 120.0, -25.0


@dataclass(frozen=True, eq=False)
class Moved:
    """A scan that was set in motion: frames, and the planning scan; the states of the breath of each frame."""

    dynamic: Scan
    planning: Scan
    states: tuple[State, ...]


def at_full_band(scan: Scan) -> Scan:
    """Return the first volume of a scan with the matrix that it holds detail of; itself where that is its own.

    Raises
    ------
    AmbiguousAxis
        The slice axis cannot be told.
    WrongDimensions
        It has too few slices, or too few voxels of true detail in plane.
    """
    slices = scan.find_slice_axis()
    one = replace(scan.volume(0), slice_axis=slices)
    _check_size(one)
    one = to_true_band(one)
    _check_size(one)
    return one


def _check_size(scan: Scan) -> None:
    slices = scan.find_slice_axis()
    if scan.shape[slices] >= LEAST_SLICES and min(np.delete(scan.shape, slices)) >= LEAST_IN_PLANE:
        return
    size = "x".join(str(n) for n in scan.shape)
    raise WrongDimensions(
        f"has {size} voxels of true detail, too few to be set in motion",
        where=scan.where,
        remedy=f"give {LEAST_SLICES} slices or more of {LEAST_IN_PLANE} x {LEAST_IN_PLANE} voxels or more",
    )


def set_breathing(scan: Scan, seed: int, *, frames: int = 10, breath: Breathing | None = None) -> Moved:
    """Return a still scan as a breathing one, with a planning scan.

    Parameters
    ----------
    scan
        One volume at full band (:func:`at_full_band`), of an abdomen.
    seed
        Draws the breathing and the pose of the planning scan.
    frames
        Time points.
    breath
        How deep; by default quiet breathing.

    Returns
    -------
    Moved
        float32 on the grid of the scan.

    Raises
    ------
    BadParameter
        There are fewer than two frames.
    """
    if frames < 2:
        raise BadParameter(f"{frames} frames are no dynamic scan", remedy="give 2 or more")
    breathing = breath or Breathing()
    times = [round(n * FRAME_TIME, 3) for n in range(frames)]
    course = states(seed, breathing, times)
    body = _Body.of(scan)
    image = _Image.of(scan)
    array = np.stack([image.at(body.sources(scan, Motion(body.size, state))) for state in course])
    told = {
        "seed": seed,
        "diaphragm": [round(s.diaphragm, 2) for s in course],
        "wall": [round(s.wall, 2) for s in course],
    }
    acquisition = replace(
        scan.acquisition,
        echo_times=scan.acquisition.echo_times[:1] * frames,
        others=MappingProxyType({**scan.acquisition.others, "VolumeTiming": times}),
    )
    names = tuple(f"frame {n + 1}" for n in range(frames))
    dynamic = scan.after(
        "simulated breathing", array, parameters=told, axis="time", names=names, acquisition=acquisition
    )
    rotation, shift = pose(scan, seed)
    lying = Motion(body.size, held(seed, breathing), rotation, shift)
    planning = scan.after(
        "simulated planning pose",
        image.at(body.sources(scan, lying))[None],
        parameters={
            "seed": seed,
            "diaphragm": round(lying.state.diaphragm, 2),
            "shift": [round(float(s), 2) for s in shift],
        },
    )
    return Moved(dynamic, planning, course)


def pose(scan: Scan, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return rotation and shift (mm) of the planning scan: mostly in plane, since slices are thick and few."""
    normal = int(np.abs(scan.affine[:3, scan.find_slice_axis()]).argmax())
    rng = generator(seed, "simulated pose")
    sign = np.sign(rng.standard_normal(6))
    turn = sign[:3] * rng.uniform(0.2, 0.5, 3)
    shift = sign[3:] * rng.uniform(4.0, 10.0, 3)
    turn[normal] = sign[normal] * rng.uniform(2.0, 4.0)
    shift[normal] = sign[3 + normal] * 0.4 * scan.spacing[scan.find_slice_axis()]
    return rotation_matrix(turn), np.asarray(shift)


def kept_detail(dynamic: Scan) -> npt.NDArray[np.float64]:
    """Return the power of the upper half band in plane of each frame over that of the first one, which is at rest."""
    slices = dynamic.find_slice_axis()
    plane = tuple(axis for axis in range(3) if axis != slices)
    f = [np.abs(np.fft.fftfreq(dynamic.shape[axis])) for axis in plane]
    upper = np.maximum(f[0][:, None], f[1][None, :]) > 0.25
    upper = np.expand_dims(upper, slices)
    power = [float((np.abs(np.fft.fftn(volume, axes=plane)) ** 2 * upper).sum()) for volume in dynamic.array]
    return np.asarray(power) / power[0]


@dataclass(frozen=True, eq=False)
class _Body:
    """The body in a scan: its middle, RAS mm, and factors on the size of the phantom's trunk."""

    centre: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]

    @classmethod
    def of(cls, scan: Scan) -> _Body:
        volume = np.asarray(scan.array[0], np.float32)
        index = np.argwhere(volume > 0.15 * np.percentile(volume, 99))
        points = index[:: max(1, len(index) // 50_000)] @ scan.affine[:3, :3].T + scan.affine[:3, 3]
        middle = (np.asarray(scan.shape) - 1) / 2 @ scan.affine[:3, :3].T + scan.affine[:3, 3]
        slices = scan.find_slice_axis()
        coronal = int(np.abs(scan.affine[:3, slices]).argmax()) == 1
        low, high = np.percentile(points, (2, 98), axis=0)
        across, deep = (high - low)[:2] / 2
        size = np.array([np.clip(across / TRUNK[0], 0.7, 1.5), 1.0, 1.0])
        centre = np.array([(low[0] + high[0]) / 2, middle[1] - KIDNEYS, middle[2]])
        if not coronal or scan.shape[slices] * scan.spacing[slices] > SLAB:
            size[1] = np.clip(deep / TRUNK[1], 0.7, 1.5)
            centre[1] = (low[1] + high[1]) / 2
        return cls(centre, size)

    def sources(self, scan: Scan, motion: Motion) -> npt.NDArray[np.float64]:
        """Return, in voxels of the scan, where the tissue in each voxel lay at rest, shape ``(3, i, j, k)``."""
        grid = np.indices(scan.shape).reshape(3, -1).T
        points = grid @ scan.affine[:3, :3].T + scan.affine[:3, 3]
        rest = motion.to_anatomy(points - self.centre) * self.size + self.centre
        back = np.linalg.inv(scan.affine)
        return np.asarray((rest @ back[:3, :3].T + back[:3, 3]).T.reshape(3, *scan.shape))


@dataclass(frozen=True, eq=False)
class _Image:
    """The still image between its samples: spline coefficients on a grid that is finer in plane."""

    coefficients: npt.NDArray[np.float64]
    finer: tuple[int, int, int]

    @classmethod
    def of(cls, scan: Scan) -> _Image:
        from scipy.ndimage import spline_filter

        slices = scan.find_slice_axis()
        array = np.asarray(scan.array[0], np.float32)
        factors = [1 if axis == slices else OVERSAMPLING for axis in range(3)]
        for axis, factor in enumerate(factors):
            if factor > 1:
                array = along.apply(_zero_filling(array.shape[axis], factor), array, axis)
        return cls(spline_filter(array, order=ORDER, mode="mirror"), (factors[0], factors[1], factors[2]))

    def at(self, places: npt.NDArray[np.float64]) -> Floats:
        """Return the values at voxels ``(3, i, j, k)``; beyond the edge the image is mirrored."""
        from scipy.ndimage import map_coordinates

        out = np.empty(places.shape[1:], np.float32)
        for part in _parts(places.shape[1]):
            where = [places[axis, part] * self.finer[axis] for axis in range(3)]
            map_coordinates(self.coefficients, where, out[part], order=ORDER, mode="mirror", prefilter=False)
        # Splines undershoot beside bright tissue; magnitudes do not.
        return np.maximum(out, 0, out=out)


def _zero_filling(n: int, factor: int) -> npt.NDArray[np.float64]:
    """Return the matrix from ``n`` samples to ``factor (n - 1) + 1``: zero-filling of the image and its mirror image.

    Without the mirror the ends, which differ, would meet and ring.
    """
    period = 2 * n - 2
    both = matrix("fourier", period, factor * period)[: factor * (n - 1) + 1]
    whole = both[:, :n].copy()
    whole[:, 1 : n - 1] += both[:, n:][:, ::-1]
    return whole


def _parts(n: int, size: int = 32) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))
