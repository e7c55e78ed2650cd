"""Thumbnails that wait until a person has stopped scrolling.

napari makes the thumbnail of every visible layer anew for each slice, and for each of them the layer list paints itself
again; with software OpenGL every such paint composes the whole window anew. Here a layer's thumbnail is made when
nothing was asked of it for :data:`REST` seconds; of the copies in linked planes, whose lists nobody sees, never.

Instances are patched, not napari's classes: layers of other plugins stay as they are. Without a running Qt application
(scripts, tests of the model) nothing is delayed.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

#: How long a layer must have been left alone, s; longer than one slice takes on a slow machine.
REST = 0.6


def calm(viewer: ViewerModel) -> None:
    """Let the thumbnails of all layers of this plugin wait, also of those that come later."""
    viewer.layers.events.inserted.connect(_inserted)
    for layer in viewer.layers:
        _own(layer)


def _inserted(event: Any) -> None:
    _own(event.value)


def _own(layer: Layer) -> None:
    if "mrsr" in layer.metadata:
        when_at_rest(layer)


def never(layer: Layer) -> None:
    """Make no thumbnails of this layer any more."""
    layer._update_thumbnail = _nothing  # type: ignore[method-assign]


def when_at_rest(layer: Layer) -> None:
    """Make thumbnails of this layer only once it was left alone for :data:`REST` seconds."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    if QApplication.instance() is None or "_update_thumbnail" in layer.__dict__:
        return
    behind = weakref.ref(layer)
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setInterval(int(1000 * REST))

    def make() -> None:
        now = behind()
        if now is not None:
            type(now)._update_thumbnail(now)

    def ask(*_: Any) -> None:
        timer.start()

    timer.timeout.connect(make)
    layer._update_thumbnail = ask  # type: ignore[method-assign]


def _nothing(*_: Any) -> None:
    return
