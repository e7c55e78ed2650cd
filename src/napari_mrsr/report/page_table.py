"""Tables on the page: they take the room that is left, rows as low as they must be, and count what has no room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from napari_mrsr.report.region_rows import TRUST_INK, Column, RegionRows
from napari_mrsr.report.sheet import FAINT, GREY, INK, POINT, Sheet, text_width

ROW, LOWEST_ROW = 5.0, 3.1  # height of a row, mm
HEAD = 10.0  # height of the two lines of titles, mm
LONGEST_NAME = 60.0  # room for the names of rows in letters of POINTS, mm; longer ones are shortened
POINTS, SMALLEST = 7.5, 5.0  # size of the letters, points
GAP, AIR = 2.2, 6.0  # before each column: at least, and at most beyond it, mm
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
    right = sheet.width - side
    whole = table
    table, widths, points = fitted(whole, right - side, min(POINTS, height / POINT * 0.62))
    first = right - sum(widths)
    if len(table.columns) < len(whole.columns):
        title = f"{title} (more columns in the CSV tables)"
    _titles(sheet, title, table, y, first, widths, points, side)
    y += HEAD
    for n, name in enumerate(table.names[:shown]):
        base = y + 0.66 * height
        sheet.text(side, base, name, points=points, width=first - side - 1.0)
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


def fitted(table: RegionRows, room: float, points: float) -> tuple[RegionRows, list[float], float]:
    """Return a table whose figures have room.

    Where they have none the letters get smaller, then the SD goes, then columns from the left, group by group.

    Parameters
    ----------
    table
        Names and columns.
    room
        Width of the page between its margins, mm.
    points
        Size of the letters where there is room.

    Returns
    -------
    tuple
        The table; the widths of its columns, mm; the size of its letters.
    """
    names = min(max((_wide(name) for name in table.names), default=0.0), LONGEST_NAME)
    for tried in _ever_smaller(table):
        natural = _natural(tried)  # in letters of POINTS; metrics grow with the letters
        size = min(points, POINTS * (room - GAP * (len(natural) + 1)) / max(names + sum(natural), 1.0))
        if size >= SMALLEST:
            break
    size = max(size, SMALLEST)
    widths = [wide * size / POINTS + GAP for wide in natural]
    spare = room - names * size / POINTS - GAP - sum(widths)
    airy = min(max(spare, 0.0) / max(len(widths), 1), AIR)
    return tried, [wide + airy for wide in widths], size


def _ever_smaller(table: RegionRows) -> Iterator[RegionRows]:
    """Yield the table, its means, and these without the first group of columns, without the first two ..."""
    yield table
    means = means_only(table)
    yield from (replace(means, columns=means.columns[n:]) for n, _ in _groups(means))


def means_only(table: RegionRows) -> RegionRows:
    """Return a table whose cells have lost what stands behind a ± sign; the CSV has it.

    Examples
    --------
    >>> means_only(RegionRows(("medial",), (Column("total", "SR", 18.0, ("37.4 ± 4.4",)),))).columns[0].cells
    ('37.4',)
    """
    columns: tuple[Column, ...] = tuple(
        replace(column, title=column.title.split(" ±")[0], cells=tuple(cell.split(" ±")[0] for cell in column.cells))
        for column in table.columns
    )
    return replace(table, columns=columns)


def _wide(text: str, *, bold: bool = False) -> float:
    """Return the width of a text in letters of :data:`POINTS`, mm; small letters are wider than in proportion."""
    return max(text_width(text, points=p, bold=bold) * POINTS / p for p in (POINTS, SMALLEST))


def _natural(table: RegionRows) -> list[float]:
    """Return what each column takes in letters of :data:`POINTS`, mm; the title of a group widens its columns alike."""
    widths = [max(_wide(text) for text in (c.title, *c.cells)) for c in table.columns]
    for n, count in _groups(table):
        group = table.columns[n].group
        wanted = _wide(group, bold=True) + GAP if group else 0.0
        lacking = wanted - sum(widths[n : n + count]) - GAP * (count - 1)
        for k in range(n, n + count):
            widths[k] += max(lacking, 0.0) / count
    return widths


def _groups(table: RegionRows) -> Iterator[tuple[int, int]]:
    """Yield where each group of columns begins, and how many it has."""
    n = 0
    for group, columns in groupby(table.columns, key=lambda column: column.group):
        count = len(list(columns))
        yield from ((n, count),) if group else ((n + k, 1) for k in range(count))
        n += count


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
    for n, count in _groups(table):
        group, x = table.columns[n].group, first + sum(widths[: n + count])
        wide = sum(widths[n : n + count])
        if group:
            sheet.text(x, y + 3.2, group, points=points, bold=True, align="right", width=wide - 0.8)
            sheet.rule(x - wide + GAP, x, y + 4.4, colour=FAINT)
    x = first
    sheet.text(side, y + 8.2, title, points=points, colour=GREY)
    for column, wide in zip(table.columns, widths, strict=True):
        x += wide
        sheet.text(x, y + 8.2, column.title, points=points, colour=GREY, align="right", width=wide - 0.8)
    sheet.rule(side, sheet.width - side, y + HEAD, colour=GREY, points=0.6)
