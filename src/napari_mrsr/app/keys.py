"""The keys of the plugin: letters that napari leaves free, what each does, and binding them while a session lives.

napari ignores the keys of a plugin's manifest, so they are bound in code. A letter belongs to one action here; help
(F1) lists this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.components import ViewerModel

#: Key and what it does, in the order in which help shows them.
KEYS: dict[str, str] = {
    "F1": "this help",
    "k": "hold: flick to the other picture of the pair",
    "Shift-K": "blink the pair, on and off",
    "n": "next pair",
    "Shift-N": "previous pair",
    "j": "swipe, on and off",
    "Shift-J": "checkerboard, on and off",
    "g": "next layout: single, three planes, side by side, 2 x 2",
    "w": "first window again",
    "h": "hide or show the maps",
    "u": "propagate the region to the next slice",
    "Shift-U": "propagate the region to the previous slice",
    "Shift-C": "play the series over time, and stop (cine)",
    "q": "fill in the slices between those painted",
}


def bind(viewer: ViewerModel, actions: dict[str, Callable[..., Any]]) -> None:
    """Bind keys of :data:`KEYS`; a generator function runs on to its end when the key is released."""
    for key, action in actions.items():
        if key not in KEYS:
            raise KeyError(f"{key} is not in the table of keys")
        viewer.bind_key(key, action, overwrite=True)


def unbind(viewer: ViewerModel, actions: dict[str, Callable[..., Any]]) -> None:
    """Let go of keys."""
    for key in actions:
        viewer.bind_key(key, None, overwrite=True)
