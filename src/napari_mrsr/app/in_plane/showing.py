"""One scan sharpened in plane, in a viewer: results as layers, what they are held against, a network and its twin."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display, estimates, layers
from napari_mrsr.app.compare.comparing import Pair
from napari_mrsr.app.in_plane import running
from napari_mrsr.app.in_plane.choices import (
    PlaneResult,
    PlaneSettings,
    layer_name,
    needed,
    plain_settings,
    settings_from,
    title_of,
)
from napari_mrsr.app.in_plane.notes import Notes
from napari_mrsr.app.in_plane.trusting import PlaneTrusting
from napari_mrsr.app.in_plane.twins import Twins
from napari_mrsr.planes import planes_of
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

#: Least time between two refreshes of one layer, s.
PAUSE = 0.15

#: What the session calls the job.
JOB = "In plane"


class InPlane:
    """What is made in plane of the scan that is open.

    Parameters
    ----------
    view
        The view that shows it.

    Attributes
    ----------
    results
        Results by what was done, the latest last.
    notes
        What a person should know of the scan before.
    twins
        A network beside its twin, and what adversarial training added.
    trusting
        What results added to the scan, and where they left what was measured.
    """

    began = Signal(object)  # PlaneResult
    ended = Signal(object)  # PlaneResult

    def __init__(self, view: View) -> None:
        self.view = view
        self.results: dict[str, PlaneResult] = {}
        self.notes = Notes(view.session)
        self.twins = Twins(self)
        self.trusting = PlaneTrusting(self)
        self._refreshed: dict[str, float] = {}
        view.session.opened.connect(self._opened)

    def _opened(self, _scan: Scan | None) -> None:
        self.results = {}
        self.twins.forget()
        self.trusting.forget()

    # -- running ----------------------------------------------------------------------------------------
    def run(self, settings: PlaneSettings) -> None:
        """Sharpen the open scan in the background, the slice on the screen first."""
        self.start([settings])

    def start(self, wanted: list[PlaneSettings], *, twins: bool = False) -> None:
        """Sharpen by one method, or by two that are twins, of which only what is missing is made."""
        session = self.view.session
        scan = session.attempt(lambda: needed(session.scan))
        if scan is None:
            return
        axis = wanted[0].axis if wanted[0].axis is not None else next(iter(planes_of(scan).values()))
        shown = self.view.slice_on_screen(scan, 1, axis)
        done = [result for result in self.results.values() if not result.partial and result.share >= 1]
        first = (self.volume_on_screen(), shown or 0)
        job = running.sharpen(
            scan, wanted, self._take, done=done if twins else (), twins=twins, first=first, threads=estimates.threads()
        )
        session._start(JOB, job)

    def volume_on_screen(self) -> int:
        """Return the number of the volume of the open scan that is seen, 0 where none is."""
        scan = self.view.session.scan
        for layer in reversed(self.view.viewer.layers):
            if scan is not None and layer.visible and "volume" in layer.metadata.get("mrsr", {}):
                return min(int(layer.metadata["mrsr"]["volume"]), scan.volumes - 1)
        return 0

    def _take(self, told: tuple[str, Any, Any]) -> None:
        what, found, about = told
        if self.view.session.scan is None or not self.view.is_open:
            return
        if what == running.BEGAN:
            self.show(found)
        elif what == running.GREW:
            self._grow(found, *about)
        elif what == running.ENDED:
            self._finish(found)
        else:
            self.twins.show(found, about)

    # -- layers -----------------------------------------------------------------------------------------
    def show(self, result: PlaneResult) -> None:
        """Show a result that begins, in the window of what was acquired."""
        view, volume = self.view, self.volume_on_screen()
        before = [layer_name(result.scan, volume, result.key) for volume in result.scan.names]
        view.remove([name for one in before for name in (one, f"{one} (partial)")])
        self.results.pop(result.key, None)
        self.results[result.key] = result
        windows = self._windows(result)
        if result.reference is not None and view.layer(result.input_names[0]) is None:
            self._put(result.source, "undersampled", result.input_names, windows)
        self._put(result.scan, "sr", result.names, windows, **self._about(result))
        self._refreshed.clear()
        view.look.show_only([result.names[volume]])
        view.viewer.layers.selection.active = view.layer(result.names[volume])
        view.look.forget_pair()
        self.began.emit(result)

    def _windows(self, result: PlaneResult) -> list[tuple[float, float]]:
        windows = []
        for n, name in enumerate(result.scan.names):
            layer = self.view.layer(display.acquired(name))
            window = display.window(result.source.array[n]) if layer is None else tuple(layer.contrast_limits)
            windows.append(window)
        return windows

    def _put(self, scan: Scan, role: Any, names: Any, windows: Any, **about: Any) -> None:
        made = layers.magnitude_layers(
            scan, role=role, names=names, frame=self.view.frame_for(scan), windows=windows, **about
        )
        for data in made:
            self.view.put(data, visible=False)

    def _about(self, result: PlaneResult) -> dict[str, Any]:
        return {
            **plain_settings(result.settings),
            "reason": result.reason,
            "outside": list(result.outside),
            "done": round(result.share, 4),
            "seconds": round(result.seconds, 2),
        }

    def _grow(self, result: PlaneResult, volume: int, where: tuple[slice, ...]) -> None:
        layer = self.view.layer(result.names[volume])
        if layer is None or not layer.visible or not self.view.on_screen(result.scan, where):
            return
        now = time.perf_counter()
        if now - self._refreshed.get(layer.name, 0.0) >= PAUSE:
            self._refreshed[layer.name] = now
            layer.refresh(thumbnail=False, highlight=False, extent=False)

    def _finish(self, result: PlaneResult) -> None:
        """Say in name and metadata what the layers have become."""
        for n, (volume, name) in enumerate(zip(result.scan.names, result.names, strict=True)):
            layer = self.view.layer(layer_name(result.scan, volume, result.key))
            if layer is None:
                continue
            about = layers.metadata(result.scan, "sr", volume=n, volume_name=volume, **self._about(result))
            layer.metadata = about
            layer.name = name
            layer.refresh()
            for copy in self.view.layouts.planes.copies(layer):
                copy.refresh()
        session = self.view.session
        if result.partial:
            done = f"stopped: {result.share:.0%} of the scan is sharpened, the rest is interpolated"
            session.say("warn", f"{done}; press Run again for all of it")
        self.ended.emit(result)

    # -- looking ----------------------------------------------------------------------------------------
    def pairs(self) -> list[Pair]:
        """Return what can be looked at in turn: acquired, input and other methods against each result."""
        if not self.results:
            return []
        *earlier, latest = self.results.values()
        both = self.twins.both
        if both is not None:  # these first
            latest = both[0]
            earlier = [*(r for r in self.results.values() if r not in both), both[1]]
        found = []
        for n, volume in enumerate(latest.scan.names):
            title = title_of(volume, latest)
            found.append(Pair(title, display.acquired(volume), latest.names[n]))
            for other in reversed(earlier):
                if volume in other.scan.names and other.scan.same_grid(latest.scan):
                    theirs = other.names[other.scan.names.index(volume)]
                    found.append(Pair(f"{title}, {other.key}", theirs, latest.names[n]))
            if latest.reference is not None:
                found.append(Pair(f"{title}, input", latest.input_names[n], latest.names[n]))
        return found

    # -- keeping ----------------------------------------------------------------------------------------
    def as_saved(self, put: Any) -> dict[str, Any]:
        """Return the results for a saved review; ``put(scan, name)`` keeps a scan and gives its key."""
        return {
            "results": [
                {
                    "settings": plain_settings(result.settings),
                    "scan": put(result.scan, result.key),
                    "source": put(result.source, f"input {result.settings.level}"),
                    "reason": result.reason,
                    "outside": list(result.outside),
                    "simulated": result.reference is not None,
                    "figures": {name: dict(values) for name, values in result.figures.items()},
                    "seconds": float(result.seconds),
                    "share": float(result.share),
                }
                for result in self.results.values()
            ],
            "twins": [result.key for result in self.twins.both or ()],
        }

    def give_back(self, saved: Mapping[str, Any], scan_at: Any) -> None:
        """Show again what a review was saved with."""
        from napari_mrsr.trust.twins import added_by_adversary

        for entry in saved.get("results", []):
            result = PlaneResult(
                scan_at(entry["scan"]),
                scan_at(entry["source"]),
                settings_from(entry["settings"]),
                entry.get("reason", ""),
                tuple(entry.get("outside", ())),
                reference=self.view.session.scan if entry.get("simulated") else None,
                figures=entry.get("figures", {}),
                seconds=entry.get("seconds", 0.0),
                share=entry.get("share", 1.0),
            )
            self.show(result)
            result.partial = result.share < 1
            self._finish(result)
        twins = [self.results[key] for key in saved.get("twins", []) if key in self.results]
        if len(twins) == 2:
            self.twins.show(added_by_adversary(twins[0].scan, twins[1].scan, twins[0].reference), twins)
