"""What the head gives: tissues, their relaxation times, and weighted images by any signal model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.brain.lesions import Lesion
from napari_mrsr.phantoms.brain.person import Person
from napari_mrsr.phantoms.brain.shares import Index, Shares
from napari_mrsr.phantoms.brain.space import REACH, Axes
from napari_mrsr.phantoms.brain.tissues import CLASSES, Material
from napari_mrsr.phantoms.coil import gain
from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.physics import mixtures
from napari_mrsr.scan import Acquisition, Scan, Step, VolumeAxis

Array = npt.NDArray[np.floating[Any]]
#: Signal of a tissue from T1 (ms), T2 (ms), M0 and the relative transmit field B1.
Signal = Callable[[Array, Array, Array, Array], Array]

#: Spacing of the lattice of the fields by which values vary within a tissue, mm.
FIELD_SCALE = 26.0
#: Loops of a head coil: their number, the cylinder they lie on, their radius and half its length, mm.
COIL = {"loops": 8, "cylinder_radius": 150.0, "loop_radius": 85.0, "half_length": 80.0, "tilt_sd": 6.0}
#: Signal of unit M0: makes numbers of the size that scanners write.
GAIN = 1.0e4
#: How far B1 is above 1 in the middle of the head and below at its rim, at 3 T.
B1_HIGH, B1_LOW = 1.10, 0.82


@dataclass(frozen=True, eq=False)
class BrainPhantom:
    """A head on a grid, and what is true about it.

    Parameters
    ----------
    fractions
        Share of each tissue in each voxel; what is missing to 1 is air.
    labels
        The tissue with the largest share (``BRAIN_LABELS``).
    materials
        T1, T2 and M0 of each tissue of this person before they vary from place to place.
    axes
        Where voxels lie along i, j and k in the scanner, RAS mm.
    lesions
        What was drawn.
    field
        T.
    """

    fractions: Shares
    labels: Scan
    person: Person
    materials: dict[str, Material]
    axes: Axes
    lesions: tuple[Lesion, ...]
    field: float

    @property
    def seed(self) -> int:
        """The seed."""
        return self.person.seed

    @cached_property
    def _fields(self) -> tuple[Array, Array, Array]:
        rising: Axes = (self.axes[0][::-1], self.axes[1][::-1], self.axes[2])
        found = []
        for name in ("white", "grey", "other"):
            field = RandomField.draw(self.seed, f"values {name}", FIELD_SCALE, REACH).on(rising)
            found.append(np.ascontiguousarray(field[::-1, ::-1]).ravel())
        return found[0], found[1], found[2]

    def values(self, name: str, where: Index) -> mixtures.Maps:
        """Return T1, T2 and M0 of a tissue at voxels given by their flat index."""
        material = self.materials[name]
        own = {"white": 0, "grey": 1, "other": 2}[material.group]
        water, iron = self._fields[own][where], self._fields[(own + 1) % 3][where]
        within = np.float32(material.within)
        t1 = np.float32(material.t1) * np.exp(within * water)
        t2 = np.float32(material.t2) * np.exp(within * (np.float32(0.6) * water + np.float32(0.8) * iron))
        m0 = np.minimum(np.float32(material.m0) * np.exp(np.float32(0.3) * within * water), np.float32(1))
        return mixtures.Maps(t1, t2, m0)

    # -- maps ------------------------------------------------------------------------------------------
    @cached_property
    def maps(self) -> mixtures.Maps:
        """T1 and T2 (ms, NaN where there is next to no signal) and M0 of each voxel, as mixtures are read."""
        total = np.zeros((3, int(np.prod(self.labels.shape))), np.float32)
        for name in self.fractions:
            where, share = self.fractions.voxels(name)
            total[:, where] += share * mixtures.moments(*self.values(name, where))
        return mixtures.read(total.reshape(3, *self.labels.shape))

    @property
    def t1(self) -> Scan:
        """T1 [ms]."""
        return self._map("T1", "ms", self.maps.t1)

    @property
    def t2(self) -> Scan:
        """T2 [ms]."""
        return self._map("T2", "ms", self.maps.t2)

    @property
    def m0(self) -> Scan:
        """M0, water being 1."""
        return self._map("M0", "a.u.", self.maps.m0)

    def share_of(self, what: str) -> Array:
        """Return the share of a class of tissues (``CLASSES``), or of one tissue."""
        names = [name for name in CLASSES.get(what, (what,)) if name in self.fractions]
        total = np.zeros(self.labels.shape, np.float32)
        for name in names:
            total += self.fractions[name]
        return total

    # -- the scanner -----------------------------------------------------------------------------------
    @cached_property
    def b1(self) -> Array:
        """The transmit field relative to what was set: high in the middle, more so the higher the field."""
        x, y, z = self._mesh()
        rho = np.sqrt((x / 85.0) ** 2 + ((y + 15) / 105.0) ** 2 + ((z - 5) / 110.0) ** 2)
        shape = B1_LOW + (B1_HIGH - B1_LOW) * np.exp(-(rho**2)) ** 0.9
        rising: Axes = (self.axes[0][::-1], self.axes[1][::-1], self.axes[2])
        uneven = RandomField.draw(self.seed, "transmit", 70.0, 420.0).on(rising)[::-1, ::-1]
        return np.asarray(1 + min(1.0, (self.field / 3) ** 2) * (shape - 1 + 0.02 * uneven), np.float32)

    @cached_property
    def received(self) -> Array:
        """The gain of the receive coil, 1 in the middle."""
        i, j, k = self.axes
        lines = gain(self.seed, (j[::-1], k, i[::-1]), COIL)
        return np.ascontiguousarray(lines.transpose(2, 0, 1)[::-1, ::-1])

    def weighted(
        self,
        signal: Signal,
        name: str,
        *,
        snr: float | None = 40.0,
        b1: bool = True,
        coil: bool = True,
        acquisition: Acquisition | None = None,
        seed: int = 0,
    ) -> Scan:
        """Return a weighted image: signals of tissues, summed by their share in each voxel, shaded, with noise.

        Parameters
        ----------
        signal
            Signal from T1, T2 (ms), M0 and relative B1, arrays of one length; with its sign, which mixtures need.
        name
            The contrast, e.g. ``"T1w"``.
        snr
            Ratio of white matter to the SD of the noise in each channel; ``None`` for no noise.
        b1, coil
            Whether the transmit field and the coil are uneven.
        acquisition
            What the header says.
        seed
            Of the noise, together with that of the head.
        """
        total = np.zeros(int(np.prod(self.labels.shape)), np.float32)
        b1_at = self.b1.ravel() if b1 else None
        bright = 1.0
        for tissue in self.fractions:
            where, share = self.fractions.voxels(tissue)
            t1, t2, m0 = self.values(tissue, where)
            one = np.float32(1) if b1_at is None else b1_at[where]
            part = np.float32(GAIN) * np.asarray(signal(t1, t2, m0, np.broadcast_to(one, t1.shape)), np.float32)
            total[where] += share * part
            if tissue == "white matter":
                bright = float(np.abs(np.mean(part)))
        volume: Array = total.reshape(self.labels.shape)
        if coil:
            volume = volume * self.received
        if snr is None:
            volume = np.abs(volume)
        else:
            volume = rician(volume[None], bright / snr, self.seed * 1_000_003 + seed)[0]
        return self._scan(volume, "contrast", name, "signal", "a.u.", acquisition)

    # -- helpers ---------------------------------------------------------------------------------------
    def _mesh(self) -> tuple[Array, Array, Array]:
        x, y, z = np.meshgrid(*(a.astype(np.float32) for a in self.axes), indexing="ij", sparse=True)
        return x, y, z

    def _map(self, name: str, unit: str, array: Array) -> Scan:
        return self._scan(array, "map", name, name, unit, None)

    def _scan(
        self, array: Array, axis: VolumeAxis, name: str, quantity: str, unit: str, acquisition: Acquisition | None
    ) -> Scan:
        return Scan(
            array, self.labels.affine, axis=axis, names=(name,), quantity=quantity, unit=unit, slice_axis=2,
            acquisition=acquisition or self.labels.acquisition, history=self.labels.history,
        )  # fmt: skip


def label_scan(labels: npt.NDArray[np.uint8], axes: Axes, told: dict[str, Any], field: float) -> Scan:
    """Return labels as a scan whose voxel axes run to the left, to the back and upwards."""
    steps = [float(axis[1] - axis[0]) if len(axis) > 1 else 1.0 for axis in axes]
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = [axis[0] for axis in axes]
    acquisition = Acquisition(
        field_strength=field, body_part="BRAIN", slice_thickness=abs(steps[2]), series_description="brain phantom"
    )
    return Scan(
        labels, affine, axis="label", names=("tissue",), acquisition=acquisition, quantity="label", unit="",
        slice_axis=2, history=(Step("brain phantom", told),),
    )  # fmt: skip
