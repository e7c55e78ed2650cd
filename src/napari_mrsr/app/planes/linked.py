"""Axial, coronal and sagittal side by side, linked: the one place that knows napari-orthogonal-views.

The plugin puts two more canvases into napari's window, each with its own viewer model whose layers are copies that
share the arrays: slices, windows, colours, labels and tools follow each other. What is added here: planes stand as a
radiologist hangs them (:data:`napari_mrsr.app.frame.ORDERS`) with letters and names, one scale in mm for all, a
cross-hair where it belongs (:mod:`.cross_hair`), a click that moves it, refreshes while a result grows, and letting go
of everything when they are closed.

Without the plugin, without a window, or in three dimensions, :meth:`Planes.show` says so in one line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import quiet_list, thumbnails
from napari_mrsr.app.compare import window_level
from napari_mrsr.app.frame import LABELS, ORDERS
from napari_mrsr.app.marks import SMALL, Marks
from napari_mrsr.app.planes import cross_hair
from napari_mrsr.errors import MissingDependency, MissingParameter, WrongDimensions

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_mrsr.app.events import Result
    from napari_mrsr.app.viewing import View

#: Least time between two refreshes of a copy, s.
PAUSE = 0.3

REMEDY = 'pip install "napari-mrsr[mpr]"'

#: Layers that make sense in one plane only: their copies stay hidden in the others.
ONE_PLANE = frozenset({"oblique", "swipe", "checkerboard"})

#: How far the mouse may move between press and release for a click, pixels.
CLICK = 4.0


def missing() -> str | None:
    """Return in one line what stands in the way of linked planes; None where nothing does."""
    try:
        import napari_orthogonal_views.ortho_view_manager  # noqa: F401
    except ImportError as error:
        return f"linked planes need napari-orthogonal-views ({error}); {REMEDY}"
    return None


class Planes:
    """The three linked planes of a view.

    Parameters
    ----------
    view
        The view whose viewer gets two more canvases.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._marks: list[Marks] = []
        self._manager: Any = None
        self._refreshed: dict[tuple[int, str], float] = {}

    @property
    def shown(self) -> bool:
        """Whether the planes are there."""
        return self._manager is not None and self._manager.is_shown()

    def models(self) -> list[ViewerModel]:
        """Return the viewer models of the two further planes."""
        return [widget.vm_container.viewer_model for widget in self._widgets()]

    def free_cell(self) -> Any:
        """Return the tabs in the fourth cell; None while the planes are not shown."""
        return self._manager.controls_tab if self.shown else None

    def _widgets(self) -> list[Any]:
        return [self._manager.right_widget, self._manager.bottom_widget] if self.shown else []

    # -- showing --------------------------------------------------------------------------------------
    def show(self) -> None:
        """Show all three planes.

        Raises
        ------
        MissingDependency
            The plugin is not installed, or the viewer has no window.
        MissingParameter
            No scan is open.
        WrongDimensions
            What is open is flat, or is shown in three dimensions.
        """
        if self.shown:
            return
        self.check()
        from napari_orthogonal_views import ortho_view_manager

        viewer = self.view.viewer
        cross_hair.repair()
        point = viewer.dims.point
        self._manager = manager = ortho_view_manager._get_manager(viewer)
        cross_hair.repair()  # making the manager has put the plugin's own functions in place again
        manager.cleanup = self.close  # what the plugin calls when the window closes
        manager.set_layer_hook("layer_tool", _follow)
        manager.set_copy_layer(_copy)
        manager.show()
        manager.controls_tab.removeTab(manager.controls_tab.indexOf(manager.screen_recorder_widget))
        manager.main_controls_widget.show_checkbox.hide()  # the layout decides
        manager.main_controls_widget.controls_widget.grid_widget.hide()
        manager.set_axes(False)
        manager.set_cross_hairs(True)
        self._marks = [Marks(model, entitled=False) for model in self.models()]
        self.view.marks.title_size(SMALL)
        for model in (viewer, *self.models()):
            model.mouse_drag_callbacks.append(_click)
        for model in self.models():  # the canvas under the mouse has the keys
            quiet_list.quieten(model.layers)
            model.keymap.update(viewer.keymap)
            window_level.attach(model)
            self.view.look.mouse.attach(model)
        viewer.dims.events.order.connect(self._hang)
        self.view.session.grew.connect(self._grow)
        self._hang()
        viewer.dims.point = point  # the plugin has gone to the middle
        manager.set_splitter_sizes(0.5, 0.5)
        _later(self.fit)

    def check(self) -> None:
        """Raise what stands in the way, as :meth:`show` would."""
        line = missing()
        if line is not None:
            what, _, remedy = line.partition("; ")
            raise MissingDependency(what, remedy=remedy)
        viewer = self.view.viewer
        if getattr(viewer, "window", None) is None:
            raise MissingDependency("linked planes need napari's window", remedy="open the scan in the viewer")
        if self.view.session.scan is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        if min(self.view.session.scan.shape) < 2 or viewer.dims.ndim < 3:
            raise WrongDimensions("one slice has no other planes", remedy="open a scan of several slices")
        if viewer.dims.ndisplay == 3:
            raise WrongDimensions("linked planes are flat", remedy="leave the 3-D display (Ctrl+Y) first")

    def _hang(self, _event: Any = None) -> None:
        """Turn each plane the way a radiologist hangs it: head or front up, the patient's right on the left."""
        labels = tuple(self.view.viewer.dims.axis_labels)[-3:]
        patient = {label: axis for axis, label in LABELS.items()}
        if len(labels) < 3 or any(label not in patient for label in labels):
            return
        main = [labels[axis - self.view.viewer.dims.ndim] for axis in self.view.viewer.dims.order[-3:]]
        for widget in self._widgets():
            slider = main[widget.order[0]]
            order = [LABELS[axis] for axis in ORDERS[patient[slider]]]
            widget.order = tuple(main.index(label) - 3 for label in order)
            widget._set_orth_views_dims_order()

    def fit(self) -> None:
        """Fit the planes into their cells, all at one scale (mm to a pixel)."""
        if not self.shown:
            return
        models = [self.view.viewer, *self.models()]
        for model in models:
            model.reset_view()
        zoom = min(float(model.scene.camera.zoom) for model in models)
        for model in models:
            model.scene.camera.zoom = zoom
        self._manager.set_zoom_sync(True)

    # -- following ------------------------------------------------------------------------------------
    def copies(self, layer: Layer) -> list[Layer]:
        """Return what stands for a layer in the two further planes."""
        return [model.layers[layer.name] for model in self.models() if layer.name in model.layers]

    def _grow(self, result: Result, where: tuple[slice, ...]) -> None:
        """Refresh the copies whose plane a new tile crosses, not more often than :data:`PAUSE`."""
        now = time.perf_counter()
        for number, model in enumerate(self.models()):
            if not self.view.on_screen(result.scan, where, model.dims):
                continue
            for name in self.view.names_of(result):
                seen = self._refreshed.get((number, name), 0.0)
                if name in model.layers and model.layers[name].visible and now - seen >= PAUSE:
                    self._refreshed[number, name] = now
                    model.layers[name].refresh(thumbnail=False, highlight=False, extent=False)

    # -- letting go -----------------------------------------------------------------------------------
    def close(self) -> None:
        """Give the window back to the one canvas; nothing of the planes stays alive."""
        if self._manager is None:
            return
        self.view.layouts.oblique.close_canvas()
        manager, self._manager = self._manager, None
        viewer = self.view.viewer
        self._marks = []
        self._refreshed.clear()
        self.view.marks.title_size()
        self.view.session.grew.disconnect(self._grow, missing_ok=True)
        viewer.dims.events.order.disconnect(self._hang)
        if _click in viewer.mouse_drag_callbacks:
            viewer.mouse_drag_callbacks.remove(_click)
        widgets = [w for w in (manager.right_widget, manager.bottom_widget) if hasattr(w, "qt_viewer")]
        manager.set_cross_hairs(False)
        del manager.cleanup
        manager.cleanup()
        manager.main_window.removeEventFilter(manager._close_event_filter)
        for widget in widgets:
            _release(widget)


def _release(widget: Any) -> None:
    """Close the canvas of a plane for good: the plugin hides it, and Qt would keep it with its textures."""
    from napari_orthogonal_views import viewer_utils

    viewer_utils._HOVERABLE_CANVASES.pop(widget.qt_viewer.canvas.native, None)
    window_level.detach(widget.vm_container.viewer_model)
    widget.vm_container.viewer_model.layers.clear()
    widget.qt_viewer.close()
    widget.qt_viewer.deleteLater()
    widget.deleteLater()


def _copy(layer: Layer, name: str) -> Layer:
    """Return the copy of a layer for another plane; its thumbnail would be in a list that nobody sees."""
    from napari_orthogonal_views.ortho_view_widget import copy_layer

    copy: Layer = copy_layer(layer, name)
    thumbnails.never(copy)
    return copy


def _follow(original: Layer, copy: Layer) -> Any:
    """Keep tool and visibility of a layer and its copy alike, save for layers that belong to one plane."""
    from napari_orthogonal_views.layer_sync_hooks import sync_layer_tool

    if original.metadata.get("mrsr", {}).get("role") in ONE_PLANE:
        copy.visible = False
        return None
    return sync_layer_tool(original, copy)


def _click(model: ViewerModel, event: Any) -> Any:
    """Move the cross-hair to where a person clicks, as long as no tool is in use and the mouse is not dragged."""
    active = model.layers.selection.active
    idle = active is None or str(active.mode) == "pan_zoom"
    if event.button != 1 or event.modifiers or not idle or len(event.dims_displayed) != 2:
        return
    start = np.array(event.pos, dtype=float)
    yield
    while event.type == "mouse_move":
        if np.abs(np.array(event.pos, dtype=float) - start).max() > CLICK:
            return
        yield
    cross_hair.go_to(model, event.position)


def _later(step: Callable[[], None]) -> None:
    """Do something once Qt has laid out the new canvases."""
    from qtpy.QtCore import QTimer

    QTimer.singleShot(0, step)
