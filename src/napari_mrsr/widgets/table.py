"""A table in a dock: as high as its rows, copied with headers, sorted by a click, telling which row is pointed at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, Signal
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QShortcut, QTableView, QWidget

from napari_mrsr.widgets.table_model import TableModel, as_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TableModel", "TableView", "as_text"]

#: With more rows than this the table scrolls, so that the dock does not consist of it.
MOST_ROWS = 14


class TableView(QTableView):
    """Shows a table; Ctrl+C copies what is selected, or all of it, with headers.

    Parameters
    ----------
    parent
        Of the widget.
    sortable
        Whether a click on a header sorts.
    """

    hovered = Signal(object)  # the key of the row under the mouse, None when it leaves
    chosen = Signal(object)  # the key of the row that was clicked
    opened = Signal(object)  # the key of the row that was double-clicked

    def __init__(self, parent: QWidget | None = None, *, sortable: bool = False) -> None:
        super().__init__(parent)
        self.rows = TableModel()
        self.setModel(self.rows)
        #: What the menu offers for a row besides copying: text to a function of the row's key.
        self.row_actions: dict[str, Callable[[Any], None]] = {}
        self._under: Any = None
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setStyleSheet("QHeaderView::section { padding: 2px 3px; }")  # a dock is narrow
        QShortcut(QKeySequence.StandardKey.Copy, self, activated=self.copy, context=Qt.ShortcutContext.WidgetShortcut)
        self.setToolTip("Ctrl+C copies with headers; more with the right button")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.clicked.connect(lambda index: self.chosen.emit(self.rows.key(index.row())))
        self.doubleClicked.connect(lambda index: self.opened.emit(self.rows.key(index.row())))
        names = self.verticalHeader()
        names.sectionClicked.connect(lambda row: self.chosen.emit(self.rows.key(row)))
        names.sectionDoubleClicked.connect(lambda row: self.opened.emit(self.rows.key(row)))
        for part in (self.viewport(), names.viewport()):
            part.setMouseTracking(True)
            part.installEventFilter(self)
        if sortable:
            self._make_sortable()

    def _make_sortable(self) -> None:
        """Sort at a click: rising, falling, first order. Qt's own arrow would take room from every column."""
        self.setCornerButtonEnabled(False)  # it would select all
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.sort_next)

    def sort_next(self, column: int) -> None:
        """Sort by a column: rising at the first call, falling at the second, in the first order at the third."""
        falling = self.rows.falling(column)
        if falling is None:
            self.rows.sort(column, Qt.SortOrder.AscendingOrder)
        elif falling is False:
            self.rows.sort(column, Qt.SortOrder.DescendingOrder)
        else:
            self.rows.sort(-1)
        self.resizeColumnsToContents()

    def show_table(self, table: pd.DataFrame | None) -> None:
        """Show a table, as high as its rows."""
        changed = self.rows.show_table(table)
        self.resizeColumnsToContents()
        if changed:
            self.resizeRowsToContents()
        self._fit()

    def _fit(self) -> None:
        rows = self.rows.rowCount()
        per_row = self.verticalHeader().length() / rows if rows else 0
        height = self.horizontalHeader().sizeHint().height() + round(per_row * min(rows, MOST_ROWS)) + 4
        wide = self.horizontalHeader().length() > self.viewport().width()
        bar = self.horizontalScrollBar().sizeHint().height() if wide else 0
        many = rows > MOST_ROWS
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if many else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.setFixedHeight(max(height, 30) + bar)

    def resizeEvent(self, event: Any) -> None:
        """Make room for the scroll bar where the dock becomes too narrow."""
        super().resizeEvent(event)
        self._fit()

    # -- pointing -------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell which row the mouse is over."""
        kind = event.type()
        if kind == QEvent.Type.MouseMove:
            y = event.pos().y()
            row = self.rowAt(y) if watched is self.viewport() else self.verticalHeader().logicalIndexAt(y)
            self._point_at(self.rows.key(row))
        elif kind in (QEvent.Type.Leave, QEvent.Type.Hide):
            self._point_at(None)
        return bool(super().eventFilter(watched, event))

    def hideEvent(self, event: Any) -> None:
        """Point at nothing when the dock is closed."""
        super().hideEvent(event)
        self._point_at(None)

    def _point_at(self, key: Any) -> None:
        if key != self._under:
            self._under = key
            self.hovered.emit(key)

    # -- copying ----------------------------------------------------------------------------------------
    def copy(self) -> None:
        """Copy what is selected, or the whole table where nothing is, with headers."""
        cells = self.selectionModel().selectedIndexes()
        rows, columns = sorted({c.row() for c in cells}), sorted({c.column() for c in cells})
        _to_clipboard(self.rows.as_tabbed_text(rows or None, columns or None))

    def copy_all(self) -> None:
        """Copy the whole table with its headers."""
        _to_clipboard(self.rows.as_tabbed_text())

    def menu_at(self, position: QPoint) -> QMenu:
        """Return the menu of the right button at a place of the table."""
        menu = QMenu(self)
        key = self.rows.key(self.rowAt(position.y()))
        if key is not None:
            for text, act in self.row_actions.items():
                menu.addAction(text, lambda act=act: act(key))
            if self.row_actions:
                menu.addSeparator()
        menu.addAction("Copy table", self.copy_all)
        selected = menu.addAction("Copy selection", self.copy)
        selected.setEnabled(self.selectionModel().hasSelection())
        return menu

    def _open_menu(self, position: QPoint) -> None:
        self.menu_at(position).exec(self.viewport().mapToGlobal(position))


def _to_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
