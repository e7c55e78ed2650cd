r"""The three weighted images of a head under a condition, and what is true of it.

A tissue's signal is that of :mod:`~napari_mrsr.phantoms.brain.contrasts`, or, with pulses as scanners have them, of
extended phase graphs for T2w and FLAIR (:mod:`~napari_mrsr.physics.train_table`); signals of tissues are summed by
their shares. Then come motion, the coil, the voxels that were measured, noise, the way back to the grid, and a gain of
its own for each image. Timings are some per cent off what the header says, as in training; noise is the same number in
the same voxel under all conditions, and its standard deviation that of the nominal one, unless a condition changes it.

No image holds anything of the truth but by the signal equations: gains, noise and what scanners miss come from seeds of
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.brain import BrainScans
from napari_mrsr.phantoms.brain import BrainPhantom
from napari_mrsr.phantoms.brain.contrasts import CONTRASTS, Protocol
from napari_mrsr.phantoms.brain.phantom import GAIN, Signal
from napari_mrsr.phantoms.brain.tissues import CLASSES
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.physics.echo_train import signal_of_train
from napari_mrsr.physics.flair import FlairTimings
from napari_mrsr.physics.space import space_angles
from napari_mrsr.physics.train_table import TrainTable
from napari_mrsr.physics.tse import TseTimings
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_maps.conditions import NOMINAL, Condition
from napari_mrsr.training.brain_contrasts import OFF, SNR, drawn, interpolation_of, slabs

Array = npt.NDArray[np.floating[Any]]

#: T2 beyond which none is judged, ms: what the images say of it is too little (as in training).
LONGEST_T2 = 600.0
#: SD of the logarithm of the gain of an image.
GAINS = 0.15
#: T1 and T2 of the fluid that a FLAIR is set up to null, ms.
FLUID = (4000.0, 1800.0)
#: Numbers of :data:`~napari_mrsr.studies.brain_maps.heads.TISSUES` by the tissue of the head.
DEEP = ("caudate", "putamen", "pallidum", "thalamus", "red and dentate nuclei")


@dataclass(frozen=True, eq=False)
class Scanner:
    """A head that is scanned again and again.

    Parameters
    ----------
    head
        A phantom, or real anatomy with values of its own.
    off
        How far timings are off what the header says, relative.
    snr
        White matter over the SD of the noise; drawn from the seed as in training where not given.
    """

    head: BrainPhantom
    off: float = OFF
    snr: float | None = None
    _clean: dict[Any, Array] = field(default_factory=dict, repr=False)

    # -- what is true ------------------------------------------------------------------------------------
    @cached_property
    def brain(self) -> npt.NDArray[np.bool_]:
        """Voxels that are mostly brain or fluid within it."""
        return np.asarray(sum(self.head.share_of(name) for name in CLASSES) > 0.5)

    @cached_property
    def truth(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """T1 and T2, ms; NaN outside the brain, and T2 beyond :data:`LONGEST_T2`."""
        t1, t2, _ = self.head.maps
        found = np.where(self.brain, t1, np.nan), np.where(self.brain & (t2 <= LONGEST_T2), t2, np.nan)
        return found[0].astype(np.float32), found[1].astype(np.float32)

    @cached_property
    def tissues(self) -> npt.NDArray[np.int8]:
        """The tissue with the largest share in the brain, by number."""
        deep = sum((self.head.share_of(name) for name in DEEP), np.zeros(self.brain.shape, np.float32))
        shares = [self.head.share_of(name) for name in ("white matter", "grey matter", "CSF")]
        shares[1] = shares[1] - deep
        most = np.argmax(np.stack([*shares, deep, self.head.share_of("lesion")]), axis=0)
        return np.where(self.brain, most + 1, 0).astype(np.int8)

    @property
    def received(self) -> Array:
        """Gain of the receive coil."""
        return np.asarray(self.head.received)

    # -- images ------------------------------------------------------------------------------------------
    def scans(self, condition: Condition) -> BrainScans:
        """Return the three images."""
        images: dict[str, Scan] = {}
        header = condition.protocol()
        headers = header.headers(self.head.field)
        for n, name in enumerate(CONTRASTS):
            stand_in = condition.instead.get(name)
            shown = name if stand_in in (None, "noise") else str(stand_in)
            volume = self._image(shown, CONTRASTS.index(shown), condition, silent=stand_in == "noise")
            gain = np.float32(np.exp(GAINS * np.random.default_rng([self.head.seed, 47, n]).standard_normal()))
            images[name] = replace(
                self.head.labels, array=volume[None] * gain, axis="contrast", names=(name,), quantity="signal",
                unit="a.u.", acquisition=headers[name],
            )  # fmt: skip
        return BrainScans(images["T1w"], images["T2w"], images["FLAIR"])

    def _image(self, name: str, number: int, condition: Condition, *, silent: bool) -> Array:
        """Return one image with everything but its gain."""
        clean = self._signal(name, condition)
        if condition.moved is not None and condition.moved[0] == name:
            clean = moved(clean, self.head.labels.spacing, *condition.moved[1:])
        if condition.coil:
            clean = clean * self.received
        if silent:
            clean = np.zeros_like(clean)
        sigma = condition.noise * self._sigma(name)

        def noisy(volume: Array) -> Array:
            return np.asarray(rician(volume[None], sigma, 1_000_003 * self.head.seed + 7 * number + 1)[0])

        sizes = list(self.head.labels.spacing)
        if condition.thick is not None and condition.thick[0] == name:
            sizes[2] = condition.thick[1]
        if condition.coarse is not None and condition.coarse[0] == name:
            sizes = [condition.coarse[1]] * 3
        volume = measured(clean, self.head.labels.spacing, (sizes[0], sizes[1], sizes[2]), noisy)
        return volume if condition.skull else volume * self.brain

    def _sigma(self, name: str) -> float:
        """Return the SD of the noise of an image: white matter of the nominal one over the SNR."""
        white = self.head.share_of("white matter") > 0.95
        if not white.any():
            white = self.head.share_of("white matter") >= self.head.share_of("white matter").max()
        snr = self.snr or float(np.random.default_rng([self.head.seed, 46]).uniform(*SNR))
        return float(self._signal(name, Condition(NOMINAL))[white].mean()) / snr

    def _signal(self, name: str, condition: Condition) -> Array:
        """Return the signal of each voxel, without coil and noise; kept, since most conditions leave it as it is."""
        said = condition.protocol()
        really = drawn(self.head.seed, said, off=self.off)
        timings = {"T1w": said.mprage, "T2w": said.tse, "FLAIR": said.flair}[name]
        key = (name, timings, condition.b1, condition.real_pulses and name != "T1w")
        if key not in self._clean:
            signals = real_signals(really) if condition.real_pulses else really.signals()
            self._clean[key] = np.abs(self._of(signals[name], 1 + np.float32(condition.b1) * (self.head.b1 - 1)))
        return self._clean[key]

    def _of(self, signal: Signal, b1: Array) -> Array:
        """Return the signal of each voxel with its sign: tissues summed by their share."""
        total = np.zeros(b1.size, np.float32)
        for tissue in self.head.fractions:
            where, share = self.head.fractions.voxels(tissue)
            t1, t2, m0 = self.head.values(tissue, where)
            total[where] += share * np.float32(GAIN) * np.asarray(signal(t1, t2, m0, b1.ravel()[where]), np.float32)
        return total.reshape(b1.shape)


# -- pulses as scanners have them ------------------------------------------------------------------------
def real_signals(protocol: Protocol) -> Mapping[str, Signal]:
    """Return the signals with the refocusing pulses that scanners have, B1 acting on all of them.

    T2w has the angle of its header, FLAIR a train of small angles (:mod:`~napari_mrsr.physics.space`) read at the echo
    of its header, and the TI at which it nulls fluid, times what the protocol misses it by.
    """
    turbo = _train_of(protocol.tse)
    long = _long_train(protocol.flair.pulses, protocol.flair.echo_spacing, protocol.flair.echo)
    nulled = null_of(protocol.flair, long)
    really = replace(protocol.flair, inversion_time=protocol.flair_off * nulled)
    return {
        "T1w": protocol.signals()["T1w"],
        "T2w": lambda t1, t2, m0, b1: signal_of_train(turbo(t1, t2, b1), t1, protocol.tse, m0=m0, b1=b1),
        "FLAIR": lambda t1, t2, m0, b1: signal_of_train(long(t1, t2, b1), t1, really, m0=m0, b1=b1),
    }


def _train_of(timings: TseTimings) -> TrainTable:
    return _turbo_train(timings.refocusing_angle, timings.pulses, timings.echo_spacing, timings.echo)


@cache
def _turbo_train(angle: float, pulses: int, spacing: float, echo: int) -> TrainTable:
    return TrainTable.of([angle] * pulses, spacing=spacing, echo=echo)


@cache
def _long_train(pulses: int, spacing: float, echo: int) -> TrainTable:
    return TrainTable.of(space_angles(pulses, spacing=spacing), spacing=spacing, echo=echo)


def null_of(timings: FlairTimings, train: TrainTable) -> float:
    """Return the TI, ms, at which a FLAIR with this train shows no fluid."""
    from scipy.optimize import brentq

    last = timings.repetition_time - timings.pulses * timings.echo_spacing
    fluid = train(np.array(FLUID[0]), np.array(FLUID[1]))

    def left(time: float) -> float:
        return float(signal_of_train(fluid, FLUID[0], replace(timings, inversion_time=time)))

    return float(brentq(left, 0.05 * last, 0.95 * last, xtol=0.1))


# -- where and how coarsely it was measured --------------------------------------------------------------
def moved(volume: Array, spacing: tuple[float, float, float], shift: float, angle: float) -> Array:
    """Return a volume shifted along the third axis, mm, and turned about the first one, degrees."""
    from scipy.ndimage import affine_transform

    size = np.array(spacing)
    a = np.deg2rad(angle)
    turn = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    matrix = np.diag(1 / size) @ turn @ np.diag(size)
    middle = (np.array(volume.shape) - 1) / 2
    start = middle - matrix @ (middle + np.array([0, 0, shift / size[2]]))
    turned = affine_transform(volume, matrix, start, order=3, mode="constant", output=np.float32)
    return np.asarray(np.maximum(turned, 0))


def measured(
    volume: Array,
    spacing: tuple[float, float, float],
    sizes: tuple[float, float, float],
    noisy: Callable[[Array], Array],
) -> Array:
    """Return a volume as voxels of other sizes (mm) measure it, with their noise, interpolated back to its grid."""
    back = []
    for axis, (step, size) in enumerate(zip(spacing, sizes, strict=True)):
        if size > 1.001 * step:
            mean, middles = slabs(volume.shape[axis], step, size)
            volume = _along(volume, mean, axis)
            back.append((axis, interpolation_of(middles, mean.shape[1])))
    volume = noisy(volume)
    for axis, matrix in back:
        volume = _along(volume, matrix, axis)
    return volume


def _along(volume: Array, matrix: Array, axis: int) -> Array:
    return np.moveaxis(np.tensordot(volume, np.asarray(matrix, np.float32), (axis, 1)), -1, axis)
