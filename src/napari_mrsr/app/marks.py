"""What a picture needs before anyone may read it: which side is which, and what is shown.

Letters stand at the four edges (A, P, S, I, R, L), taken from the axis labels of the layers, so that they stay right
when the axes are turned; the names of the visible images stand at the top left. In three dimensions there are no
letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.app.frame import LABELS

if TYPE_CHECKING:
    from napari.components import ViewerModel

EDGES = {"top": "top_center", "bottom": "bottom_center", "left": "middle_left", "right": "middle_right"}
TITLE = "mrsr_title"

#: Letters and title on a black picture.
COLOUR = "#f5d76e"


def letters(axis_labels: tuple[str, ...], displayed: tuple[int, ...]) -> dict[str, str]:
    """Return the letter at each edge for the displayed axes (rows, columns); empty where an axis is not the patient's.

    Examples
    --------
    >>> letters(("R→L", "S→I", "A→P"), (1, 2))
    {'top': 'S', 'bottom': 'I', 'left': 'A', 'right': 'P'}
    """
    none = dict.fromkeys(EDGES, "")
    if len(displayed) != 2:
        return none
    rows, columns = (axis_labels[d] if d < len(axis_labels) else "" for d in displayed)
    if rows not in LABELS.values() or columns not in LABELS.values():
        return none
    return {"top": rows[0], "bottom": rows[-1], "left": columns[0], "right": columns[-1]}


class Marks:
    """Keeps letters and title of a viewer right.

    Parameters
    ----------
    viewer
        The viewer; marks are overlays of its canvas.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        from napari.components.overlays import TextOverlay

        self._overlays: dict[str, Any] = {}
        for edge, position in EDGES.items():
            self._overlays[edge] = TextOverlay(position=position, font_size=16, color=COLOUR, box=False)
        self._overlays[TITLE] = TextOverlay(position="top_left", font_size=11, color=COLOUR, box=True)
        for name, overlay in self._overlays.items():
            viewer.canvas.overlays[name if name == TITLE else f"mrsr_{name}"] = overlay
        for event in (viewer.dims.events.order, viewer.dims.events.ndisplay, viewer.dims.events.axis_labels):
            event.connect(self._turn)
        self._dims = viewer.dims
        self._layers = viewer.layers
        self._watched: set[int] = set()
        viewer.layers.events.inserted.connect(self._layers_changed)
        viewer.layers.events.removed.connect(self._entitle)
        viewer.layers.events.reordered.connect(self._entitle)
        self._layers_changed()

    def _turn(self, _event: Any = None) -> None:
        shown = letters(tuple(self._dims.axis_labels), tuple(self._dims.displayed))
        for edge, letter in shown.items():
            self._overlays[edge].text = letter
            self._overlays[edge].visible = bool(letter)

    def _layers_changed(self, _event: Any = None) -> None:
        for layer in self._layers:
            if id(layer) not in self._watched:
                self._watched.add(id(layer))
                layer.events.visible.connect(self._entitle)
                layer.events.name.connect(self._entitle)
        self._turn()
        self._entitle()

    def _entitle(self, _event: Any = None) -> None:
        names = shown_names(self._layers)
        self._overlays[TITLE].text = "\n".join(names)
        self._overlays[TITLE].visible = bool(names)


def shown_names(layers: Any) -> list[str]:
    """Return the names of what is seen: visible layers of this plugin, from the top one down to the first magnitude."""
    names = []
    for layer in reversed(list(layers)):
        role = layer.metadata.get("mrsr", {}).get("role")
        if role is None or not layer.visible:
            continue
        names.append(layer.name)
        if role in ("acquired", "reference", "thick", "sr"):
            break
    return names
