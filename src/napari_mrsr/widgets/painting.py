"""Smart brush, propagation, interpolation between slices, livewire, fill, and the picture that guides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from napari_mrsr.app.painting import fluid_view
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

#: What the rules of the smart brush are called.
RULES = {"threshold": "tissue where the stroke began", "flood": "joined and alike"}


class PaintingSection(Section):
    """Smart brush, propagation, interpolation between slices, livewire, fill."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Painting tools", opened=True)
        self.painting = self.view.painting
        self._add_buttons()
        self._add_rule()
        self.listen(self.painting.brush.changed, self._brush_changed)
        self.listen(self.painting.wire.changed, self._wire_changed)
        self.listen(self.view.look.looked, self._looked)
        self._brush_changed(self.painting.brush.on)
        self._wire_changed(self.painting.wire.on)
        self._looked()

    def _add_buttons(self) -> None:
        self.brush_button = _button(
            "Smart brush",
            "Paints, of the disc under the cursor, only the tissue on which the stroke began; Shift erases. "
            "Size with [ and ]",
            checkable=True,
        )
        self.brush_button.clicked.connect(self.painting.use_brush)
        self.wire_button = _button(
            "Livewire",
            "Click along the border: the wire follows the edge; a double click closes and fills. "
            "Backspace takes a point back, Esc all",
            checkable=True,
        )
        self.wire_button.clicked.connect(self.painting.use_wire)
        self.fluid_button = _button(
            "Fluid dark",
            "Show S1 - 1.2 S2: fluid is dark and cartilage bright, so that its surface is an edge",
            checkable=True,
        )
        self.fluid_button.clicked.connect(self._show_fluid)
        self.previous_button = _button("◀ Propagate", "Take the region to the previous slice and go there (Shift+U)")
        self.previous_button.clicked.connect(lambda: self.painting.propagate_previous())
        self.next_button = _button("Propagate ▶", "Take the region to the next slice and go there (U)")
        self.next_button.clicked.connect(lambda: self.painting.propagate_next())
        self.between_button = _button(
            "Fill between",
            "Fill in the slices between those painted, by shape and picture (Q). Correct one and press it again",
        )
        self.between_button.clicked.connect(lambda: self.painting.interpolate())
        self.holes_button = _button("Fill holes", "Fill what the region surrounds in this slice")
        self.holes_button.clicked.connect(lambda: self.painting.fill_holes())
        grid = QGridLayout()
        grid.setSpacing(4)
        rows = (
            (self.brush_button, self.wire_button, self.holes_button),
            (self.previous_button, self.next_button, self.between_button),
        )
        for row, buttons in enumerate(rows):
            for column, button in enumerate(buttons):
                grid.addWidget(button, row, column)
        self.column.addLayout(grid)

    def _add_rule(self) -> None:
        self.rule = QComboBox()
        for value, text in RULES.items():
            self.rule.addItem(text, value)
        self.rule.setToolTip("What the smart brush paints")
        self.rule.currentIndexChanged.connect(self._choose_rule)
        self.tolerance = QSlider(Qt.Orientation.Horizontal)
        self.tolerance.setRange(5, 60)
        self.tolerance.setValue(round(100 * self.painting.brush.tolerance))
        self.tolerance.setToolTip("How much the intensity may differ, % of the range under the brush")
        self.tolerance.valueChanged.connect(self._choose_rule)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(QLabel("Brush:"))
        line.addWidget(self.rule, 1)
        line.addWidget(self.tolerance)
        line.addWidget(self.fluid_button)
        holder = QWidget()
        line.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(line)
        self.column.addWidget(holder)
        self._choose_rule()

    def _choose_rule(self, _value: Any = None) -> None:
        brush = self.painting.brush
        brush.rule = self.rule.currentData()
        brush.tolerance = self.tolerance.value() / 100
        self.tolerance.setVisible(brush.rule == "flood")

    def _brush_changed(self, on: bool) -> None:
        self.brush_button.setChecked(on)

    def _wire_changed(self, on: bool) -> None:
        self.wire_button.setChecked(on)

    def _show_fluid(self, on: bool) -> None:
        if on:
            fluid_view.show(self.view)
        else:
            fluid_view.hide(self.view)
        self._looked()

    def _looked(self) -> None:
        self.fluid_button.setChecked(fluid_view.is_shown(self.view))


def _button(text: str, tip: str, *, checkable: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    return button
