"""The list of keys on the picture, shown and hidden by F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.app.keys import KEYS, bind, unbind

if TYPE_CHECKING:
    from napari.components import ViewerModel

NAME = "mrsr_keys"
KEY = "F1"

#: What the mouse does, in the order in which help shows it.
MOUSE = {
    "wheel": "zoom; with Ctrl, slices (Preferences can swap them)",
    "Ctrl + drag": "window (sideways) and level (up and down)",
    "Space + drag": "move the picture while a brush is on",
}


def lines() -> str:
    """Return the list as text, a line for each key."""
    keys = [f"{key.upper() if len(key) == 1 else key.replace('-', ' + ')}   {what}" for key, what in KEYS.items()]
    mouse = [f"{key}   {what}" for key, what in MOUSE.items()]
    return "\n".join([*keys, "", *mouse])


class KeysHelp:
    """Shows the keys in the middle of the picture.

    Parameters
    ----------
    viewer
        The viewer; the list is an overlay of its canvas.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        from napari.components.overlays import TextOverlay

        # napari makes the box shorter than many lines of text: empty ones at the end fill it
        text = lines() + "\n \n "
        self._overlay = TextOverlay(
            position="middle_center", font_size=11, color="white", box=True, box_color=(0, 0, 0, 0.85), text=text
        )
        self._overlay.visible = False
        viewer.canvas.overlays[NAME] = self._overlay
        self._actions = {KEY: self.toggle}
        bind(viewer, self._actions)

    @property
    def shown(self) -> bool:
        """Whether the list is on the picture."""
        return bool(self._overlay.visible)

    def toggle(self, viewer: Any = None) -> None:
        """Show or hide the list."""
        self._overlay.visible = not self._overlay.visible

    def unbind(self, viewer: ViewerModel) -> None:
        """Let go of the key."""
        unbind(viewer, self._actions)
