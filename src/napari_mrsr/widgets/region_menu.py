"""A button beside the list of regions: new regions from a list or with a name of one's own, and other names."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QInputDialog, QMenu, QPushButton, QWidget

from napari_mrsr.app.roi.region_names import PRESETS


class RegionMenu(QPushButton):
    """Asks for regions; what is asked for is told to two functions.

    Parameters
    ----------
    add
        Gets the name of a new region.
    rename
        Gets the new name of the chosen region.
    current
        Gives the name of the chosen region, empty where there is none.
    parent
        Of the widget.
    """

    def __init__(
        self,
        add: Callable[[str], None],
        rename: Callable[[str], None],
        current: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Regions", parent)
        self._add, self._rename, self._current = add, rename, current
        self.setToolTip("New regions, and other names for those there are")
        menu = QMenu(self)
        menu.addAction("New region…", self.ask_new)
        for group, names in PRESETS.items():
            part = menu.addMenu(group)
            for name in names:
                part.addAction(name, lambda name=name: self._add(name))
        menu.addSeparator()
        self.rename_action = menu.addAction("Rename…", self.ask_name)
        self.setMenu(menu)

    def ask_new(self) -> None:
        """Ask for the name of a new region."""
        name, given = QInputDialog.getText(self, "New region", "Name of the region:")
        if given:
            self._add(name)

    def ask_name(self) -> None:
        """Ask for another name of the chosen region."""
        name, given = QInputDialog.getText(self, "Rename region", "Name of the region:", text=self._current())
        if given:
            self._rename(name)
