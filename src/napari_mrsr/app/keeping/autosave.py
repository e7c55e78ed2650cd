"""Painted regions are saved every minute while they change; after a crash the next start offers them back.

Whether they have changed is seen from a checksum of each painted layer, so every way to paint counts: brush, fill,
propagation, undo. Nothing is written before something is painted, and nothing stays when all that was painted has been
saved with a review.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_mrsr.app.events import Event, Failed, Progress
from napari_mrsr.app.keeping.recovery import Recovery, scan_record
from napari_mrsr.app.keeping.review_content import scan_as_shown
from napari_mrsr.app.planes import layer_states
from napari_mrsr.app.roi import regions
from napari_mrsr.errors import MrsrError
from napari_mrsr.files import autosave_folder
from napari_mrsr.files.origin import plain
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

#: Time between two autosaves, s.
PERIOD = 60.0

#: Layers that vanish this long before the viewer does were not deleted by a person, s: napari clears them on closing.
CLOSING = 10.0

Signature = dict[str, int]


class Autosave:
    """Keeps what is painted in one view.

    Parameters
    ----------
    view
        The view.

    Attributes
    ----------
    scan, truth
        What is painted on, and the phantom behind it if it is a simulation.
    recovery
        What earlier viewers left behind.
    written
        When the last autosave was written, or None.
    """

    changed = Signal()  # something was written, offered, restored or discarded

    def __init__(self, view: View) -> None:
        self.view = view
        self.written: datetime | None = None
        self._place: Path | None = None
        self._kept: Signature = {}  # in the latest autosave
        self._safe: Signature = {}  # in a saved review
        self._gone: dict[str, tuple[float, Layer]] = {}
        self.scan: Scan | None = None
        self.truth: Any = None
        self._closed = False
        self._writing = threading.Lock()
        self.recovery = Recovery(self)
        session = view.session
        session.closing.connect(self.close)
        session.opened.connect(self._leave)
        view.viewer.layers.events.removed.connect(self._removed)
        atexit.register(_close, weakref.ref(self))
        self._timer = _start_timer(weakref.ref(self))

    # -- what is painted ------------------------------------------------------------------------------
    def painted(self) -> list[Layer]:
        """Return the layers in which something is painted."""
        viewer = self.view._viewer()
        found = [] if viewer is None else [la for la in viewer.layers if regions.is_roi(la)]
        if viewer is None or not len(viewer.layers):
            found += [la for when, la in self._gone.values() if time.monotonic() - when < CLOSING]
        return [la for la in found if isinstance(la.data, np.ndarray) and regions.painted_voxels(la)]

    def signature(self) -> Signature:
        """Return a checksum of each painted layer, by name."""
        return {la.name: _checksum(la) for la in self.painted()}

    @property
    def unsaved(self) -> bool:
        """Whether something is painted that no saved review holds."""
        return any(self._safe.get(name) != number for name, number in self.signature().items())

    # -- saving ---------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Write what has changed since the last autosave; a failure becomes a banner, once."""
        now = self.signature()
        if self._closed or not self.view.preferences.autosave or self.scan is None:
            return
        if not now or now == self._kept or all(self._safe.get(k) == v for k, v in now.items()):
            return
        self._kept = now
        content, place = self._content(), self._own_place()
        self.view.session._runner(lambda: self._write(place, *content), self._receive, self._done)

    def _own_place(self) -> Path:
        if self._place is None:
            self._place = autosave_folder.new_place()
        return self._place

    def _write(self, place: Path, record: dict[str, Any], volumes: dict[str, Scan]) -> Iterator[Event]:
        """Write, maybe in a worker thread; what comes too late, after the place was let go, is not written."""
        try:
            with self._writing:
                if place != self._place:
                    return
                for entry in record["layers"]:
                    labels = np.unique(volumes[entry["volume"]].array)
                    entry["painted"] = [entry["names"].get(str(n), f"label {n}") for n in labels if n]
                autosave_folder.write_autosave(place, record, volumes)
                self.written = datetime.now().astimezone()
            yield Progress(1.0, "autosaved")
        except (MrsrError, OSError) as error:
            line = error.line if isinstance(error, MrsrError) else str(error)
            yield Failed(f"the autosave failed: {line}", str(error))

    def _receive(self, event: Event) -> None:
        if isinstance(event, Failed):
            self.view.session.say("warn", event.line, event.details)

    def _done(self) -> None:
        if not self._closed:
            self.changed.emit()

    def _content(self) -> tuple[dict[str, Any], dict[str, Scan]]:
        """Return record and volumes; arrays are copied, because painting goes on while they are written."""
        result = self.view.session.result
        record: dict[str, Any] = {"scan": scan_record(self.scan, self.truth), "layers": []}
        if result is not None:
            record["method"] = f"{result.method} x{result.factor}"
        volumes: dict[str, Scan] = {}
        for layer in self.painted():
            try:
                scan = scan_as_shown(layer, self.view)
            except MrsrError:
                continue
            key = f"labels/{len(volumes) + 1}"
            volumes[key] = scan
            names = {str(label): name for label, name in regions.names_of(layer).items()}
            state = layer_states.state_of(layer)
            record["layers"].append({"name": layer.name, "volume": key, "state": state, "names": names})
        return plain(record), volumes

    def saved(self, signature: Signature) -> None:
        """Take note that a review holds what was painted at that time; the autosave is not needed any more."""
        self._safe = dict(signature)
        if not self.unsaved and self._place is not None:
            with self._writing:
                autosave_folder.discard(self._place)
                self._place, self._kept, self.written = None, {}, None
        self.changed.emit()

    def take_over(self, place: Path) -> None:
        """Go on with the autosave that was just given back, so that at no time it is without one."""
        if self._place is None:
            autosave_folder.take_over(place)
            self._place, self._kept = place, self.signature()
            return
        for event in self._write(self._place, *self._content()):
            self._receive(event)
        autosave_folder.discard(place)

    def _leave(self, scan: Scan | None) -> None:
        """Another scan takes the place of this one, whose layers still stand: keep what no review holds."""
        kept = self._let_go()
        self.scan, self.truth = scan, self.view.session.truth
        if kept:
            line = "what was painted on the scan before is kept: Restore in the Study dock gives it back"
            self.view.session.say("info", line)

    def _let_go(self) -> bool:
        """Write what no review holds, to be offered back, and begin anew; tell whether there was something."""
        keep = self.scan is not None and self.unsaved and self.view.preferences.autosave
        if keep:
            for event in self._write(self._own_place(), *self._content()):
                self._receive(event)
        with self._writing:
            place, self._place = self._place, None
            if place is not None:
                (autosave_folder.finish if keep else autosave_folder.discard)(place)
        self._kept, self._safe, self.written = {}, {}, None
        self._gone.clear()
        self.changed.emit()
        return keep

    def close(self) -> None:
        """Keep what no review holds, and say that it was no crash: the viewer ends cleanly."""
        if self._closed:
            return
        with suppress(OSError, MrsrError, RuntimeError):
            self._let_go()
        self._closed = True
        if self._timer is not None:
            with suppress(RuntimeError):  # Qt may be gone before Python is
                self._timer.stop()
            self._timer = None

    def _removed(self, event: Any) -> None:
        if regions.is_roi(event.value):
            self._gone[event.value.name] = (time.monotonic(), event.value)


def _checksum(layer: Layer) -> int:
    """Return a checksum of a layer's labels; quick for the whole arrays that lie under a turned view."""
    data = np.asarray(layer.data)
    base = data.base if isinstance(data.base, np.ndarray) and data.base.size == data.size else data
    return zlib.crc32(np.ascontiguousarray(base).view(np.uint8).reshape(-1).data)


def _close(autosave: weakref.ref[Autosave]) -> None:
    found = autosave()
    if found is not None:
        found.close()


def _tick(autosave: weakref.ref[Autosave], timer: Any) -> None:
    found = autosave()
    if found is None:
        timer.stop()
    else:
        found.tick()


def _start_timer(autosave: weakref.ref[Autosave]) -> Any:
    """Return a running timer of Qt, or None where there is no Qt application (scripts, tests of the model)."""
    import sys

    if not any(name in sys.modules for name in ("PyQt6", "PySide6", "PyQt5", "PySide2")):
        return None
    from qtpy.QtCore import QCoreApplication, QThread, QTimer

    app = QCoreApplication.instance()
    if app is None or app.thread() is not QThread.currentThread():
        return None
    timer = QTimer()
    timer.setInterval(int(PERIOD * 1000))
    timer.timeout.connect(partial(_tick, autosave, timer))
    timer.start()
    return timer
