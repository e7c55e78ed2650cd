"""Where the cross-hair of linked planes stands, in millimetres.

napari-orthogonal-views 0.5.0 takes *index times spacing* for a position. That is right for layers that begin at zero;
those of a scan begin where the patient lay in the scanner. Three of its functions assume so, and have a twin
here that reads ``dims.point`` instead; :func:`repair` puts them in place. For layers from zero nothing changes.

The lines are thin and leave a gap of :data:`GAP` mm, so that what the cross-hair points at can be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari.components import ViewerModel

#: Half of the opening in the middle of the cross-hair, mm.
GAP = 3.0

#: Longer than any scan, mm.
FAR = 1e4

#: The line along an axis has the colour of the plane that it is the trace of.
COLOURS = {"R→L": (0.95, 0.75, 0.2, 0.75), "A→P": (0.3, 0.8, 0.4, 0.75), "S→I": (0.95, 0.35, 0.35, 0.75)}
OTHER_COLOUR = (0.7, 0.7, 0.7, 0.75)


def centre_of_camera(model: ViewerModel, _step: Any = None) -> tuple[float, float]:
    """Return where the camera must look (rows, columns, mm) so that the point of a viewer is in its picture."""
    height, width = (float(n) for n in model.canvas.viewbox_size(model.layers))
    camera = model.scene.camera
    centre = (camera.center[-2], camera.center[-1])
    point = [model.dims.point[axis] for axis in model.dims.displayed[-2:]]
    if len(point) < 2:
        return centre
    half = (height / camera.zoom / 2, width / camera.zoom / 2)
    kept = [c if abs(p - c) < h else p for c, p, h in zip(centre, point, half, strict=True)]
    return kept[0], kept[1]


def go_to(model: ViewerModel, position: npt.ArrayLike) -> None:
    """Move the point of a viewer to a position (mm, one number per axis), kept inside what is open."""
    where = np.asarray(position, dtype=float)[-model.dims.ndim :]
    low = [r.start for r in model.dims.range]
    high = [r.stop for r in model.dims.range]
    model.dims.point = tuple(float(p) for p in np.clip(where, low, high))


def go_to_mouse(_model: ViewerModel) -> None:
    """Move the cross-hair to the mouse, in whichever plane it is; nothing happens outside the pictures."""
    from napari_orthogonal_views.viewer_utils import viewer_model_under_mouse

    target = viewer_model_under_mouse()
    if target is not None:
        go_to(target, target.cursor.position)


def lines(point: npt.ArrayLike, displayed: tuple[int, ...], labels: tuple[str, ...]) -> tuple[Any, Any]:
    """Return the ends of the lines (x, y, z) and their colours for a point in mm.

    Parameters
    ----------
    point
        One number per axis of the viewer, mm.
    displayed
        The axes on the screen, rows then columns.
    labels
        The name of each axis.
    """
    rows, columns = displayed[-2:]
    y, x = (float(np.asarray(point)[axis]) for axis in (rows, columns))
    ends = np.zeros((8, 3))
    ends[:4, 0] = x + np.array([-FAR, -GAP, GAP, FAR])  # runs along the columns: the trace of the plane across the rows
    ends[:4, 1] = y
    ends[4:, 0] = x
    ends[4:, 1] = y + np.array([-FAR, -GAP, GAP, FAR])
    colours = [COLOURS.get(labels[rows], OTHER_COLOUR)] * 4 + [COLOURS.get(labels[columns], OTHER_COLOUR)] * 4
    return ends.astype(np.float32), np.array(colours, np.float32)


def repair() -> None:
    """Let napari-orthogonal-views read positions in mm; safe to call again."""
    from napari._vispy.utils.visual import overlay_to_visual
    from napari.components import ViewerModel
    from napari.utils.action_manager import action_manager
    from napari_orthogonal_views import cross_hair_overlay, ortho_view_widget

    class CrossHair(cross_hair_overlay.VispyCrosshairOverlay):
        """The cross-hair of one canvas."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            for event in (self.viewer.dims.events.order, self.viewer.dims.events.axis_labels):
                event.connect(self._move_crosshairs)

        def _move_crosshairs(self, event: Any = None) -> None:
            dims = self.viewer.dims
            if len(dims.displayed) == 2:
                ends, colours = lines(dims.point, tuple(dims.displayed), tuple(dims.axis_labels))
                self.node.set_data(pos=ends, color=colours, width=1, connect="segments")

        def close(self) -> None:
            for event in (dims := self.viewer.dims.events).current_step, dims.order, dims.axis_labels:
                event.disconnect(self._move_crosshairs)
            super().close()

    overlay_to_visual[cross_hair_overlay.CrosshairOverlay] = CrossHair
    ortho_view_widget.check_center = centre_of_camera
    action_manager.register_action(
        name="napari:move_point",
        command=go_to_mouse,
        description="Move the cross-hair to the mouse",
        keymapprovider=ViewerModel,
    )
