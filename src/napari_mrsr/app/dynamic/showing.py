"""A series in a viewer: its results as layers with a time slider, filled frame by frame, and the frame that is seen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display, estimates, layers
from napari_mrsr.app.compare.comparing import Pair
from napari_mrsr.app.display import SERIES
from napari_mrsr.app.dynamic import running
from napari_mrsr.app.dynamic.cine import Cine
from napari_mrsr.app.dynamic.series import (
    SeriesResult,
    SeriesSettings,
    as_plain,
    from_plain,
    is_series,
    needed,
)
from napari_mrsr.app.dynamic.timing import clock
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

#: Least time between two refreshes of one layer, s.
PAUSE = 0.15

#: What a new region says on a series.
ONE_FOR_ALL = "a region on a series is painted once for all frames; tissue that moves leaves it"


class Dynamic:
    """What is made of the series that is open.

    Parameters
    ----------
    view
        The view that shows it.

    Attributes
    ----------
    results
        Results by what was chosen, the latest last.
    cine
        Plays the series.
    """

    began = Signal(object)  # SeriesResult
    judged = Signal(object)  # SeriesResult: one more frame has its figures
    ended = Signal(object)  # SeriesResult
    moved = Signal(int)  # another frame is on the screen

    def __init__(self, view: View) -> None:
        self.view = view
        self.results: dict[str, SeriesResult] = {}
        self.cine = Cine(view)
        self._refreshed: dict[str, float] = {}
        self._seen: int | None = None
        view.session.opened.connect(self._opened, priority=-1)  # after the layers of the series are there
        view.viewer.dims.events.current_step.connect(self._step)
        view.viewer.layers.events.inserted.connect(self._region)

    # -- the frame on the screen ----------------------------------------------------------------------
    @property
    def frames(self) -> int:
        """Number of frames of the open series; 0 where none is open."""
        scan = self.view.session.scan
        return scan.volumes if scan is not None and is_series(scan) else 0

    @property
    def frame(self) -> int | None:
        """The frame on the screen; None where no series is open."""
        dims = self.view.viewer.dims
        return int(dims.current_step[dims.ndim - 4]) if self.frames and dims.ndim >= 4 else None

    def go_to(self, frame: int) -> None:
        """Show a frame."""
        dims = self.view.viewer.dims
        if self.frames and dims.ndim >= 4:
            dims.set_current_step(dims.ndim - 4, min(max(int(frame), 0), self.frames - 1))

    def _step(self, _event: Any = None) -> None:
        frame = self.frame
        if frame is not None and frame != self._seen:
            self._seen = frame
            self.moved.emit(frame)

    def _opened(self, scan: Scan | None) -> None:
        self.results = {}
        self._seen = None
        if is_series(scan):
            self.go_to(0)

    # -- measuring --------------------------------------------------------------------------------------
    @property
    def latest(self) -> str:
        """What the latest result is called; empty without one."""
        return next(reversed(self.results), "")

    def maps(self) -> dict[str, Scan]:
        """Return the frame on the screen of the latest result, where it is done, as ``"SR"``."""
        result, frame = self.results.get(self.latest), self.frame
        if result is None or frame is None or not result.done[frame]:
            return {}
        return {"SR": result.scan.volume(frame)}

    def frame_of(self, layer: Layer) -> Scan | None:
        """Return the frame on the screen of a layer of a series; None for any other layer."""
        scan, frame = layer.metadata.get("mrsr_scan"), self.frame
        if frame is None or layer.ndim != 4 or not isinstance(scan, Scan) or not is_series(scan):
            return None
        return scan.volume(min(frame, scan.volumes - 1))

    def notes(self) -> list[str]:
        """Return what a table must say: which frame was measured."""
        scan, frame = self.view.session.scan, self.frame
        return [] if scan is None or frame is None else [f"measured in {clock(scan, frame)}"]

    # -- running ----------------------------------------------------------------------------------------
    def run(self, settings: SeriesSettings) -> None:
        """Sharpen the open series in the background, the frame and slice on the screen first."""
        session = self.view.session
        scan = session.attempt(lambda: needed(session.scan))
        if scan is None:
            return
        axis = session.attempt(scan.find_slice_axis)
        if axis is None:
            return
        slice_ = self.view.slice_on_screen(scan, 1, axis)
        first = (self.frame or 0, slice_ or 0)
        job = running.sharpen(scan, settings, self._take, first=first, threads=estimates.threads())
        session._start("Dynamic series", job)

    def _take(self, told: tuple[str, SeriesResult, Any]) -> None:
        what, result, about = told
        if self.view.session.scan is None or not self.view.is_open:
            return
        if what == running.BEGAN:
            self.show(result)
        elif what == running.GREW:
            self._grow(result, *about)
        elif what == running.JUDGED:
            self._refresh(self.view.layer(result.ssim_name), about)
            self.judged.emit(result)
        else:
            self._finish(result)

    # -- layers -----------------------------------------------------------------------------------------
    def show(self, result: SeriesResult) -> None:
        """Show a result that begins, in the window of the open series."""
        view = self.view
        view.remove([result.key, f"{result.key} (partial)", result.ssim_name])
        self.results.pop(result.key, None)
        self.results[result.key] = result
        acquired = view.layer(display.acquired(SERIES))
        window = display.window(result.source.array) if acquired is None else tuple(acquired.contrast_limits)
        if result.reference is not None and view.layer(result.input_name) is None:
            self._put(result.source, "undersampled", result.input_name, window, visible=False)
        layer = self._put(result.scan, "sr", result.name, window, **self._about(result))
        if result.ssim is not None:
            ssim = layers.series_layer(
                result.ssim, result.ssim_name, role="ssim", frame=view.frame_for(result.ssim), window=(0.0, 1.0)
            )
            view.put(ssim, visible=False).colorbar.visible = True
        self._refreshed.clear()
        pairs = [pair.other for pair in view.look.pairs()]
        if result.name in pairs:
            view.look.choose_pair(pairs.index(result.name))
        view.viewer.layers.selection.active = layer
        self.began.emit(result)

    def _put(self, scan: Scan, role: Any, name: str, window: Any, *, visible: bool = True, **about: Any) -> Layer:
        frame = self.view.frame_for(scan)
        (data,) = layers.magnitude_layers(scan, role=role, names=[name], frame=frame, windows=[window], **about)
        return self.view.put(data, visible=visible)

    def _about(self, result: SeriesResult) -> dict[str, Any]:
        return {**as_plain(result.settings), "done": round(result.share, 4), "seconds": round(result.seconds, 2)}

    def _grow(self, result: SeriesResult, frame: int, where: tuple[slice, ...]) -> None:
        if self.view.on_screen(result.scan, where):
            self._refresh(self.view.layer(result.name), frame, wait=True)
        else:
            self._refresh_planes(self.view.layer(result.name), frame)

    def _refresh(self, layer: Layer | None, frame: int, *, wait: bool = False) -> None:
        """Draw a layer anew if the frame is on the screen; while tiles come in, not more often than every PAUSE."""
        if layer is None or not layer.visible or frame != self.frame:
            return
        now = time.perf_counter()
        if not wait or now - self._refreshed.get(layer.name, 0.0) >= PAUSE:
            self._refreshed[layer.name] = now
            layer.refresh(thumbnail=False, highlight=False, extent=False)
            self._refresh_planes(layer, frame)

    def _refresh_planes(self, layer: Layer | None, frame: int) -> None:
        planes = self.view.layouts.planes
        if layer is None or not planes.shown or not layer.visible or frame != self.frame:
            return
        now = time.perf_counter()
        if now - self._refreshed.get(f"{layer.name} beside", 0.0) >= 2 * PAUSE:
            self._refreshed[f"{layer.name} beside"] = now
            for copy in planes.copies(layer):
                copy.refresh(thumbnail=False, highlight=False, extent=False)

    def _finish(self, result: SeriesResult) -> None:
        """Say in name and metadata what the layers have become."""
        view = self.view
        for name in (result.key, result.ssim_name):
            layer = view.layer(name)
            if layer is None:
                continue
            if name == result.key:
                layer.metadata = layers.metadata(result.scan, "sr", volume_name=SERIES, **self._about(result))
                layer.name = result.name
            layer.refresh()
            for copy in view.layouts.planes.copies(layer):
                copy.refresh()
        if result.partial:
            frames = f"{int(result.done.sum())} of {len(result.done)} frames are sharp"
            view.session.say("warn", f"stopped: {frames}, the rest is interpolated; press Run again for all of them")
        known = view.session.scan.warnings if view.session.scan is not None else ()
        found = [line for line in result.scan.warnings if line not in known]
        if found and not result.partial:
            view.session.say("warn", found[0], "\n".join(found))
        self.ended.emit(result)

    def _region(self, event: Any) -> None:
        """Say on a new region that it belongs to every frame."""
        if self.frames and event.value.metadata.get("mrsr", {}).get("role") == "roi":
            self.view.session.say("info", ONE_FOR_ALL)

    # -- looking ----------------------------------------------------------------------------------------
    def pairs(self) -> list[Pair]:
        """Return what can be looked at in turn: acquired, input and other methods against the latest result."""
        if not self.results:
            return []
        *earlier, latest = self.results.values()
        title = f"{SERIES}, {latest.key}"
        found = [Pair(title, display.acquired(SERIES), latest.name)]
        if latest.reference is not None:
            found.append(Pair(f"{title}, input", latest.input_name, latest.name))
        for other in reversed(earlier):
            if other.scan.same_grid(latest.scan):
                found.append(Pair(f"{title}, {other.key}", other.name, latest.name))
        return found

    # -- keeping ----------------------------------------------------------------------------------------
    def as_saved(self, put: Any) -> list[dict[str, Any]]:
        """Return the results for a saved review; ``put(scan, name)`` keeps a scan and gives its key."""
        return [
            {
                "settings": as_plain(result.settings),
                "scan": put(result.scan, result.key),
                "source": put(result.source, f"input {result.settings.level}"),
                "ssim": put(result.ssim, f"ssim {result.key}"),
                "done": [bool(d) for d in result.done],
                "figures": {name: values.tolist() for name, values in result.figures.items()},
                "flicker": float(result.flicker),
                "seconds": float(result.seconds),
                "share": float(result.share),
            }
            for result in self.results.values()
        ]

    def give_back(self, entries: list[dict[str, Any]], scan_at: Any) -> None:
        """Show again what a review was saved with."""
        import numpy as np

        for entry in entries:
            settings = from_plain(entry["settings"])
            result = SeriesResult(
                scan_at(entry["scan"]),
                scan_at(entry["source"]),
                settings,
                reference=self.view.session.scan if settings.fraction is not None else None,
                done=np.array(entry["done"], bool),
                ssim=scan_at(entry.get("ssim")),
                figures={name: np.array(values, float) for name, values in entry.get("figures", {}).items()},
                flicker=float("nan") if entry.get("flicker") is None else float(entry["flicker"]),
                seconds=entry.get("seconds", 0.0),
                share=entry.get("share", 1.0),
            )
            self.show(result)
            result.partial = not bool(result.done.all())
            self._finish(result)

    def close(self) -> None:
        """Let go of the clock and the key."""
        self.cine.close()
