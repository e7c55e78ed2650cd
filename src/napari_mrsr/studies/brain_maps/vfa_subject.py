r"""A person whose T1 was measured, voxel by voxel, and the three weighted images that such a head would give.

Phantoms and made values are smooth within a tissue. Here T1 and M0 are those of two spoiled gradient echoes of 6 and
20 degrees (:mod:`~napari_mrsr.mapping.vfa`), and have the texture of a brain, and of noise. T2 was not measured: it is
that of the tissues that the T1-weighted scan shows, with the values of a seed. The images follow from T1, T2 and M0 of
each voxel by the signal equations; voxels that have no T1 (much of the fluid) get that of their tissue. Where the
tissue is called fluid and T1 is not that of fluid, T2 is that of a mixture of grey matter and fluid with this T1: dura
and bone at the rim would shine otherwise.

**Not judged**: fluid, whose T1 two such scans hardly tell; T1 whose noise is above a tenth of it; and slices at both
ends of the slab, where the pulses did not reach their angle: those in which white matter has a T1 that is far from that
of the rest.

**What this can say**: whether maps follow T1 within a tissue as they do from one tissue to the next. **What it
cannot**: whether T1 is right. T1 goes with the square of a B1 that nobody measured; the images are made from the same
T1, so that an error of B1 is in both, and makes T1 vary slowly where that of the person may not. A map of B1 can be
given.

Receive gain is in M0. It is taken apart from it as what M0 is, smoothed, over that of the tissues; the coil of this
scan is three times as bright at the rim as in the middle, more than those that teach, so that images are made with it
and without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion, gaussian_filter

from napari_mrsr.phantoms.brain.phantom import GAIN, BrainPhantom, Signal
from napari_mrsr.physics.mixtures import moments, read
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_maps.conditions import Condition
from napari_mrsr.studies.brain_maps.heads import Head, anatomy_of
from napari_mrsr.studies.brain_maps.imaging import LONGEST_T2, Scanner
from napari_mrsr.training.brain_tissues import Anatomy, isotropic

Array = npt.NDArray[np.floating[Any]]

#: Files, their flip angles (degrees) and repetition times (ms).
FILES, FLIPS, TIMES = ("PDw.nii.gz", "T1w.nii.gz"), (6.0, 20.0), (28.0, 18.0)
#: T1 that is believed, ms; fluid lies beyond what two such scans tell.
BELIEVED = (200.0, 4500.0)
#: SD of T1 by noise over T1 beyond which it is not judged.
NOISY = 0.1
#: How far the T1 of white matter of a slice may be from that of the head, relative, to be judged.
SLICES = 0.2
#: Share of fluid from which on T1 says what T2 is.
FLUID = 0.3
#: Reach of the coil's gain, mm.
COIL = 15.0
#: M0 over that of water at most: beyond is noise.
MOST = 1.3
#: Name of the condition.
MEASURED = "measured T1 (VFA)"


@dataclass(frozen=True, eq=False)
class MeasuredScanner(Scanner):
    """A head with T1 and M0 of its own in every voxel.

    Parameters
    ----------
    t1, m0
        Measured on the grid of the head: ms, and relative to water with the coil's gain; NaN where there is none.
    sigma
        SD of T1 by noise, ms; nowhere too large where not given.
    """

    t1: Array = field(default_factory=lambda: np.zeros((0, 0, 0)))
    m0: Array = field(default_factory=lambda: np.zeros((0, 0, 0)))
    sigma: Array | None = None

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Voxels with a T1 and an M0 that are believed."""
        with np.errstate(invalid="ignore"):
            return (self.t1 > BELIEVED[0]) & (self.t1 < BELIEVED[1]) & (self.m0 > 0)

    @cached_property
    def coil(self) -> Array:
        """M0 as measured over that of the tissues, smoothed over the brain; the nearest of it counts beyond."""
        core = self.known & binary_erosion(self.brain, iterations=2)
        expected = self.head.maps.m0
        weight = core.astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(core, np.log(self.m0 / expected), 0).astype(np.float32)
        total, reach = np.zeros_like(weight), COIL / self.head.labels.spacing[0]
        above = np.zeros_like(weight)
        # Farther from the brain a wider reach takes over, faintly.
        for times, share in ((1, 1.0), (2, 1e-2), (4, 1e-4)):
            above += np.float32(share) * gaussian_filter(ratio * weight, times * reach)
            total += np.float32(share) * gaussian_filter(weight, times * reach)
        return np.asarray(np.exp(above / np.maximum(total, 1e-12)))

    @property
    def received(self) -> Array:
        """Gain of the coil that measured."""
        return self.coil

    @cached_property
    def truth(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """T1 as measured and T2 of the tissues, ms; NaN outside the brain and where nothing is known."""
        t2 = self.t2
        judged = self.known & (self.tissues != 0) & (self.tissues != 3) & self.reached
        if self.sigma is not None:
            with np.errstate(invalid="ignore"):
                judged &= self.sigma < NOISY * self.t1
        found = np.where(judged, self.t1, np.nan), np.where(judged & (t2 <= LONGEST_T2), t2, np.nan)
        return found[0].astype(np.float32), found[1].astype(np.float32)

    @cached_property
    def reached(self) -> npt.NDArray[np.bool_]:
        """Slices, across the third axis, whose pulses reached their angle, ``(1, 1, k)``: next to each other."""
        white = self.known & (self.head.share_of("white matter") > 0.9)
        usual = float(np.median(self.t1[white]))
        count = white.sum(axis=(0, 1))
        middle = np.array([np.median(self.t1[..., k][white[..., k]]) if n else np.nan for k, n in enumerate(count)])
        with np.errstate(invalid="ignore"):
            fine = (np.abs(middle / usual - 1) < SLICES) & (count > 0.02 * count.max())
        first = int(np.argmax(count))
        low = first - int(np.argmin(np.append(fine[first::-1], False)))
        high = first + int(np.argmin(np.append(fine[first:], False)))
        return ((np.arange(len(fine)) > low) & (np.arange(len(fine)) < high))[None, None]

    @cached_property
    def t2(self) -> Array:
        """T2 of the tissues, and of a mixture of grey matter and fluid by its T1 where there is fluid."""
        t2 = np.nan_to_num(self.head.maps.t2, nan=30.0)
        share = np.linspace(0, 1, 41)[:, None]
        grey, fluid = (self.head.materials[name] for name in ("grey matter", "CSF"))
        pure = [moments(*np.array([[one.t1], [one.t2], [one.m0]]))[:, 0] for one in (grey, fluid)]
        mixed = read(((1 - share) * pure[0] + share * pure[1]).T)
        by_t1 = np.interp(self.t1, [BELIEVED[0], *mixed.t1], [20.0, *mixed.t2])
        wet = self.known & (self.head.share_of("CSF") > FLUID)
        return np.where(wet, np.minimum(t2, by_t1), t2).astype(np.float32)

    @cached_property
    def _voxels(self) -> tuple[Array, Array, Array]:
        t1, _, m0 = self.head.maps
        own = np.clip(np.where(self.known, self.m0 / self.coil, m0), 0, MOST)
        t1 = np.where(self.known, self.t1, np.nan_to_num(t1, nan=1000.0))
        return t1.astype(np.float32), self.t2, own.astype(np.float32)

    def _of(self, signal: Signal, b1: Array) -> Array:
        t1, t2, m0 = self._voxels
        return np.asarray(np.float32(GAIN) * signal(t1, t2, m0, b1), np.float32)


@dataclass(eq=False)
class Measured:
    """The person of a folder with two spoiled gradient echoes.

    Parameters
    ----------
    folder
        With :data:`FILES`.
    seed
        Of T2, B1, noise and timings.
    b1
        Flip angle reached over the one asked for, on the grid of the scans; taken as 1 where not given.
    anatomies
        Where tissues that were found are kept.
    """

    folder: Path
    seed: int = 61
    b1: Scan | None = None
    anatomies: dict[Path, Anatomy] = field(default_factory=dict)
    name: str = "measured T1"
    conditions: Sequence[Condition] | None = (
        Condition(MEASURED),
        Condition(f"{MEASURED}, coil evened", coil=False),
    )

    @cached_property
    def scanner(self) -> MeasuredScanner:
        """The head with what was measured of it."""
        from napari_mrsr.files import read_scan
        from napari_mrsr.training.brain_heads import head_of

        scans = [read_scan([self.folder / name]) for name in FILES]
        anatomy = anatomy_of(self.folder / FILES[1], self.anatomies)
        return scanner_of(scans, head_of(anatomy, self.seed, lesions="none"), self.b1)

    def under(self, condition: Condition) -> Head:
        """Return the head under a condition; lesions cannot be had."""
        t1, t2 = self.scanner.truth
        name = f"{self.name}, {condition.name}"
        return Head(name, self.name, condition.name, self.scanner.scans(condition), t1, t2, self.scanner.tissues)


def scanner_of(
    scans: Sequence[Scan], head: BrainPhantom, b1: Scan | None = None, *, noise: float | None = None, **how: Any
) -> MeasuredScanner:
    """Return a head with the T1 and M0 of spoiled gradient echoes of :data:`FLIPS` and :data:`TIMES`.

    Signals, not T1, are brought to the grid of the head, which is part of that of the scans in cubic voxels.
    ``noise`` is its standard deviation where the scans show no air; ``how`` goes to the scanner.
    """
    from napari_mrsr.mapping import Reason, t1_from_flash

    spacing = head.labels.spacing[0]
    fine = [_on(head, scan, spacing) for scan in scans]
    flips = None if b1 is None else _on(head, b1, spacing)
    found = t1_from_flash(fine, flip_angles=FLIPS, repetition_times=TIMES, b1=flips, noise=noise)
    sure = found.reason.array[0] == Reason.OK
    t1, m0 = (np.where(sure, one.array[0], np.nan) for one in (found.map, found.m0))
    white = (head.share_of("white matter") > 0.95) & sure
    level = float(np.median(m0[white]) / np.median(head.maps.m0[white]))
    sigma = None if found.sigma is None else found.sigma.array[0]
    return MeasuredScanner(head, **how, t1=t1, m0=m0 / level, sigma=sigma)


def _on(head: BrainPhantom, scan: Scan, spacing: float) -> Scan:
    """Return a scan on the grid of a head that was cut from it."""
    volume, affine = isotropic(scan, spacing)
    first = np.linalg.solve(affine, head.labels.affine @ (0, 0, 0, 1))[:3].round().astype(int)
    box = tuple(slice(f, f + n) for f, n in zip(first, head.labels.shape, strict=True))
    return replace(scan, array=volume[box][None], affine=head.labels.affine)
