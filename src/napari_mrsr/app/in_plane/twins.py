"""A network that was trained against a critic beside its twin trained with L1: both run, shown with what was added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.app.in_plane.choices import AUTO, PlaneResult, PlaneSettings, layer_name, needed, title_of
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.app.compare.comparing import Pair
    from napari_mrsr.app.in_plane.showing import InPlane
    from napari_mrsr.trust.twins import Added


class Twins:
    """Two results of one scan, and what the first has more than the second.

    Parameters
    ----------
    in_plane
        Where both are made.

    Attributes
    ----------
    both
        The adversarial result and that of its twin; None before.
    added
        What adversarial training added; None before.
    """

    compared = Signal(object)  # Added

    def __init__(self, in_plane: InPlane) -> None:
        self.in_plane = in_plane
        self.view = in_plane.view
        self.forget()

    def forget(self) -> None:
        """Let go of both: another scan was opened."""
        self.both: tuple[PlaneResult, PlaneResult] | None = None
        self.added: Added | None = None

    def names(self, settings: PlaneSettings) -> tuple[str, str]:
        """Return the names of the adversarial network and of its twin.

        Raises
        ------
        MissingParameter
            Nothing is open.
        BadParameter
            The method has no twin, or weights of one's own were chosen.
        """
        from napari_mrsr.in_plane.choice import choose_method, with_twin

        if settings.weights is not None:
            raise BadParameter(
                "of weights of your own no twin is known",
                remedy="choose a shipped method, or run both one after the other",
            )
        scan = needed(self.view.session.scan)
        name = choose_method(scan)[0].name if settings.method == AUTO else settings.method
        rival, twin = with_twin(name)
        return rival.name, twin.name

    def compare(self, settings: PlaneSettings) -> None:
        """Sharpen by the network that is chosen and by its twin, as far as that was not done, and show both.

        Either of the two may be the one chosen.
        """
        names = self.view.session.attempt(lambda: self.names(settings))
        if names is not None:
            self.in_plane.start([replace(settings, method=name) for name in names], twins=True)

    # -- layers -----------------------------------------------------------------------------------------
    def show(self, added: Added, both: list[PlaneResult]) -> None:
        """Show what was added, and acquired, both results and that together."""
        view = self.view
        self.added, self.both = added, (both[0], both[1])
        view.remove([la.name for la in view.viewer.layers if la.metadata.get("mrsr", {}).get("twins")])
        for n, (volume, name) in enumerate(zip(added.difference.names, self.layer_names, strict=True)):
            one = added.difference.volume(n)
            about = {"twins": [result.key for result in both], "size": added.size[volume]}
            view.maps.put(one, name, "difference", display.DARK_DIFFERENCE, display.symmetric(one.array), **about)
        pairs = [pair.title for pair in view.look.pairs()]
        title = title_of(both[0].scan.names[self.in_plane.volume_on_screen()], both[0])
        if title in pairs:
            view.look.choose_pair(pairs.index(title))
            view.layouts.choose("four")
        self.compared.emit(added)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers of what was added, one for each volume."""
        if self.both is None:
            return ()
        one, other = (result.settings.method for result in self.both)
        scan = self.both[0].scan
        return tuple(layer_name(scan, volume, f"{one} - {other}") + " [a.u.]" for volume in scan.names)

    def four(self, pair: Pair) -> list[str]:
        """Return what is shown of a pair where there is room for four: acquired, adversarial, its twin, what was added.

        Nothing where the pair is about something else.
        """
        if self.both is None:
            return []
        one, other = self.both
        for n, name in enumerate(one.names):
            found = [display.acquired(one.scan.names[n]), name, other.names[n], self.layer_names[n]]
            if name == pair.other and all(self.view.layer(wanted) is not None for wanted in found):
                return found
        return []
