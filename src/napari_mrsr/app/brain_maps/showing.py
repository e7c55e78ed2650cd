"""The maps of a brain in a viewer: layers that fill in while they are made, and what they are checked by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import estimates, layers
from napari_mrsr.app.brain_maps import contrasts, keeping, looks, put, running
from napari_mrsr.app.brain_maps.choices import MAPS, BrainResult, BrainSettings
from napari_mrsr.app.brain_maps.notes import Notes
from napari_mrsr.app.compare.comparing import Pair
from napari_mrsr.contrast import contrast_of
from napari_mrsr.networks.brain_slices import normal_of
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.brain_maps.contrasts import Offered
    from napari_mrsr.app.viewing import View
    from napari_mrsr.mapping.misregistration import Misregistration

#: Least time between two refreshes of one layer, s.
PAUSE = 0.15
#: What the session calls the job.
JOB = "Brain maps"


class BrainMapping:
    """The maps of the brain that is open.

    Parameters
    ----------
    view
        The view that shows them.

    Attributes
    ----------
    result
        The latest maps; None before.
    titles
        The layers that they were made of, by contrast.
    notes
        Whether the chosen images are fit to be mapped.
    """

    changed = Signal()  # other scans are on the screen
    began = Signal(object)  # BrainResult
    ended = Signal(object)  # BrainResult

    def __init__(self, view: View) -> None:
        self.view = view
        self.result: BrainResult | None = None
        self.titles: dict[str, str] = {}
        self._wanted: dict[str, str] = {}
        self.notes = Notes(view.session)
        self._refreshed: dict[str, float] = {}
        view.session.opened.connect(self._opened)
        view.session.came_beside.connect(self.put_beside)

    def _opened(self, _scan: Scan | None) -> None:
        self.result = None
        self.titles = {}
        self.notes.forget()

    # -- scans ------------------------------------------------------------------------------------------
    def take_beside(self, layer: Layer) -> bool:
        """Keep the layer of another contrast beside the open scan; tell whether it is one."""
        scan = layer.metadata["mrsr_scan"]
        if not contrasts.stays_beside(self.view, scan):
            return False
        layer.metadata = {**layer.metadata, "mrsr": {**layer.metadata["mrsr"], **_about(scan)}}
        layer.name = contrasts.title_for(self.view, scan, layer)
        layer.visible = False
        layer.locked = True
        self.changed.emit()
        return True

    def put_beside(self, scan: Scan) -> None:
        """Show another contrast beside the open scan, hidden; one of that contrast that stood there before goes."""
        view = self.view
        name = contrast_of(scan)
        beside = (la for la in view.viewer.layers if la.metadata.get("mrsr", {}).get("beside"))
        view.remove([la.name for la in beside if name and la.metadata["mrsr"]["contrast"] == name])
        names = [contrasts.title_for(view, scan)] if scan.volumes == 1 else None
        for data in layers.magnitude_layers(scan, names=names, frame=view.frame_for(scan), **_about(scan)):
            view.put(data, visible=False).locked = True
        self.changed.emit()

    # -- running ----------------------------------------------------------------------------------------
    def run(self, chosen: Mapping[str, Offered | None], settings: BrainSettings) -> None:
        """Map the chosen images in the background."""
        images = {name: None if one is None else one.scan for name, one in chosen.items()}
        self._wanted = {name: one.title for name, one in chosen.items() if one is not None}
        t1w = images.get("T1w")
        first = None if t1w is None else self.view.slice_on_screen(t1w, 1, normal_of(t1w, settings.plane))
        job = running.map_images(images, settings, self._take, first=first, threads=estimates.threads())
        self.view.session._start(JOB, job)

    def _take(self, told: tuple[str, BrainResult, Any]) -> None:
        what, result, about = told
        if self.view.session.scan is None or not self.view.is_open:
            return
        if what == running.BEGAN:
            self._begin(result)
        elif what == running.GREW:
            self._grow(result, about)
        elif what == running.ENDED:
            self.show(result)
        elif what == running.UNCERTAIN and result.maps is not None:
            put.uncertainty(self.view, result.maps)
            self.ended.emit(result)
        else:
            self._moved(result, about)

    def _moved(self, result: BrainResult, found: list[Misregistration]) -> None:
        """Say how T2w and FLAIR lie to T1w; a head that moved is a banner."""
        result.moved = tuple(one.line.replace("(--register)", "and run again") for one in found)
        apart = [line for one, line in zip(found, result.moved, strict=True) if one.apart]
        if apart:
            self.view.session.say("warn", apart[0], "\n".join(result.moved))
        self.ended.emit(result)

    # -- layers -----------------------------------------------------------------------------------------
    def _own(self, *roles: str) -> list[str]:
        return [la.name for la in self.view.viewer.layers if la.metadata.get("mrsr", {}).get("role") in roles]

    def _begin(self, result: BrainResult) -> None:
        """Show T1 over T1w, and T2 and M0 hidden, all empty yet."""
        view = self.view
        view.remove(self._own(*looks.ROLES))
        self.result, self.titles = result, dict(self._wanted)
        self.titles |= put.registered(view, result, self.titles)
        for scan in result.growing():
            put.map_of(view, scan)
        view.look.show_only([self.titles.get("T1w", ""), looks.map_name(*MAPS[0])])
        view.viewer.layers.selection.active = view.layer(looks.map_name(*MAPS[0]))
        view.look.forget_pair()
        self._refreshed.clear()
        self.began.emit(result)

    def _grow(self, result: BrainResult, where: tuple[slice, ...]) -> None:
        if result is not self.result or not self.view.on_screen(result.grid, where):
            return
        for name in (looks.map_name(*one) for one in MAPS):
            layer = self.view.layer(name)
            now = time.perf_counter()
            if layer is not None and layer.visible and now - self._refreshed.get(name, 0.0) >= PAUSE:
                self._refreshed[name] = now
                layer.refresh(thumbnail=False, highlight=False, extent=False)

    def show(self, result: BrainResult) -> None:
        """Show finished maps, or what there is of those that were stopped, and what they are checked by."""
        view, maps = self.view, result.maps
        if maps is None:
            return
        if result.partial and not result.share:
            view.remove([looks.map_name(*one) for one in MAPS])
            view.session.say("warn", "stopped before anything was mapped; press Run again")
            result.maps = None
            self.ended.emit(result)
            return
        self.result = result
        put.finished_maps(view, result)
        if not result.partial:
            put.reasons(view, maps)
        put.uncertainty(view, maps)
        for contrast, scan in maps.synthesised.items():
            put.synthesised(view, contrast, scan, view.layer(self.titles.get(contrast, "")))
        self.link_windows()
        put.differences(view, maps)
        self._say(result)
        self.ended.emit(result)

    def _say(self, result: BrainResult) -> None:
        session, warnings = self.view.session, () if result.maps is None else result.maps.warnings
        if result.partial:
            session.say("warn", f"stopped: {result.share:.0%} of the brain is mapped; press Run again for all of it")
        elif warnings:
            more = f" (and {len(warnings) - 1} more: …)" if len(warnings) > 1 else ""
            session.say("warn", f"{warnings[0]}{more}", "\n".join(warnings))

    def link_windows(self) -> None:
        """Keep the windows of acquired and synthesised images together; again once a review put back the acquired."""
        put.linked(self.view, self.titles)

    # -- looking ----------------------------------------------------------------------------------------
    def pairs(self) -> list[Pair]:
        """Return what can be looked at in turn: each acquired image and what the maps make of it."""
        maps = None if self.result is None else self.result.maps
        if maps is None:
            return []
        return [
            Pair(f"synthesised {name}", self.titles[name], looks.synthesised(name))
            for name in maps.synthesised
            if name in self.titles
        ]

    def four(self, pair: Pair) -> list[str]:
        """Return what is shown of a pair where there is room for four: acquired, synthesised, T1 and T2.

        Nothing where the pair is about something else.
        """
        if pair not in self.pairs() or self.result is None:
            return []
        maps = [looks.map_name(*one, partial=self.result.partial) for one in MAPS[:2]]
        found = [pair.one, pair.other, *maps]
        return found if all(self.view.layer(name) is not None for name in found) else []

    def measured(self) -> dict[str, Scan]:
        """Return the maps that regions are measured on; nothing before there are any."""
        maps = None if self.result is None else self.result.maps
        return {} if maps is None else {"T1": maps.t1, "T2": maps.t2}

    # -- keeping ----------------------------------------------------------------------------------------
    def as_saved(self, keep: Any) -> dict[str, Any]:
        """Return the maps for a saved review; ``keep(scan, name)`` keeps a scan and gives its key."""
        return {} if self.result is None else keeping.as_saved(self.result, self.titles, keep)

    def give_back(self, saved: Mapping[str, Any], scan_at: Any) -> None:
        """Show again what a review was saved with."""
        found = keeping.given_back(saved, scan_at)
        if found is not None:
            result, self.titles = found
            self.result = result
            self.titles |= put.registered(self.view, result, self.titles)
            self.show(result)


def _about(scan: Scan) -> dict[str, Any]:
    return {"beside": True, "contrast": contrast_of(scan)}
