"""The planning scan beside the series: its layer in its own grid and pose, and whether it can teach for this series.

It is of another session. It is not co-registered, as in the paper (Sarasaen et al., Artif Intell Med 2021;121:102196),
and need not be: a network learns from it how this subject looks in this sequence, not where anything lies. What does
not fit is measured and said; nobody is kept from going on.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import layers
from napari_mrsr.app.dynamic.planning_checks import check
from napari_mrsr.app.events import Event, Told
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.files.checks import Check
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

#: What its layer is called.
NAME = "planning"


class Planning:
    """Shows the planning scan of a session and checks it against what is open.

    Attributes
    ----------
    checks
        How the planning scan and the open series go together; how it stands alone while no series is open.
    """

    changed = Signal()

    def __init__(self, view: View) -> None:
        self._view = weakref.ref(view)
        self.session = view.session
        self.checks: tuple[Check, ...] = ()
        self._asked = False  # a person opened it and wants to see it; what comes with a sample stays below it
        self.session.planning_changed.connect(self._show)
        self.session.opened.connect(self._series_opened)
        if self.session.planning is not None:  # it came with a sample before the dock was there
            self._show(self.session.planning)

    @property
    def view(self) -> View:
        """The view; it owns this."""
        view = self._view()
        if view is None:
            raise RuntimeError("the viewer is closed")
        return view

    @property
    def scan(self) -> Scan | None:
        """The planning scan."""
        return self.session.planning

    def open(self, paths: Sequence[str | PathLike[str]], *, allow_nonfinite: bool = False) -> None:
        """Read files or a folder as the planning scan; a folder with several series asks which, in the Study dock."""
        self._asked = True
        self.session.open(paths, role="planning", allow_nonfinite=allow_nonfinite)

    def forget(self) -> None:
        """Let go of the planning scan; weights that were fine-tuned on it stay."""
        self.session.plan(None)

    def _series_opened(self, _scan: Scan | None) -> None:
        """Show the planning scan again, which left the screen with the series before, and check it anew."""
        if self.scan is not None:
            self._put(self.scan, visible=False)
            self._check(self.scan)

    def _show(self, scan: Scan | None) -> None:
        view = self.view
        own = [la.name for la in view.viewer.layers if la.metadata.get("mrsr", {}).get("role") == "planning"]
        view.remove(own)
        self.checks = ()
        if scan is not None:
            self._put(scan, visible=self._asked or view.frame is None)
            self._asked = False
            self._check(scan)
        self.changed.emit()

    def _put(self, scan: Scan, *, visible: bool) -> None:
        """Show it where its own affine says that it lies, in millimetres like everything else."""
        view = self.view
        frame = frame_of(scan) if view.frame is None else view.frame_for(scan)
        still = static(scan)
        names = [NAME] if still.volumes == 1 else [f"{NAME} {name}" for name in still.names]
        for n, data in enumerate(layers.magnitude_layers(still, role="planning", names=names, frame=frame)):
            view.put(data, visible=visible and n == 0).locked = True

    # -- checking -------------------------------------------------------------------------------------
    def _check(self, scan: Scan) -> None:
        self.session._run_beside(_checking(scan, self.session.scan, self._checked))

    def _checked(self, found: tuple[Scan, Scan | None, tuple[Check, ...]]) -> None:
        scan, series, checks = found
        if scan is self.scan and series is self.session.scan:  # else both were replaced while it was being looked at
            self.checks = checks
            self.changed.emit()


def static(scan: Scan) -> Scan:
    """Return a planning scan without time: of several frames the first."""
    return replace(scan.volume(0), axis="contrast") if scan.axis == "time" else scan


def _checking(scan: Scan, series: Scan | None, tell: Callable[[Any], None]) -> Job:
    """Check in the worker: comparing intensities takes a second on large scans."""

    def job(_stop: Stop) -> Iterator[Event]:
        yield Told(tell, (scan, series, tuple(check(scan, series))))

    return job


_PLANNINGS: weakref.WeakKeyDictionary[View, Planning] = weakref.WeakKeyDictionary()


def planning_of(view: View) -> Planning:
    """Return what shows the planning scan of a view, made at the first call: a dock may be closed and opened again."""
    if view not in _PLANNINGS:
        _PLANNINGS[view] = Planning(view)
    return _PLANNINGS[view]
