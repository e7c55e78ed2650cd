"""Letters on the screen instead of names: what is read is shown as A, B, C, D, everything else is kept aside.

While a case is read, every image of the scan is taken out of the layer list; in its place stand images that carry no
metadata but their letter. All are seen on the finest grid (linear interpolation where a volume is coarser), so neither
the size of a voxel nor the number of slices gives a method away. Afterwards everything comes back as it was; only the
window stays the one that was read in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.compare.on_grid import Grid, OnGrid

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

ROLE = "blinded"

#: Layers that stay: a reader may paint or mark.
KEPT_TYPES = ("Points", "Shapes")


class Letters:
    """The pictures of a case.

    Parameters
    ----------
    view
        The view whose layers they stand for.
    """

    disturbed = Signal()  # something else put a layer on the screen

    def __init__(self, view: View) -> None:
        self.view = view
        self._pictures: dict[str, tuple[OnGrid, dict[str, Any]]] = {}
        self._layers: dict[str, Layer] = {}
        self._aside: list[tuple[int, Layer, bool]] = []
        self._range: tuple[float, float] = (0.0, 1.0)
        self._changing = False
        view.viewer.layers.events.inserted.connect(self._inserted)
        view.viewer.layers.events.removed.connect(self._removed)

    def hide(self, chosen: Mapping[str, str], volume: str) -> None:
        """Put letters in the place of all images.

        Parameters
        ----------
        chosen
            The layer behind each letter, by name.
        volume
            The volume (echo) that they show.
        """
        view = self.view
        view.look.blink.stop()
        view.look.swipe.close()
        view.layouts.choose("single")
        behind = {letter: view.viewer.layers[name] for letter, name in chosen.items()}
        grids = {letter: Grid.of(layer) for letter, layer in behind.items()}
        fine = max(grids.values(), key=lambda grid: grid.shape[-3] * grid.shape[-2] * grid.shape[-1])
        like = next(layer for letter, layer in behind.items() if grids[letter] == fine)
        low, high = like.contrast_limits_range
        self._range = (float(low), float(high))
        settings = {
            "colormap": "gray",
            "contrast_limits": tuple(like.contrast_limits),
            "gamma": like.gamma,
            "blending": "translucent",
            "scale": fine.scale,
            "translate": fine.translate,
            "units": like.units,
            "axis_labels": like.axis_labels,
            "metadata": {"mrsr": {"role": ROLE, "volume_name": volume}},
        }
        self._pictures = {
            letter: (OnGrid(layer.data, grids[letter], fine, "linear"), {**settings, "name": letter})
            for letter, layer in behind.items()
        }
        with self._undisturbed():
            for place, layer in enumerate(list(view.viewer.layers)):
                if layer.metadata.get("mrsr", {}).get("role") == "roi" or type(layer).__name__ in KEPT_TYPES:
                    continue
                self._aside.append((place, layer, bool(layer.visible)))
                layer.locked = False
                view.viewer.layers.remove(layer)
        for letter in chosen:
            self._put(letter)

    def show(self, letter: str) -> None:
        """Show one picture, alone; one that was deleted is made again."""
        layer = self._layers.get(letter)
        if layer is None or layer not in self.view.viewer.layers:
            layer = self._put(letter)
        for other in self._layers.values():
            other.visible = other is layer
        self.view.viewer.layers.selection.active = layer

    def _put(self, letter: str) -> Layer:
        data, settings = self._pictures[letter]
        first = not any(layer in self.view.viewer.layers for layer in self._layers.values())
        with self._undisturbed():
            layer = self.view.put((data, settings, "image"), visible=False)  # it takes the window of the others over
            if first:
                layer.contrast_limits_range = self._range
        self._layers[letter] = layer
        return layer

    def restore(self) -> None:
        """Take the letters away and put back what was kept aside, where it was and as it was seen."""
        if not self._layers:
            return
        view = self.view
        layers = view.viewer.layers
        read = next(iter(self._layers.values()))
        group, window = view.look.windows.group(read), tuple(read.contrast_limits)
        adding, view._adding = view._adding, True  # these are no new scans
        try:
            with self._undisturbed():
                for letter in self._layers.values():
                    if letter in layers:
                        layers.remove(letter)
                self._put_back()
                for layer in view.look.windows.members(group)[:1]:
                    layer.contrast_limits = window
        finally:
            view._adding = adding
            self._layers, self._pictures, self._aside = {}, {}, []

    def _put_back(self) -> None:
        layers = self.view.viewer.layers
        names = {layer.name for layer in layers}
        for place, layer, visible in self._aside:
            if layer.name not in names:
                layers.insert(min(place, len(layers)), layer)
                layer.visible = visible
                layer.locked = layer.metadata.get("mrsr", {}).get("role") in (
                    "acquired",
                    "reference",
                    "reason",
                    "brain_reason",
                )
        shown = [layer for _, layer, visible in self._aside if visible and layer in layers]
        if shown:
            layers.selection.active = shown[-1]

    def forget(self) -> None:
        """Take the letters away; what was kept aside belongs to a scan that is left."""
        self._aside = []
        self.restore()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        before, self._changing = self._changing, True
        try:
            yield
        finally:
            self._changing = before

    def _inserted(self, event: Any) -> None:
        about = event.value.metadata.get("mrsr", {})
        if not self._changing and self._layers and about and about.get("role") != "roi":
            self.disturbed.emit()

    def _removed(self, event: Any) -> None:
        if not self._changing and event.value in self._layers.values():
            self.view.session.say("warn", f"{event.value.name} was deleted; its button brings it back")
