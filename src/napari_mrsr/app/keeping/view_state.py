"""Where a person was: slice, turn, zoom, grid and the pair that is compared, as JSON; and going back there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_mrsr.files.origin import plain

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View


def state_of(view: View) -> dict[str, Any]:
    """Return where a person is."""
    viewer = view.viewer
    camera, grid, pair = viewer.scene.camera, viewer.canvas.grid, view.look.pair
    active = viewer.layers.selection.active
    return {
        "dims": {
            "order": list(viewer.dims.order),
            "ndisplay": int(viewer.dims.ndisplay),
            "point": plain(list(viewer.dims.point)),
        },
        "camera": {
            "center": plain(list(camera.center)),
            "zoom": float(camera.zoom),
            "angles": plain(list(camera.angles)),
        },
        "grid": {"enabled": bool(grid.enabled), "shape": list(grid.shape), "stride": int(grid.stride)},
        "pair": None if pair is None else pair.title,
        "active": None if active is None else active.name,
    }


def choose_pair(view: View, state: dict[str, Any]) -> None:
    """Choose the pair of that title; which layers are seen is for the layers' own states."""
    titles = [pair.title for pair in view.look.pairs()]
    if state.get("pair") in titles:
        view.look.choose_pair(titles.index(state["pair"]))


def apply_state(view: View, state: dict[str, Any]) -> None:
    """Go back to slice, turn, zoom and grid; what does not fit this viewer is passed over."""
    viewer = view.viewer
    dims, camera, grid = state.get("dims", {}), state.get("camera", {}), state.get("grid", {})
    with suppress(ValueError, TypeError, KeyError):
        viewer.dims.ndisplay = dims.get("ndisplay", 2)
        if len(dims.get("order", ())) == viewer.dims.ndim:
            viewer.dims.order = tuple(dims["order"])
        if len(dims.get("point", ())) == viewer.dims.ndim:
            for axis, value in enumerate(dims["point"]):
                viewer.dims.set_point(axis, value)
    with suppress(ValueError, TypeError, KeyError):
        viewer.canvas.grid.shape = tuple(grid["shape"])
        viewer.canvas.grid.stride = grid["stride"]
        viewer.canvas.grid.enabled = grid["enabled"]
    with suppress(ValueError, TypeError, KeyError):
        viewer.scene.camera.center = tuple(camera["center"])
        viewer.scene.camera.zoom = camera["zoom"]
        viewer.scene.camera.angles = tuple(camera["angles"])
    active = view.layer(state["active"]) if state.get("active") else None
    if active is not None:
        viewer.layers.selection.active = active
