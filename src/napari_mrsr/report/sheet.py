"""A sheet of paper in millimetres from its top left corner, and text that is measured before it is set.

matplotlib places text by fractions of a figure and does not know whether it fits. Here widths are measured with the
font's own metrics, so that a long name is shortened and a long line is broken before anything is drawn. No pyplot: a
page is made in a worker thread, where global figures do not belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

#: Width and height, mm.
PAPERS = {"A4": (210.0, 297.0), "letter": (215.9, 279.4)}

INCH = 25.4  # mm
POINT = INCH / 72.0  # mm

INK, GREY, FAINT = "#1a1a1a", "#666666", "#c8c8c8"

Align = Literal["left", "center", "right"]


class Sheet:
    """One page.

    Parameters
    ----------
    paper
        ``"A4"`` or ``"letter"``.
    """

    def __init__(self, paper: str = "A4") -> None:
        from matplotlib.figure import Figure

        self.width, self.height = PAPERS[paper]
        self.figure: Any = Figure(figsize=(self.width / INCH, self.height / INCH))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        points: float = 7.5,
        bold: bool = False,
        colour: str = INK,
        align: Align = "left",
        width: float | None = None,
    ) -> None:
        """Set one line with its baseline at ``y``; shortened to ``width`` (mm) where one is given."""
        if width is not None:
            text = shorten(text, width, points=points, bold=bold)
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            text,
            fontsize=points,
            fontweight="bold" if bold else "normal",
            color=colour,
            ha=align,
            va="baseline",
            parse_math=False,
        )

    def rule(self, x0: float, x1: float, y: float, *, colour: str = FAINT, points: float = 0.5) -> None:
        """Draw a horizontal line."""
        from matplotlib.lines import Line2D

        at = 1 - y / self.height
        line = Line2D(
            [x0 / self.width, x1 / self.width],
            [at, at],
            color=colour,
            linewidth=points,
            transform=self.figure.transFigure,
        )
        self.figure.add_artist(line)

    def axes(self, x: float, y: float, width: float, height: float, **settings: Any) -> Any:
        """Add axes with their top left corner at ``(x, y)``, mm."""
        box = (
            x / self.width,
            1 - (y + height) / self.height,
            width / self.width,
            height / self.height,
        )
        return self.figure.add_axes(box, **settings)

    def save(self, path: Path, *, title: str) -> None:
        """Write the page as PDF, with text that can be searched and no date, author or path in its metadata."""
        from matplotlib import rc_context
        from matplotlib.backends.backend_pdf import FigureCanvasPdf

        FigureCanvasPdf(self.figure)
        about = {"Title": title, "Creator": "napari-mrsr", "Producer": None, "CreationDate": None}
        with rc_context({"pdf.fonttype": 42}):
            self.figure.savefig(path, format="pdf", metadata=about)


def text_width(text: str, *, points: float = 7.5, bold: bool = False) -> float:
    """Return the width of a line, mm.

    Examples
    --------
    >>> 1.9 < text_width("0", points=9) < 2.1
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=points, weight="bold" if bold else "normal")
    wide: float = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return wide * POINT


def shorten(text: str, width: float, *, points: float = 7.5, bold: bool = False) -> str:
    """Return a line that fits into ``width`` mm, its middle left out where it must be: names differ at their ends.

    Examples
    --------
    >>> shorten("medial femoral cartilage", 20.0)
    'medial…tilage'
    """
    if text_width(text, points=points, bold=bold) <= width:
        return text

    def short(kept: int) -> str:
        return f"{text[: (kept + 1) // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"

    few, many = 0, len(text) - 1  # letters kept: bisect for the most that fit
    while few < many:
        kept = (few + many + 1) // 2
        if text_width(short(kept), points=points, bold=bold) <= width:
            few = kept
        else:
            many = kept - 1
    return short(few) if few > 1 else "…"


def wrap(text: str, width: float, *, points: float = 7.5) -> list[str]:
    """Return the lines into which a text is broken, each within ``width`` mm; not at a no-break space.

    Examples
    --------
    >>> wrap("fluid at the surface raises T2", 24.0)
    ['fluid at the', 'surface raises T2']
    """
    lines: list[str] = []
    line = ""
    for word in filter(None, text.split(" ")):
        longer = f"{line} {word}".strip()
        if line and text_width(longer, points=points) > width:
            lines.append(line)
            longer = word
        line = shorten(longer, width, points=points)
    return [*lines, line] if line else lines


def blocks(texts: Sequence[str], width: float, *, points: float = 7.5) -> list[tuple[bool, str]]:
    """Return several texts broken into lines; the flag says that a text begins."""
    return [(n == 0, line) for text in texts for n, line in enumerate(wrap(text, width, points=points))]
