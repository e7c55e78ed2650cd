"""What a person chooses for a series, and what comes of it: frames that get sharp one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.display import SERIES
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.scan import Scan

#: Shares of in-plane k-space that are simulated (Sarasaen et al., Artif Intell Med 2021, Table 2).
FRACTIONS = (0.25, 0.1, 0.0625)

#: Methods, the best first, and what is said of them.
METHODS = {
    "swift": "fast network",
    "unet": "network as published; slow without a GPU",
    "fourier": "zero-filled k-space",
    "ibp": "iterative back-projection",
    "tricubic": "interpolation by splines",
    "trilinear": "interpolation by straight lines",
    "area": "mean over the area of a voxel",
    "nearest": "the nearest voxel",
}


@dataclass(frozen=True)
class SeriesSettings:
    """How to sharpen a series in plane.

    Parameters
    ----------
    method
        A name that :func:`napari_mrsr.in_plane.stream` knows.
    fraction
        Share of k-space that is kept when the open series is undersampled first; None takes it as it is.
    matrix
        In-plane matrix to reach where the series is of low resolution already.
    weights
        A file of one's own in place of the shipped weights.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    method: str = "swift"
    fraction: float | None = 0.0625
    matrix: tuple[int, int] | None = None
    weights: str | None = None
    device: str = "auto"

    @property
    def label(self) -> str:
        """What was chosen, as the layer is called: ``swift 6.25 %`` or ``swift 256x192``."""
        name = self.method if self.weights is None else Path(self.weights).stem
        return f"{name} {self.level}"

    @property
    def level(self) -> str:
        """The share of k-space, or the matrix that is reached."""
        if self.fraction is not None:
            return percent(self.fraction)
        return "x".join(map(str, self.matrix)) if self.matrix is not None else "as it is"


@dataclass(eq=False)
class SeriesResult:
    """A series that gets sharp frame by frame.

    Attributes
    ----------
    scan
        The fine grid; a frame that is not done is interpolated.
    source
        What was sharpened: the open series, or its simulated undersampling.
    reference
        The acquired series where the input was simulated from it; else None.
    done
        Whether each frame is complete, shape ``(frame,)``.
    ssim
        Structural similarity of each voxel of each frame, NaN where not known; None without a reference.
    figures
        SSIM and PSNR (dB) of each frame, NaN where not known.
    flicker
        How much still tissue flickers, thousandths (:mod:`.over_time`); NaN where not known.
    share
        Part of the whole that is done, 0 to 1.
    partial
        Whether it was stopped before the end.
    """

    scan: Scan
    source: Scan
    settings: SeriesSettings
    reference: Scan | None = None
    done: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    ssim: Scan | None = None
    figures: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    flicker: float = float("nan")
    share: float = 0.0
    seconds: float = 0.0
    partial: bool = False

    @property
    def key(self) -> str:
        """What the result is called whether it is complete or not."""
        return self.settings.label

    @property
    def name(self) -> str:
        """Name of its layer."""
        return self.key + (" (partial)" if self.partial else "")

    @property
    def ssim_name(self) -> str:
        """Name of the layer of its SSIM map."""
        return f"SSIM {self.key} vs acquired [0..1]"

    @property
    def input_name(self) -> str:
        """Name of the layer of its simulated input."""
        return undersampled(self.settings.level)


def percent(fraction: float) -> str:
    """Return a share of k-space in words.

    Examples
    --------
    >>> percent(0.0625), percent(0.25)
    ('6.25 %', '25 %')
    """
    return f"{100 * fraction:g} %"


def undersampled(level: str) -> str:
    """Return the layer name of a series whose undersampling was simulated."""
    return f"{SERIES} ({level})"


def is_series(scan: Scan | None) -> bool:
    """Tell whether a scan is a series over time of two frames or more."""
    return scan is not None and scan.axis == "time" and scan.volumes >= 2


def as_series(scan: Scan) -> Scan:
    """Return a scan whose volumes a person takes for frames over time."""
    return replace(scan, axis="time", names=())


def as_echoes(scan: Scan) -> Scan:
    """Return a scan whose frames a person takes for echoes of one moment."""
    return replace(scan, axis="echo", names=())


def methods() -> dict[str, str]:
    """Return the methods that are there, the best first, and what is said of them."""
    from napari_mrsr.networks import registry

    there = {method.name for method in registry.methods()}
    return {name: about for name, about in METHODS.items() if name in there}


def needed(scan: Scan | None) -> Scan:
    """Return the scan if it is a series.

    Raises
    ------
    MissingParameter
        Nothing is open.
    BadParameter
        It is no series, or has one frame.
    """
    if scan is None:
        raise MissingParameter("no scan is open", remedy="open a dynamic series in the Study dock first")
    if not is_series(scan):
        what = "one frame" if scan.axis == "time" else f"{scan.volumes} volumes of kind {scan.axis!r}"
        raise BadParameter(
            f"has {what}, and a dynamic series has at least two frames",
            where=scan.where,
            remedy="open a series over time",
        )
    return scan


def plane_axes(scan: Scan) -> tuple[int, int]:
    """Return the two voxel axes in plane."""
    across = scan.find_slice_axis()
    one, other = (a for a in range(3) if a != across)
    return one, other


def matrix_like(scan: Scan, finer: Scan) -> tuple[int, int]:
    """Return the in-plane matrix that gives a series the voxels of another scan, such as the planning scan.

    The two need not lie on each other: only the size of the other's voxels counts.

    Raises
    ------
    BadParameter
        The other scan's voxels are not finer.

    Examples
    --------
    >>> low = Scan(np.zeros((2, 64, 48, 8)), np.diag([4.0, 4.0, 4.0, 1]), axis="time", slice_axis=2)
    >>> matrix_like(low, Scan(np.zeros((320, 240, 8)), np.diag([1.0, 1.0, 4.0, 1]), slice_axis=2))
    (256, 192)
    """
    wanted = sorted(finer.spacing[a] for a in plane_axes(finer))
    axes = plane_axes(scan)
    own = [scan.spacing[a] for a in axes]
    ordered = wanted if own[0] <= own[1] else wanted[::-1]
    found = tuple(max(scan.shape[a], round(scan.shape[a] * s / w)) for a, s, w in zip(axes, own, ordered, strict=True))
    if found == tuple(scan.shape[a] for a in axes):
        raise BadParameter(
            f"voxels of {wanted[0]:.3g} mm are not finer than those of the series ({min(own):.3g} mm)",
            remedy="choose a finer scan, or type the matrix",
        )
    return found[0], found[1]


def as_plain(settings: SeriesSettings) -> dict[str, Any]:
    """Return settings as JSON can hold them; a path can tell whose it is, so of weights only the name is kept."""
    matrix = None if settings.matrix is None else list(settings.matrix)
    weights = None if settings.weights is None else Path(settings.weights).name
    return {"method": settings.method, "fraction": settings.fraction, "matrix": matrix, "weights": weights}


def from_plain(found: dict[str, Any]) -> SeriesSettings:
    """Return settings as they were saved."""
    matrix = found.get("matrix")
    return SeriesSettings(
        method=str(found["method"]),
        fraction=found.get("fraction"),
        matrix=None if matrix is None else (int(matrix[0]), int(matrix[1])),
        weights=found.get("weights"),
    )
