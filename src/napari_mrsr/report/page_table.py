"""Tables on the page: they take the room that is left, rows as low as they must be, and count what has no room."""

from __future__ import annotations

from napari_mrsr.report.region_rows import TRUST_INK, RegionRows
from napari_mrsr.report.sheet import FAINT, GREY, INK, POINT, Sheet, text_width

ROW, LOWEST_ROW = 5.0, 3.1  # height of a row, mm
HEAD = 10.0  # height of the two lines of titles, mm
NAME = 40.0  # least width of the names, mm
BETWEEN = 2.0  # between two tables, mm


def wanted_height(tables: list[tuple[str, RegionRows]]) -> float:
    """Return the height that tables take with rows of full height, mm."""
    return sum(HEAD + ROW * len(table.names) + BETWEEN for _, table in tables if table.names)


def draw_tables(sheet: Sheet, tables: list[tuple[str, RegionRows]], y: float, end: float, *, side: float) -> None:
    """Set tables one below the other between ``y`` and ``end`` (mm).

    Parameters
    ----------
    sheet
        The page.
    tables
        What stands over the names, and the rows; a table without rows is passed over.
    y, end
        Where they may begin and must end, mm.
    side
        Margin, mm.
    """
    tables = [(title, table) for title, table in tables if table.names]
    count = sum(len(table.names) for _, table in tables)
    if not count:
        sheet.text(side, y + 4.0, "No region is painted.", points=8, colour=GREY)
        return
    room = end - y - len(tables) * HEAD - (len(tables) - 1) * BETWEEN
    height = min(ROW, max(LOWEST_ROW, room / (count + 0.2)))
    left = max(int(room // height), len(tables))
    for title, table in tables:
        shown = len(table.names) if len(table.names) <= left else max(left - 1, 0)
        y = _draw(sheet, title, table, shown, y, height, side) + BETWEEN
        left -= shown + (shown < len(table.names))


def _draw(sheet: Sheet, title: str, table: RegionRows, shown: int, y: float, height: float, side: float) -> float:
    """Set a table with its first ``shown`` rows, and return where it ends."""
    points = min(7.5, height / POINT * 0.62)
    right = sheet.width - side
    factor = min(1.0, (right - side - NAME) / max(sum(column.width for column in table.columns), 1.0))
    widths = [column.width * factor for column in table.columns]
    first = right - sum(widths)
    _titles(sheet, title, table, y, first, widths, max(points, 6.0), side)
    y += HEAD
    for n, name in enumerate(table.names[:shown]):
        base = y + 0.66 * height
        sheet.text(side, base, name, points=points, width=first - side - 2.0)
        x = first
        for wide, column in zip(widths, table.columns, strict=True):
            x += wide
            cell = column.cells[n]
            ink = TRUST_INK.get(cell, INK)
            sheet.text(x, base, cell, points=points, align="right", width=wide - 0.8, colour=ink)
        y += height
        sheet.rule(side, right, y, points=0.25)
    if shown < len(table.names):
        rest = len(table.names) - shown
        sheet.text(side, y + 0.66 * height, f"and {rest} more in the CSV tables", points=points, colour=GREY)
        y += height
    return y


def _titles(
    sheet: Sheet,
    title: str,
    table: RegionRows,
    y: float,
    first: float,
    widths: list[float],
    points: float,
    side: float,
) -> None:
    """Set the titles of groups over the titles of columns."""
    x, n = first, 0
    while n < len(widths):
        group = table.columns[n].group
        count = 1
        while n + count < len(widths) and table.columns[n + count].group == group:
            count += 1
        wide = sum(widths[n : n + count])
        if group:
            size = points if text_width(group, points=points, bold=True) <= wide - 2.8 else points * 0.85
            sheet.text(x + wide, y + 3.2, group, points=size, bold=True, align="right", width=wide - 1.0)
            sheet.rule(x + 3.0, x + wide, y + 4.4, colour=FAINT)
        x, n = x + wide, n + count
    x = first
    sheet.text(side, y + 8.2, title, points=points, colour=GREY)
    for column, wide in zip(table.columns, widths, strict=True):
        x += wide
        sheet.text(x, y + 8.2, column.title, points=points, colour=GREY, align="right", width=wide - 0.8)
    sheet.rule(side, sheet.width - side, y + HEAD, colour=GREY, points=0.6)
