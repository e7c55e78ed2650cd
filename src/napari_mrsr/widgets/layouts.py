"""Layout presets, linked planes, oblique reformats."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QPushButton

from napari_mrsr.app.layouts import KEY, LAYOUTS
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

#: Cells of each layout in a unit square: left, top, width, height.
SKETCHES = {
    "single": [(0, 0, 1, 1)],
    "planes": [(0, 0, 0.5, 0.5), (0.5, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5)],
    "side": [(0, 0, 0.5, 1), (0.5, 0, 0.5, 1)],
    "four": [(0, 0, 0.5, 0.5), (0.5, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)],
}

TIPS = {
    "single": "One picture",
    "planes": "Axial, coronal and sagittal, linked; a click or T moves the cross-hair",
    "side": "The pair side by side: one slice, one zoom, one window (N: next pair)",
    "four": "Acquired, SR and their T2 maps (where there are none: reference or difference)",
}


class LayoutsSection(Section):
    """Layout presets, linked planes, oblique reformats."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Layouts and planes", opened=True)
        self.layouts = self.view.layouts
        grid = QGridLayout()
        grid.setSpacing(4)
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for place, (name, title) in enumerate(LAYOUTS.items()):
            button = QPushButton(sketch(name), title)
            button.setIconSize(QSize(30, 22))
            button.setCheckable(True)
            button.setToolTip(f"{TIPS[name]} ({KEY.upper()}: next layout)")
            button.clicked.connect(partial(self._choose, name))
            self._group.addButton(button)
            self.buttons[name] = button
            grid.addWidget(button, place // 2, place % 2)
        self.column.addLayout(grid)
        self.listen(self.layouts.changed, self._follow)
        self._follow()

    def _choose(self, name: str, _checked: bool = True) -> None:
        self.layouts.choose(name)
        self._follow()

    def _follow(self, _name: str = "") -> None:
        self.buttons[self.layouts.now].setChecked(True)


def sketch(name: str) -> QIcon:
    """Return the icon of a layout: its cells."""
    width, height = 60, 44
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QColor("#f5d76e"))
    painter.setBrush(QColor(128, 128, 128, 90))
    for left, top, wide, high in SKETCHES[name]:
        cell = QRectF(left * width, top * height, wide * width, high * height)
        painter.drawRect(cell.adjusted(3, 3, -3, -3))
    painter.end()
    return QIcon(picture)
