"""The canvas of an oblique reformat in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.components import ViewerModel


class Canvas:
    """A canvas for the reformat: in a free cell, else in a dock below the picture."""

    def __init__(self, model: ViewerModel, window: Any, cell: Any) -> None:
        from napari.qt import QtViewer

        self.viewer = QtViewer(model)
        self.viewer.setAcceptDrops(False)
        self.cell, self.window, self.dock = cell, window, None
        if cell is not None:
            cell.setCurrentIndex(cell.insertTab(0, self.viewer, "Oblique"))
        else:
            self.dock = window.add_dock_widget(self.viewer, name="Oblique reformat", area="bottom")

    def close(self) -> None:
        """Take it out and let Qt free it."""
        if self.dock is not None:
            self.window.remove_dock_widget(self.dock)
        elif self.cell is not None:
            self.cell.removeTab(self.cell.indexOf(self.viewer))
        self.viewer.setParent(None)
        self.viewer.close()
        self.viewer.deleteLater()
