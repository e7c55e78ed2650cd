r"""What a picture needs before anyone may read it: which side is which, and what is shown.

Letters stand at the four edges (A, P, S, I, R, L), taken from the axis labels of the layers, so that they stay right
when the axes are turned; the names of the visible images stand at the top left. In three dimensions there are no
letters. Where several pictures share the canvas, letters stand in each, and each carries its own name.

A plane that is not one of the patient's has letters too: those of the axes that its unit direction :math:`d` leans to
by more than :data:`LEAN`, the largest first, as DICOM writes a patient orientation ("AR"). A direction that leans to
all three axes alike says nothing in two letters, and has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.frame import LABELS, PLANES

if TYPE_CHECKING:
    from napari.components import ViewerModel

EDGES = {"top": "top_center", "bottom": "bottom_center", "left": "middle_left", "right": "middle_right"}
TITLE = "mrsr_title"

#: Letters and title on a black picture.
COLOUR = "#f5d76e"

#: Size of the title, points, on a large canvas and in a small cell.
TITLE_SIZE, SMALL = 11.0, 9.0

#: A direction leans to an axis when its component along it is at least this (22.5 degrees off the other axes).
LEAN = float(np.sin(np.radians(22.5)))

#: Towards the negative and the positive end of each axis of the patient (RAS+).
ENDS = (("L", "R"), ("P", "A"), ("I", "S"))


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


def towards(direction: npt.ArrayLike) -> str:
    """Return where a direction in the patient leads, in one or two letters; empty where that cannot be said.

    Parameters
    ----------
    direction
        Vector in RAS+, any length, shape ``(3,)``.

    Examples
    --------
    >>> towards((0.0, 1.0, 0.1)), towards((0.6, 0.8, 0.0)), towards((1.0, 1.0, 1.0))
    ('A', 'AR', '')
    """
    vector = np.asarray(direction, dtype=float)
    vector = vector / np.linalg.norm(vector)
    leaning = [int(a) for a in np.argsort(-np.abs(vector), kind="stable") if abs(vector[a]) >= LEAN]
    if len(leaning) > 2:
        return ""
    return "".join(ENDS[a][int(vector[a] > 0)] for a in leaning)


def oblique_letters(rows: npt.ArrayLike, columns: npt.ArrayLike) -> dict[str, str]:
    """Return the letters at each edge of a plane whose rows go down along ``rows`` and columns right along ``columns``.

    Examples
    --------
    >>> oblique_letters((0, 0, -1), (0, -1, 0))
    {'top': 'S', 'bottom': 'I', 'left': 'A', 'right': 'P'}
    """
    down, right = np.asarray(rows, dtype=float), np.asarray(columns, dtype=float)
    return {"top": towards(-down), "bottom": towards(down), "left": towards(-right), "right": towards(right)}


class Marks:
    """Keeps letters and title of a viewer right.

    Parameters
    ----------
    viewer
        The viewer; marks are overlays of its canvas.
    entitled
        Whether the title lists what is shown; else it names the plane (of a canvas beside the main one).

    Attributes
    ----------
    fixed
        Letters that hold instead of those of the axes, while an oblique plane is shown.
    """

    def __init__(self, viewer: ViewerModel, *, entitled: bool = True) -> None:
        from napari.components.overlays import TextOverlay

        self._overlays: dict[str, Any] = {}
        self.fixed: Mapping[str, str] | None = None
        self._entitled = entitled
        for edge, position in EDGES.items():
            self._overlays[edge] = TextOverlay(position=position, font_size=16, color=COLOUR, box=False, gridded=True)
        self._overlays[TITLE] = TextOverlay(position="top_left", font_size=TITLE_SIZE, color=COLOUR, box=True)
        for name, overlay in self._overlays.items():
            viewer.canvas.overlays[name if name == TITLE else f"mrsr_{name}"] = overlay
        for event in (viewer.dims.events.order, viewer.dims.events.ndisplay, viewer.dims.events.axis_labels):
            event.connect(self._turn)
        self._dims = viewer.dims
        self._layers = viewer.layers
        self._grid = viewer.canvas.grid
        self._grid.events.enabled.connect(self._entitle)
        self._watched: set[int] = set()
        viewer.layers.events.inserted.connect(self._layers_changed)
        viewer.layers.events.removed.connect(self._entitle)
        viewer.layers.events.reordered.connect(self._entitle)
        self._layers_changed()

    def fix(self, letters: Mapping[str, str] | None) -> None:
        """Show these letters from now on; None brings back those of the axes."""
        self.fixed = letters
        self._turn()

    def title_size(self, points: float = TITLE_SIZE) -> None:
        """Set the size of the title, points; small cells have no room for the usual one."""
        self._overlays[TITLE].font_size = points

    def _turn(self, _event: Any = None) -> None:
        flat = self._dims.ndisplay == 2
        shown = letters(tuple(self._dims.axis_labels), tuple(self._dims.displayed))
        if flat and self.fixed is not None:
            shown = dict(self.fixed)
        for edge, letter in shown.items():
            self._overlays[edge].text = letter
            self._overlays[edge].visible = bool(letter)
        if not self._entitled:
            self._entitle()

    def _layers_changed(self, _event: Any = None) -> None:
        for layer in self._layers:
            if id(layer) not in self._watched:
                self._watched.add(id(layer))
                layer.events.visible.connect(self._entitle)
                layer.events.name.connect(self._entitle)
        self._turn()
        self._entitle()

    def _entitle(self, _event: Any = None) -> None:
        if self._entitled:
            text = "\n".join(shown_names(self._layers))
        else:
            text = plane_name(tuple(self._dims.axis_labels), tuple(self._dims.displayed))
        self._overlays[TITLE].text = text
        self._overlays[TITLE].visible = bool(text) and not self._grid.enabled


def plane_name(axis_labels: tuple[str, ...], displayed: tuple[int, ...]) -> str:
    """Return the name of the plane on the screen; empty where its axes are not the patient's.

    Examples
    --------
    >>> plane_name(("R→L", "S→I", "A→P"), (1, 0))
    'coronal'
    """
    seen = {axis_labels[d] for d in displayed if d < len(axis_labels)}
    hidden = [axis for axis, label in LABELS.items() if label not in seen]
    return PLANES[hidden[0]] if len(seen) == 2 and len(hidden) == 1 else ""


def shown_names(layers: Any) -> list[str]:
    """Return the names of what is seen: visible layers of this plugin, from the top one down to the first magnitude."""
    names = []
    for layer in reversed(list(layers)):
        role = layer.metadata.get("mrsr", {}).get("role")
        if role in (None, "plane", "measure") or not layer.visible:
            continue
        names.append(layer.name)
        if role in ("acquired", "reference", "thick", "undersampled", "sr", "planning"):
            break
    return names
