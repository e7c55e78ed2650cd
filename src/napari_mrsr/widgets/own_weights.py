"""The list of fine-tuned weights: which of them Run uses, another name, away with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_mrsr.app.dynamic.own_weights import Own, own_weights_of
from napari_mrsr.widgets.dock import note

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

COLUMNS = ("weights", "subject", "date", "gain")
#: Rows that are seen without scrolling.
MOST_ROWS = 6
#: What stands in the list for the weights that come with the program.
SHIPPED = "shipped weights"


class OwnWeightsList(QWidget):
    """Fine-tuned weights, the chosen one marked.

    Parameters
    ----------
    view
        The viewer's view.
    """

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view, self.session = view, view.session
        self.own = own_weights_of(view)
        self._used = self.own.chosen
        self.list = QTreeWidget()
        self.list.setColumnCount(len(COLUMNS))
        self.list.setHeaderLabels(COLUMNS)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.setToolTip("The marked weights sharpen the series; double-click to choose others")
        self.list.itemSelectionChanged.connect(self._selected)
        self.list.itemDoubleClicked.connect(lambda _item, _column: self.use())
        self.use_button = _button("Use for Run", "Sharpen the series with these weights (or double-click them)")
        self.rename_button = _button("Rename…", "Give the weights another name")
        self.remove_button = _button("Remove…", "Delete the file of these weights; results made with them stay")
        self.use_button.clicked.connect(self.use)
        self.rename_button.clicked.connect(self.ask_name)
        self.remove_button.clicked.connect(self.ask_removal)
        line = QHBoxLayout()
        for button in (self.use_button, self.rename_button, self.remove_button):
            line.addWidget(button)
        self.said = note()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list)
        column.addLayout(line)
        column.addWidget(self.said)

    @property
    def selected(self) -> Own | None:
        """The weights whose row is selected; None for the shipped ones."""
        item = self.list.currentItem()
        return None if item is None else item.data(0, Qt.ItemDataRole.UserRole)

    def show_all(self, _event: Any = None) -> None:
        """List what is there, and mark what is in use."""
        now = self.selected
        stays = now is not None and now.path.exists() and self._used == self.own.chosen
        wanted = now.path if stays and now is not None else self.own.chosen
        self._used = self.own.chosen
        self.list.blockSignals(True)
        self.list.clear()
        rows: list[Own | None] = [None, *self.own.all()]
        for own in rows:
            facts = ("", "", "") if own is None else tuple(own.facts.values())
            item = QTreeWidgetItem([SHIPPED if own is None else own.name, *facts])
            item.setData(0, Qt.ItemDataRole.UserRole, own)
            used = self.own.chosen == (None if own is None else own.path)
            item.setText(0, f"{'●' if used else '   '} {item.text(0)}")
            item.setToolTip(0, "The weights that come with the program" if own is None else f"{own.name}: {own.line}")
            self.list.addTopLevelItem(item)
        self._select(wanted)
        self.list.blockSignals(False)
        height = self.list.header().sizeHint().height() + min(len(rows), MOST_ROWS) * self.list.sizeHintForRow(0) + 6
        self.list.setFixedHeight(height)
        self._selected()

    def _selected(self) -> None:
        own = self.selected
        item = self.list.currentItem()
        self.use_button.setEnabled(item is not None and self.own.chosen != (None if own is None else own.path))
        self.rename_button.setEnabled(own is not None)
        self.remove_button.setEnabled(own is not None)
        self.said.setText("" if own is None else f"{own.line[:1].upper()}{own.line[1:]}.")
        self.said.setVisible(own is not None)

    # -- asking -------------------------------------------------------------------------------------
    def use(self) -> None:
        """Use the selected weights for the series."""
        own = self.selected
        self.session.attempt(lambda: self.own.choose(None if own is None else own.path))

    def ask_name(self) -> None:
        """Ask for another name."""
        own = self.selected
        if own is None:
            return
        name, accepted = QInputDialog.getText(self, "Rename weights", "Name:", text=own.name)
        if accepted:
            self.rename(name)

    def rename(self, name: str) -> None:
        """Give the selected weights another name."""
        own = self.selected
        renamed = None if own is None else self.session.attempt(lambda: self.own.rename(own, name))
        if renamed is not None:
            self._select(renamed.path)

    def _select(self, path: Path | None) -> None:
        """Select the row of a file."""
        for item in map(self.list.topLevelItem, range(self.list.topLevelItemCount())):
            own = item.data(0, Qt.ItemDataRole.UserRole)
            if (None if own is None else own.path) == path:
                self.list.setCurrentItem(item)

    def ask_removal(self) -> None:
        """Ask whether the selected weights shall be deleted, and do it."""
        own = self.selected
        if own is None:
            return
        text = f'Delete the weights "{own.name}"? They can be made again only by fine-tuning on the same scan.'
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        box = QMessageBox(QMessageBox.Icon.Question, "Remove weights", text, yes | no, self)
        if QMessageBox.StandardButton(box.exec()) == yes:
            self.session.attempt(lambda: self.own.remove(own))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
