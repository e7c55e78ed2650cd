"""Adapting the network to the scan that is open, in the background; what came of it is used until another is opened.

The job runs in the session's worker thread, one core left to the window: nearly all of its time is spent in torch,
which lets go of the interpreter. A process of its own would have to start Python and torch again and to copy the scan.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import estimates
from napari_mrsr.app.events import Event, Progress, RefineSettings, Told
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.session import Session
    from napari_mrsr.app.viewing import View
    from napari_mrsr.training.adapted import Adapted, Point

AUTO = "auto"


class Adapting:
    """The network that was adapted to the open scan, and the curve of how it went.

    Attributes
    ----------
    history
        Judged steps of the latest adaptation.
    found
        What came of it; None until it has ended.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._folder: Path | None = None
        self._chosen: RefineSettings | None = None
        self._weights: Path | None = None
        self.history: list[Point] = []
        self.found: Adapted | None = None
        session.opened.connect(self.forget)

    def forget(self, _scan: Any = None) -> None:
        """Use the network as it was before; another scan was opened, or a person wants it so."""
        self._chosen, self._weights, self.found = None, None, None
        self.history = []
        self.changed.emit()

    def begin(self, settings: RefineSettings) -> None:
        """Adapt the network that the settings choose, for their axis and factor; a banner says what cannot be."""
        session = self._session
        scan = session.scan
        if scan is None:
            session.say("warn", "no scan is open; open one in the Study dock first")
            return
        if session.running is not None:
            session.say("warn", f"{session.running.name} is still running; stop it or wait for it")
            return
        plain = self._without(settings)
        start = session.attempt(lambda: _start_of(scan, plain))
        if start is None:
            return
        self.forget()
        self._chosen = plain
        session._start("Adaptation", _job(scan, plain, start, self._take))

    def applies_to(self, settings: RefineSettings) -> bool:
        """Tell whether Run with these settings will use the adapted network."""
        chosen = self._chosen
        if chosen is None or self._weights is None or self.found is None:
            return False
        return _what_matters(self._without(settings), self.found.start) == _what_matters(chosen, self.found.start)

    def applied(self, settings: RefineSettings) -> RefineSettings:
        """Return the settings with the adapted weights, where they are for this."""
        return replace(settings, weights=str(self._weights)) if self.applies_to(settings) else settings

    def _without(self, settings: RefineSettings) -> RefineSettings:
        """Return the settings with the weights that the adapted ones came from."""
        if self._chosen is not None and self._weights is not None and settings.weights == str(self._weights):
            return replace(settings, weights=self._chosen.weights)
        return settings

    def _take(self, what: Point | Adapted) -> None:
        from napari_mrsr.training.adapted import Adapted

        if isinstance(what, Adapted):
            self.found = what
            if what.is_better:
                self._weights = what.save(self._room() / f"{Path(what.start).stem}-adapted.safetensors")
        elif what.gain is not None:
            self.history.append(what)
        else:
            return
        self.changed.emit()

    def _room(self) -> Path:
        """Return a folder for weights that goes with this object, or with the process.

        Not a :class:`tempfile.TemporaryDirectory`: left to itself it warns when Python ends, and by then whoever shows
        warnings (superqt's workers put themselves in the place of that) may be gone.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="napari-mrsr-adapted-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def _what_matters(settings: RefineSettings, start: str) -> tuple[Any, ...]:
    """Return what an adapted network is bound to; asked for by name or chosen by itself is the same."""
    method = AUTO if settings.method in (AUTO, start) else settings.method
    return method, settings.weights, settings.factor, settings.axis, settings.retrospective


def _start_of(scan: Scan, settings: RefineSettings) -> str | Path:
    """Return the network to begin with.

    Raises
    ------
    BadParameter
        The method is no network.
    """
    from napari_mrsr.choice import choose_method
    from napari_mrsr.networks import dictionary_files, registry

    if settings.weights is not None:
        if dictionary_files.is_dictionary(Path(settings.weights)):
            raise BadParameter("a dictionary cannot be adapted", remedy="choose the weights of a network")
        return Path(settings.weights)
    if settings.method == AUTO:
        method, reason = choose_method(scan, settings.factor, settings.axis)
    else:
        method, reason = registry.find(settings.method), settings.method
    if method.kind != "network":
        raise BadParameter(f"no network to adapt ({reason})", remedy="choose lean")
    return method.name


def _job(scan: Scan, settings: RefineSettings, start: str | Path, tell: Any) -> Job:
    """Adapt, and tell every step."""

    def job(stop: Stop) -> Iterator[Event]:
        from napari_mrsr import superres
        from napari_mrsr.training.adapt import part_done, steps_of
        from napari_mrsr.training.adapted import Point

        yield Progress(0.0, "cutting the scan into pairs")
        axis = scan.find_slice_axis() if settings.axis is None else settings.axis
        source = superres.retrospective(scan, settings.factor, axis) if settings.retrospective else scan
        options: dict[str, Any] = {"device": settings.device, "threads": estimates.threads(), "stop": stop}
        for found in steps_of(source, start=start, axis=axis, factor=settings.factor, **options):
            yield Told(tell, found)
            if isinstance(found, Point):
                yield Progress(part_done(found), f"step {found.step}")

    return job


_ADAPTINGS: weakref.WeakKeyDictionary[View, Adapting] = weakref.WeakKeyDictionary()


def adapting_of(view: View) -> Adapting:
    """Return what is adapted in a view, made at the first call: a dock may be closed and opened again."""
    if view not in _ADAPTINGS:
        _ADAPTINGS[view] = Adapting(view.session)
    return _ADAPTINGS[view]
