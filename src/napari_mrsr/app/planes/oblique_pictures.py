"""What was sampled in a plane, as layers of a viewer model of its own.

The model knows nothing of slices and sliders: two axes, in mm, of the picture. Windows and colours are shared with the
layers that were sampled. Layers carry ``role="oblique"`` and the affine that puts their pixels back into the patient.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_mrsr.app import layers
from napari_mrsr.app.marks import SMALL, Marks, oblique_letters
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

TITLE = "oblique"

#: What a layer and its reformat share.
SHARED = ("contrast_limits", "gamma", "colormap")


class Pictures:
    """The viewer model, with orientation letters and a scale bar; ``model`` is what a canvas shows."""

    def __init__(self) -> None:
        from napari.components import ViewerModel

        self.model = ViewerModel(title=TITLE)
        self.model.canvas.overlays["scale_bar"].visible = True
        self._marks = Marks(self.model)
        self._marks.title_size(SMALL)
        self._shown: tuple[tuple[str, tuple[int, ...]], ...] = ()
        self._linked: list[tuple[Layer, Layer]] = []

    def show(self, found: Sequence[tuple[Layer, Scan]]) -> None:
        """Show what layers are in the plane, from bottom to top; at least one.

        Parameters
        ----------
        found
            Layers, and scans of one slice and one volume sampled from them on one grid.
        """
        shown = tuple((f"{TITLE} {source.name}", picture.shape) for source, picture in found)
        for (name, _), (source, picture) in zip(shown, found, strict=True):
            self._put(name, picture, source)
        names = {name for name, _ in shown}
        for layer in [la for la in self.model.layers if la.name not in names]:
            self.unlink(layer)
            self.model.layers.remove(layer)
        plane = found[0][1]
        right, down = plane.affine[:3, 0], plane.affine[:3, 1]
        self._marks.fix(oblique_letters(down, right))
        if shown != self._shown:
            self._shown = shown
            self.model.reset_view()

    def _put(self, name: str, picture: Scan, source: Layer) -> None:
        from napari.experimental import link_layers

        data = picture.array[0, :, :, 0].T  # rows, columns
        where = (-(picture.shape[1] - 1) / 2 * picture.spacing[1], -(picture.shape[0] - 1) / 2 * picture.spacing[0])
        about = layers.metadata(picture, "oblique")
        known = next((la for la in self.model.layers if la.name == name), None)
        if known is not None and known.data.dtype == data.dtype:
            known.data, known.translate, known.metadata = data, where, about
            return
        settings: dict[str, Any] = {
            "name": name,
            "scale": picture.spacing[1::-1],
            "translate": where,
            "units": ("mm", "mm"),
            "axis_labels": ("down", "right"),
            "opacity": source.opacity,
            "metadata": about,
        }
        if type(source).__name__ == "Labels":
            self.model.add_labels(data, colormap=source.colormap, **settings)
            return
        layer = self.model.add_image(
            data,
            colormap=source.colormap,
            contrast_limits=source.contrast_limits,
            blending=source.blending,
            interpolation2d="linear" if picture.axis != "map" else "nearest",
            **settings,
        )
        layer.contrast_limits_range = source.contrast_limits_range
        layer.contrast_limits = source.contrast_limits
        link_layers([source, layer], SHARED)
        self._linked.append((source, layer))

    def unlink(self, layer: Layer | None = None) -> None:
        """Let layers of the reformat (one, or all) no longer follow their sources."""
        from napari.experimental import unlink_layers

        for pair in [p for p in self._linked if layer is None or p[1] is layer]:
            self._linked.remove(pair)
            with ignoring():
                unlink_layers(pair, SHARED)


def ignoring() -> contextlib.suppress:
    """Pass over what napari raises where something was unlinked, disconnected or removed before."""
    return contextlib.suppress(ValueError, RuntimeError, TypeError, KeyError)
