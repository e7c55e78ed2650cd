r"""Callipers and line profiles: two points on the picture, kept as lines in shapes layers that stand in mm.

A line is stored in voxels of the finest grid, so that it is seen on its slice and on no other, in whichever plane. Its
length is that of the patient: with :math:`D` the directions of the voxel axes (unit columns, as shown on the screen)
and :math:`\Delta` the difference of the points in mm along them, :math:`|D \Delta|`, also in oblique and sheared scans.

Two clicks or one drag make a line; while a tool is on, its own layer is the active one, so that no brush paints.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_mrsr.app.frame import Frame
from napari_mrsr.app.measuring.calliper_layers import (
    LAYERS,
    Ends,
    Point,
    Tool,
    ends_of,
    found_layer,
    make_layer,
    set_lines,
    write_lengths,
)
from napari_mrsr.errors import BadParameter, MissingParameter

if TYPE_CHECKING:
    from napari.layers import Shapes

    from napari_mrsr.app.viewing import View

#: A press and release nearer than this are a click, not a drag, mm.
CLICK = 1.0


@dataclass(frozen=True, eq=False)
class Line:
    """A measured line.

    Attributes
    ----------
    tool
        What it was drawn with.
    index
        Its place in the layer.
    start, end
        On the screen (slices, rows, columns), mm.
    length
        mm in the patient.
    """

    tool: Tool
    index: int
    start: Point
    end: Point
    length: float


class Callipers:
    """Draws and knows the lines of a view.

    Parameters
    ----------
    view
        The view that is measured in.
    """

    changed = Signal()  # a line came, went or moved
    switched = Signal(object)  # the tool that is on, or None

    def __init__(self, view: View) -> None:
        self._view = weakref.ref(view)
        self.tool: Tool | None = None
        self._start: Point | None = None
        self._drawing = False
        self._before: Any = None
        view.viewer.layers.events.removed.connect(self._removed)

    @property
    def view(self) -> View:
        """The view that is measured in; it is not kept alive."""
        view = self._view()
        if view is None:
            raise RuntimeError("the viewer is closed")
        return view

    # -- tools ----------------------------------------------------------------------------------------
    def begin(self, tool: Tool) -> None:
        """Switch a tool on, and the other one off.

        Raises
        ------
        MissingParameter
            No scan is open.
        BadParameter
            The picture is shown in three dimensions, where a point has no depth.
        """
        if self.view.frame is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        viewer = self.view.viewer
        if viewer.dims.ndisplay != 2:
            raise BadParameter("in three dimensions a click has no depth", remedy="go back to slices to measure")
        self.end()
        self._before = viewer.layers.selection.active
        layer = self._layer(tool) or self._make_layer(tool)
        viewer.layers.selection.active = layer
        layer.mode = "pan_zoom"
        for model, own in self._canvases(layer):
            model.layers.selection.active = own
            own.mouse_pan = False
            model.mouse_drag_callbacks.append(self._press)
            model.mouse_move_callbacks.append(self._move)
        self.tool = tool
        self.switched.emit(tool)

    def end(self) -> None:
        """Switch the tool off; a line that was begun is dropped."""
        if self.tool is None:
            return
        tool, self.tool = self.tool, None
        viewer = self.view.viewer
        layer = self._layer(tool)
        for model, own in self._canvases(layer):
            for callbacks, mine in (
                (model.mouse_drag_callbacks, self._press),
                (model.mouse_move_callbacks, self._move),
            ):
                if mine in callbacks:
                    callbacks.remove(mine)
            if own is not None:
                own.mouse_pan = True
        self._drop_begun(layer)
        if layer is not None and not layer.data:
            viewer.layers.remove(layer)
        if self._before is not None and self._before in viewer.layers:
            viewer.layers.selection.active = self._before
        self._before = None
        self.switched.emit(None)

    # -- lines ----------------------------------------------------------------------------------------
    def lines(self) -> list[Line]:
        """Return the lines that are drawn, callipers first."""
        found = []
        for tool in LAYERS:
            layer = self._layer(tool)
            count = 0 if layer is None else len(layer.data) - (self.tool == tool and self._start is not None)
            for index in range(count):
                start, end = ends_of(layer)[index]
                found.append(Line(tool, index, start, end, self.length(start, end)))
        return found

    def length(self, start: npt.ArrayLike, end: npt.ArrayLike) -> float:
        """Return the distance of two points of the screen in the patient, mm."""
        return float(np.linalg.norm(self.in_patient(end) - self.in_patient(start)))

    def in_patient(self, point: npt.ArrayLike) -> Point:
        """Return a point of the screen (mm) as a point of the patient, RAS+, mm."""
        frame: Frame | None = self.view.frame
        if frame is None:
            return np.asarray(point, float)
        return np.asarray(frame.affine((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))[:3, :3] @ np.asarray(point, float))

    def draw(self, tool: Tool, start: npt.ArrayLike, end: npt.ArrayLike) -> None:
        """Draw a line between two points of the screen, mm.

        Raises
        ------
        MissingParameter
            No scan is open.
        """
        if self.view.frame is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        layer = self._layer(tool) or self._make_layer(tool)
        self._set(layer, [*ends_of(layer), (np.asarray(start, float), np.asarray(end, float))])
        self.changed.emit()

    def remove(self, line: Line) -> None:
        """Take a line away; with its last one its layer goes too."""
        layer = self._layer(line.tool)
        if layer is None or line.index >= len(layer.data):
            return
        ends = ends_of(layer)
        del ends[line.index]
        if ends or self.tool == line.tool:
            self._set(layer, ends)
        else:
            self.view.viewer.layers.remove(layer)
        self.changed.emit()

    def go_to(self, line: Line) -> None:
        """Move the sliders to a line."""
        dims = self.view.viewer.dims
        for axis, mm in enumerate((line.start + line.end) / 2, start=dims.ndim - 3):
            dims.set_point(axis, float(mm))

    # -- the mouse --------------------------------------------------------------------------------------
    def _press(self, viewer: Any, event: Any) -> Iterator[None]:
        """Begin a line, or end it; a drag does both."""
        if event.button not in (None, 1) or self.tool is None:
            return
        layer = self._layer(self.tool)
        if layer is None:
            self.end()
            return
        here = self._at(viewer, event)
        if self._start is not None:
            self._finish(layer, here)
            return
        self._start, self._drawing = here, True
        self._set(layer, [*ends_of(layer), (here, here)])
        yield
        while event.type == "mouse_move":
            self._stretch(self._at(viewer, event))
            yield
        self._drawing = False
        there = self._at(viewer, event)
        if self._is_begun() and self.length(here, there) > CLICK:
            self._finish(layer, there)

    def _is_begun(self) -> bool:
        """Tell whether a line is begun; its layer may have been deleted between two moves of the mouse."""
        return self._start is not None

    def _move(self, viewer: Any, event: Any) -> None:
        """Let the end of a line that was begun with a click follow the mouse."""
        if self._start is not None and not self._drawing:
            self._stretch(self._at(viewer, event))

    def _stretch(self, end: Point) -> None:
        layer = None if self.tool is None else self._layer(self.tool)
        if layer is None or self._start is None or not layer.data:
            return
        self._set(layer, [*ends_of(layer)[:-1], (self._start, end)])

    def _finish(self, layer: Shapes, end: Point) -> None:
        start, self._start, self._drawing = self._start, None, False
        ends = ends_of(layer)[:-1]
        if start is not None and self.length(start, end) > 0:
            ends.append((start, end))
        self._set(layer, ends)
        self.changed.emit()

    def _at(self, model: Any, event: Any) -> Point:
        """Return where the mouse is on a canvas; across the picture, the middle of the slice on the screen."""
        point = np.asarray(event.position, float)[-3:].copy()
        dims = model.dims
        for axis in dims.not_displayed:
            if axis >= dims.ndim - 3:
                point[axis - (dims.ndim - 3)] = dims.point[axis]
        return point

    # -- the layers ---------------------------------------------------------------------------------------
    def _layer(self, tool: Tool) -> Any:
        return found_layer(self.view, tool)

    def _make_layer(self, tool: Tool) -> Any:
        layer = make_layer(self.view, tool)
        layer.events.data.connect(self._edited)
        return layer

    def _set(self, layer: Any, ends: list[Ends]) -> None:
        for _, own in self._canvases(layer):
            if own is not None:
                set_lines(own, ends, self._texts(ends))

    def _texts(self, ends: list[Ends]) -> list[str]:
        return [f"{self.length(a, b):.1f} mm" for a, b in ends]

    def _edited(self, event: Any) -> None:
        """Say the new length of a line that a person has moved with napari's own tools."""
        layer = event.source
        if len(layer.features) == len(layer.data):
            ends = ends_of(layer)
            write_lengths(layer, self._texts(ends))  # its data are left alone: they are in the hand of a person
            for _, own in self._canvases(layer):
                if own is not None and own is not layer:
                    set_lines(own, ends, self._texts(ends))
        self.changed.emit()

    def _canvases(self, layer: Any) -> list[tuple[Any, Any]]:
        """Return every canvas's model, linked planes among them, with what stands for a layer in it."""
        models = [self.view.viewer, *self.view.layouts.planes.models()]
        name = "" if layer is None else layer.name
        return [(model, model.layers[name] if name in model.layers else None) for model in models]

    def _drop_begun(self, layer: Any) -> None:
        if self._start is not None and layer is not None and layer.data:
            self._set(layer, ends_of(layer)[:-1])
        self._start, self._drawing = None, False

    def _removed(self, event: Any) -> None:
        """Switch off when a person deletes the layer that is drawn in."""
        if event.value.metadata.get("mrsr", {}).get("role") != "measure":
            return
        if self.tool is not None and event.value.name == LAYERS[self.tool]:
            self._start = None
            self.end()
        self.changed.emit()


_CALLIPERS: weakref.WeakKeyDictionary[View, Callipers] = weakref.WeakKeyDictionary()


def callipers_of(view: View) -> Callipers:
    """Return the callipers of a view, made at the first call: a dock may be closed and opened again."""
    if view not in _CALLIPERS:
        _CALLIPERS[view] = Callipers(view)
    return _CALLIPERS[view]
