"""Shapes layers that hold measured lines: made, read and written, each line with its length as text.

Lines are stored in voxels of the finest grid, so that napari shows a line on its slice and on no other, in whichever
plane; the layer stands in mm like all others. What is handed in and out are points of the screen in mm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.app import layers
from napari_mrsr.errors import MissingParameter

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

Tool = Literal["calliper", "line profile"]
Point = npt.NDArray[np.float64]
Ends = tuple[Point, Point]

#: Layer of each tool and its colour: told apart from the letters of the picture.
LAYERS: dict[Tool, str] = {"calliper": "Callipers [mm]", "line profile": "Line profiles [mm]"}
COLOURS: dict[Tool, str] = {"calliper": "#56b4e9", "line profile": "#e69f00"}
#: Width of a line, voxels.
WIDTH = 0.8


def found_layer(view: View, tool: Tool) -> Any:
    """Return the layer of a tool, or None."""
    layer = view.layer(LAYERS[tool])
    return layer if layer is not None and layer.metadata.get("mrsr", {}).get("role") == "measure" else None


def make_layer(view: View, tool: Tool) -> Any:
    """Add the layer of a tool, empty, on the finest grid; the active layer stays active.

    Raises
    ------
    MissingParameter
        No scan is open.
    """
    session = view.session
    scan = session.result.scan if session.result is not None else session.scan
    if view.frame is None or scan is None:
        raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
    place = view.frame_for(scan)
    active = view.viewer.layers.selection.active
    layer = view.viewer.add_shapes(
        ndim=3,
        name=LAYERS[tool],
        scale=place.scale,
        translate=place.translate,
        units=layers.UNITS,
        axis_labels=place.labels,
        edge_color=COLOURS[tool],
        edge_width=WIDTH,
        opacity=1.0,
        features={"length": np.empty(0, dtype=object)},
        text={"string": "{length}", "size": 11, "color": COLOURS[tool], "anchor": "upper_left"},
        metadata={"mrsr": {"role": "measure", "tool": tool, "quantity": "length", "unit": "mm"}},
    )
    if active is not None:
        view.viewer.layers.selection.active = active
    return layer


def ends_of(layer: Any) -> list[Ends]:
    """Return the two ends of each line, mm."""
    return [
        (np.asarray(layer.data_to_world(line[0]), float)[-3:], np.asarray(layer.data_to_world(line[-1]), float)[-3:])
        for line in layer.data
    ]


def set_lines(layer: Any, ends: list[Ends], texts: list[str]) -> None:
    """Make these the lines of a layer without telling anyone: linked planes would copy half of it.

    Parameters
    ----------
    layer
        From :func:`make_layer`, or its copy in a linked plane.
    ends
        Of each line, mm.
    texts
        What stands beside each.
    """
    made = [np.stack([layer.world_to_data(a), layer.world_to_data(b)]) for a, b in ends]
    with layer.events.blocker_all():
        layer.selected_data = set()
        if len(layer.data) > len(made):
            layer.selected_data = set(range(len(made), len(layer.data)))
            layer.remove_selected()
        if layer.data:
            layer.data = made[: len(layer.data)]
        if len(made) > len(layer.data):
            layer.feature_defaults = {"length": texts[-1]}
            layer.add_lines(made[len(layer.data) :], edge_color=COLOURS[tool_of(layer)], edge_width=WIDTH)
    write_lengths(layer, texts)


def tool_of(layer: Any) -> Tool:
    """Return the tool whose layer, or whose copy, this is."""
    found: Tool = layer.metadata["mrsr"]["tool"]
    return found


def write_lengths(layer: Any, texts: list[str]) -> None:
    """Write the text of each line."""
    import pandas as pd

    with layer.events.blocker_all():
        layer.features = pd.DataFrame({"length": np.array(texts, dtype=object)})
    layer.refresh()
