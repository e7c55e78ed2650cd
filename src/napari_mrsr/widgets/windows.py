"""The window: level and width, presets, the limit of T2, and back to the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QPushButton

from napari_mrsr.app.compare.windows import PRESETS
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class WindowSection(Section):
    """Window of the picture on the screen, which all pictures of the same volume share."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Window (shared by all that is compared)", opened=True)
        self.windows = dock.view.look.windows
        self._filling = False
        self.window_level, self.window_width = _number(-1e7, 1e7), _number(1e-3, 1e7)
        self.window_level.setToolTip("Middle of the grey scale; Ctrl + drag upwards raises it")
        self.window_width.setToolTip("Black to white; Ctrl + drag to the right widens it")
        for box in (self.window_level, self.window_width):
            box.valueChanged.connect(self._window)
        self.preset = QComboBox()
        self.preset.addItems(["Preset ...", *PRESETS])
        self.preset.setToolTip("Percentiles of what was acquired, since MR signal has no unit; T2 in ms")
        self.preset.activated.connect(self._apply)
        self.t2_limit = _number(1, 1000, suffix=" ms", value=self.view.preferences.t2_max_ms)
        self.t2_limit.setToolTip("Where the colours of the T2 maps end")
        self.t2_limit.valueChanged.connect(self._t2)
        self.reset = QPushButton("Reset windows")
        self.reset.setToolTip("W: the window of the acquired scan again")
        self.reset.clicked.connect(self._reset)
        form = QFormLayout()
        form.addRow("Level:", self.window_level)
        form.addRow("Width:", self.window_width)
        form.addRow("T2 up to:", self.t2_limit)
        self.column.addLayout(form)
        row = QHBoxLayout()
        row.addWidget(self.preset, 1)
        row.addWidget(self.reset)
        self.column.addLayout(row)
        self.column.addWidget(note("Hold Ctrl and drag over the picture: to the right wider, upwards darker."))
        self.listen(self.windows.changed, self._renew)
        self.listen(self.view.look.looked, self._renew)
        self.listen(self.session.mapped, self._mapped)
        self._renew()

    def _mapped(self, _role: str, _map: Any) -> None:
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        found = self.windows.level_width
        maps = self.windows.members(("t2",))
        self._filling = True
        try:
            for box in (self.window_level, self.window_width):
                box.setEnabled(found is not None)
            if found is not None:
                self.window_level.setValue(found[0])
                self.window_width.setValue(found[1])
            self.t2_limit.setEnabled(bool(maps))
            if maps:
                self.t2_limit.setValue(maps[0].contrast_limits[1])
        finally:
            self._filling = False

    def _window(self, _value: float) -> None:
        if not self._filling:
            self.windows.set_level_width(self.window_level.value(), self.window_width.value())

    def _t2(self, milliseconds: float) -> None:
        if not self._filling:
            self.windows.t2_limit(milliseconds)

    def _apply(self, index: int) -> None:
        if index > 0:
            self.session.attempt(lambda: self.windows.apply(self.preset.itemText(index)))
        self.preset.setCurrentIndex(0)  # it is a choice made once: the window may be moved afterwards
        self._renew()

    def _reset(self) -> None:
        self.windows.reset()
        self.t2_limit.setValue(self.view.preferences.t2_max_ms)
        self._renew()


def _number(low: float, high: float, *, suffix: str = "", value: float = 0.0) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.setValue(value)
    return box
