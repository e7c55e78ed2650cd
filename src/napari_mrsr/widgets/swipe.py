"""Two pictures of one thing: which, in turn, side by side of a line, on a checkerboard, or blinking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QGridLayout, QHBoxLayout, QPushButton, QSlider

from napari_mrsr.app.compare.blinking import FASTEST, SLOWEST
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

#: Steps of the slider of the line.
STEPS = 200


class SwipeSection(Section):
    """The pair: flicker, swipe, checkerboard, blink."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Compare", opened=True)
        self.look = dock.view.look
        self._filling = False
        self._add_pair()
        self._add_ways()
        for signal in (
            self.look.looked, self.look.swipe.changed, self.look.blink.changed, self.session.refined,
            self.session.began, self.session.opened, self.session.reference_changed, self.session.job_changed,
            self.view.viewer.layers.events.inserted, self.view.viewer.layers.events.removed,
        ):  # fmt: skip
            self.listen(signal, self._renew)
        self.listen(self.session.mapped, self._mapped)
        self._renew()

    def _add_pair(self) -> None:
        self.pair = QComboBox()
        self.pair.setToolTip("N: next pair, Shift+N: the one before")
        self.pair.currentIndexChanged.connect(self._choose)
        self.one, self.other = QPushButton("first"), QPushButton("second")
        self.one.clicked.connect(self.show_one)
        self.other.clicked.connect(self.show_other)
        grid = QGridLayout()
        grid.addWidget(self.pair, 0, 0, 1, 2)
        grid.addWidget(self.one, 1, 0)
        grid.addWidget(self.other, 1, 1)
        self.column.addLayout(grid)
        self.hint = note("Hold K over the picture to flick to the other; release to go back.")
        self.column.addWidget(self.hint)

    def _add_ways(self) -> None:
        swipe = self.look.swipe
        self.swipe = _switch("Swipe", "J: one left of a line, the other right of it; drag the line in the picture")
        self.checkerboard = _switch("Checkerboard", "Shift+J: both on alternating tiles")
        self.blink = _switch("Blink", "Shift+K: both in turn, by a clock. Flashing light can harm some people")
        self.swipe.clicked.connect(swipe.toggle_swipe)
        self.checkerboard.clicked.connect(swipe.toggle_checkerboard)
        self.blink.clicked.connect(self.look.blink.toggle)
        row = QHBoxLayout()
        for button in (self.swipe, self.checkerboard, self.blink):
            row.addWidget(button)
        self.column.addLayout(row)
        self.line = QSlider(Qt.Orientation.Horizontal)
        self.line.setRange(0, STEPS)
        self.line.setToolTip("Where the line of the swipe is; it can be dragged in the picture, too")
        self.line.valueChanged.connect(self._move)
        self.tile = _number(1.0, 100.0, " mm", 1.0)
        self.tile.setToolTip("Width of a tile of the checkerboard")
        self.tile.valueChanged.connect(self._tile)
        self.rate = _number(SLOWEST, FASTEST, " per second", 0.5)
        self.rate.setToolTip("How often the picture changes while it blinks")
        self.rate.valueChanged.connect(self._rate)
        self.form = QFormLayout()
        self.form.addRow("Line:", self.line)
        self.form.addRow("Tile:", self.tile)
        self.form.addRow("Blink:", self.rate)
        self.column.addLayout(self.form)

    # -- showing ------------------------------------------------------------------------------------
    def _mapped(self, _role: str, _map: Any) -> None:
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            self._fill_pair()
            self._fill_ways()
        finally:
            self._filling = False

    def _fill_pair(self) -> None:
        pairs, now = self.look.pairs(), self.look.pair
        if [self.pair.itemText(n) for n in range(self.pair.count())] != [p.title for p in pairs]:
            self.pair.clear()
            self.pair.addItems([p.title for p in pairs])
        self.pair.setCurrentIndex(-1 if now is None else pairs.index(now))
        for button, name in ((self.one, now and now.one), (self.other, now and now.other)):
            button.setText(name or ("first" if button is self.one else "second"))
        for widget in (self.pair, self.one, self.other, self.swipe, self.checkerboard, self.blink):
            widget.setEnabled(bool(pairs))

    def _fill_ways(self) -> None:
        mode, blinks = self.look.swipe.mode, self.look.blink.running
        self.swipe.setChecked(mode == "swipe")
        self.checkerboard.setChecked(mode == "checkerboard")
        self.blink.setChecked(blinks)
        self.line.setValue(round(self.look.swipe.at * STEPS))
        self.tile.setValue(self.look.swipe.tile)
        self.rate.setValue(self.look.blink.rate)
        for row, shown in ((0, mode == "swipe"), (1, mode == "checkerboard"), (2, blinks)):
            self.form.setRowVisible(row, shown)

    # -- asking -------------------------------------------------------------------------------------
    def _choose(self, index: int) -> None:
        if not self._filling and index >= 0:
            self.look.choose_pair(index)

    def show_one(self) -> None:
        """Show the first of the pair."""
        self._show(other=False)

    def show_other(self) -> None:
        """Show the second of the pair."""
        self._show(other=True)

    def _show(self, *, other: bool) -> None:
        pair = self.look.pair
        if pair is not None:
            self.look.blink.stop()
            self.look.show_pair(pair, other=other)

    def _move(self, value: int) -> None:
        if not self._filling:
            self.look.swipe.move(value / STEPS)

    def _tile(self, millimetres: float) -> None:
        if not self._filling:
            self.look.swipe.set_tile(millimetres)

    def _rate(self, hertz: float) -> None:
        if not self._filling:
            self.look.blink.rate = hertz


def _switch(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button


def _number(low: float, high: float, suffix: str, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSingleStep(step)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    return box
