"""Looking: what can be seen in turn, and the keys for it.

Pairs are found by themselves: acquired (or simulated thick slices) and super-resolved, reference and super-resolved,
one method and another on the same grid, and the T2 maps. Layers of earlier results stay, hidden, so that methods can be
held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display, keys
from napari_mrsr.app.compare import window_level
from napari_mrsr.app.compare.blinking import Blink
from napari_mrsr.app.compare.comparing import Pair
from napari_mrsr.app.compare.radiology_mouse import RadiologyMouse
from napari_mrsr.app.compare.swipe_layer import Swipe
from napari_mrsr.app.compare.windows import Windows

if TYPE_CHECKING:
    from napari_mrsr.app.events import Result
    from napari_mrsr.app.viewing import View


class Look:
    """Pairs, windows and keys of a view.

    Parameters
    ----------
    view
        The view whose layers are looked at.

    Attributes
    ----------
    windows
        Keeps the windows of compared pictures together; presets.
    swipe, blink
        The pair in one picture, and in turn by a clock.
    mouse
        The wheel, as the preferences say.
    """

    looked = Signal()  # another pair, or the other of the pair, is shown

    def __init__(self, view: View) -> None:
        self.view = view
        self._title: str | None = None
        self.windows = Windows(view)
        self.swipe = Swipe(self)
        self.blink = Blink(self)
        self.mouse = RadiologyMouse(view)
        window_level.attach(view.viewer)
        view.session.began.connect(self._began, priority=-1)  # after the layers of the new result are there
        view.session.opened.connect(self._opened)
        keys.bind(view.viewer, self._keys())

    # -- pairs --------------------------------------------------------------------------------------
    def pairs(self) -> list[Pair]:
        """Return what can be looked at in turn now."""
        found = []
        result = self.view.session.result
        if result is not None:
            others = [r for r in self.view.session.results.values() if comparable(r, result)]
            for n, (name, mine) in enumerate(zip(result.scan.names, self.view.names_of(result), strict=True)):
                one = display.thick(name, result.factor) if result.retrospective else display.acquired(name)
                found.append(Pair(name, one, mine))
                reference = display.acquired(name) if result.retrospective else self.reference_name(name, n)
                found.append(Pair(f"{name}, reference", reference, mine))
                for other in reversed(others):
                    theirs = dict(zip(other.scan.names, self.view.names_of(other), strict=True)).get(name)
                    if theirs is not None:
                        found.append(Pair(f"{name}, {other.method}", theirs, mine))
        found += self.view.dynamic.pairs()
        found += self.view.in_plane.pairs()
        found += self.view.brain_maps.pairs()
        found.append(Pair("T2", display.t2("acquired"), display.t2("SR")))
        found.append(Pair("T2, thick slices", display.t2("thick"), display.t2("SR")))
        there = {layer.name for layer in self.view.viewer.layers}
        return [p for p in found if p.one in there and p.other in there]

    def reference_name(self, name: str, number: int) -> str:
        """Return the name of the reference layer of a volume; of the same place where it is called otherwise."""
        reference = self.view.session.reference
        if reference is not None and name not in reference.names and number < reference.volumes:
            name = reference.names[number]
        return f"{name} (reference)"

    @property
    def pair(self) -> Pair | None:
        """The pair that flicker, swipe, blink and the Review dock act on."""
        pairs = self.pairs()
        return next((p for p in pairs if p.title == self._title), pairs[0] if pairs else None)

    def choose_pair(self, index: int) -> None:
        """Choose a pair by its place and show its second picture, or both while a swipe is on."""
        pairs = self.pairs()
        if not pairs:
            return
        pair = pairs[index % len(pairs)]
        self._title = pair.title
        if self.swipe.mode is not None:
            self.swipe.show(self.swipe.mode)
            self.looked.emit()
        else:
            self.show_pair(pair, other=True)

    def forget_pair(self) -> None:
        """Let the first pair be the one that is looked at: there is a new result."""
        self.blink.stop()
        self._title = None

    def next_pair(self, viewer: Any = None) -> None:
        """Choose the next pair."""
        self._step(1)

    def previous_pair(self, viewer: Any = None) -> None:
        """Choose the pair before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        pairs, now = self.pairs(), self.pair
        if now is not None:
            self.choose_pair(pairs.index(now) + by)

    # -- showing ------------------------------------------------------------------------------------
    def show_only(self, names: Iterable[str]) -> None:
        """Show these image layers and hide the other images; ROIs stay as they are."""
        wanted = set(names)
        for layer in self.view.viewer.layers:
            if layer.metadata.get("mrsr", {}).get("role") not in ("roi", "measure"):
                layer.visible = layer.name in wanted

    def show_pair(self, pair: Pair, *, other: bool) -> None:
        """Show one of a pair; a T2 map lies over the signal it was made from."""
        self.swipe.close()
        name = pair.other if other else pair.one
        under: list[str] = []
        if pair.title.startswith("T2"):
            result = self.view.session.result
            magnitude = [p for p in self.pairs() if not p.title.startswith("T2")]
            if result is not None and magnitude:
                under = [magnitude[0].other if other else magnitude[0].one]
        self.show_only([*under, name])
        self.view.viewer.layers.selection.active = self.view.layer(name)
        self.windows.watch()
        self.looked.emit()

    def flip(self) -> None:
        """Show the other of the pair."""
        pair = self.pair
        if pair is not None:
            self.show_pair(pair, other=not self.view.viewer.layers[pair.other].visible)

    def flicker(self, viewer: Any = None) -> Any:
        """While the key is held show the other of the pair; on release go back."""
        pair = self.pair
        if pair is None:
            yield
            return
        self.blink.stop()
        layers = self.view.viewer.layers
        second = layers[pair.other].visible
        before = {layer.name for layer in layers if layer.visible}
        self.show_pair(pair, other=not second)
        yield
        if pair not in self.pairs():
            return
        self.show_pair(pair, other=second)
        if pair.one in before or pair.other in before:  # with what lay over or under the picture
            for layer in layers:
                layer.visible = layer.name in before

    # -- windows and maps ---------------------------------------------------------------------------
    def reset_window(self, viewer: Any = None) -> None:
        """Give every acquired volume (and what is linked with it) its first window again."""
        self.windows.reset()

    def t2_limit(self, milliseconds: float) -> None:
        """Set the upper limit of the T2 maps, ms."""
        self.windows.t2_limit(milliseconds)

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

    # -- what happens -------------------------------------------------------------------------------
    def _began(self, result: Result) -> None:
        """Hide the results of before, and look at the new one."""
        self.forget_pair()
        names = set(self.view.names_of(result))
        for layer in self.view.viewer.layers:
            if layer.metadata.get("mrsr", {}).get("role") == "sr" and layer.name not in names:
                layer.visible = False

    def _opened(self, _scan: Any) -> None:
        self.forget_pair()

    def _keys(self) -> dict[str, Any]:
        return {
            "k": self.flicker,  # a generator function: napari resumes it when the key is released
            "Shift-K": self.blink.toggle,
            "n": self.next_pair,
            "Shift-N": self.previous_pair,
            "j": self.swipe.toggle_swipe,
            "Shift-J": self.swipe.toggle_checkerboard,
            "w": self.reset_window,
            "h": self.toggle_maps,
        }

    def unbind(self) -> None:
        """Let go of the keys and the mouse, and stop the clock."""
        self.blink.stop()
        keys.unbind(self.view.viewer, self._keys())
        self.swipe.detach()
        self.mouse.close()
        window_level.detach(self.view.viewer)


def comparable(one: Result, other: Result) -> bool:
    """Tell whether two results are different answers to one question: the same grid, from the same kind of input."""
    return one is not other and one.retrospective == other.retrospective and one.scan.same_grid(other.scan)
