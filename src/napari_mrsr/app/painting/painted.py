"""The slice of a labels layer that is on the screen, in whatever plane, and writing to it as one step of undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.roi import regions
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.triple import triple

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Plane:
    """What is painted on now.

    Attributes
    ----------
    layer
        The labels layer.
    axis
        The axis of its data that the slider runs along.
    index
        The slice on the screen.
    label
        The selected label.
    """

    layer: Labels
    axis: int
    index: int
    label: int

    @property
    def count(self) -> int:
        """Number of slices."""
        return int(self.layer.data.shape[self.axis])

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of slices, rows and columns, mm; rows and columns in the order of the data, not of the screen."""
        one, other = (a for a in range(3) if a != self.axis)
        return triple(float(self.layer.scale[a]) for a in (self.axis, one, other))

    @property
    def pixel(self) -> tuple[float, float]:
        """Spacing of rows and columns, mm."""
        return self.spacing[1:]

    def slices(self) -> npt.NDArray[Any]:
        """Return the labels with the slices first, a view."""
        return np.moveaxis(np.asarray(self.layer.data), self.axis, 0)

    def region(self) -> Mask:
        """Return where the selected label is, in all slices, slices first."""
        found: Mask = self.slices() == self.label
        return found

    def box(self, first: int, stop: int) -> tuple[slice, slice, slice]:
        """Return whole slices as a box of the data."""
        box = [slice(0, n) for n in self.layer.data.shape]
        box[self.axis] = slice(first, stop)
        return box[0], box[1], box[2]

    def pixel_at(self, position: npt.ArrayLike) -> tuple[int, int]:
        """Return the row and column of a position of the mouse (world coordinates)."""
        at = np.rint(self.layer.world_to_data(np.asarray(position)[-3:])).astype(int)
        row, column = (int(at[a]) for a in range(3) if a != self.axis)
        return row, column

    def write(self, found: Mapping[int, Mask], *, replace: bool = False) -> int:
        """Paint masks into slices as one step of undo; preserved labels stay.

        Parameters
        ----------
        found
            Mask per slice, ``(row, column)``.
        replace
            Whether the label is taken away where a mask does not hold it.

        Returns
        -------
        int
            How many voxels changed.
        """
        with self.layer.block_history():
            changed = self.put(found, self.label)
            if replace:
                changed += self.put({index: ~mask for index, mask in found.items()}, 0)
        return changed

    def put(self, found: Mapping[int, Mask], value: int) -> int:
        """Paint masks with a label, within a step of undo that the caller keeps open; 0 erases the selected label.

        Where labels are preserved only the background is painted. With label 0 selected, 0 erases any.
        """
        layer, slices = self.layer, self.slices()
        places = []
        for index, mask in found.items():
            now = slices[index]
            if value == 0:
                where = mask & ((now == self.label) if self.label else (now != 0))
            else:
                where = mask & (now == 0) if layer.preserve_labels else mask & (now != value)
            row, column = np.nonzero(where)
            places.append((np.full(row.size, index), row, column))
        joined = [np.concatenate(part) for part in zip(*places, strict=True)]
        if not joined or joined[0].size == 0:
            return 0
        size = int(joined[0].size)
        joined.insert(self.axis, joined.pop(0))
        layer.data_setitem(tuple(joined), value)
        return size


def plane_of(view: View, *, erasing: bool = False) -> Plane:
    """Return what is painted on now: the selected labels layer, or the only one.

    Parameters
    ----------
    view
        The view.
    erasing
        Whether label 0 will do.

    Raises
    ------
    MissingParameter
        There is no labels layer.
    BadParameter
        The viewer shows 3-D, the layer is locked or hidden, label 0 is selected, or the slice lies beyond the labels.
    """
    viewer = view.viewer
    layer = viewer.layers.selection.active
    if layer is None or not regions.is_roi(layer):
        rois = [la for la in viewer.layers if regions.is_roi(la)]
        if not rois:
            raise MissingParameter("there are no labels to paint in", remedy="press New ROI in the ROI dock first")
        layer = rois[-1]
    if viewer.dims.ndisplay != 2:
        raise BadParameter("the painting tools work on slices", remedy="leave the 3-D view first (Ctrl+Y)")
    if layer.locked or not layer.editable:
        raise BadParameter(f'the layer "{layer.name}" is locked', remedy="unlock it in the layer list first")
    if not layer.visible:
        raise BadParameter(f'the layer "{layer.name}" is hidden', remedy="show it first")
    label = int(layer.selected_label)
    if label == 0 and not erasing:
        raise BadParameter("label 0 is no region", remedy="choose one under Paint in the ROI dock")
    offset = viewer.dims.ndim - 3
    hidden = [d - offset for d in viewer.dims.not_displayed if d >= offset]
    axis = hidden[0]
    index = int(np.rint(layer.world_to_data(viewer.dims.point[-3:])[axis]))
    if not 0 <= index < layer.data.shape[axis]:
        raise BadParameter(
            f'the slice on the screen lies beyond "{layer.name}"', remedy="scroll to where the labels are"
        )
    return Plane(layer, axis, index, label)
