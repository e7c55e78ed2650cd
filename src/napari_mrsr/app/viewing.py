"""The one place where the session meets a viewer: its layers, and the slice on the screen.

Takes a napari ``ViewerModel`` or ``Viewer``. Layers show views of the session's arrays, so a tile that arrives needs
only a refresh, and only if it crosses the slice on the screen; refreshes are at least :data:`PAUSE` apart, so that
scrolling stays smooth while tiles come in.
"""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import display, layers, quiet_list, thumbnails
from napari_mrsr.app.blinded.showing import Blinded
from napari_mrsr.app.brain_maps.contrasts import are_apart
from napari_mrsr.app.brain_maps.showing import BrainMapping
from napari_mrsr.app.compare.looking import Look
from napari_mrsr.app.dynamic.showing import Dynamic
from napari_mrsr.app.events import Result
from napari_mrsr.app.frame import Frame, frame_of
from napari_mrsr.app.in_plane.showing import InPlane
from napari_mrsr.app.keeping.autosave import Autosave
from napari_mrsr.app.keeping.saving import Saving
from napari_mrsr.app.keys_help import KeysHelp
from napari_mrsr.app.map_layers import MapLayers
from napari_mrsr.app.marks import Marks
from napari_mrsr.app.painting.tools import Painting
from napari_mrsr.app.planes.layouts import Layouts
from napari_mrsr.app.preferences import Preferences
from napari_mrsr.app.roi.cartilage import CartilageRegions
from napari_mrsr.app.roi.method_maps import MethodMaps
from napari_mrsr.app.session import Runner, Session
from napari_mrsr.app.tour import Tour
from napari_mrsr.files.joining import joined_echoes
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

#: Least time between two refreshes of one layer, s.
PAUSE = 0.15


class View:
    """Shows a session in a viewer.

    Attributes
    ----------
    session, viewer
        What is shown, and where.
    frame
        How the open scan stands on the screen; every layer shares its axis order.
    maps, look, marks, layouts
        The layers of maps; pairs, windows and keys; letters and title; single, planes, side by side.
    """

    def __init__(self, session: Session, viewer: ViewerModel, preferences: Preferences | None = None) -> None:
        self.session = session
        self._viewer = weakref.ref(viewer)
        self.preferences = preferences or Preferences.load()
        self.frame: Frame | None = None
        self._refreshed: dict[str, float] = {}
        self._adding = False
        self.autosave = Autosave(self)  # first of all, so that it sees what a new scan replaces
        self.saving = Saving(self)
        self.marks = Marks(viewer)
        self.maps = MapLayers(self)
        self.method_maps = MethodMaps(self)
        self.look = Look(self)
        self.layouts = Layouts(self)
        self.dynamic = Dynamic(self)
        self.in_plane = InPlane(self)
        self.brain_maps = BrainMapping(self)
        self.blinded = Blinded(self)
        thumbnails.calm(viewer)
        quiet_list.quieten(viewer.layers)
        self.cartilage = CartilageRegions(self)
        self.painting = Painting(self)
        self.keys_help = KeysHelp(viewer)
        self.tour = Tour(self)
        session.slice_on_screen = self.slice_on_screen
        session.opened.connect(self._show_scan)
        session.reference_changed.connect(self._show_reference)
        session.began.connect(self._show_beginning)
        session.grew.connect(self._grow)
        session.refined.connect(self._finish)
        self.preferences.when_changed(self._prefer)
        viewer.layers.events.inserted.connect(self._adopt)
        for layer in list(viewer.layers):
            self._adopt_layer(layer)

    @property
    def viewer(self) -> ViewerModel:
        """The viewer; it owns the view, not the other way round."""
        viewer = self._viewer()
        if viewer is None:
            raise RuntimeError("the viewer is closed")
        return viewer

    @property
    def is_open(self) -> bool:
        """Whether the viewer is there still; what a timer brings late asks this first."""
        return self._viewer() is not None and not self.session.is_shut

    def _prefer(self, preferences: Preferences) -> None:
        """Take changed preferences over; maps on the screen follow."""
        self.preferences = preferences
        self.maps.recolour()

    # -- layers ---------------------------------------------------------------------------------------
    def layer(self, name: str) -> Layer | None:
        """Return a layer by name, or None."""
        return next((layer for layer in self.viewer.layers if layer.name == name), None)

    def put(self, data: layers.LayerData, *, visible: bool | None = None) -> Layer:
        """Add a layer, or put new data into the layer of that name on the same grid."""
        array, settings, kind = data
        if visible is not None:
            settings = {**settings, "visible": visible}
        name = settings["name"]
        old = self.layer(name)
        if old is not None:
            old.locked = False
            self.viewer.layers.remove(old)
        self._adding = True
        try:
            active = self.viewer.layers.selection.active
            add = self.viewer.add_labels if kind == "labels" else self.viewer.add_image
            layer = add(array, **settings)
            if active is not None and active in self.viewer.layers:
                self.viewer.layers.selection.active = active
            return layer
        finally:
            self._adding = False

    def remove(self, names: Iterable[str]) -> None:
        """Remove layers by name; those that are gone already are passed over."""
        gone = [layer for layer in map(self.layer, list(names)) if layer is not None]
        if not gone:
            return
        with contextlib.ExitStack() as together:  # napari collects garbage once for all, not for each: 0.1 s and more
            for model in (self.viewer, *self.layouts.planes.models()):
                together.enter_context(model.layers.batched_update())
            for layer in gone:
                layer.locked = False
                self.viewer.layers.remove(layer)

    def _own(self, *roles: str) -> list[str]:
        return [la.name for la in self.viewer.layers if la.metadata.get("mrsr", {}).get("role") in roles]

    def frame_for(self, scan: Scan) -> Frame:
        """Return how a scan stands on this screen."""
        return frame_of(scan, None if self.frame is None else self.frame.plane)

    # -- the scan -------------------------------------------------------------------------------------
    def _show_scan(self, scan: Scan) -> None:
        self.frame = frame_of(scan)
        known = [la for la in self.viewer.layers if la.metadata.get("mrsr_scan") is scan]
        stale = [la.name for la in self.viewer.layers if "mrsr" in la.metadata and la not in known]
        self.remove(stale)
        for layer in known:  # napari has numbered its name if the layer before it was called alike
            layer.name = display.acquired(layer.metadata["mrsr"].get("volume_name", display.series(scan.axis)))
        if not known:
            for data in layers.magnitude_layers(scan, frame=self.frame):
                known.append(self.put(data))
        for layer in known:
            layer.locked = True
            limits = tuple(layer.contrast_limits)
            layer.contrast_limits_range = display.full_range(np.asarray(layer.data), limits)
            layer.contrast_limits = limits
        self.viewer.layers.selection.active = known[0]
        self._look()

    def _look(self) -> None:
        """Show the middle slice, whole, with a scale bar."""
        self.viewer.dims.ndisplay = 2
        self.viewer.reset_view()
        scale_bar = self.viewer.canvas.overlays["scale_bar"]
        scale_bar.visible = True
        steps = self.viewer.dims.nsteps
        self.viewer.dims.current_step = tuple(n // 2 for n in steps)

    def _show_reference(self, scan: Scan) -> None:
        names = [f"{name} (reference)" for name in layers.titles_of(scan)]
        for data in layers.magnitude_layers(scan, role="reference", names=names, frame=self.frame_for(scan)):
            self.put(data, visible=False).locked = True

    def _adopt(self, event: Any) -> None:
        if not self._adding:
            self._adopt_layer(event.value)

    def _adopt_layer(self, layer: Layer) -> None:
        """Take a scan that came in by drag and drop, or from the sample menu, as what is open.

        Echoes that come file by file are joined. Where there are results already nothing is replaced.
        """
        scan = layer.metadata.get("mrsr_scan")
        session = self.session
        if scan is not None and scan is session.scan:
            layer.locked = True
            return
        if not isinstance(scan, Scan) or layer.metadata.get("mrsr", {}).get("role") != "acquired":
            return
        if self.brain_maps.take_beside(layer):
            return
        if session.running is not None or session.result is not None:
            session.say("info", f"{layer.name} is shown beside the open scan; open it in the Study dock to work on it")
            return
        joined = None
        if session.scan is not None and not are_apart(session.scan, scan):
            joined = joined_echoes(session.scan, scan)
        if joined is not None:
            self._relabel(joined, [session.scan, scan])
            times = ", ".join(f"{t:g}" for t in joined.acquisition.echo_times)
            joined = joined.warn(f"files on one grid with echo times of {times} ms are read as echoes of one scan")
            for other in self.viewer.layers:
                if other.metadata.get("mrsr", {}).get("joined"):
                    other.metadata["mrsr_scan"] = joined
        session.adopt(joined or scan, layer.metadata.get("mrsr_truth"))
        if layer.metadata.get("mrsr_planning") is not None:
            session.plan(layer.metadata["mrsr_planning"])

    def _relabel(self, joined: Scan, parts: list[Scan | None]) -> None:
        """Make the layers of single echoes those of the joined scan."""
        for layer in self.viewer.layers:
            part = layer.metadata.get("mrsr_scan")
            if not any(part is p for p in parts) or part is None:
                continue
            own = part.acquisition.echo_times[int(layer.metadata["mrsr"].get("volume", 0))]
            volume = joined.acquisition.echo_times.index(own)
            about = layers.metadata(joined, "acquired", volume=volume, volume_name=joined.names[volume], joined=True)
            layer.metadata = about
            layer.name = display.acquired(joined.names[volume])

    # -- super-resolution -----------------------------------------------------------------------------
    def names_of(self, result: Result) -> list[str]:
        """Return the layer names of a result, one per volume."""
        return [
            display.super_resolved(n, result.factor, result.method, partial=result.partial) for n in result.scan.names
        ]

    def _windows(self, result: Result) -> list[tuple[float, float]]:
        """Return the windows of the layers that the result must be compared with: never its own."""
        windows = []
        for n, name in enumerate(result.scan.names):
            layer = self.layer(display.acquired(name))
            windows.append(
                tuple(layer.contrast_limits) if layer is not None else display.window(result.source.array[n])
            )
        return windows

    def _show_beginning(self, result: Result) -> None:
        self.remove(
            self._own(
                "t2", "t2_sigma", "reason", "difference", "ssim", "trust", "thick", "combined", "fluid_suppressed"
            )
        )
        windows = self._windows(result)
        frame = self.frame_for(result.scan)
        shown = self._visible_volume()
        if result.retrospective:
            names = [display.thick(n, result.factor) for n in result.source.names]
            for data in layers.magnitude_layers(
                result.source, role="thick", names=names, frame=self.frame_for(result.source), windows=windows
            ):
                self.put(data, visible=False)
        about = {"method": result.method, "factor": result.factor, "axis": result.axis, "reason": result.reason}
        for n, data in enumerate(
            layers.magnitude_layers(
                result.scan, role="sr", names=self.names_of(result), frame=frame, windows=windows, **about
            )
        ):
            layer = self.put(data, visible=n == shown)
            self._link(result.scan.names[n], layer, result)
            if n == shown:
                self.viewer.layers.selection.active = layer
        self._refreshed.clear()

    def _visible_volume(self) -> int:
        scan = self.session.scan
        for n, name in enumerate(scan.names if scan is not None else ()):
            layer = self.layer(display.acquired(name))
            if layer is not None and layer.visible:
                return n
        return 0

    def _link(self, name: str, layer: Layer, result: Result) -> None:
        """Share window, gamma and colours with the acquired layer; the full range comes from it too."""
        from napari.experimental import link_layers

        names = (display.acquired(name), display.thick(name, result.factor))
        partners = [p for p in map(self.layer, names) if p is not None]
        if not partners:
            return
        layer.contrast_limits_range = partners[0].contrast_limits_range
        layer.contrast_limits = partners[0].contrast_limits
        for partner in partners[1:]:
            partner.contrast_limits_range = partners[0].contrast_limits_range
        link_layers([*partners, layer], ("contrast_limits", "gamma", "colormap"))

    def _grow(self, result: Result, where: tuple[slice, ...]) -> None:
        now = time.perf_counter()
        for name in self.names_of(result):
            layer = self.layer(name)
            if layer is None or not layer.visible or not self.on_screen(result.scan, where):
                continue
            if now - self._refreshed.get(name, 0.0) >= PAUSE:
                self._refreshed[name] = now
                layer.refresh(thumbnail=False, highlight=False, extent=False)

    def on_screen(self, scan: Scan, where: tuple[slice, ...], dims: Any = None) -> bool:
        """Tell whether a tile crosses the slice on the screen (of another canvas, where its dims are given)."""
        frame, dims = self.frame_for(scan), dims or self.viewer.dims
        voxel = frame.voxel(scan, dims.point[-3:])
        hidden = [d for d in dims.not_displayed if d >= dims.ndim - 3]
        for d in hidden:
            axis = frame.axes[d - (dims.ndim - 3)]
            span = where[axis]
            if not (span.start or 0) <= voxel[axis] < (scan.shape[axis] if span.stop is None else span.stop):
                return False
        return True

    def slice_on_screen(self, scan: Scan, factor: int, axis: int) -> int | None:
        """Return the fine-grid index along a voxel axis of what the slider shows."""
        if self.frame is None or self.viewer.dims.ndim < 3:
            return None
        frame = self.frame_for(scan)
        columns = frame.directions[:, list(frame.axes)] * np.where(frame.flips, -1.0, 1.0)
        patient = columns @ np.asarray(self.viewer.dims.point[-3:], dtype=float)
        index = np.linalg.solve(scan.affine[:3, :3], patient - scan.affine[:3, 3])[axis]
        return int(np.clip(round(float(index) * factor), 0, scan.shape[axis] * factor - 1))

    def _finish(self, result: Result) -> None:
        """Bring the last tiles to the screen, and say in name and metadata what the layer has become."""
        about = {"method": result.method, "factor": result.factor, "axis": result.axis, "reason": result.reason}
        for n, (volume, name) in enumerate(zip(result.scan.names, self.names_of(result), strict=True)):
            layer = self.layer(display.super_resolved(volume, result.factor, result.method))
            if layer is None:
                continue
            if layer.name != name:
                self.remove([name])
                layer.name = name
            seconds, done = round(result.seconds, 2), round(result.done, 4)
            layer.metadata = layers.metadata(
                result.scan, "sr", **about, seconds=seconds, done=done, volume=n, volume_name=volume
            )
            layer.refresh()

    def close(self) -> None:
        """Stop the session and let go of the keys."""
        self.session.shutdown()
        self.look.unbind()
        self.layouts.close()
        self.dynamic.close()
        self.keys_help.unbind(self.viewer)
        self.painting.close()


_VIEWS: weakref.WeakKeyDictionary[Any, View] = weakref.WeakKeyDictionary()


def view_of(viewer: Any, runner: Runner | None = None) -> View:
    """Return the one view (and session) of a viewer; made at the first call.

    Parameters
    ----------
    viewer
        ``Viewer`` or ``ViewerModel``; a proxy that napari hands to plugins stands for the viewer behind it.
    runner
        Where jobs run; napari's worker threads where not given.
    """
    from napari_mrsr.app.workers import run_in_thread

    key = getattr(viewer, "__wrapped__", viewer)
    if key not in _VIEWS:
        _VIEWS[key] = View(Session(runner or run_in_thread), key)
    return _VIEWS[key]
