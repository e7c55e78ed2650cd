"""What a person chooses to map a brain, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.brain_checks import CONTRASTS
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainMaps
    from napari_mrsr.networks.brain_slices import Plane

#: What is shipped: trained with edges and labels, or on labels alone (:mod:`napari_mrsr.networks.mapper`).
SHIPPED = ("brain-maps", "brain-maps-published", "brain-maps-supervised")
#: The maps, in the order in which the network says them, and their units.
MAPS = (("T1", "ms"), ("T2", "ms"), ("M0", ""))


@dataclass(frozen=True)
class BrainSettings:
    """How to map a brain.

    Parameters
    ----------
    weights
        Name of shipped weights, or where ``own`` a file.
    own
        Whether ``weights`` is a file of one's own.
    plane
        In which slices the network looks.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    register
        Bring T2w and FLAIR onto the grid of T1w first.
    motion
        Look afterwards whether the head moved between the scans, where they were not registered.
    uncertainty
        Look a second time, and find within what T1 and T2 are right.
    typed
        Timings that a person typed, by contrast and entry: ``{("T1w", "inversion_time"): 900.0}``.
    """

    weights: str = SHIPPED[0]
    own: bool = False
    plane: Plane = "auto"
    device: str = "auto"
    register: bool = False
    motion: bool = True
    uncertainty: bool = False
    typed: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def which(self) -> str | Path:
        """Name or file, as the front door takes it."""
        return Path(self.weights) if self.own else self.weights


@dataclass(eq=False)
class BrainResult:
    """Maps of a brain, growing while they are made.

    Attributes
    ----------
    grid
        T1w, on whose grid the maps lie.
    array
        T1, T2 and M0 as the network says them, ``(3, i, j, k)``; NaN where nothing was said yet.
    maps
        The maps with their reasons, once all is done, or what there was when it was stopped.
    registered
        Images that were brought onto that grid, by contrast.
    moved
        How T2w and FLAIR lie to T1w, a line each; empty where it was not looked for.
    share
        Part that is done, 0 to 1.
    """

    grid: Scan
    array: npt.NDArray[np.float32]
    settings: BrainSettings
    maps: BrainMaps | None = None
    registered: Mapping[str, Scan] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    share: float = 0.0
    seconds: float = 0.0
    partial: bool = False

    def growing(self) -> list[Scan]:
        """Return T1, T2 and M0 as scans whose voxels are those of the array."""
        return [
            replace(self.grid, array=self.array[n : n + 1], axis="map", names=(name,), quantity=name, unit=unit)
            for n, (name, unit) in enumerate(MAPS)
        ]


def with_typed(images: Mapping[str, Scan | None], typed: Mapping[tuple[str, str], float]) -> dict[str, Scan | None]:
    """Return images with the timings that a person typed.

    Examples
    --------
    >>> made = with_typed({"T2w": Scan(np.zeros((2, 2, 2)), np.eye(4))}, {("T2w", "echo_time"): 90.0})
    >>> made["T2w"].acquisition.echo_times
    (90.0,)
    """
    found = dict(images)
    for (name, entry), value in typed.items():
        scan = found.get(name)
        if scan is not None:
            changes: dict[str, Any] = {"echo_times": (value,)} if entry == "echo_time" else {entry: value}
            found[name] = scan.with_acquisition(**changes)
    return {name: found.get(name) for name in CONTRASTS}
