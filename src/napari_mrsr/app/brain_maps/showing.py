"""The maps of a brain in a viewer: layers that fill in while they are made, and what they are checked by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display, estimates, layers
from napari_mrsr.app.brain_maps import contrasts, keeping, looks, running
from napari_mrsr.app.brain_maps.choices import MAPS, BrainResult, BrainSettings
from napari_mrsr.app.brain_maps.notes import Notes
from napari_mrsr.app.brain_maps.under_mouse import say_values
from napari_mrsr.app.compare.comparing import Pair
from napari_mrsr.mapping.brain_slices import normal_of
from napari_mrsr.mapping.reasons import REASON_TEXTS
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
        same = [
            la.name
            for la in view.viewer.layers
            if la.metadata.get("mrsr", {}).get("beside") and la.metadata["mrsr"]["contrast"] == _about(scan)["contrast"]
        ]
        view.remove(same)
        names = [contrasts.title_for(view, scan)] if scan.volumes == 1 else None
        for data in layers.magnitude_layers(scan, names=names, frame=view.frame_for(scan), **_about(scan)):
            view.put(data, visible=False).locked = True
        self.changed.emit()

    # -- running ----------------------------------------------------------------------------------------
    def run(self, chosen: Mapping[str, Offered | None], settings: BrainSettings) -> None:
        """Map the chosen images in the background."""
        images = {name: None if one is None else one.scan for name, one in chosen.items()}
        self.titles = {name: one.title for name, one in chosen.items() if one is not None}
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
        else:
            self._moved(result, about)

    def _moved(self, result: BrainResult, found: list[Misregistration]) -> None:
        """Say how T2w and FLAIR lie to T1w; a head that moved is a banner."""
        result.moved = tuple(one.line.replace(" (--register)", "") for one in found)
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
        self.result = result
        self._put_registered(result)
        for scan in result.growing():
            self._put_map(scan)
        view.look.show_only([self.titles.get("T1w", ""), looks.map_name(*MAPS[0])])
        view.viewer.layers.selection.active = view.layer(looks.map_name(*MAPS[0]))
        view.look.forget_pair()
        self._refreshed.clear()
        self.began.emit(result)

    def _put_registered(self, result: BrainResult) -> None:
        """Show what was brought onto the grid of T1w, hidden; synthesised images are held against these."""
        for name, scan in result.registered.items():
            acquired = self.view.layer(self.titles.get(name, ""))
            windows = None if acquired is None else [tuple(acquired.contrast_limits)]
            (data,) = layers.magnitude_layers(
                scan,
                role=looks.REGISTERED,
                names=[looks.registered(name)],
                frame=self.view.frame_for(scan),
                windows=windows,  # type: ignore[arg-type]
            )
            self.view.put(data, visible=False)
            self.titles[name] = looks.registered(name)

    def _put_map(self, scan: Scan, **about: Any) -> Layer:
        name = scan.names[0]
        limits, reach = {"T1": (looks.T1_LIMITS, looks.T1_RANGE), "T2": (looks.T2_LIMITS, looks.T2_RANGE)}.get(
            name, ((0.0, 2.0), (0.0, 10.0))
        )
        data = layers.map_layer(
            scan,
            looks.map_name(name, scan.unit),
            role=looks.MAP,
            colormap=looks.COLOURS[name],
            limits=limits,
            frame=self.view.frame_for(scan),
            **about,
        )
        layer = self.view.put(data, visible=False)
        layer.contrast_limits_range = reach
        layer.contrast_limits = limits
        layer.colorbar.visible = True
        return layer

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
        self.result = result
        self._finish_maps(result)
        if not result.partial:
            texts = {int(reason): text for reason, text in REASON_TEXTS.items()}
            for name, scan in (("T1", maps.t1_reason), ("T2", maps.t2_reason)):
                data = layers.reason_layer(scan, looks.reason_name(name), texts, frame=view.frame_for(scan))
                data[1]["metadata"]["mrsr"]["role"] = looks.REASON
                view.put(data, visible=False).locked = True
        for name, uncertain in (("T1", maps.t1_uncertainty), ("T2", maps.t2_uncertainty)):
            if uncertain is not None:
                data = layers.map_layer(
                    uncertain,
                    looks.uncertainty_name(name),
                    role=looks.UNCERTAINTY,
                    colormap="magma",
                    limits=looks.UNCERTAIN[name],
                    frame=view.frame_for(uncertain),
                )
                view.put(data, visible=False).colorbar.visible = True
        for contrast, scan in maps.synthesised.items():
            self._put_synthesised(contrast, scan)
        for contrast, scan in maps.difference.items():
            data = layers.map_layer(
                scan,
                looks.difference(contrast),
                role=looks.DIFFERENCE,
                colormap=display.DARK_DIFFERENCE,
                limits=display.symmetric(scan.array),
                frame=view.frame_for(scan),
                misfit_percent=maps.misfit.get(contrast),
            )
            view.put(data, visible=False).colorbar.visible = True
        self._say(result)
        self.ended.emit(result)

    def _finish_maps(self, result: BrainResult) -> None:
        """Put the maps with their reasons in the place of what grew; windows that a person has set stay."""
        maps = result.maps
        assert maps is not None
        for scan, (name, unit) in zip((maps.t1, maps.t2, maps.m0), MAPS, strict=True):
            about = {"done": round(result.share, 4), "seconds": round(result.seconds, 2), **_settings(result.settings)}
            layer = self.view.layer(looks.map_name(name, unit)) or self._put_map(scan)
            layer.data = self.view.frame_for(scan).to_screen(scan.array[0])
            layer.metadata = layers.metadata(scan, looks.MAP, **about)
            layer.name = looks.map_name(name, unit, partial=result.partial)
            if name == "M0":
                (high,) = display.percentiles(scan.array, (looks.M0_PERCENTILE,))
                layer.contrast_limits = (0.0, high if high > 0 else 1.0)
            reason = {"T1": maps.t1_reason, "T2": maps.t2_reason}.get(name)
            if reason is not None and not result.partial:
                say_values(layer, self.view.frame_for(reason).to_screen(reason.array[0]), unit)
            for copy in self.view.layouts.planes.copies(layer):
                copy.refresh()

    def _put_synthesised(self, contrast: str, scan: Scan) -> None:
        """Show an image that the maps explain in the window of the acquired one, and keep both together."""
        from napari.experimental import link_layers

        acquired = self.view.layer(self.titles.get(contrast, ""))
        window = display.window(scan.array) if acquired is None else tuple(acquired.contrast_limits)
        (data,) = layers.magnitude_layers(
            scan,
            role=looks.SYNTHESISED,
            names=[looks.synthesised(contrast)],
            frame=self.view.frame_for(scan),
            windows=[window],
            contrast=contrast,
        )
        layer = self.view.put(data, visible=False)
        if acquired is not None:
            layer.contrast_limits_range = acquired.contrast_limits_range
            layer.contrast_limits = window
            link_layers([acquired, layer], ("contrast_limits", "gamma"))

    def _say(self, result: BrainResult) -> None:
        session, warnings = self.view.session, () if result.maps is None else result.maps.warnings
        if result.partial:
            session.say("warn", f"stopped: {result.share:.0%} of the brain is mapped; press Run again for all of it")
        elif warnings:
            more = f" (and {len(warnings) - 1} more: …)" if len(warnings) > 1 else ""
            session.say("warn", f"{warnings[0]}{more}", "\n".join(warnings))

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
    def as_saved(self, put: Any) -> dict[str, Any]:
        """Return the maps for a saved review; ``put(scan, name)`` keeps a scan and gives its key."""
        return {} if self.result is None else keeping.as_saved(self.result, self.titles, put)

    def give_back(self, saved: Mapping[str, Any], scan_at: Any) -> None:
        """Show again what a review was saved with."""
        found = keeping.given_back(saved, scan_at)
        if found is not None:
            result, self.titles = found
            self.result = result
            self._put_registered(result)
            self.show(result)


def _about(scan: Scan) -> dict[str, Any]:
    return {"beside": True, "contrast": contrasts.contrast_of(scan)}


def _settings(settings: BrainSettings) -> dict[str, Any]:
    typed = {f"{entry} of {name}": value for (name, entry), value in settings.typed.items()}
    own = settings.which
    return {"weights": own if isinstance(own, str) else own.name, "plane": settings.plane, "typed": typed}
