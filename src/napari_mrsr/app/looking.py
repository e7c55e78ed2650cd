"""Looking: what can be seen in turn, the windows, and the keys for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.app.comparing import Pair
from napari_mrsr.app.map_layers import T2_ROLES

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

#: Letters that napari leaves free.
FLICKER_KEY, NEXT_KEY, WINDOW_KEY, MAPS_KEY = "k", "n", "w", "h"


class Look:
    """Pairs, windows and keys of a view.

    Parameters
    ----------
    view
        The view whose layers are looked at.
    """

    looked = Signal()  # another pair, or the other of the pair, is shown

    def __init__(self, view: View) -> None:
        self.view = view
        self._pair = 0
        self._bind_keys()

    def show_only(self, names: Iterable[str]) -> None:
        """Show these image layers and hide the other images; ROIs stay as they are."""
        wanted = set(names)
        for layer in self.view.viewer.layers:
            if layer.metadata.get("mrsr", {}).get("role") != "roi":
                layer.visible = layer.name in wanted

    def pairs(self) -> list[Pair]:
        """Return what can be looked at in turn now."""
        found = []
        result = self.view.session.result
        if result is not None:
            for name, other in zip(result.scan.names, self.view.names_of(result), strict=True):
                one = display.thick(name, result.factor) if result.retrospective else display.acquired(name)
                found.append(Pair(name, one, other))
                reference = display.acquired(name) if result.retrospective else f"{name} (reference)"
                found.append(Pair(f"{name}, reference", reference, other))
        found.append(Pair("T2", display.t2("acquired"), display.t2("SR")))
        found.append(Pair("T2, thick slices", display.t2("thick"), display.t2("SR")))
        return [p for p in found if self.view.layer(p.one) is not None and self.view.layer(p.other) is not None]

    @property
    def pair(self) -> Pair | None:
        """The pair that flicker and the Review dock act on."""
        pairs = self.pairs()
        return pairs[self._pair % len(pairs)] if pairs else None

    def choose_pair(self, index: int) -> None:
        """Choose a pair by its place and show its second picture; a T2 map lies over the signal it was made from."""
        self._pair = index
        pair = self.pair
        if pair is not None:
            self.show_pair(pair, other=True)

    def next_pair(self, viewer: Any = None) -> None:
        """Choose the next pair."""
        self.choose_pair(self._pair + 1)

    def show_pair(self, pair: Pair, *, other: bool) -> None:
        """Show one of a pair."""
        name = pair.other if other else pair.one
        under: list[str] = []
        if pair.title.startswith("T2"):
            result = self.view.session.result
            magnitude = [p for p in self.pairs() if not p.title.startswith("T2")]
            if result is not None and magnitude:
                under = [magnitude[0].other if other else magnitude[0].one]
        self.show_only([*under, name])
        self.view.viewer.layers.selection.active = self.view.layer(name)
        self.looked.emit()

    def flicker(self, viewer: Any = None) -> Any:
        """While the key is held show the other of the pair; on release go back."""
        pair = self.pair
        if pair is None:
            yield
            return
        second = self.view.viewer.layers[pair.other].visible
        self.show_pair(pair, other=not second)
        yield
        self.show_pair(pair, other=second)

    def reset_window(self, viewer: Any = None) -> None:
        """Give every acquired volume (and what is linked with it) its first window again."""
        scan = self.view.session.scan
        for n, name in enumerate(scan.names if scan is not None else ()):
            layer = self.view.layer(display.acquired(name))
            if layer is not None and scan is not None:
                layer.contrast_limits = display.window(scan.array[n])
        self.t2_limit(self.view.preferences.t2_max_ms)

    def t2_limit(self, milliseconds: float) -> None:
        """Set the upper limit of the T2 maps, ms."""
        for role in T2_ROLES:
            layer = self.view.layer(display.t2(role))
            if layer is not None:
                layer.contrast_limits = (0.0, float(milliseconds))

    def toggle_maps(self, viewer: Any = None) -> None:
        """Hide the maps, or show the T2 map again."""
        maps = self.view.maps.found()
        if any(la.visible for la in maps):
            for layer in maps:
                layer.visible = False
            return
        chosen = self.view.layer(display.t2("SR")) or self.view.layer(display.t2("acquired"))
        if chosen is not None:
            chosen.visible = True

    def _bind_keys(self) -> None:
        for key, function in self._keys().items():
            self.view.viewer.bind_key(key, function, overwrite=True)

    def _keys(self) -> dict[str, Any]:
        return {
            FLICKER_KEY: self.flicker,  # a generator function: napari resumes it when the key is released
            NEXT_KEY: self.next_pair,
            WINDOW_KEY: self.reset_window,
            MAPS_KEY: self.toggle_maps,
        }

    def unbind(self) -> None:
        """Let go of the keys."""
        for key in self._keys():
            self.view.viewer.bind_key(key, None)
