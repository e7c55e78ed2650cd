"""Windows: pictures that are compared share one, always; presets from percentiles of what was acquired; reset.

Units of magnitude are arbitrary, so a preset goes by what was ACQUIRED: percentiles of all voxels, or of the tissue,
the voxels above the threshold of minimum cross entropy between air and tissue (Li and Tam, Pattern Recognit Lett
1998;19:771). A T2 map has a unit: its presets are in ms.

Layers of one volume (acquired, thick slices, reference, every super-resolved one) are linked, and so are all T2 maps
and all combined images. A layer that joins takes over the window that is there, so no difference on the screen comes
from a window, whatever set it: the mouse, a preset, napari's own auto-contrast, a new result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

#: What linked layers share. Visibility stays free, or nothing could be shown in turn.
SHARED = ("contrast_limits", "gamma", "colormap")

SIGNAL_ROLES = ("acquired", "thick", "undersampled", "reference", "sr", "blinded")


@dataclass(frozen=True)
class Preset:
    """A window of the acquired magnitude, or of T2.

    Attributes
    ----------
    of
        ``"all"`` voxels, ``"tissue"`` or ``"t2"``.
    low, high
        Black and white: percentiles of all voxels; for tissue black as a fraction of the threshold between air and
        tissue and white as a percentile of the tissue; for T2 ms.
    """

    of: Literal["all", "tissue", "t2"]
    low: float
    high: float


PRESETS: dict[str, Preset] = {
    "As acquired, 1 to 99.5 %": Preset("all", *display.MAGNITUDE_PERCENTILES),
    "Cartilage, up to 97 % of tissue": Preset("tissue", 0.5, 97.0),  # fluid may saturate
    "Bone and fluid, all values": Preset("all", 0.0, 99.99),
    "T2, 0 to 80 ms": Preset("t2", 0.0, 80.0),
    "T2 of cartilage, 20 to 60 ms": Preset("t2", 20.0, 60.0),
}


def preset_limits(preset: Preset, acquired: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the black and white point of a preset for one acquired volume (T2: in ms, whatever the volume).

    Examples
    --------
    >>> preset_limits(Preset("all", 0.0, 100.0), np.arange(11.0))
    (0.0, 10.0)
    """
    if preset.of == "t2":
        return preset.low, preset.high
    if preset.of == "tissue":
        threshold, above = tissue(acquired)
        low, high = preset.low * threshold, display.percentiles(above, (preset.high,))[0]
    else:
        low, high = display.percentiles(acquired, (preset.low, preset.high))
    return (low, high) if high > low else (low, low + 1.0)


def tissue(array: npt.NDArray[Any]) -> tuple[float, npt.NDArray[Any]]:
    """Return the threshold between air and tissue and the values above it, from an even sample of the voxels."""
    from skimage.filters import threshold_li

    flat = array.ravel(order="K")
    flat = flat[:: max(1, flat.size // display.SAMPLE)]
    flat = flat[np.isfinite(flat)].astype(np.float64)
    if flat.size == 0 or flat.min() == flat.max():
        return 0.0, flat
    threshold = float(threshold_li(flat))
    return threshold, flat[flat > threshold]


class Windows:
    """Keeps the windows of a view together.

    Parameters
    ----------
    view
        The view whose layers share their windows.
    """

    changed = Signal()  # a window was set, by whatever means

    def __init__(self, view: View) -> None:
        self.view = view
        self._watched: Layer | None = None
        view.viewer.layers.events.inserted.connect(self._joined)
        view.viewer.layers.events.removed.connect(self._left)

    def group(self, layer: Layer) -> tuple[str, ...] | None:
        """Return what a layer shares its window with; None for what stands alone."""
        about = layer.metadata.get("mrsr", {})
        role = about.get("role")
        if role == "t2":
            return ("t2",)
        if role == "combined":
            return ("combined",)
        scan = self.view.session.scan
        if role not in SIGNAL_ROLES or scan is None:
            return None
        if role == "acquired" and layer.metadata.get("mrsr_scan") is not scan:
            return None  # of another scan, shown beside
        name, number = about.get("volume_name"), int(about.get("volume", 0))
        if name not in scan.names and number < scan.volumes:
            name = scan.names[number]
        return ("signal", str(name))

    def members(self, group: tuple[str, ...] | None) -> list[Layer]:
        """Return the layers of a group, what was acquired first."""
        if group is None:
            return []
        found = [la for la in self.view.viewer.layers if self.group(la) == group]
        return sorted(found, key=lambda la: la.metadata["mrsr"]["role"] != "acquired")

    def join(self, layer: Layer, partners: list[Layer]) -> None:
        """Give a layer the window of its partners, and link it with them."""
        from napari.experimental import link_layers

        partners = [p for p in partners if p is not layer]
        if not partners:
            return
        layer.contrast_limits_range = partners[0].contrast_limits_range
        layer.contrast_limits = partners[0].contrast_limits
        layer.gamma = partners[0].gamma
        link_layers([*partners, layer], SHARED)

    def _joined(self, event: Any) -> None:
        layer = event.value
        group = self.group(layer)
        if group is None:
            return
        members = self.members(group)
        if layer.metadata["mrsr"]["role"] == "acquired":
            for other in members:
                self.join(other, [layer])
        else:
            self.join(layer, [m for m in members if m is not layer])
        self.watch()

    def _left(self, event: Any) -> None:
        """Let go of a layer that was removed: links would keep its voxels in memory."""
        from napari.experimental import unlink_layers

        unlink_layers([event.value])
        self.watch()

    # -- the window on show -------------------------------------------------------------------------
    def shown(self) -> Layer | None:
        """Return the magnitude whose window level and width are told: the one on the screen, else the first."""
        magnitudes = [la for la in self.view.viewer.layers if (self.group(la) or ("",))[0] == "signal"]
        visible = [la for la in magnitudes if la.visible]
        if visible:
            return visible[-1]
        swipe = next((la for la in self.view.viewer.layers if la.metadata.get("mrsr", {}).get("role") == "swipe"), None)
        if swipe is not None:
            named = self.view.layer(swipe.metadata["mrsr"]["one"])
            if named in magnitudes:
                return named
        return magnitudes[0] if magnitudes else None

    def watch(self) -> None:
        """Tell of every change of the window of :meth:`shown`."""
        layer = self.shown()
        if layer is not self._watched:
            if self._watched is not None:
                self._watched.events.contrast_limits.disconnect(self._tell)
            self._watched = layer
            if layer is not None:
                layer.events.contrast_limits.connect(self._tell)
        self.changed.emit()

    def _tell(self, _event: Any = None) -> None:
        self.changed.emit()

    @property
    def level_width(self) -> tuple[float, float] | None:
        """Middle and width of the window on show."""
        layer = self.shown()
        if layer is None:
            return None
        low, high = layer.contrast_limits
        return (low + high) / 2, high - low

    def set_level_width(self, level: float, width: float) -> None:
        """Set the window on show, and with it that of all it is compared with."""
        layer = self.shown()
        if layer is not None and width > 0:
            layer.contrast_limits = (level - width / 2, level + width / 2)

    # -- presets ------------------------------------------------------------------------------------
    def apply(self, name: str) -> None:
        """Apply a preset of :data:`PRESETS`: to every volume by its own percentiles, or to the T2 maps.

        Raises
        ------
        BadParameter
            There is no such preset.
        """
        if name not in PRESETS:
            raise BadParameter(f'there is no window "{name}"', remedy="choose one of " + ", ".join(PRESETS))
        preset = PRESETS[name]
        if preset.of == "t2":
            for layer in self.members(("t2",)):
                layer.contrast_limits = (preset.low, preset.high)
            return
        scan = self.view.session.scan
        for n, volume in enumerate(scan.names if scan is not None else ()):
            found = self.members(("signal", volume))
            if found and scan is not None:
                found[0].contrast_limits = preset_limits(preset, scan.array[n])

    def reset(self) -> None:
        """Give every volume, and the T2 maps, their first window again."""
        self.apply(next(iter(PRESETS)))
        self.t2_limit(self.view.preferences.t2_max_ms)

    def t2_limit(self, milliseconds: float) -> None:
        """Set the upper limit of the T2 maps, ms."""
        for layer in self.members(("t2",)):
            layer.contrast_limits = (0.0, float(milliseconds))
