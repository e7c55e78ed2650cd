"""Fine-tuning on the planning scan from the viewer: a process of its own, watched while everything else goes on.

Training keeps Python busy between its kernels, and a thread would make the window wait for it. So it runs in a process
of its own (:mod:`napari_mrsr.training.spawned`); a worker thread reads its curve a few times a second. It is beside the
session's jobs and not one of them: while it learns, the dynamic series can be opened, looked at and sharpened.

The process writes the best weights so far to a hidden file. However it ends (by itself, by Stop, killed by the system)
these are given their name and listed, if they are better than the weights before.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from psygnal import Signal

from napari_mrsr.app import estimates
from napari_mrsr.app.dynamic.own_weights import SUFFIX, Own, OwnWeights, allowed, own_weights_of, read
from napari_mrsr.app.dynamic.planning import static
from napari_mrsr.app.dynamic.series import FRACTIONS, plane_axes
from napari_mrsr.app.events import Event, Told
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.errors import AmbiguousAxis
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View
    from napari_mrsr.training.fine_tuned import Point

#: Seconds between two looks at the process.
PAUSE = 0.2
#: Seconds that the process is waited for when the viewer closes, before it is made to end.
AT_THE_END = 0.5
METHODS = ("swift", "unet")


@dataclass(frozen=True)
class FineTuneSettings:
    """What a person chooses.

    Parameters
    ----------
    method
        ``"swift"`` or ``"unet"``.
    kspace
        Shares of k-space that are learned.
    minutes
        It ends after so long at most.
    name
        What the weights shall be called; the method, tuned, where it is empty.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    method: str = "swift"
    kspace: tuple[float, ...] = FRACTIONS
    minutes: float = 10.0
    name: str = ""
    device: str = "auto"


class Training(Protocol):
    """The process, as far as it is used here: a :class:`napari_mrsr.training.spawned.FineTuning`."""

    @property
    def is_running(self) -> bool:
        """Whether it goes on; points may be waiting still when it does not."""

    @property
    def state(self) -> str:
        """``"running"``, ``"done"``, ``"refused"`` or ``"died"``."""

    @property
    def line(self) -> str:
        """How it stands, in one line."""

    def poll(self) -> Sequence[Point]:
        """Return what it has told since the last call."""

    def stop(self) -> None:
        """Ask it to end and keep the best so far."""

    def close(self, patience: float = ...) -> None:
        """End it: ask, then insist."""


@dataclass(frozen=True)
class Ended:
    """How the process ended, what it says of that, and where its best weights are, if there are any."""

    state: str
    line: str
    hidden: Path


class FineTuning:
    """Fine-tuning of one view.

    Attributes
    ----------
    history
        All points of the latest run: loss at each, and where it was judged gain and SSIM.
    is_running, is_stopping
        Whether a process learns, and whether it was asked to stop.
    found
        What came of the latest run; None until it has ended, and where nothing better came of it.
    said
        One line about how it stands.
    """

    changed = Signal()  # it began, was asked to stop, or ended
    went_on = Signal()  # there are new points

    def __init__(self, view: View) -> None:
        self.session = view.session
        self.own: OwnWeights = own_weights_of(view)
        self.history: list[Point] = []
        self.is_running = False
        self.is_stopping = False
        self.found: Own | None = None
        self.said = ""
        self._name = ""
        self._hidden: Path | None = None
        self._process: Training | None = None
        self.session.closing.connect(self._close)

    # -- asking ---------------------------------------------------------------------------------------
    def begin(self, settings: FineTuneSettings) -> None:
        """Fine-tune on the planning scan; a banner says what cannot be."""
        session, planning = self.session, self.session.planning
        if planning is None:
            session.say("warn", "there is no planning scan; open one in the Study dock first")
            return
        if self.is_running:
            session.say("warn", "fine-tuning is still running; stop it or wait for it")
            return
        name = session.attempt(lambda: self.own.free_name(settings.name or proposed(settings)))
        if name is None:
            return
        session.quiet()
        self.history, self.found, self.said = [], None, ""
        self.is_running, self.is_stopping = True, False
        self._name = name
        self.changed.emit()
        self._hidden = hidden = self.own.folder / f".{name}.{os.getpid()}{SUFFIX}"  # another viewer may call it alike
        planning = static(planning)
        session._runner(lambda: _guarded(self, _job(self, planning, settings, hidden)), session._receive, self._left)

    def stop(self) -> None:
        """Ask it to stop; the best so far is kept."""
        if self.is_running:
            self.is_stopping = True
            self.changed.emit()

    @property
    def part(self) -> float:
        """How much is done, 0 to 1."""
        return self.history[-1].part if self.history else 0.0

    @property
    def best(self) -> Point | None:
        """The point whose weights are kept; None while there is none."""
        return next((p for p in reversed(self.history) if p.is_kept and (p.gain or 0.0) > 0.0), None)

    def _close(self) -> None:
        """End the process at once, for the viewer goes; the best weights so far are there next time."""
        self.is_stopping = True
        process = self._process
        if process is not None:
            process.close(AT_THE_END)
        if self._hidden is not None:
            with suppress(OSError):
                self._keep(self._hidden)

    def _keep(self, hidden: Path) -> Own | None:
        """Give the weights of a hidden file their name; None where there are none, or none that are better."""
        kept, self._hidden = read(hidden), None
        if kept is None or int(kept.record.get("steps", 0)) == 0:
            with suppress(OSError):
                hidden.unlink(missing_ok=True)
            return None
        path = self.own.path_of(self.own.free_name(self._name))
        hidden.rename(path)
        return read(path)

    # -- what it says ---------------------------------------------------------------------------------
    def _take(self, what: Sequence[Point] | Ended) -> None:
        if isinstance(what, Ended):
            self._end(what)
            return
        self.history.extend(what)
        latest = self.history[-1]
        self.said = latest.note or f"step {latest.step}"
        self.went_on.emit()

    def _end(self, ended: Ended) -> None:
        """Give the best weights their name, and say what came of it."""
        self.found = self._keep(ended.hidden)
        if self.found is not None:
            self.own.choose(self.found.path)
        name = "" if self.found is None else self.found.name
        if ended.state == "done":
            reason = "" if self.found is None else f" ({self.found.record.get('reason', '')})"
            line = f"{ended.line[:1].upper()}{ended.line[1:]}."
            self.said = f'Done{reason}: "{name}" is used by Run now.' if name else line
            return
        self.said = f'"{name}" holds the best weights so far.' if name else ""
        if ended.state == "refused":
            self.session.say("bad", ended.line)
            return
        saved = f'the best weights so far are kept as "{name}"' if name else "no weights were better yet, none are kept"
        self.session.say("bad", f"{ended.line.partition(';')[0]}; {saved}")

    def _left(self) -> None:
        """Be ready for the next: the worker has ended, however it did."""
        self.is_running, self.is_stopping, self._process = False, False, None
        if not self.session.is_shut:
            self.changed.emit()


def proposed(settings: FineTuneSettings) -> str:
    """Return a name for weights that were given none; subject, date and level stand beside it in the list."""
    return allowed(f"{settings.method} tuned")


def level_of(planning: Scan | None, series: Scan | None) -> float | None:
    """Return the share of k-space by which the open series is coarser than the planning scan; None where it is not.

    The nearest of :data:`FRACTIONS`, by the area of a voxel in plane.

    Examples
    --------
    >>> import numpy as np
    >>> fine = Scan(np.zeros((1, 8, 8, 4)), np.diag([1.09, 1.09, 4.0, 1]), slice_axis=2)
    >>> coarse = Scan(np.zeros((2, 2, 2, 4)), np.diag([4.38, 4.38, 4.0, 1]), axis="time", slice_axis=2)
    >>> level_of(fine, coarse), level_of(fine, fine)
    (0.0625, None)
    """
    if planning is None or series is None:
        return None
    try:
        areas = [scan.spacing[a] * scan.spacing[b] for scan in (planning, series) for a, b in [plane_axes(scan)]]
    except AmbiguousAxis:
        return None
    share = areas[0] / areas[1]
    if share > 0.7:
        return None
    return min(FRACTIONS, key=lambda level: abs(level - share))


def _guarded(owner: FineTuning, job: Job) -> Iterator[Event]:
    from napari_mrsr.app.jobs import guarded

    return guarded(job, lambda: owner.session.is_shut)


def _job(owner: FineTuning, planning: Scan, settings: FineTuneSettings, hidden: Path) -> Job:
    """Start the process and tell what it tells, until it has ended or the viewer closes."""
    tell: Callable[[Any], None] = owner._take

    def job(shut: Stop) -> Iterator[Event]:
        process = _spawn(planning, settings, hidden)
        owner._process = process
        try:
            asked = False
            while True:
                going = process.is_running  # asked first: what it told before it ended is read still
                points = process.poll()
                if points:
                    yield Told(tell, points)
                if shut():
                    return
                if not going:
                    break
                if owner.is_stopping and not asked:
                    process.stop()
                    asked = True
                time.sleep(PAUSE)
            yield Told(tell, Ended(process.state, process.line, hidden))
        finally:
            process.close()

    return job


def _spawn(planning: Scan, settings: FineTuneSettings, hidden: Path) -> Training:
    """Start the process that learns."""
    from napari_mrsr.training import spawned

    options = {"kspace": settings.kspace, "minutes": settings.minutes, "device": settings.device}
    return spawned.spawn(planning, hidden, method=settings.method, threads=estimates.threads(), **options)


_TUNINGS: weakref.WeakKeyDictionary[View, FineTuning] = weakref.WeakKeyDictionary()


def fine_tuning_of(view: View) -> FineTuning:
    """Return the fine-tuning of a view, made at the first call: a dock may be closed and opened again."""
    if view not in _TUNINGS:
        _TUNINGS[view] = FineTuning(view)
    return _TUNINGS[view]
