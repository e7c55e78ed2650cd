"""What a person set in napari's Preferences for this plugin; the defaults where napari or the setting is absent."""

from __future__ import annotations

from dataclasses import dataclass

PLUGIN = "napari-mrsr"


@dataclass(frozen=True)
class Preferences:
    """Choices that outlive a session.

    Attributes
    ----------
    t2_max_ms
        Upper limit of T2 maps, ms.
    t2_colormap
        Their colours.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    erosion_mm
        How far ROIs are eroded for the check of fluid partial volume, mm.
    """

    t2_max_ms: float = 80.0
    t2_colormap: str = "navia"
    device: str = "auto"
    erosion_mm: float = 0.7

    @classmethod
    def load(cls) -> Preferences:
        """Return what napari's Preferences hold."""
        try:
            from napari.settings import get_plugin_settings

            stored = get_plugin_settings(PLUGIN)
        except (ImportError, KeyError):
            return cls()
        maps, computing = stored.maps, stored.computing
        return cls(
            t2_max_ms=float(maps.t2_max_ms),
            t2_colormap=str(maps.t2_colormap),
            device=str(computing.device),
            erosion_mm=float(maps.erosion_mm),
        )
