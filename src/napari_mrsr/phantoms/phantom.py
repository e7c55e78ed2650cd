"""What a phantom gives: a scan and what is true about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.noise import rician
from napari_mrsr.phantoms.settings import Settings
from napari_mrsr.phantoms.subject import Subject
from napari_mrsr.scan import Acquisition, Scan, Step, VolumeAxis


@dataclass(frozen=True, eq=False)
class KneePhantom:
    """A simulated scan and what is true about it, all on one grid.

    Parameters
    ----------
    scan
        The two echoes with noise (equal to ``noiseless`` where no noise was asked for).
    noiseless
        The two echoes without noise.
    labels
        The tissue with the largest fraction, by number (``LABELS``).
    layers
        1 in deep, 2 in superficial cartilage, else 0.
    t2, t1
        Relaxation times of that tissue, ms; NaN in air.
    subject
        The knee drawn from the seed.
    settings
        The frozen settings, and the seed, grid and noise of this phantom.
    """

    scan: Scan
    noiseless: Scan
    labels: Scan
    layers: Scan
    t2: Scan
    t1: Scan
    subject: Subject
    settings: Mapping[str, Any]


@dataclass(eq=False)
class Painted:
    """Volumes of a whole window."""

    signal: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    layers: npt.NDArray[np.uint8]
    t2: npt.NDArray[np.float32]
    t1: npt.NDArray[np.float32]

    def mapped(self, change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> Painted:
        """Return all volumes after a change of their voxel order."""
        signal = np.stack([change(echo) for echo in self.signal])
        return Painted(signal, change(self.labels), change(self.layers), change(self.t2), change(self.t1))


def assemble(
    painted: Painted,
    affine: npt.NDArray[np.float64],
    subject: Subject,
    settings: Settings,
    sigma: float,
    start: tuple[int, int, int],
    *,
    slice_axis: int = 2,
) -> KneePhantom:
    """Return painted volumes as scans, with noise of SD ``sigma`` where it is positive."""
    s = settings.sequence
    acquisition = Acquisition(
        repetition_time=s["repetition_time"],
        echo_times=(s["echo_time"], 2 * s["repetition_time"] - s["echo_time"]),
        flip_angle=s["flip_angle"],
        spoiler_moment=s["spoiler_moment"],
        spoiler_duration=s["spoiler_duration"],
        slice_thickness=float(np.linalg.norm(affine[:3, slice_axis])),
        field_strength=s["field_strength"],
        sequence="DESS",
        series_description="knee phantom",
        body_part="KNEE",
        laterality=subject.side,
    )
    told = {"seed": subject.seed, "settings": settings.version, "sigma": sigma, "signs": subject.signs}
    history = (Step("knee phantom", told),)
    clean = Scan(
        painted.signal,
        affine,
        axis="echo",
        names=("S1", "S2"),
        acquisition=acquisition,
        slice_axis=slice_axis,
        history=history,
    )
    scan = clean
    if sigma > 0:
        scan = Scan(
            rician(painted.signal, sigma, subject.seed, start),
            affine,
            axis="echo",
            names=("S1", "S2"),
            acquisition=acquisition,
            slice_axis=slice_axis,
            history=history,
        )

    def truth(array: npt.NDArray[Any], name: str, unit: str) -> Scan:
        axis: VolumeAxis = "map" if unit else "label"
        return Scan(
            array,
            affine,
            axis=axis,
            names=(name,),
            acquisition=acquisition,
            quantity=name if unit else "label",
            unit=unit,
            slice_axis=slice_axis,
            history=history,
        )

    return KneePhantom(
        scan,
        clean,
        truth(painted.labels, "tissue", ""),
        truth(painted.layers, "cartilage layer", ""),
        truth(painted.t2, "T2", "ms"),
        truth(painted.t1, "T1", "ms"),
        subject,
        MappingProxyType(told),
    )
