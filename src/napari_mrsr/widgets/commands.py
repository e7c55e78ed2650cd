"""Commands of the menus that act on the viewer at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.app.roi import regions
from napari_mrsr.app.screenshots import DOCKS
from napari_mrsr.app.viewing import view_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

PLUGIN = "napari-mrsr"


def open_docks(viewer: Viewer) -> list[Any]:
    """Open the four docks as tabs, the first in front."""
    made: list[tuple[Any, Any]] = []
    for name in DOCKS:
        dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, name, tabify=bool(made))
        dock.setWindowTitle(name)  # napari adds the plugin's name, for which a tab has no room
        made.append((dock, widget))
    first = made[0][0]
    first.show()
    first.raise_()
    return [widget for _dock, widget in made]


def new_roi(viewer: Viewer) -> None:
    """Add an empty ROI on the finest grid."""
    view = view_of(viewer)
    view.session.attempt(lambda: regions.new_roi(view))


def map_t2(viewer: Viewer) -> None:
    """Map T2 of what is open, as the Process dock has it."""
    session = view_of(viewer).session
    session.map_t2(session.t2)


def tour(viewer: Viewer) -> None:
    """Open the docks and begin the tour."""
    open_docks(viewer)
    view_of(viewer).tour.begin()


def save_review(viewer: Viewer) -> None:
    """Ask for a folder and save everything that is open."""
    from napari_mrsr.widgets.saving import ask_save

    ask_save(_window_of(viewer), view_of(viewer))


def open_review(viewer: Viewer) -> None:
    """Ask for a saved review and open it."""
    from napari_mrsr.widgets.saving import ask_open

    ask_open(_window_of(viewer), view_of(viewer))


def _window_of(_viewer: Viewer) -> Any:
    from qtpy.QtWidgets import QApplication

    return QApplication.activeWindow()
