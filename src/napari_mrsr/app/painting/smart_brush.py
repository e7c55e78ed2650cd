"""The smart brush as a tool of the mouse: while it is on, napari's paint mode paints by the picture.

Cursor, size (``[``, ``]``, Alt and drag) and preserved labels are napari's own; only what a stroke paints is decided
by :mod:`napari_mrsr.roi.brush`. With Shift, or with label 0, it erases by the picture. A stroke is one step of undo.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_mrsr.app.painting import fluid_view
from napari_mrsr.app.painting.guide import Guide, find_guide
from napari_mrsr.app.painting.painted import Plane, plane_of
from napari_mrsr.roi import brush

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

Rule = Literal["threshold", "flood"]


class SmartBrush:
    """Paints by the picture while it is on.

    Parameters
    ----------
    view
        The view whose labels are painted.

    Attributes
    ----------
    layer
        The labels layer that is painted while the brush is on, else None.
    rule
        By threshold, learned where the stroke begins, or by flood from under the cursor.
    tolerance
        Of the flood: share of the range of the disc.
    """

    changed = Signal(bool)  # on or off

    def __init__(self, view: View) -> None:
        self.view = view
        self.layer: Labels | None = None
        self.rule: Rule = "threshold"
        self.tolerance = 0.3
        view.viewer.layers.events.removed.connect(self._removed)

    @property
    def on(self) -> bool:
        """Whether paint mode is smart."""
        return self.layer is not None

    def start(self) -> bool:
        """Turn it on for the selected labels; a banner says why it cannot be."""
        plane = self.view.session.attempt(lambda: plane_of(self.view, erasing=True))
        guide = None if plane is None else self.view.session.attempt(lambda: find_guide(self.view, plane.layer))
        if plane is None or guide is None:
            self.changed.emit(self.on)
            return False
        self.stop()
        self.layer = plane.layer
        self.view.viewer.layers.selection.active = plane.layer
        plane.layer.mode = "paint"
        self._take_over()
        plane.layer.events.mode.connect(self._take_over)
        self.view.session.quiet()
        self.changed.emit(True)
        return True

    def stop(self) -> None:
        """Turn it off; paint mode is napari's again."""
        layer, self.layer = self.layer, None
        if layer is None:
            return
        layer.events.mode.disconnect(self._take_over)
        callbacks = layer.mouse_drag_callbacks
        if self._stroke in callbacks:
            callbacks.remove(self._stroke)
        if layer.mode == "paint" and _draw(layer) not in callbacks:
            callbacks.append(_draw(layer))
        self.changed.emit(False)

    def _take_over(self, _event: Any = None) -> None:
        """Stand in for napari's brush in paint mode, and stand back in every other."""
        if self.layer is None:
            return
        callbacks = self.layer.mouse_drag_callbacks
        if self._stroke in callbacks:
            callbacks.remove(self._stroke)
        if self.layer.mode == "paint":
            if _draw(self.layer) in callbacks:
                callbacks.remove(_draw(self.layer))
            callbacks.append(self._stroke)

    def _removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.layer = None
            self.changed.emit(False)

    # -- a stroke -------------------------------------------------------------------------------------
    def _stroke(self, layer: Labels, event: Any) -> Iterator[None]:
        """Paint from press to release."""
        if event.button != 1 or layer.cursor == "circle_frozen":  # its size is being changed
            return
        session = self.view.session
        erasing = "Shift" in event.modifiers or layer.selected_label == 0
        plane = session.attempt(lambda: plane_of(self.view, erasing=erasing))
        guide = None if plane is None else session.attempt(lambda: find_guide(self.view, layer))
        if plane is None or guide is None:
            return
        stroke = _Stroke(plane, guide, self, 0 if erasing else plane.label)
        with layer.block_history():
            stroke.to(event.position)
            yield
            while event.type == "mouse_move":
                stroke.to(event.position)
                yield


class _Stroke:
    """From press to release: where the brush was, and what it learned where it began."""

    def __init__(self, plane: Plane, guide: Guide, tool: SmartBrush, value: int) -> None:
        self.plane, self.guide, self.tool, self.value = plane, guide, tool, value
        self.only = 1 if fluid_view.is_shown(tool.view) else 0
        self.range: brush.Range | None = None
        self.last: tuple[int, int] | None = None

    def to(self, position: npt.ArrayLike) -> None:
        """Paint from where the brush was to where it is."""
        at = self.plane.pixel_at(position)
        shape = self.plane.slices().shape[1:]
        begin = self.last or at
        steps = max(1, int(np.ceil(np.abs(np.subtract(at, begin)).max() / max(1.0, self.plane.layer.brush_size / 4))))
        wanted = np.zeros(shape, bool)
        for t in np.arange(1, steps + 1) / steps:
            here = np.rint(np.add(begin, t * np.subtract(at, begin))).astype(int)
            self._stamp((int(here[0]), int(here[1])), wanted)
        self.last = at
        self.plane.put({self.plane.index: wanted}, self.value)

    def _stamp(self, at: tuple[int, int], wanted: npt.NDArray[np.bool_]) -> None:
        disc = brush.disc((wanted.shape[0], wanted.shape[1]), at, self.plane.layer.brush_size, self.plane.pixel)
        if disc is None:
            return
        box = list(self.plane.box(self.plane.index, self.plane.index + 1))
        for axis, part in zip((a for a in range(3) if a != self.plane.axis), disc.box, strict=True):
            box[axis] = part
        image = self.guide.channels((box[0], box[1], box[2]), only=self.only)[0].squeeze(self.plane.axis)
        disc_here = brush.Disc((slice(None), slice(None)), disc.inside, disc.centre)
        if self.tool.rule == "flood":
            found = brush.by_flood(image, disc_here, self.tool.tolerance)
        else:
            self.range = brush.learn_range(image, disc_here, self.range)
            found = brush.by_range(image, disc_here, self.range)
        wanted[disc.box] |= found


def _draw(layer: Labels) -> Any:
    """Return napari's own callback of the paint mode."""
    from napari.layers.labels._labels_mouse_bindings import draw

    return draw
