"""The pair on the screen in one picture: the layer of a swipe or a checkerboard, its line, and the mouse that drags it.

One image layer with role ``"swipe"`` stands for both pictures (:mod:`.swiping`); the others are hidden meanwhile and
come back as they were. It shares the window of the pair. It goes when it is switched off, when the pair, the results or
the scan change, when one of the two is deleted, and in three dimensions, where there are no columns to divide.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.compare.swiping import Mode, Woven, woven

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_mrsr.app.compare.looking import Look

#: How near to the line the mouse must be to take hold of it, screen pixels.
REACH = 12.0

#: Least time between two refreshes while tiles come in, s.
PAUSE = 0.15

TITLES = {"swipe": "{one} | {other}", "checkerboard": "tiles: {one} / {other}"}


class Swipe:
    """Shows a pair in one picture.

    Parameters
    ----------
    look
        Whose pair is shown.

    Attributes
    ----------
    mode
        ``"swipe"``, ``"checkerboard"``, or None while it is off.
    at
        Where the line is, as a fraction of the width.
    tile
        Width of a tile of the checkerboard, mm.
    """

    changed = Signal()  # on, off, or the line was moved

    def __init__(self, look: Look) -> None:
        self.look = look
        self.mode: Mode | None = None
        self.at, self.tile = 0.5, 10.0
        self.layer: Image | None = None
        self._array: Woven | None = None
        self._sides: tuple[Any, ...] = ()
        self._shown_before: list[str] = []
        self._changing = False
        self._refreshed = 0.0
        session, viewer = look.view.session, look.view.viewer
        session.opened.connect(self._leave, priority=1)  # before the layers of the new scan are made
        session.began.connect(self._leave, priority=1)
        session.grew.connect(self._grew)
        session.refined.connect(self._renew)
        viewer.layers.events.removed.connect(self._removed)
        viewer.dims.events.order.connect(self._turned)
        viewer.dims.events.ndisplay.connect(self._turned)
        viewer.mouse_drag_callbacks.append(self.drag)

    def detach(self) -> None:
        """Let go of the mouse."""
        callbacks = self.look.view.viewer.mouse_drag_callbacks
        if self.drag in callbacks:
            callbacks.remove(self.drag)

    # -- on and off ---------------------------------------------------------------------------------
    def toggle_swipe(self, viewer: Any = None) -> None:
        """Switch the swipe on or off."""
        self._toggle("swipe")

    def toggle_checkerboard(self, viewer: Any = None) -> None:
        """Switch the checkerboard on or off."""
        self._toggle("checkerboard")

    def _toggle(self, mode: Mode) -> None:
        if self.mode == mode:
            self.close()
        else:
            self.show(mode)

    def show(self, mode: Mode) -> None:
        """Show the pair as a swipe or a checkerboard."""
        look, view = self.look, self.look.view
        pair = look.pair
        if pair is None:
            view.session.say("info", "there is no pair to swipe yet; super-resolve a scan in the Process dock first")
            return
        if view.viewer.dims.ndisplay == 3:
            view.session.say("info", "swipe and checkerboard are for slices; switch to two dimensions first")
            return
        look.blink.stop()
        one, other = view.layer(pair.one), view.layer(pair.other)
        found = view.session.attempt(lambda: woven(one, other, mode))
        if found is None or one is None or other is None:
            return
        before = self._shown_before if self.mode is not None else [la.name for la in view.viewer.layers if la.visible]
        self.close(restore=False)
        self._array, self._sides, self._shown_before, self.mode = found, (one, other), before, mode
        fine = max((one, other), key=lambda la: la.data.size)
        settings = {
            "name": TITLES[mode].format(one=pair.one, other=pair.other),
            "colormap": fine.colormap,
            "contrast_limits": tuple(fine.contrast_limits),
            "blending": "translucent",
            "interpolation2d": fine.interpolation2d,
            "scale": fine.scale,
            "translate": fine.translate,
            "units": fine.units,
            "axis_labels": fine.axis_labels,
            "metadata": {"mrsr": {"role": "swipe", "one": pair.one, "other": pair.other, "status": "derived"}},
        }
        self._array.at, self._array.tile = self.at, self.tile
        self._array.line = float(fine.contrast_limits[1]) if mode == "swipe" else None
        self._array.across = view.viewer.dims.displayed[-1] - (view.viewer.dims.ndim - found.ndim)
        self._changing = True
        try:
            layer = view.put((found, settings, "image"))
            look.windows.join(layer, [fine])
            look.show_only([layer.name])
            view.viewer.layers.selection.active = layer
        finally:
            self._changing = False
        self.layer = layer
        layer.events.contrast_limits.connect(self._rewindowed)
        look.windows.watch()
        self.changed.emit()

    def close(self, *, restore: bool = True) -> None:
        """Take the layer away; what was seen before is seen again."""
        if self.mode is None or self._changing:
            return
        self._changing = True
        viewer, layer = self.look.view.viewer, self.layer
        self.mode, self.layer, self._array, self._sides = None, None, None, ()
        try:
            if layer is not None and layer in viewer.layers:
                viewer.layers.remove(layer)
            if restore:
                self.look.show_only(self._shown_before)
                shown = [la for la in viewer.layers if la.visible]
                viewer.layers.selection.active = shown[-1] if shown else None
        finally:
            self._changing = False
        self.look.windows.watch()
        self.changed.emit()

    def _leave(self, _event: Any = None) -> None:
        self.close()

    def _removed(self, event: Any) -> None:
        if self._changing or self.mode is None:
            return
        if event.value is self.layer or any(event.value is side for side in self._sides):
            self.close()

    # -- the line -----------------------------------------------------------------------------------
    def move(self, fraction: float) -> None:
        """Put the line at a fraction of the width."""
        self.at = min(max(float(fraction), 0.0), 1.0)
        if self._array is not None:
            self._array.at = self.at
            self._refresh()
        self.changed.emit()

    def set_tile(self, millimetres: float) -> None:
        """Set the width of a tile, mm."""
        self.tile = max(float(millimetres), 0.5)
        if self._array is not None:
            self._array.tile = self.tile
            self._refresh()
        self.changed.emit()

    def line_mm(self) -> float:
        """Return where the line is on the screen, mm along its columns."""
        assert self._array is not None
        axis, grid = self._array.across, self._array.grid
        return grid.translate[axis] + (self.at * grid.shape[axis] - 0.5) * grid.scale[axis]

    def drag(self, viewer: Any, event: Any) -> Generator[None, None, None]:
        """Move the line while the mouse holds it; a drag callback of the viewer."""
        if self.mode != "swipe" or self._array is None or event.modifiers or event.type != "mouse_press":
            return
        axis, grid = self._array.across, self._array.grid
        column = axis - self._array.ndim
        if abs(event.position[column] - self.line_mm()) * viewer.scene.camera.zoom > REACH:
            return
        camera = viewer.scene.camera
        panned, camera.mouse_pan = camera.mouse_pan, False
        try:
            yield
            dragged = event.type == "mouse_move"
            while dragged:
                along = (event.position[column] - grid.translate[axis]) / grid.scale[axis] + 0.5
                self.move(along / grid.shape[axis])
                event.handled = True
                if event.type != "mouse_move":  # let go: moves that came too fast were left out, the last place counts
                    return
                yield
        finally:
            camera.mouse_pan = panned

    # -- what happens to what is shown --------------------------------------------------------------
    def _turned(self, _event: Any = None) -> None:
        dims = self.look.view.viewer.dims
        if self._array is None:
            return
        if dims.ndisplay == 3:
            self.close()
            return
        self._array.across = dims.displayed[-1] - (dims.ndim - self._array.ndim)
        self._refresh()

    def _rewindowed(self, _event: Any = None) -> None:
        if self._array is not None and self.layer is not None and self._array.line is not None:
            self._array.line = float(self.layer.contrast_limits[1])
            self._refresh()

    def _grew(self, _result: Any, _where: Any) -> None:
        if self._array is not None and time.perf_counter() - self._refreshed >= PAUSE:
            self._renew()

    def _renew(self, _result: Any = None) -> None:
        if self._array is not None:
            self._array.forget()
            self._refreshed = time.perf_counter()
            self._refresh()

    def _refresh(self) -> None:
        if self.layer is not None:
            self.layer.refresh(thumbnail=False, highlight=False, extent=False)
