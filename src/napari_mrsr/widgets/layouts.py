"""Layout presets, linked planes, oblique reformats."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QButtonGroup, QComboBox, QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QPushButton

from napari_mrsr.app.planes.layouts import KEY, LAYOUTS
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.app.planes.oblique import Kind
    from napari_mrsr.widgets.dock import Dock

#: Cells of each layout in a unit square: left, top, width, height.
SKETCHES: dict[str, list[tuple[float, float, float, float]]] = {
    "single": [(0, 0, 1, 1)],
    "planes": [(0, 0, 0.5, 0.5), (0.5, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5)],
    "side": [(0, 0, 0.5, 1), (0.5, 0, 0.5, 1)],
    "four": [(0, 0, 0.5, 0.5), (0.5, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)],
}

SLABS = ("mean", "maximum")

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
        self.layouts, self.oblique = self.view.layouts, self.view.layouts.oblique
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
        self._add_oblique()
        self.listen(self.layouts.changed, self._follow)
        self.listen(self.oblique.changed, self._follow)
        self._follow()

    def _add_oblique(self) -> None:
        self.points = QPushButton("Three points")
        self.points.setToolTip("Set three points, in any slice or plane; drag one and the reformat follows")
        self.points.clicked.connect(partial(self._begin, "points"))
        self.line = QPushButton("Line")
        self.line.setToolTip("Draw a line in the slice: the reformat stands on it, across the slice")
        self.line.clicked.connect(partial(self._begin, "line"))
        self.back = QPushButton("Back")
        self.back.setToolTip("Close the oblique reformat; its points go too")
        self.back.clicked.connect(self._back)
        row = QHBoxLayout()
        row.addWidget(QLabel("Oblique:"))
        for button in (self.points, self.line, self.back):
            row.addWidget(button, 1)
        self.column.addLayout(row)
        self.thickness = _millimetres(0.0, 50.0)
        self.thickness.setToolTip("Thickness of the slab; 0 is the plane alone")
        self.thickness.valueChanged.connect(lambda mm: self.oblique.set(thickness=mm))
        self.slab = QComboBox()
        self.slab.addItems(SLABS)
        self.slab.setToolTip("Mean or maximum over the slab")
        self.slab.currentTextChanged.connect(lambda text: self.oblique.set(slab=text))
        self.offset = _millimetres(-100.0, 100.0)
        self.offset.setToolTip("Move the plane along its normal")
        self.offset.valueChanged.connect(lambda mm: self.oblique.set(offset=mm))
        grid = QGridLayout()
        grid.addWidget(QLabel("Slab:"), 0, 0)
        grid.addWidget(self.thickness, 0, 1)
        grid.addWidget(self.slab, 0, 2)
        grid.addWidget(QLabel("Move by:"), 1, 0)
        grid.addWidget(self.offset, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self.column.addLayout(grid)

    def _choose(self, name: str, _checked: bool = True) -> None:
        self.layouts.choose(name)
        self._follow()

    def _begin(self, kind: Kind, _checked: bool = False) -> None:
        self.session.attempt(lambda: self.oblique.begin(kind))

    def _back(self, _checked: bool = False) -> None:
        self.offset.setValue(0.0)
        self.oblique.close()

    def _follow(self, _name: str = "") -> None:
        self.buttons[self.layouts.now].setChecked(True)
        self.back.setEnabled(self.oblique.model is not None)


def _millimetres(low: float, high: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setSingleStep(0.5)
    box.setDecimals(1)
    box.setSuffix(" mm")
    return box


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
