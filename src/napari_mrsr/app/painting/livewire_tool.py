"""Livewire as a tool of the mouse: click along the border, the wire follows it, a double click closes and fills.

While it is on, the labels layer stands in napari's pick mode (a cross for a cursor, no panning) without its picking.
The wire is a shapes layer that lives as long as the tool. Space held down pans; Backspace takes the last point back,
Escape all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_mrsr.app.painting.guide import find_guide
from napari_mrsr.app.painting.painted import Plane, plane_of
from napari_mrsr.roi.livewire import Wire, enclosed

if TYPE_CHECKING:
    from napari.layers import Labels, Shapes

    from napari_mrsr.app.viewing import View

NAME = "livewire"
ROLE = "preview"
COLOUR = "#ffd400"

#: How far the drawn line may leave the wire, pixels: fewer corners are drawn faster than the mouse moves.
COARSE = 0.5


class LivewireTool:
    """Encircles a region by following its edge.

    Parameters
    ----------
    view
        The view whose labels are painted.

    Attributes
    ----------
    layer
        The labels layer that is painted while the tool is on, else None.
    """

    changed = Signal(bool)  # on or off

    def __init__(self, view: View) -> None:
        self.view = view
        self.layer: Labels | None = None
        self._forget()
        view.viewer.layers.events.removed.connect(self._removed)

    def _forget(self) -> None:
        self.plane: Plane | None = None
        self.parts: list[npt.NDArray[np.intp]] = []  # from click to click
        self.wires: list[Wire] = []  # one from each click
        self._slice: npt.NDArray[np.float32] | None = None

    @property
    def on(self) -> bool:
        """Whether clicks lay a wire."""
        return self.layer is not None

    def start(self) -> bool:
        """Turn it on for the selected labels; a banner says why it cannot be."""
        session = self.view.session
        plane = session.attempt(lambda: plane_of(self.view))
        if plane is None or session.attempt(lambda: find_guide(self.view, plane.layer)) is None:
            self.changed.emit(self.on)
            return False
        self.stop()
        layer = self.layer = plane.layer
        self.view.viewer.layers.selection.active = layer
        layer.mode = "pick"
        self._take_over()
        layer.events.mode.connect(self._take_over)
        layer.mouse_move_callbacks.append(self._moved)
        layer.mouse_double_click_callbacks.append(self._closed)
        layer.bind_key("Escape", self.cancel, overwrite=True)
        layer.bind_key("Backspace", self.back, overwrite=True)
        session.quiet()
        self.changed.emit(True)
        return True

    def stop(self) -> None:
        """Turn it off; a wire that is not closed is lost."""
        layer, self.layer = self.layer, None
        self._forget()
        self._remove_preview()
        if layer is None:
            return
        layer.events.mode.disconnect(self._take_over)
        for callbacks, mine in (
            (layer.mouse_drag_callbacks, self._clicked),
            (layer.mouse_move_callbacks, self._moved),
            (layer.mouse_double_click_callbacks, self._closed),
        ):
            if mine in callbacks:
                callbacks.remove(mine)
        for key in ("Escape", "Backspace"):
            layer.bind_key(key, None, overwrite=True)
        if layer.mode == "pick":
            layer.mode = "pan_zoom"
        self.changed.emit(False)

    def _take_over(self, _event: Any = None) -> None:
        """Stand in for picking; stand back while Space pans; another tool ends the wire."""
        if self.layer is None:
            return
        from napari.layers.labels._labels_mouse_bindings import pick

        callbacks = self.layer.mouse_drag_callbacks
        if self._clicked in callbacks:
            callbacks.remove(self._clicked)
        if self.layer.mode == "pick":
            if pick in callbacks:
                callbacks.remove(pick)
            callbacks.append(self._clicked)
        elif self.layer.mode != "pan_zoom":
            self.stop()

    def _removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.layer = None
            self._forget()
            self._remove_preview()
            self.changed.emit(False)

    # -- the mouse ------------------------------------------------------------------------------------
    def _clicked(self, layer: Labels, event: Any) -> Iterator[None]:
        if event.button == 1:
            self.view.session.attempt(lambda: self._add(event.position))
        yield

    def _add(self, position: npt.ArrayLike) -> None:
        plane = plane_of(self.view)
        if self.plane is None or (plane.axis, plane.index) != (self.plane.axis, self.plane.index):
            self._forget()
            guide = find_guide(self.view, plane.layer)
            seen = guide.channels(plane.box(plane.index, plane.index + 1))
            self.plane, self._slice = plane, seen.squeeze(plane.axis + 1)
        assert self._slice is not None
        at = plane.pixel_at(position)
        wire = Wire(self._slice, at, plane.pixel)
        if self.wires:
            self.parts.append(self.wires[-1].to(at))
            end = self.parts[-1][-1]
            wire = wire if tuple(end) == at else Wire(self._slice, (int(end[0]), int(end[1])), plane.pixel)
        self.wires.append(wire)
        self._show([])

    def _moved(self, layer: Labels, event: Any) -> None:
        if self.wires and self.plane is not None:
            self._show([self.wires[-1].to(self.plane.pixel_at(event.position))])

    def _closed(self, layer: Labels, event: Any) -> None:
        self.view.session.attempt(self.close)

    def close(self) -> None:
        """Close the wire, back to its first point, and paint what it encloses as one step of undo.

        Raises
        ------
        BadParameter
            It encloses nothing.
        """
        if self.plane is None or not self.wires:
            return
        plane, outline = self.plane, [*self.parts, self.wires[-1].to(self.wires[0].start)]
        shape = plane.slices().shape[1:]
        mask = enclosed(np.concatenate(outline), (shape[0], shape[1]))
        plane.write({plane.index: mask})
        self.cancel()

    def back(self, layer: Any = None) -> None:
        """Take the last point back."""
        if len(self.wires) < 2:
            self.cancel()
            return
        self.wires.pop()
        self.parts.pop()
        self._show([])

    def cancel(self, layer: Any = None) -> None:
        """Take all points back."""
        self._forget()
        self._remove_preview()

    # -- the preview ------------------------------------------------------------------------------------
    def _show(self, more: list[npt.NDArray[np.intp]]) -> None:
        from skimage.measure import approximate_polygon

        plane = self.plane
        if plane is None:
            return
        start = np.array([self.wires[0].start])
        way = np.concatenate([start, *self.parts, *more]).astype(float)
        if len(way) < 2:
            way = np.concatenate([way, way + 0.5])
        path = np.insert(approximate_polygon(way, COARSE), plane.axis, plane.index, axis=1)
        self._preview(plane.layer).data = [(path, "path")]

    def _preview(self, labels: Labels) -> Shapes:
        viewer = self.view.viewer
        known = next((la for la in viewer.layers if la.metadata.get("mrsr", {}).get("role") == ROLE), None)
        if known is not None:
            return known
        preview = viewer.add_shapes(
            ndim=3, name=NAME, shape_type="path", edge_width=0.8, edge_color=COLOUR, face_color="transparent",
            scale=labels.scale, translate=labels.translate, units=labels.units, axis_labels=labels.axis_labels,
            metadata={"mrsr": {"role": ROLE}},
        )  # fmt: skip
        viewer.layers.selection.active = labels
        return preview

    def _remove_preview(self) -> None:
        viewer = self.view.viewer
        for layer in [la for la in viewer.layers if la.metadata.get("mrsr", {}).get("role") == ROLE]:
            viewer.layers.remove(layer)
