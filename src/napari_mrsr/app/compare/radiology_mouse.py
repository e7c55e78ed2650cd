"""The mouse of a reading room, if it is wished for: the wheel turns slices, Ctrl + wheel zooms at the cursor.

napari has it the other way round. Its own function for Ctrl + wheel is put behind this one, which hands over to it
while the preference is off; so nothing needs to be switched when the preference changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_mrsr.app.viewing import View

#: How much one notch of the wheel enlarges, as napari's camera does.
NOTCH = 1.007**30

#: napari's own function for Ctrl + wheel.
NAPARIS = "dims_scroll"


class RadiologyMouse:
    """Turns slices by the wheel of a view, and of the further planes that are attached.

    Parameters
    ----------
    view
        The view; its preferences say whether the mouse is that of a reading room.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._turned = 0.0
        self._naparis: Callable[[Any, Any], None] | None = None
        self.attach(view.viewer)

    def attach(self, viewer: ViewerModel) -> None:
        """Take the wheel of a viewer over from napari."""
        callbacks = viewer.mouse_wheel_callbacks
        found = next((c for c in callbacks if getattr(c, "__name__", "") == NAPARIS), None)
        if found is not None:
            self._naparis = found
            callbacks.remove(found)
        if self.wheel not in callbacks:
            callbacks.append(self.wheel)

    def wheel(self, viewer: ViewerModel, event: Any) -> None:
        """Turn slices, or zoom with Ctrl."""
        if not self.view.preferences.radiology_mouse:
            if self._naparis is not None:
                self._naparis(viewer, event)
            return
        notches = float(event.delta[1])
        if "Control" in event.modifiers:
            _zoom(viewer, event, NOTCH**notches)
        elif not event.modifiers and viewer.dims.not_displayed:
            self._turn(viewer, -float(np.clip(notches, -1, 1)))
            event.handled = True  # the camera must not zoom as well

    def _turn(self, viewer: ViewerModel, slices: float) -> None:
        self._turned += slices  # fine wheels tell fractions of a notch
        whole = int(self._turned)
        self._turned -= whole
        if whole:
            axis = viewer.dims.last_used if viewer.dims.last_used in viewer.dims.not_displayed else None
            axis = viewer.dims.not_displayed[-1] if axis is None else axis
            step = int(np.clip(viewer.dims.current_step[axis] + whole, 0, viewer.dims.nsteps[axis] - 1))
            viewer.dims.set_current_step(axis, step)

    def close(self) -> None:
        """Give the wheel back to napari."""
        callbacks = self.view.viewer.mouse_wheel_callbacks
        if self.wheel in callbacks:
            callbacks.remove(self.wheel)
            if self._naparis is not None:
                callbacks.append(self._naparis)


def _zoom(viewer: ViewerModel, event: Any, factor: float) -> None:
    """Enlarge, with the place under the cursor standing still."""
    camera = viewer.scene.camera
    camera.zoom *= factor
    shown = list(viewer.dims.displayed)
    centre = np.asarray(camera.center)[-len(shown) :]
    camera.center = tuple(centre + (np.asarray(event.position)[shown] - centre) * (1 - 1 / factor))
