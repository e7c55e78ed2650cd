"""Showing one region among the others, for as long as a person points at its row, and going there.

The colours of the labels layer are exchanged and put back; its data, the brush and the chosen label are not touched,
and no layer comes or goes. What a person changed meanwhile is not overwritten.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

#: How much of the others is left.
FAINT = 0.15
#: Opacity of the layer meanwhile.
STRONG = 0.85


class Highlight:
    """One region shown, the others faint."""

    def __init__(self) -> None:
        self._layer: weakref.ref[Any] | None = None
        self._before: tuple[Any, float] | None = None
        self._mine: Any = None
        self._label = 0

    @property
    def label(self) -> int | None:
        """The region that is shown now, or None."""
        return None if self._before is None else self._label

    def show(self, layer: Labels, label: int, labels: list[int]) -> None:
        """Show a region of a layer.

        Parameters
        ----------
        layer
            The labels layer.
        label
            The region.
        labels
            All its regions, of which the others are made faint.
        """
        from napari.utils.colormaps import DirectLabelColormap

        self.end()
        colours: dict[int | None, Any] = {None: (0.0, 0.0, 0.0, 0.0), 0: (0.0, 0.0, 0.0, 0.0)}
        for one in {*labels, label}:
            colour = np.array(layer.get_color(one) if layer.get_color(one) is not None else (1.0, 1.0, 0.0, 1.0))
            colour[3] = 1.0 if one == label else FAINT
            colours[one] = colour
        self._layer, self._label = weakref.ref(layer), label
        self._before = layer.colormap, layer.opacity
        layer.colormap = DirectLabelColormap(color_dict=colours)
        layer.opacity = max(layer.opacity, STRONG)
        self._mine = layer.colormap, layer.opacity

    def end(self) -> None:
        """Put back the colours as they were; a layer that is gone is passed over."""
        layer = None if self._layer is None else self._layer()
        if layer is not None and self._before is not None:
            colormap, opacity = self._before
            if layer.colormap is self._mine[0]:
                layer.colormap = colormap
            if layer.opacity == self._mine[1]:
                layer.opacity = opacity
        self._layer = self._before = self._mine = None


def go_to(viewer: ViewerModel, layer: Labels, label: int) -> bool:
    """Move the sliders to a region: to the slice with most of it, and there to the voxel nearest to its middle.

    Returns
    -------
    bool
        Whether there is such a region.
    """
    inside = np.argwhere(np.asarray(layer.data) == label)
    if not len(inside):
        return False
    slices, counts = np.unique(inside[:, 0], return_counts=True)
    here = inside[inside[:, 0] == slices[counts.argmax()]]
    voxel = here[np.square(here - here.mean(axis=0)).sum(axis=1).argmin()]  # cartilage is bent: its mean lies beside it
    point = np.asarray(layer.data_to_world(voxel))
    for axis, mm in enumerate(point, start=viewer.dims.ndim - len(point)):
        viewer.dims.set_point(axis, float(mm))
    return True
