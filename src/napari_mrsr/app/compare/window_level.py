r"""Window and level by the mouse: hold Ctrl and drag over the picture, as on a workstation.

From where the drag began, :math:`\Delta x` pixels to the right widen the window, :math:`\Delta y` pixels upwards raise
its level (the picture darkens):

.. math:: W = W_0\, 2^{\Delta x / 200}, \qquad L = L_0 + W_0\, \Delta y / 400,

so that a drag feels alike whatever the unit of the picture, and the way back leads to where it began. The window of
everything that is compared with the picture follows (:mod:`.windows`); the camera stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

#: Pixels that double the width, and that raise the level by one width.
PIXELS_DOUBLE, PIXELS_LEVEL = 200.0, 400.0


def dragged(limits: tuple[float, float], right: float, up: float) -> tuple[float, float]:
    """Return the window after a drag from where it had these limits, by so many pixels to the right and up.

    Examples
    --------
    >>> dragged((0.0, 100.0), 200.0, 0.0)
    (-50.0, 150.0)
    >>> dragged((0.0, 100.0), 0.0, 40.0)
    (10.0, 110.0)
    """
    low, high = limits
    width = (high - low) * 2.0 ** (right / PIXELS_DOUBLE)
    level = (low + high) / 2 + (high - low) * up / PIXELS_LEVEL
    return level - width / 2, level + width / 2


def target(viewer: ViewerModel) -> Image | None:
    """Return the image whose window a drag sets: the chosen one if it is seen, else the topmost seen.

    None while something is being painted or drawn: the mouse then belongs to that.
    """
    from napari.layers import Image

    active = viewer.layers.selection.active
    if active is not None and str(active.mode) != "pan_zoom":
        return None
    if isinstance(active, Image) and active.visible:
        return active
    return next((la for la in reversed(list(viewer.layers)) if isinstance(la, Image) and la.visible), None)


def drag(viewer: ViewerModel, event: Any) -> Generator[None, None, None]:
    """Set the window of the picture while Ctrl and the mouse button are held; a drag callback of a viewer."""
    if "Control" not in event.modifiers or event.type != "mouse_press":
        return
    layer = target(viewer)
    if layer is None:
        return
    low, high = layer.contrast_limits
    x, y = (float(p) for p in event.pos)
    camera = viewer.scene.camera
    panned, camera.mouse_pan = camera.mouse_pan, False
    try:
        yield
        while event.type == "mouse_move":
            layer.contrast_limits = dragged((low, high), float(event.pos[0]) - x, y - float(event.pos[1]))
            event.handled = True
            yield
    finally:
        camera.mouse_pan = panned


def attach(viewer: ViewerModel) -> None:
    """Let Ctrl + drag set windows in a viewer."""
    if drag not in viewer.mouse_drag_callbacks:
        viewer.mouse_drag_callbacks.append(drag)


def detach(viewer: ViewerModel) -> None:
    """Give Ctrl + drag back."""
    if drag in viewer.mouse_drag_callbacks:
        viewer.mouse_drag_callbacks.remove(drag)
