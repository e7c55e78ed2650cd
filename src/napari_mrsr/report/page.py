"""One page as PDF: whose scan, how it was made, pictures, the table, and what limits the figures.

The page is laid out from both ends: head, facts and pictures from the top, caveats from the bottom, and the table takes
what is between, its rows as low as they must be. Nothing runs over: text is measured before it is set
(:mod:`napari_mrsr.report.sheet`), and rows for which there is no room are counted and left to the CSV.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from napari_mrsr import __version__
from napari_mrsr.report.contents import Report
from napari_mrsr.report.drawing import draw, draw_flat
from napari_mrsr.report.key_images import key_images
from napari_mrsr.report.page_table import draw_tables, wanted_height
from napari_mrsr.report.region_rows import painted_rows, regional_rows
from napari_mrsr.report.sheet import GREY, Sheet, blocks, wrap
from napari_mrsr.report.wording import caveats, method_facts, scan_facts

SIDE, TOP, BOTTOM = 14.0, 15.0, 12.0  # margins, mm
PICTURE, LARGE, HIGHEST, FLAT = 58.0, 52.0, 80.0, 30.0  # heights of pictures and of an unrolled map, mm
CAPTION, BAR, FLAT_MARGIN = 7.0, 9.0, 7.0  # room for a caption, the colour bar, and under an unrolled map, mm
GAP = 4.0
MOST_CAVEATS = 14  # lines


def write_page(report: Report, path: Path, *, paper: str = "A4") -> Path:
    """Write the page of a report.

    Parameters
    ----------
    report
        Without identity, unless it is an identified one.
    path
        PDF file to write.
    paper
        ``"A4"`` or ``"letter"``.
    """
    sheet = Sheet(paper)
    title = title_of(report)
    y = _head(sheet, report, title)
    y = _facts(sheet, report, y)
    end = _caveats(sheet, report)
    tables = [("Region", painted_rows(report)), ("Part of the cartilage", regional_rows(report))]
    y = _pictures(sheet, report, y, end - y - wanted_height(tables))
    draw_tables(sheet, tables, y, end, side=SIDE)
    sheet.save(path, title=f"{title} (napari-mrsr)")
    return path


def title_of(report: Report) -> str:
    """Return what the page is called."""
    names = [str(name) for table in report.tables.values() for name in table["name"]]
    tissue = "Cartilage " if names and all("cartilage" in name.lower() for name in names) else ""
    what = "T1 and T2" if report.is_brain else f"{tissue}{report.quantity}"
    return (what[:1].upper() + what[1:]) + (" report, super-resolved" if report.refined is not None else " report")


def _head(sheet: Sheet, report: Report, title: str) -> float:
    right = sheet.width - SIDE
    sheet.text(SIDE, TOP + 2.5, title, points=15, bold=True)
    sheet.text(right, TOP + 2.5, "Research use · derived", points=8, colour=GREY, align="right")
    who = (report.patient or "Patient not stated") if report.identified else "De-identified"
    when = f" · {datetime.now(UTC):%Y-%m-%d}" if report.identified else ""
    sheet.text(SIDE, TOP + 8.5, who + when, points=8.5, colour=GREY, width=right - SIDE)
    sheet.rule(SIDE, right, TOP + 11.0, colour=GREY, points=0.8)
    return TOP + 16.0


def _facts(sheet: Sheet, report: Report, y: float) -> float:
    """Set the facts of scan and method side by side, and return where they end."""
    wide = (sheet.width - 2 * SIDE - GAP) / 2
    ends = []
    for x, heading, facts in (
        (SIDE, "Acquisition", scan_facts(report)),
        (SIDE + wide + GAP, "Method", method_facts(report) or [("T2", "not mapped")]),
    ):
        sheet.text(x, y, heading, points=8.5, bold=True)
        line = y + 4.4
        for name, text in facts:
            sheet.text(x, line, name, points=7, colour=GREY, width=23.0)
            for part in wrap(text, wide - 25.0, points=7):
                sheet.text(x + 25.0, line, part, points=7)
                line += 3.5
        ends.append(line)
    return max(ends) + 2.0


def _pictures(sheet: Sheet, report: Report, y: float, room: float) -> float:
    """Draw the pictures in boxes of one size, unrolled maps below, and return where they end.

    Where the table leaves room there are two rows of larger pictures; else one row, of T2 only the finest, of a brain
    no reformat. Beside the last picture of a scale of colours in a row stands its bar.
    """
    images = key_images(report)
    flats = _flat_height(sheet, report) + FLAT_MARGIN if report.flats else 0.0
    large = len(images) == 4 and room - flats >= 2 * (LARGE + CAPTION)
    if not large and len(images) == 4:
        images = images[1:] if report.is_brain else [images[0], images[1], images[3]]
    columns, height = max(len(images), 2), PICTURE
    if large:
        columns, height = 2, min((room - flats) / 2 - CAPTION, HIGHEST)
    elif columns == 2:
        height = min(max(room - flats - CAPTION, PICTURE), HIGHEST)
    last = [
        n for n, image in enumerate(images) if image.scale and image.scale not in (i.scale for i in images[n + 1 :])
    ]
    barred = {n % columns for n in last}
    wide = (sheet.width - 2 * SIDE - BAR * len(barred) - GAP * (columns - 1)) / columns
    for n, image in enumerate(images):
        row, column = divmod(n, columns)
        left = BAR * sum(one < column for one in barred)
        x, top = SIDE + left + column * (wide + GAP), y + row * (height + CAPTION) + 1.8
        sheet.text(x, top - 1.8, image.title, points=7, bold=True, width=wide)
        axes = sheet.axes(x, top, wide, height)
        coloured = draw(axes, image, shape=(wide, height))
        if image.scale is not None and n in last:
            _bar(sheet, coloured, x + wide + 1.5, top + 4.0, height - 4.0, image.scale.title)
    y += (height + CAPTION) * (2 if large else 1)
    return _unrolled(sheet, report, y) if report.flats else y


def _unrolled(sheet: Sheet, report: Report, y: float) -> float:
    """Draw the unrolled maps side by side, and return where they end."""
    wide, height = _flat_width(sheet, report), _flat_height(sheet, report)
    for n, flat in enumerate(report.flats):
        x = SIDE + n * (wide + GAP)
        sheet.text(x, y, f"{flat.title} [{flat.unit}]", points=7, bold=True, width=wide)
        axes = sheet.axes(x + GAP, y + 1.8, wide - GAP, height)
        draw_flat(axes, flat, limit=report.t2_max_ms, colormap=report.t2_colormap)
    return y + height + FLAT_MARGIN


def _flat_width(sheet: Sheet, report: Report) -> float:
    return min((sheet.width - 2 * SIDE - GAP * (len(report.flats) - 1)) / len(report.flats), 90.0)


def _flat_height(sheet: Sheet, report: Report) -> float:
    """Return the height of the unrolled maps, mm: what their proportion asks for, at most :data:`FLAT`."""
    wide = _flat_width(sheet, report) - GAP
    found = [FLAT]
    for flat in report.flats:
        if flat.spacing is not None:
            rows, columns = flat.values.shape
            found.append(wide * rows * flat.spacing[0] / (columns * flat.spacing[1]))
    return min(found)


def _bar(sheet: Sheet, image: object, x: float, y: float, height: float, title: str) -> None:
    """Draw the colour bar beside the pictures, its unit above it."""
    axes = sheet.axes(x, y, 2.4, height)
    bar = sheet.figure.colorbar(image, cax=axes)
    bar.outline.set_linewidth(0.4)
    axes.tick_params(labelsize=6, width=0.4, length=1.5, pad=1)
    sheet.text(x, y - 1.5, title, points=6, width=BAR)


def _caveats(sheet: Sheet, report: Report) -> float:
    """Set caveats and footer at the bottom, and return where they begin."""
    wide = sheet.width - 2 * SIDE
    lines = blocks(caveats(report), wide - 3.0, points=6.5)
    if len(lines) > MOST_CAVEATS:
        lines = [*lines[: MOST_CAVEATS - 1], (True, "Further notes stand in provenance.json.")]
    footer = sheet.height - BOTTOM
    y = footer - 5.0 - 2.9 * len(lines)
    start = y - 5.5
    sheet.rule(SIDE, sheet.width - SIDE, y - 4.8)
    sheet.text(SIDE, y - 1.2, "Caveats", points=8.5, bold=True)
    for n, (begins, line) in enumerate(lines):
        at = y + 2.2 + 2.9 * n
        if begins:
            sheet.text(SIDE, at, "•", points=6.5, colour=GREY)
        sheet.text(SIDE + 3.0, at, line, points=6.5)
    sheet.text(SIDE, footer + 2.0, f"napari-mrsr {__version__}", points=6, colour=GREY)
    told = "hashes and parameters: provenance.json"
    sheet.text(sheet.width - SIDE, footer + 2.0, told, points=6, colour=GREY, align="right")
    return start
