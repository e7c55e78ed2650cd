"""A scan: volumes on one grid, where they lie in the patient, and how they were acquired.

``array[n, i, j, k]`` is the value of volume ``n`` (an echo, a contrast, a time point or a map) at voxel ``(i, j, k)``,
in the order in which the file stores it. ``affine @ (i, j, k, 1)`` is the centre of that voxel in millimetres, RAS+
(+x to the patient's right, +y anterior, +z superior, as in nibabel). Nothing in this package flips,
rotates or resamples a scan without saying so in its ``history``.

Times are in milliseconds, angles in degrees, lengths in millimetres.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr import __version__
from napari_mrsr.errors import AmbiguousAxis, BadParameter, WrongDimensions
from napari_mrsr.triple import triple

VolumeAxis = Literal["echo", "contrast", "time", "map", "label"]

#: Relative difference of two spacings below which they count as equal.
SPACING_TOLERANCE = 0.01


@dataclass(frozen=True)
class Acquisition:
    """How the scanner made the volumes; ``None`` where the header does not say.

    Parameters
    ----------
    repetition_time
        TR, ms. For MPRAGE: inversion to inversion.
    echo_times
        TE of each volume, ms, in the order of the volumes (empty if unknown).
    flip_angle
        Excitation flip angle, degrees.
    spoiler_moment
        Gradient area of the DESS spoiler, mT s/m (GE: 3132 G/cm us = 0.03132 mT s/m).
    spoiler_duration
        Duration tau of that lobe, ms.
    inversion_time, echo_spacing, echo_train_length, shots
        For the weighted images of the brain, ms and counts.
    slice_thickness, slice_gap
        Thickness of a slice and the gap to the next one, mm (a negative gap is an overlap).
    field_strength
        T.
    others
        Further header entries worth keeping, by their BIDS name.
    """

    repetition_time: float | None = None
    echo_times: tuple[float, ...] = ()
    flip_angle: float | None = None
    spoiler_moment: float | None = None
    spoiler_duration: float | None = None
    inversion_time: float | None = None
    echo_spacing: float | None = None
    echo_train_length: int | None = None
    shots: int | None = None
    slice_thickness: float | None = None
    slice_gap: float | None = None
    field_strength: float | None = None
    manufacturer: str | None = None
    model: str | None = None
    sequence: str | None = None
    series_description: str | None = None
    body_part: str | None = None
    laterality: Literal["left", "right"] | None = None
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Step:
    """One thing that was done to a scan: name, parameters, version of this package, time (UTC)."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True)
class Source:
    """A file that the scan was read from."""

    path: str
    sha256: str | None = None


@dataclass(frozen=True, eq=False)
class Scan:
    """Volumes on one grid. Frozen: every step gives a new one.

    Parameters
    ----------
    array
        Values, shape ``(volume, i, j, k)``; a 3-D array counts as one volume.
    affine
        Voxel indices to millimetres, RAS+, shape ``(4, 4)``.
    axis
        What the first axis counts: echoes, contrasts, time points, maps or labels.
    names
        One name per volume (``"S1"``, ``"S2"``, ``"T2"``); made up where not given.
    quantity, unit
        What a value is: ``("signal", "a.u.")``, ``("T2", "ms")``, ``("label", "")``.
    slice_axis
        The voxel axis (0, 1, 2) along which slices were acquired, where the header says so.
    warnings
        What the reader found odd and a person should know, one line each.

    Raises
    ------
    WrongDimensions
        The array is not 3-D or 4-D.
    BadParameter
        The affine is not an invertible 4 x 4 matrix, or the names do not match the volumes.

    Examples
    --------
    >>> scan = Scan(np.zeros((2, 8, 8, 4), np.float32), np.diag([0.4, 0.4, 1.4, 1]), names=("S1", "S2"))
    >>> scan.shape, scan.spacing, scan.find_slice_axis()
    ((8, 8, 4), (0.4, 0.4, 1.4), 2)
    """

    array: npt.NDArray[Any]
    affine: npt.NDArray[np.float64]
    axis: VolumeAxis = "contrast"
    names: tuple[str, ...] = ()
    acquisition: Acquisition = Acquisition()
    quantity: str = "signal"
    unit: str = "a.u."
    slice_axis: int | None = None
    sources: tuple[Source, ...] = ()
    history: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        array = np.asarray(self.array)
        if array.ndim == 3:
            array = array[None]
        if array.ndim != 4:
            raise WrongDimensions(
                f"has {array.ndim} dimensions, not 3 or 4", remedy="give (i, j, k) or (volume, i, j, k)"
            )
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
            raise BadParameter(
                "the affine is not an invertible 4 x 4 matrix", remedy="give the matrix from voxels to mm"
            )
        affine.setflags(write=False)
        names = self.names or tuple(f"{self.axis} {n + 1}" for n in range(array.shape[0]))
        if len(names) != array.shape[0]:
            raise BadParameter(
                f"{len(names)} names for {array.shape[0]} volumes", remedy="give one name for each volume"
            )
        if self.slice_axis not in (None, 0, 1, 2):
            raise BadParameter(
                f"slice axis {self.slice_axis} is not 0, 1 or 2", remedy="choose 0, 1 or 2, or leave it out"
            )
        object.__setattr__(self, "array", array)
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "names", tuple(names))

    # -- the grid ----------------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, int, int]:
        """Matrix size ``(i, j, k)``."""
        i, j, k = self.array.shape[1:]
        return i, j, k

    @property
    def volumes(self) -> int:
        """Number of volumes."""
        return int(self.array.shape[0])

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of neighbouring voxel centres along i, j, k, mm."""
        lengths = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return triple(round(float(length), 6) for length in lengths)

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel, mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def find_slice_axis(self, *, where: str | None = None) -> int:
        """Return the slice axis: what the header says, else the axis of largest spacing.

        Raises
        ------
        AmbiguousAxis
            The header does not say, and the largest spacing is shared by two axes.
        """
        if self.slice_axis is not None:
            return self.slice_axis
        spacing = np.array(self.spacing)
        largest = int(spacing.argmax())
        tied = np.flatnonzero(spacing > spacing[largest] * (1 - SPACING_TOLERANCE))
        if len(tied) > 1:
            size = " x ".join(f"{s:g}" for s in spacing)
            raise AmbiguousAxis(
                f"has voxels of {size} mm, so its slice axis cannot be told",
                where=where or self.where,
                remedy="give --axis 0, 1 or 2",
            )
        return largest

    def same_grid(self, other: Scan, *, tolerance: float = 1e-3) -> bool:
        """Tell whether the other scan has the same matrix and lies within ``tolerance`` mm everywhere."""
        if self.shape != other.shape:
            return False
        corners = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)]).T
        corners[:3] *= np.array(self.shape)[:, None] - 1
        return bool(np.abs((self.affine - other.affine) @ corners).max() <= tolerance)

    # -- steps -------------------------------------------------------------------------------------
    def after(
        self, step: str, array: npt.ArrayLike, /, *, parameters: Mapping[str, Any] | None = None, **changes: Any
    ) -> Scan:
        """Return the scan with a new array after a named step, its other fields changed as given."""
        if "names" not in changes and np.ndim(array) in (3, 4):
            count = 1 if np.ndim(array) == 3 else np.shape(array)[0]
            if count != self.volumes:
                changes["names"] = ()
        history = (*self.history, Step(step, dict(parameters or {})))
        return replace(self, array=np.asarray(array), history=history, **changes)

    def volume(self, index: int) -> Scan:
        """Return one volume as a scan of its own."""
        times = self.acquisition.echo_times
        one = replace(self.acquisition, echo_times=times[index : index + 1] if len(times) == self.volumes else times)
        return replace(self, array=self.array[index : index + 1], names=(self.names[index],), acquisition=one)

    def with_acquisition(self, **changes: Any) -> Scan:
        """Return the scan with some acquisition parameters replaced."""
        return replace(self, acquisition=replace(self.acquisition, **changes))

    def warn(self, *lines: str) -> Scan:
        """Return the scan with further warnings."""
        return replace(self, warnings=(*self.warnings, *lines))

    @property
    def where(self) -> str | None:
        """The file that the scan was read from, for messages."""
        return self.sources[0].path if self.sources else None

    def __repr__(self) -> str:
        size = "x".join(str(n) for n in self.shape)
        spacing = "x".join(f"{s:g}" for s in self.spacing)
        return f"<Scan {self.quantity} [{self.unit}] {self.volumes} {self.axis} {size} at {spacing} mm>"


def stack(scans: Sequence[Scan], *, axis: VolumeAxis, names: Sequence[str] = ()) -> Scan:
    """Return several scans of one grid as one scan, in the order given; parameters are the first one's.

    Raises
    ------
    BadParameter
        No scan was given, or two grids differ (callers that know file names say it better).
    """
    if not scans:
        raise BadParameter("no volumes to stack", remedy="give at least one")
    first = scans[0]
    if not all(first.same_grid(scan) for scan in scans[1:]):
        raise BadParameter("volumes on different grids cannot be stacked", remedy="resample them to one grid first")
    times = tuple(t for scan in scans for t in scan.acquisition.echo_times)
    return replace(
        first,
        array=np.concatenate([scan.array for scan in scans]),
        axis=axis,
        names=tuple(names) or tuple(n for scan in scans for n in scan.names),
        acquisition=replace(first.acquisition, echo_times=times),
        sources=tuple(s for scan in scans for s in scan.sources),
        warnings=tuple(dict.fromkeys(w for scan in scans for w in scan.warnings)),
    )
