"""A pandas table as a Qt model: read only, sorted by any column, with colours and explanations.

What goes beyond the numbers stands in ``DataFrame.attrs``:

``keys``
    one per row, what the row is about (a label), told by the view's signals; the index where not given;
``help``
    column to the text behind its header;
``cell_help``
    ``(key, column)`` to the text behind a cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QColor

from napari_mrsr.app.figure import Figure
from napari_mrsr.roi.trust_light import Light

if TYPE_CHECKING:
    import pandas as pd

#: Colours of a light, to be told apart on a dark and on a light theme; the word beside them says the same.
COLOURS = {"green": "#2e9e5b", "amber": "#d99000", "red": "#d64541"}

RANKS = {"green": 0.0, "amber": 1.0, "red": 2.0}


def as_text(value: Any) -> str:
    """Return a value as a person reads it: whole numbers whole, others with two decimals or four digits, NaN as a dash.

    Examples
    --------
    >>> as_text(38.24917), as_text(1204), as_text(float("nan")), as_text(0.98231), as_text(12345.6)
    ('38.25', '1204', '–', '0.982', '12346')
    """
    if isinstance(value, Figure):
        return str(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        if abs(value) >= 1000:
            return f"{value:.0f}"
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return str(value)


def _weight(value: Any) -> tuple[bool, Any]:
    """Return what a cell is sorted by; what has no value comes first here and last in the table."""
    if isinstance(value, Light):
        return (value.level is not None, RANKS.get(value.level or "", -1.0))
    if isinstance(value, str):
        return (bool(value), value.lower())
    number = float(value) if value is not None else math.nan
    return (not math.isnan(number), number)


class TableModel(QAbstractTableModel):
    """A pandas ``DataFrame``, read only; its index stands in the left header."""

    def __init__(self, table: pd.DataFrame | None = None) -> None:
        super().__init__()
        self._table = table
        self._sorted: tuple[str, bool] | None = None
        self._put(table)

    @property
    def table(self) -> pd.DataFrame | None:
        """What was given to be shown, in its own order."""
        return self._table

    @property
    def shown(self) -> pd.DataFrame | None:
        """The same in the order on the screen."""
        return self._shown

    def show_table(self, table: pd.DataFrame | None) -> bool:
        """Show another table, sorted as the one before; return whether rows or columns have changed."""
        before, after = self._shown, self._in_order(table)
        same = (
            before is not None
            and after is not None
            and before.columns.equals(after.columns)
            and before.index.equals(after.index)
        )
        if same:  # selection and scrolling stay
            self._table = table
            self._put(after)
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
            return False
        self.beginResetModel()
        self._table = table
        self._put(after)
        self.endResetModel()
        return True

    def _put(self, shown: pd.DataFrame | None) -> None:
        """Take a table in the order on the screen; Qt asks for each cell many times, and pandas is slow at that."""
        self._shown = shown
        self._cells = None if shown is None else shown.to_numpy(dtype=object)

    def key(self, row: int) -> Any:
        """Return what a row on the screen is about, or None."""
        if self._shown is None or not 0 <= row < len(self._shown):
            return None
        keys = self._shown.attrs.get("keys")
        return keys[row] if keys else self._shown.index[row]

    def row_of(self, key: Any) -> int | None:
        """Return the row on the screen that is about something, or None."""
        return next((row for row in range(self.rowCount()) if self.key(row) == key), None)

    # -- sorting ------------------------------------------------------------------------------------
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by none (-1) for the order in which the table came. Cells without a value come last."""
        if self._table is None:
            return
        name = str(self._table.columns[column]) if 0 <= column < len(self._table.columns) else None
        self._sorted = None if name is None else (name, order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        self._put(self._in_order(self._table))
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def falling(self, column: int) -> bool | None:
        """Tell whether a column is sorted falling; None where the table is not sorted by it."""
        by = self._sorted
        return by[1] if by is not None and by[0] == self._name(column) else None

    def _in_order(self, table: pd.DataFrame | None) -> pd.DataFrame | None:
        if table is None or self._sorted is None or self._sorted[0] not in table.columns:
            return table
        name, falling = self._sorted
        weights = [_weight(value) for value in table[name]]
        known = [n for n, (has, _) in enumerate(weights) if has]
        known.sort(key=lambda n: weights[n][1], reverse=falling)
        rows = [*known, *(n for n, (has, _) in enumerate(weights) if not has)]
        shown = table.iloc[rows]
        keys = table.attrs.get("keys")
        shown.attrs = {**table.attrs, **({"keys": [keys[n] for n in rows]} if keys else {})}
        return shown

    # -- what Qt asks ---------------------------------------------------------------------------------
    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return 0 if self._shown is None else len(self._shown)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return 0 if self._shown is None else len(self._shown.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if self._shown is None or self._cells is None or not index.isValid():
            return None
        value = self._cells[index.row(), index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return as_text(value.item() if isinstance(value, np.generic) else value)
        if role == Qt.ItemDataRole.DecorationRole and isinstance(value, Light) and value.level is not None:
            return QColor(COLOURS[value.level])
        if role == Qt.ItemDataRole.ToolTipRole:
            if isinstance(value, Light):
                return value.why
            return self._shown.attrs.get("cell_help", {}).get((self.key(index.row()), self._name(index.column())))
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, (str, Light)):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if self._shown is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self._shown.index[section]) if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:  # in two lines: a dock is narrow
            falling = self.falling(section)
            arrow = "" if falling is None else (" ▾" if falling else " ▴")
            return self._name(section).replace(" [", "\n[").replace("] ", "]\n") + arrow
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._shown.attrs.get("help", {}).get(self._name(section))
        return None

    def _name(self, column: int) -> str:
        return "" if self._shown is None else str(self._shown.columns[column])

    def as_tabbed_text(self, rows: list[int] | None = None, columns: list[int] | None = None) -> str:
        """Return the table, or a part of it, with its headers, for a spreadsheet; numbers with all their digits."""
        if self._shown is None:
            return ""
        rows = list(range(self.rowCount())) if rows is None else rows
        columns = list(range(self.columnCount())) if columns is None else columns
        return str(_spread_out(self._shown.iloc[rows, columns]).to_csv(sep="\t"))


def _spread_out(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose figures stand as numbers, errors in a column of their own; words where no number is."""
    import pandas as pd

    columns: dict[str, list[Any]] = {}
    for name in table.columns:
        cells = list(table[name])
        if any(isinstance(cell, Figure) for cell in cells):
            columns[str(name)] = [_plain(cell) for cell in cells]
            errors = [cell.error if isinstance(cell, Figure) else math.nan for cell in cells]
            if not all(map(math.isnan, errors)):
                columns[f"{name} SE"] = errors
        else:
            columns[str(name)] = cells
    return pd.DataFrame(columns, index=table.index)


def _plain(cell: Any) -> Any:
    if not isinstance(cell, Figure):
        return cell
    return cell.text if math.isnan(cell) and cell.text != "–" else float(cell)
