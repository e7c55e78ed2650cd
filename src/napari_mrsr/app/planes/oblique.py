"""Oblique reformats beside the picture: three points or a drawn line, and what is visible, sampled in their plane.

napari slices along the axes of an array only, so the plane is sampled (:mod:`napari_mrsr.interpolation.oblique`) into
layers of a viewer model of its own (:mod:`.oblique_pictures`). That stands in the free cell of the three planes, or
below the one picture; the plane's points stay where they are and can be dragged, and the reformat follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from psygnal import Signal

from napari_mrsr.app import layers
from napari_mrsr.app.planes.oblique_canvas import Canvas
from napari_mrsr.app.planes.oblique_pictures import Pictures, ignoring
from napari_mrsr.app.planes.visible import seen
from napari_mrsr.errors import MissingParameter, WrongDimensions
from napari_mrsr.interpolation.oblique import Plane, Slab, across, field_of_view, reformat, through
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

POINTS, LINE = "Plane points", "Plane line"
COLOUR = "#4fd1ff"

#: Least time between two reformats while a point is dragged, s.
PAUSE = 0.08

Kind = Literal["points", "line"]


class Oblique:
    """The oblique reformat of a view.

    Parameters
    ----------
    view
        The view whose visible layers are sampled.

    Attributes
    ----------
    thickness, slab
        Of the slab, mm, and whether it is a mean or a maximum.
    offset
        How far the plane is moved along its normal, mm.
    """

    changed = Signal()

    def __init__(self, view: View) -> None:
        self.view = view
        self.thickness, self.offset = 0.0, 0.0
        self.slab: Slab = "mean"
        self._kind: Kind = "points"
        self._pictures: Pictures | None = None
        self._window: Any = None
        self._timer: Any = None
        view.session.opened.connect(self._reopened)

    @property
    def model(self) -> ViewerModel | None:
        """The viewer model of the reformat; None while there is none."""
        return None if self._pictures is None else self._pictures.model

    # -- asking for a plane ---------------------------------------------------------------------------
    def begin(self, kind: Kind) -> Layer:
        """Let a person set three points, or draw a line in the slice on the screen.

        Raises
        ------
        MissingParameter
            No scan is open.
        WrongDimensions
            The viewer shows three dimensions, or what is open has one slice.
        """
        scan, viewer = self.view.session.scan, self.view.viewer
        if scan is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        if min(scan.shape) < 2:
            raise WrongDimensions("one slice has no oblique planes", remedy="open a scan of several slices")
        if viewer.dims.ndisplay == 3:
            raise WrongDimensions("points are set in slices", remedy="leave the 3-D display (Ctrl+Y) first")
        self._kind = kind
        layer = self.view.layer(POINTS if kind == "points" else LINE)
        if layer is None:
            layer = self._add(kind)
        layer.visible = True
        viewer.layers.selection.active = layer
        layer.mode = "add" if kind == "points" and len(layer.data) < 3 else "select" if kind == "points" else "add_line"
        self.refresh()
        return layer

    def _add(self, kind: Kind) -> Layer:
        viewer = self.view.viewer
        about: dict[str, Any] = {
            "name": POINTS if kind == "points" else LINE,
            "units": layers.UNITS,
            "axis_labels": tuple(viewer.dims.axis_labels)[-3:],
            "metadata": {"mrsr": {"role": "plane"}},
        }
        layer: Layer
        if kind == "points":
            layer = viewer.add_points(ndim=3, **about)
            layer.current_size, layer.current_face_color, layer.current_border_color = 3.0, COLOUR, "black"
        else:
            layer = viewer.add_shapes(ndim=3, edge_color=COLOUR, edge_width=0.8, **about)
        layer.events.data.connect(self._ask)
        return layer

    def plane(self) -> Plane:
        """Return the plane that was asked for, in the patient.

        Raises
        ------
        BadParameter, MissingParameter
            There are no three points (or no line) yet, or they define no plane.
        """
        layer = self.view.layer(POINTS if self._kind == "points" else LINE)
        if layer is None or self.view.frame is None:
            raise MissingParameter("there is no plane yet", remedy="set three points or draw a line")
        turn = self.view.frame.affine((1, 1, 1), (0, 0, 0))[:3, :3]
        if self._kind == "points":
            found = through(np.asarray(layer.data, dtype=float)[-3:, -3:] @ turn.T)
        else:
            if not len(layer.data):
                raise MissingParameter("there is no line yet", remedy="draw one in a slice")
            ends = np.asarray(layer.data[-1], dtype=float)[[0, -1], -3:]
            level = int(np.ptp(ends, axis=0).argmin())  # the axis along which it was not drawn
            start, end = ends @ turn.T
            found = across(start, end, turn[:, level])
        return found.moved(self.offset)

    # -- sampling -------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Sample the plane anew, if it is defined; what defines none yet is not an error while points are set."""
        layer = self.view.layer(POINTS if self._kind == "points" else LINE)
        if layer is None or len(layer.data) < (3 if self._kind == "points" else 1):
            return
        self.view.session.attempt(self.show)

    def show(self) -> None:
        """Show the reformat.

        Raises
        ------
        MrsrError
            There is no plane, it does not meet the scan, or nothing is visible.
        """
        found = self.sampled()
        self._open().show(found)
        self.changed.emit()

    def sampled(self) -> list[tuple[Layer, Scan]]:
        """Return the visible layers and what they are in the plane, from bottom to top.

        Raises
        ------
        MrsrError
            There is no plane, it does not meet the scan, or nothing is visible.
        """
        plane = self.plane()
        scan = self.view.session.result.scan if self.view.session.result is not None else self.view.session.scan
        sources = seen(self.view.viewer.layers)
        if scan is None or not sources:
            raise MissingParameter("nothing is visible to sample", remedy="show a layer of the scan")
        field = field_of_view(scan, plane)
        found = []
        for layer in sources:
            volume = self._volume(layer)
            labels = type(layer).__name__ == "Labels"
            picture = reformat(volume, field, thickness=self.thickness, slab=self.slab, nearest=labels)
            found.append((layer, picture))
        return found

    def _volume(self, layer: Layer) -> Scan:
        """Return a layer as one volume; of a series the one on the screen."""
        scan = layers.scan_of(layer, self.view.frame)
        if scan.volumes == 1:
            return scan
        return scan.volume(int(np.clip(self.view.viewer.dims.current_step[0], 0, scan.volumes - 1)))

    # -- following ------------------------------------------------------------------------------------
    def _ask(self, _event: Any = None) -> None:
        """Sample soon: a point moved, a layer was shown. Not for every movement of the mouse."""
        from qtpy.QtCore import QTimer
        from qtpy.QtWidgets import QApplication

        if QApplication.instance() is None:
            self.refresh()
            return
        if self._timer is None:
            self._timer = QTimer()
            self._timer.setSingleShot(True)
            self._timer.setInterval(int(1000 * PAUSE))
            self._timer.timeout.connect(self._moved)
        if not self._timer.isActive():
            self._timer.start()

    def _moved(self) -> None:
        if not self.view.is_open:
            return
        self.refresh()
        layer = self.view.layer(POINTS)
        if layer is not None and layer.mode == "add" and len(layer.data) >= 3:
            layer.mode = "select"  # the next click moves a point instead of adding a fourth

    def set(self, *, thickness: float | None = None, slab: Slab | None = None, offset: float | None = None) -> None:
        """Change the slab (mm, mean or maximum) or move the plane along its normal (mm), and sample again."""
        self.thickness = self.thickness if thickness is None else float(thickness)
        self.slab = self.slab if slab is None else slab
        self.offset = self.offset if offset is None else float(offset)
        if self.model is not None:
            self.refresh()

    # -- the canvas -----------------------------------------------------------------------------------
    def _open(self) -> Pictures:
        viewer = self.view.viewer
        if self._pictures is None:
            self._pictures = Pictures()
            viewer.layers.events.removed.connect(self._ask)
            for layer in viewer.layers:
                layer.events.visible.connect(self._ask)
        window = getattr(viewer, "window", None)
        if window is not None and self._window is None:
            self._window = Canvas(self._pictures.model, window, self.view.layouts.planes.free_cell())
        return self._pictures

    def close_canvas(self) -> None:
        """Take the canvas out of the window; the points stay."""
        window, self._window = self._window, None
        if window is not None:
            window.close()

    def move_canvas(self) -> None:
        """Put the canvas where the layout has room for it now."""
        if self.model is not None and self._window is None:
            self.refresh()

    def close(self) -> None:
        """Go back: the reformat, its points and its line go."""
        if self._timer is not None:
            self._timer.stop()
        self.close_canvas()
        if self._pictures is not None:
            self._pictures.unlink()
            self._pictures = None
        with ignoring():
            self.view.viewer.layers.events.removed.disconnect(self._ask)
        for layer in list(self.view.viewer.layers):
            with ignoring():
                layer.events.visible.disconnect(self._ask)
        self.view.remove([POINTS, LINE])
        self.offset = 0.0
        self.changed.emit()

    def _reopened(self, _scan: Any) -> None:
        if self.model is not None or self.view.layer(POINTS) is not None or self.view.layer(LINE) is not None:
            self.close()
