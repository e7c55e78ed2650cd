"""How a layer was looked at, as JSON: window, colours, visibility, names of labels; and putting it back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_mrsr.app import display
from napari_mrsr.files.origin import plain

if TYPE_CHECKING:
    from napari.layers import Layer

#: Attributes of any layer; of images; of labels. The order is that of setting them again.
COMMON = ("opacity", "blending", "visible")
IMAGE = ("contrast_limits_range", "contrast_limits", "gamma", "interpolation2d", "rendering")
LABELS = ("brush_size", "contour", "preserve_labels", "contiguous", "n_edit_dimensions", "selected_label")

#: Colour maps of this plugin, which napari does not know by name.
OWN_COLOURS = ("navia", "lipari", "coolwarm")


def state_of(layer: Layer) -> dict[str, Any]:
    """Return how a layer is looked at."""
    kind = type(layer).__name__.lower()
    names = COMMON + (IMAGE if kind == "image" else LABELS if kind == "labels" else ())
    state = {name: plain(_simple(getattr(layer, name))) for name in names if hasattr(layer, name)}
    if kind == "image":
        state["colormap"] = layer.colormap.name
        state["colorbar"] = bool(layer.colorbar.visible)
    if kind == "labels":
        state["features"] = {str(k): plain(list(v)) for k, v in layer.features.items()}
        colours = getattr(layer.colormap, "color_dict", None)
        if colours:
            state["colours"] = {str(k): plain(list(map(float, v))) for k, v in colours.items() if k is not None}
    state["locked"] = bool(layer.locked)
    return state


def _simple(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def apply_state(layer: Layer, state: dict[str, Any]) -> None:
    """Put a layer back to how it was looked at; entries that this napari does not take are passed over."""
    layer.locked = False
    if "colormap" in state and hasattr(layer, "contrast_limits"):
        with suppress(KeyError, ValueError, TypeError):
            wanted = state["colormap"]
            if layer.colormap.name != wanted:
                layer.colormap = display.colormap(wanted) if wanted in OWN_COLOURS else wanted
    for name in COMMON + IMAGE + LABELS:
        if state.get(name) is not None and hasattr(layer, name):
            with suppress(ValueError, TypeError, AttributeError):
                setattr(layer, name, tuple(v) if isinstance(v := state[name], list) else v)
    if "colorbar" in state and hasattr(layer, "colorbar"):
        layer.colorbar.visible = state["colorbar"]
    if state.get("features"):
        import pandas as pd

        layer.features = pd.DataFrame(state["features"])
    if state.get("colours"):
        _colour(layer, state["colours"])
    layer.locked = bool(state.get("locked"))


def _colour(layer: Layer, colours: dict[str, list[float]]) -> None:
    from napari.utils.colormaps import DirectLabelColormap

    found: dict[int | None, Any] = {int(k): v for k, v in colours.items()}
    found.setdefault(None, [0.0, 0.0, 0.0, 0.0])
    with suppress(ValueError, TypeError):
        layer.colormap = DirectLabelColormap(color_dict=found)
