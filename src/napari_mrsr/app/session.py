"""What is open, what came out of it, what is running: the state that the four docks show.

A session knows neither Qt nor napari. It is told what to do by method calls, says what happened by signals, and hands
its long steps to a runner (:mod:`.workers` in the viewer, :func:`run_here` in tests and scripts). A dock can be closed
and opened again: nothing of the session lives in it. Errors become a :class:`Banner`; what was there before stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Protocol

from psygnal import Signal

from napari_mrsr.app import estimates, events, jobs
from napari_mrsr.app.events import Event, RefineSettings, Result, T2Settings
from napari_mrsr.app.jobs import Job
from napari_mrsr.errors import MrsrError
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.compare.comparing import Comparison
    from napari_mrsr.files.checks import Check
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.superres import Trust

Level = Literal["info", "warn", "bad"]


@dataclass(frozen=True)
class Banner:
    """One line for the person, and details behind it."""

    level: Level
    text: str
    details: str = ""


@dataclass
class Running:
    """The job that runs now."""

    name: str
    began: float
    done: float = 0.0
    text: str = ""
    stopping: bool = False

    @property
    def left(self) -> float | None:
        """Seconds left, judged from the pace so far; None while it cannot be told."""
        if self.done < 0.02:
            return None
        return (time.perf_counter() - self.began) * (1.0 - self.done) / self.done


class Runner(Protocol):
    """Runs the events of a job somewhere and hands them to the main thread."""

    def __call__(
        self, events: Callable[[], Iterator[Event]], receive: Callable[[Event], None], ended: Callable[[], None]
    ) -> Any:
        """Start; ``receive`` gets each event, ``ended`` is called last."""


def run_here(
    events: Callable[[], Iterator[Event]], receive: Callable[[Event], None], ended: Callable[[], None]
) -> None:
    """Run a job at once, in this thread."""
    for event in events():
        receive(event)
    ended()


class Session:
    """Scans, results and the running job of one viewer.

    Parameters
    ----------
    runner
        Where long steps run; in this thread where not given.

    Attributes
    ----------
    scan, reference
        What is open, and what a result can be held against.
    planning
        The scan of another session on which networks are fine-tuned; it stays when another series is opened.
    truth
        Labels of a phantom, if the sample is open.
    result
        The latest super-resolved scan; ``results`` holds all, by method and factor.
    maps
        T2 maps by role: ``"acquired"``, ``"thick"`` (simulated thick slices), ``"SR"``.
    """

    opened = Signal(object)  # Scan, also when it is replaced by None
    reference_changed = Signal(object)  # Scan | None
    planning_changed = Signal(object)  # Scan | None
    came_beside = Signal(object)  # Scan: another contrast, to be shown beside what is open
    choices_changed = Signal(object)  # events.Choices | None
    banner_changed = Signal(object)  # Banner | None
    job_changed = Signal(object)  # Running | None
    progressed = Signal(object)  # Running
    began = Signal(object)  # Result
    grew = Signal(object, object)  # Result, where
    refined = Signal(object)  # Result
    mapped = Signal(str, object)  # role, T2Map
    compared = Signal(object)  # Comparison
    trusted = Signal(object)  # Trust
    estimated = Signal(object)  # events.Estimated
    closing = Signal()  # the viewer goes; what must be kept is kept now

    def __init__(self, runner: Runner = run_here) -> None:
        self._runner = runner
        self._stop = False
        self._live: set[Any] = set()
        self._shut = False
        self._pending: events.Choices | None = None
        self.scan: Scan | None = None
        self.reference: Scan | None = None
        self.planning: Scan | None = None
        self.truth: Any = None
        self.checks: tuple[Check, ...] = ()
        self.result: Result | None = None
        self.results: dict[str, Result] = {}
        self.maps: dict[str, T2Map] = {}
        self.comparison: Comparison | None = None
        self.trust: Trust | None = None
        self.running: Running | None = None
        self.banner: Banner | None = None
        self.t2 = T2Settings()
        #: ``(scan on the fine grid, axis) -> index`` of the slice on the screen; the viewer sets it.
        self.slice_on_screen: Callable[[Scan, int, int], int | None] = lambda scan, factor, axis: None

    # -- telling ------------------------------------------------------------------------------------
    def say(self, level: Level, text: str, details: str = "") -> None:
        """Show a banner."""
        self.banner = Banner(level, text, details)
        self.banner_changed.emit(self.banner)

    def quiet(self) -> None:
        """Take the banner away."""
        self.banner = None
        self.banner_changed.emit(None)

    def attempt(self, step: Callable[[], Any]) -> Any:
        """Do a short step; an error that a person can put right becomes a banner, and None is returned."""
        try:
            return step()
        except MrsrError as error:
            self.say("bad", error.line, str(error))
            return None

    # -- opening ------------------------------------------------------------------------------------
    @property
    def choices(self) -> events.Choices | None:
        """The series to choose from, after a folder with several was opened."""
        return self._pending

    def open(
        self,
        paths: Sequence[str | PathLike[str]],
        *,
        series: str | int | None = None,
        role: events.OpenRole = "acquired",
        allow_nonfinite: bool = False,
    ) -> None:
        """Read files or a folder, as the scan, as its reference or as the planning scan."""
        self._start("Open", jobs.open_scan(paths, series=series, role=role, allow_nonfinite=allow_nonfinite))

    def choose(self, series: str | int) -> None:
        """Read one of the series that :attr:`choices` lists."""
        if self._pending is not None:
            self.open(self._pending.paths, series=series, role=self._pending.role)

    def open_sample(self) -> None:
        """Open the simulated sample knee."""
        self._start("Sample", jobs.open_sample())

    def adopt(self, scan: Scan, truth: Any = None, checks: tuple[Check, ...] = ()) -> None:
        """Take a scan as what is open; results of the one before are let go.

        ``checks`` are made where not given. Where the scan is a simulation, ``truth`` is the phantom behind it, and its
        noise-free echoes are the reference.
        """
        from napari_mrsr.files import check_scan

        self.scan, self.truth = scan, truth
        self.reference, self.result, self.comparison, self.trust = None, None, None, None
        self.results, self.maps, self.t2 = {}, {}, replace(self.t2, tissue=None)
        self.checks = checks or tuple(check_scan(scan))
        self.opened.emit(scan)
        if truth is not None:
            self.reference = truth.noiseless
            self.reference_changed.emit(self.reference)
        if scan.warnings:
            self.say("warn", scan.warnings[0], "\n".join(scan.warnings))

    def plan(self, scan: Scan | None) -> None:
        """Take a scan as the planning scan, or let go of the one that is."""
        self.planning = scan
        self.planning_changed.emit(scan)

    # -- running ------------------------------------------------------------------------------------
    def refine(self, settings: RefineSettings) -> None:
        """Super-resolve what is open, with T2 maps and a comparison where these are possible."""
        scan = self._need_scan()
        if scan is None:
            return
        if self._is_series("slices made thinner"):
            return
        axis = self.attempt(lambda: scan.find_slice_axis() if settings.axis is None else settings.axis)
        if axis is None:
            return
        index = self.slice_on_screen(scan, 1 if settings.retrospective else settings.factor, axis)
        job = jobs.refine(
            scan,
            settings,
            t2=self.t2,
            reference=self.reference,
            first=None if index is None else (axis, index),
            threads=estimates.threads(),
        )
        self._start("Super-resolution", job)

    def map_t2(self, t2: T2Settings) -> None:
        """Map T2 of the acquired echoes and of the super-resolved ones, if there are any."""
        self.t2 = t2
        scan = self._need_scan()
        if scan is None or self._is_series("T2 maps"):
            return
        self._start("T2", jobs.maps(scan, self.result, t2))

    def compare(self) -> None:
        """Hold the result against the reference."""
        if self._is_series("these maps"):
            return
        if self.result is None:
            self.say("warn", "there is no super-resolved scan to compare; press Run in the Process dock first")
            return
        target = self.result.reference or self.reference
        if target is None:
            self.say(
                "warn",
                "there is no reference to compare with; open one in the Study dock, or run with simulated thick slices",
            )
            return
        self._start("Comparison", jobs.compare(self.result, target))

    def find_trust(self) -> None:
        """Find what the method added, and where it disagrees with the measurement."""
        if self._is_series("trust maps"):
            return
        if self.result is None:
            self.say("warn", "there is no super-resolved scan to judge; press Run in the Process dock first")
            return
        if self.result.partial:
            self.say("warn", "the super-resolved scan is not complete; run it to the end first")
            return
        self._start("Trust", jobs.trust(self.result))

    def estimate(self, settings: RefineSettings) -> None:
        """Find out, beside any running job, how long super-resolution would take; :attr:`estimated` tells."""
        if self.scan is not None and not self._shut:
            self._run_beside(estimates.estimate(self.scan, settings))

    def stop(self) -> None:
        """Ask the running job to stop; what it has done stays."""
        self._stop = True
        if self.running is not None:
            self.running.stopping = True
            self.job_changed.emit(self.running)

    @property
    def is_shut(self) -> bool:
        """Whether the viewer is closed."""
        return self._shut

    def shutdown(self) -> None:
        """Stop everything: the viewer closes."""
        if not self._shut:
            self.closing.emit()
        self._shut = True
        self.stop()

    def _need_scan(self) -> Scan | None:
        if self.scan is None:
            self.say("warn", "no scan is open; open one in the Study dock first")
        return self.scan

    def _is_series(self, what: str) -> bool:
        """Tell, and say, that something is not made of frames over time."""
        found = self.scan is not None and self.scan.axis == "time" and self.scan.volumes > 1
        if found:
            self.say("warn", f"{what}: not for a series over time; it is sharpened under Dynamic series (Process dock)")
        return found

    def _start(self, name: str, job: Job) -> None:
        if self.running is not None:
            self.say("warn", f"{self.running.name} is still running; stop it or wait for it")
            return
        self._stop = False
        self.quiet()
        self.running = Running(name, time.perf_counter())
        self.job_changed.emit(self.running)
        self._runner(lambda: jobs.guarded(job, lambda: self._stop), self._receive, self._ended)

    def _run_beside(self, job: Job) -> None:
        self._runner(lambda: jobs.guarded(job, lambda: self._shut), self._receive, lambda: None)

    def _ended(self) -> None:
        self.running = None
        if not self._shut:
            self.job_changed.emit(None)

    # -- what jobs say --------------------------------------------------------------------------------
    def _receive(self, event: Event) -> None:
        if self._shut:
            return
        match event:
            case events.Progress():
                if self.running is not None:
                    self.running.done, self.running.text = event.done, event.text
                    self.progressed.emit(self.running)
            case events.Told():
                event.tell(event.what)
            case events.Piece():
                self.grew.emit(event.result, event.where)
            case events.Opened():
                self._take(event)
            case events.Choices():
                self._pending = event
                self.choices_changed.emit(event)
                self.say("info", f"the folder holds {len(event.series)} series: choose one")
            case events.Began():
                self.result = event.result
                self.results[f"{event.result.method} x{event.result.factor}"] = event.result
                self.maps, self.comparison, self.trust = {}, None, None
                self.began.emit(event.result)
            case events.Refined():
                self._finish(event.result)
            case events.Mapped():
                self.maps[event.role] = event.map
                self.mapped.emit(event.role, event.map)
                if event.map.map.warnings:
                    self.say("warn", event.map.map.warnings[-1], "\n".join(event.map.map.warnings))
            case events.Compared():
                self.comparison = event.comparison
                self.compared.emit(event.comparison)
            case events.Trusted():
                self.trust = event.trust
                self.trusted.emit(event.trust)
            case events.Estimated():
                self.estimated.emit(event)
            case events.Failed():
                self.say("bad", event.line, event.details)

    def _take(self, event: events.Opened) -> None:
        if self._pending is not None:
            self._pending = None
            self.choices_changed.emit(None)
        if event.role == "reference":
            self.reference = event.scan
            self.reference_changed.emit(event.scan)
        elif event.role == "planning":
            self.plan(event.scan)
        elif event.role == "beside" and self.scan is not None:
            self.came_beside.emit(event.scan)
        else:
            self.adopt(event.scan, event.truth, event.checks)

    def _finish(self, result: Result) -> None:
        if result.partial:
            done = f"stopped: {result.done:.0%} of the scan is super-resolved, the rest is interpolated"
            self.say("warn", f"{done}; press Run again for all of it")
        self.refined.emit(result)
