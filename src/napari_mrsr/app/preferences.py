"""What a person set in napari's Preferences for this plugin; the defaults where napari or the setting is absent."""

from __future__ import annotations

import weakref
from collections.abc import Callable
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
    radiology_mouse
        Whether the wheel turns slices and Ctrl + wheel zooms, as in a reading room.
    blink_hz
        How often the pair changes while it blinks, per second.
    autosave
        Whether what is painted is saved every minute, for the next start after a crash.
    deidentify
        Whether exports leave out who the patient is.
    show_tour
        Whether the tour is offered at the next start.
    """

    t2_max_ms: float = 80.0
    t2_colormap: str = "navia"
    device: str = "auto"
    erosion_mm: float = 0.7
    radiology_mouse: bool = False
    blink_hz: float = 2.0
    autosave: bool = True
    deidentify: bool = True
    show_tour: bool = True

    @classmethod
    def load(cls) -> Preferences:
        """Return what napari's Preferences hold."""
        try:
            from napari.settings import get_plugin_settings

            stored = get_plugin_settings(PLUGIN)
        except (ImportError, KeyError):
            return cls()
        maps, computing, reading, files, help = (
            stored.maps,
            stored.computing,
            stored.reading,
            stored.files,
            stored.help,
        )
        return cls(
            t2_max_ms=float(maps.t2_max_ms),
            t2_colormap=str(maps.t2_colormap),
            device=str(computing.device),
            erosion_mm=float(maps.erosion_mm),
            radiology_mouse=bool(reading.radiology_mouse),
            blink_hz=float(reading.blink_hz),
            autosave=bool(files.autosave),
            deidentify=bool(files.deidentify),
            show_tour=bool(help.show_tour),
        )

    @staticmethod
    def store(group: str, name: str, value: object) -> None:
        """Change a setting in napari's Preferences, which keep it; without napari's settings nothing is kept."""
        try:
            from napari.settings import get_plugin_settings

            setattr(getattr(get_plugin_settings(PLUGIN), group), name, value)
        except (ImportError, KeyError):
            return

    @staticmethod
    def when_changed(react: Callable[[Preferences], None]) -> None:
        """Call a method with the new preferences whenever one is changed in napari's dialog, while its object lives."""
        try:
            from napari.settings import get_plugin_settings

            stored = get_plugin_settings(PLUGIN)
        except (ImportError, KeyError):
            return
        method = weakref.WeakMethod(react)

        def changed(_event: object) -> None:
            alive = method()
            if alive is not None:
                alive(Preferences.load())

        for group in ("maps", "computing", "reading", "files", "help"):
            getattr(stored, group).events.connect(changed)
