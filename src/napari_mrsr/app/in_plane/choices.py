"""What a person chooses to sharpen one scan in plane, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_mrsr.app.dynamic.series import SeriesSettings, as_plain, from_plain, is_series
from napari_mrsr.app.layers import has_slider
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of

#: Share of k-space that is simulated first: half the matrix along both axes, as the networks of the brain were taught.
FRACTION = 0.25
AUTO = "auto"


@dataclass(frozen=True)
class PlaneSettings(SeriesSettings):
    """How to sharpen one scan in plane: as a series, along any axis.

    Parameters
    ----------
    axis
        The voxel axis across the planes; None takes that of the slices.
    orientations
        1, or 3: also the planes across the two other axes, against stripes between slices.
    """

    method: str = AUTO
    fraction: float | None = FRACTION
    axis: int | None = None
    orientations: int = 1

    @property
    def label(self) -> str:
        """What was chosen, as the layer is called."""
        return super().label if self.orientations == 1 else f"{super().label}, 3 planes"


@dataclass(eq=False)
class PlaneResult:
    """A scan that gets sharp, plane by plane.

    Attributes
    ----------
    scan
        The fine grid; interpolated where no tile has arrived yet.
    source
        What was sharpened: the open scan, or its simulated undersampling.
    settings
        What was chosen; the method is named, never ``"auto"``.
    reason, outside
        Why this method, and where the scan is unlike what it was trained on.
    reference
        The acquired scan where the input was simulated from it.
    figures
        PSNR (dB) and SSIM of each volume against the reference.
    share
        Part that is done, 0 to 1.
    partial
        Whether it was stopped before the end.
    """

    scan: Scan
    source: Scan
    settings: PlaneSettings
    reason: str = ""
    outside: tuple[str, ...] = ()
    reference: Scan | None = None
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    share: float = 0.0
    seconds: float = 0.0
    partial: bool = False

    @property
    def key(self) -> str:
        """What was done, in words: ``cpce 25 %``."""
        return self.settings.label

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its layers, one for each volume."""
        end = " (partial)" if self.partial else ""
        return tuple(layer_name(self.scan, volume, self.key) + end for volume in self.scan.names)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the layers of its simulated input."""
        return tuple(f"{name} ({self.settings.level})" for name in self.source.names)


def layer_name(scan: Scan, volume: str, key: str) -> str:
    """Return the layer name of a volume that was sharpened in plane; of a single one it need not be named."""
    return key if scan.volumes == 1 else f"{volume} [{key}]"


def title_of(volume: str, result: PlaneResult) -> str:
    """Return what the pair of an acquired volume and its result is called."""
    return f"{volume}, {result.key}"


def needed(scan: Scan | None) -> Scan:
    """Return the scan if it can be sharpened as one.

    Raises
    ------
    MissingParameter
        Nothing is open.
    BadParameter
        It is a series over time, which has a section of its own, or has too many volumes to stand side by side.
    """
    if scan is None:
        raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
    if is_series(scan):
        raise BadParameter("is a series over time", where=scan.where, remedy="use Dynamic series in the Process dock")
    if has_slider(scan):
        raise BadParameter(f"has {scan.volumes} volumes", where=scan.where, remedy="open one of them")
    return scan


def methods_for(scan: Scan | None) -> list[registry.Method]:
    """Return the methods in plane that are here: networks trained on what the scan shows, other networks, the rest."""
    part = "" if scan is None else anatomy_of(scan)
    found = [one for one in registry.methods() if "in-plane" in one.axes and one.is_there]
    return sorted(found, key=lambda one: (one.kind == "classical", part not in one.anatomy))


def plain_settings(settings: PlaneSettings) -> dict[str, Any]:
    """Return settings as JSON can hold them."""
    return {**as_plain(settings), "axis": settings.axis, "orientations": settings.orientations}


def settings_from(found: Mapping[str, Any]) -> PlaneSettings:
    """Return settings as they were saved."""
    basic = from_plain(dict(found))
    own = {name: found[name] for name in ("axis", "orientations") if name in found}
    return PlaneSettings(basic.method, basic.fraction, basic.matrix, basic.weights, **own)
