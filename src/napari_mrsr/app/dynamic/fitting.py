"""Whether the weights that Run will use belong to the open series: the same person, the same contrast."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.dynamic.own_weights import own_weights_of
from napari_mrsr.app.dynamic.series import is_series
from napari_mrsr.app.events import Event, Told
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mrsr.app.viewing import View


class Fit:
    """Looks, whenever weights are chosen or a series is opened, in what the two differ.

    Attributes
    ----------
    lines
        In what the open series is not what the chosen weights were fine-tuned for; empty where all is well.
    """

    changed = Signal()

    def __init__(self, view: View) -> None:
        self.session = view.session
        self.own = own_weights_of(view)
        self.lines: tuple[str, ...] = ()
        self.own.changed.connect(self._look)
        self.session.opened.connect(self._look)
        self._look()

    def _look(self, _scan: Scan | None = None) -> None:
        path, scan = self.own.chosen, self.session.scan
        if path is None or scan is None or not is_series(scan):
            self._take((path, scan, ()))
            return
        self.session._run_beside(_looking(path, scan, self._take))

    def _take(self, found: tuple[Path | None, Scan | None, tuple[str, ...]]) -> None:
        path, scan, lines = found
        if path != self.own.chosen or scan is not self.session.scan:
            return  # something else was chosen or opened while it was being looked at
        self.lines = lines
        self.changed.emit()
        if lines and path is not None and self.session.banner is None:
            self.session.say("warn", f'"{path.stem}" may not be for this series: {lines[0]}', "\n".join(lines))


def _looking(path: Path, scan: Scan, tell: Callable[[Any], None]) -> Job:
    """Compare in the worker: the grey values of a series take a moment."""

    def job(_stop: Stop) -> Iterator[Event]:
        from napari_mrsr.training.same_subject import mismatch

        yield Told(tell, (path, scan, mismatch(path, scan)))

    return job


_FITS: weakref.WeakKeyDictionary[View, Fit] = weakref.WeakKeyDictionary()


def fit_of(view: View) -> Fit:
    """Return what compares weights and series of a view, made at the first call."""
    if view not in _FITS:
        _FITS[view] = Fit(view)
    return _FITS[view]
