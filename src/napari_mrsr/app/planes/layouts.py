"""How pictures are laid out: one, three linked planes, acquired beside SR, or two by two; G goes to the next.

Side by side, napari's grid gives each picture a cell of its own; the cells share slice, zoom and centre. napari fills
cells in the order of the layer list, so many layers to a cell, so the layers of the cells are moved to its beginning;
order and visibility are put back as they were when the layout is left. Which pictures, is said by the pair that is
looked at: another pair (N) fills the cells anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display, keys
from napari_mrsr.app.marks import COLOUR
from napari_mrsr.app.planes.linked import Planes
from napari_mrsr.app.planes.oblique import Oblique
from napari_mrsr.errors import MissingParameter, MrsrError

if TYPE_CHECKING:
    from napari_mrsr.app.compare.comparing import Pair
    from napari_mrsr.app.viewing import View

#: Layouts in the order in which G goes through them, and what each is called.
LAYOUTS = {"single": "Single", "planes": "Three planes", "side": "Side by side", "four": "2 x 2"}

KEY = "g"

#: Space between cells, pixels, and the size of their titles, points.
SPACING, TITLE_SIZE = 4, 9

Cells = list[list[str]]


@dataclass
class Before:
    """What the layer list was like before the cells were filled."""

    order: list[str]
    visible: dict[str, bool]
    titled: list[str] = field(default_factory=list)


class Layouts:
    """The layouts of a view.

    Parameters
    ----------
    view
        The view whose viewer is laid out.

    Attributes
    ----------
    now
        The layout on the screen, a key of :data:`LAYOUTS`.
    planes, oblique
        The three linked planes; the oblique reformat.
    """

    changed = Signal(str)

    def __init__(self, view: View) -> None:
        self.view = view
        self.now = "single"
        self.planes = Planes(view)
        self.oblique = Oblique(view)
        self._before: Before | None = None
        self._busy = False
        keys.bind(view.viewer, {KEY: self.next})
        view.session.opened.connect(self._reopened)
        for signal in (view.look.looked, view.session.refined, view.session.mapped, view.session.began):
            signal.connect(self._refill)

    # -- choosing -------------------------------------------------------------------------------------
    def choose(self, name: str) -> bool:
        """Lay out the viewer; what cannot be shown is said in a banner, and the layout stays.

        Returns
        -------
        bool
            Whether the layout is on the screen now.
        """
        return bool(self.view.session.attempt(lambda: self._choose(name)))

    def next(self, _viewer: Any = None) -> None:
        """Go to the next layout; those that cannot be shown are passed over."""
        names = list(LAYOUTS)
        start = names.index(self.now)
        for step in range(1, len(names) + 1):
            with contextlib.suppress(MrsrError):
                self._choose(names[(start + step) % len(names)])
                return

    def _choose(self, name: str) -> bool:
        cells = self._cells(name) if name in ("side", "four") else []
        if name == self.now == "planes":
            return True
        if name == "planes":
            self.planes.check()
        with self._working():
            self._leave()
            if name == "planes":
                self.planes.show()
            elif cells:
                self._fill(cells, (1, 2) if name == "side" else (2, 2))
        self.now = name
        self.oblique.move_canvas()
        if name != "planes":
            self._fit()
        self.changed.emit(name)
        return True

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _leave(self) -> None:
        self.oblique.close_canvas()
        self.planes.close()
        self.view.viewer.canvas.grid.enabled = False
        self._restore()

    def close(self) -> None:
        """Leave the layout and let go of the key: the view closes."""
        self.oblique.close()
        self.planes.close()
        keys.unbind(self.view.viewer, {KEY: self.next})

    # -- which pictures ---------------------------------------------------------------------------------
    def _cells(self, name: str) -> Cells:
        """Return the layers of each cell, from bottom to top.

        Raises
        ------
        MissingParameter
            There is no pair yet.
        """
        pair = self.view.look.pair
        if pair is None:
            raise MissingParameter("there is no pair to lay out", remedy="run super-resolution first")
        if name == "side":
            return self._side(pair)
        together = self.view.in_plane.twins.four(pair) or self.view.brain_maps.four(pair)
        if together:
            return [[one] for one in together]
        magnitude = next((p for p in self.view.look.pairs() if not p.title.startswith("T2")), pair)
        maps = [display.t2("acquired"), display.t2("SR")]
        if any(self.view.layer(m) is None for m in maps):
            maps = self._others(magnitude)
        return [[magnitude.one], [magnitude.other], *([m] for m in maps)]

    def _side(self, pair: Pair) -> Cells:
        if not pair.title.startswith("T2"):
            return [[pair.one], [pair.other]]
        magnitude = next((p for p in self.view.look.pairs() if not p.title.startswith("T2")), None)
        return [[pair.one], [pair.other]] if magnitude is None else [
            [magnitude.one, pair.one],
            [magnitude.other, pair.other],
        ]  # fmt: skip

    def _others(self, pair: Pair) -> list[str]:
        """Return what fills the lower cells where there are no T2 maps: difference, reference, the other echo."""
        volume = pair.title.split(",")[0]
        wanted = [f"{volume} (reference)", display.difference(volume), display.ssim(volume)]
        wanted += [name for p in self.view.look.pairs() for name in (p.one, p.other)]
        found = [n for n in dict.fromkeys(wanted) if n not in (pair.one, pair.other) and self.view.layer(n) is not None]
        return found[:2]

    # -- cells ------------------------------------------------------------------------------------------
    def _fill(self, cells: Cells, shape: tuple[int, int]) -> None:
        layers = self.view.viewer.layers
        self._before = Before([la.name for la in layers], {la.name: bool(la.visible) for la in layers})
        shown = [name for cell in cells for name in cell]
        stride = max(map(len, cells))
        with layers.batched_update():
            for layer in layers:
                layer.visible = layer.name in shown
            self._reorder(shown)
        for cell in cells:
            self._entitle(cell)
        grid = self.view.viewer.canvas.grid
        grid.shape, grid.stride, grid.spacing = shape, stride, SPACING
        grid.enabled = True

    def _entitle(self, cell: list[str]) -> None:
        layer = self.view.layer(cell[-1])
        if layer is not None and self._before is not None:
            overlay = layer.name_overlay
            overlay.color, overlay.font_size, overlay.position = COLOUR, TITLE_SIZE, "top_left"
            overlay.visible = True
            self._before.titled.append(layer.name)

    def _reorder(self, first: list[str]) -> None:
        """Bring these layers to the beginning of the list, in this order."""
        layers = self.view.viewer.layers
        names = [la.name for la in layers]
        wanted = [n for n in first if n in names] + [n for n in names if n not in first]
        for place, name in enumerate(wanted):
            now = layers.index(name)
            if now != place:
                layers.move(now, place)

    def _restore(self) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        for name in before.titled:
            layer = self.view.layer(name)
            if layer is not None:
                layer.name_overlay.visible = False
        with self.view.viewer.layers.batched_update():
            self._reorder(before.order)
            for layer in self.view.viewer.layers:
                layer.visible = before.visible.get(layer.name, bool(layer.visible))

    def _fit(self) -> None:
        shown = [la for la in self.view.viewer.layers if la.visible]
        if shown:
            self.view.viewer.reset_view(layers=shown)

    # -- following ----------------------------------------------------------------------------------------
    def _refill(self, *_about: Any) -> None:
        """Fill the cells anew: another pair is looked at, or there is a new result."""
        if self.now in ("side", "four") and not self._busy:
            camera = self.view.viewer.scene.camera
            centre, zoom = camera.center, camera.zoom
            try:
                self._choose(self.now)
            except MrsrError:
                self.choose("single")
                return
            camera.center, camera.zoom = centre, zoom

    def _reopened(self, _scan: Any) -> None:
        """Show another scan as one picture; nothing of the one before is put back."""
        self._before = None
        if self.now != "single":
            self.choose("single")
