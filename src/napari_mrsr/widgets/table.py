"""A pandas table in Qt: numbers with the digits that they deserve, copied with their headers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QShortcut, QTableView, QWidget

if TYPE_CHECKING:
    import pandas as pd


def as_text(value: Any) -> str:
    """Return a value as a person reads it: whole numbers whole, others with two decimals or four digits, NaN as a dash.

    Examples
    --------
    >>> as_text(38.24917), as_text(1204), as_text(float("nan")), as_text(0.98231), as_text(12345.6)
    ('38.25', '1204', '–', '0.982', '12346')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        if abs(value) >= 1000:
            return f"{value:.0f}"
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return str(value)


class TableModel(QAbstractTableModel):
    """A pandas ``DataFrame``, read only; its index stands in the left header."""

    def __init__(self, table: pd.DataFrame | None = None) -> None:
        super().__init__()
        self._table = table

    @property
    def table(self) -> pd.DataFrame | None:
        """What is shown."""
        return self._table

    def show_table(self, table: pd.DataFrame | None) -> None:
        """Show another table."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return 0 if self._table is None else len(self._table)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return 0 if self._table is None else len(self._table.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if self._table is None or not index.isValid():
            return None
        value = self._table.iloc[index.row(), index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return as_text(value.item() if hasattr(value, "item") else value)
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if self._table is None or role != Qt.ItemDataRole.DisplayRole:
            return None
        along = self._table.columns if orientation == Qt.Orientation.Horizontal else self._table.index
        return str(along[section])

    def as_tabbed_text(self) -> str:
        """Return the table with its headers, for a spreadsheet."""
        return "" if self._table is None else self._table.to_csv(sep="\t")


class TableView(QTableView):
    """Shows a table; Ctrl+C copies all of it with its headers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = TableModel()
        self.setModel(self.rows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        QShortcut(QKeySequence.StandardKey.Copy, self, activated=self.copy)
        self.setToolTip("Ctrl+C copies the table with its headers")

    def show_table(self, table: pd.DataFrame | None) -> None:
        """Show a table, as high as its rows."""
        self.rows.show_table(table)
        self.resizeRowsToContents()
        self.resizeColumnsToContents()
        height = self.horizontalHeader().height() + self.verticalHeader().length() + 4
        wide = self.horizontalHeader().length() + self.verticalHeader().sizeHint().width() > self.viewport().width()
        self.setFixedHeight(max(height, 30) + (14 if wide else 0))

    def copy(self) -> None:
        """Copy the table with its headers to the clipboard."""
        QGuiApplication.clipboard().setText(self.rows.as_tabbed_text())
