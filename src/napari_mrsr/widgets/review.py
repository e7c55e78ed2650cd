"""The Review dock: look at two pictures in turn, at their difference, and at how far the result can be trusted."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mrsr.app import display, looking
from napari_mrsr.app.comparing import Comparison
from napari_mrsr.app.reading import comparison_table, trust_line, trust_table
from napari_mrsr.widgets.blinded import BlindedSection
from napari_mrsr.widgets.dock import Dock, heading, note
from napari_mrsr.widgets.layouts import LayoutsSection
from napari_mrsr.widgets.swipe import SwipeSection
from napari_mrsr.widgets.table import TableView


class ReviewDock(Dock):
    """Flicker, windows, maps, figures."""

    name = "Review"

    def __init__(self, napari_viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self._filling = False
        self.layouts = LayoutsSection(self)
        self.body.addWidget(self.layouts)
        self._add_pairs()
        self.swipe = SwipeSection(self)
        self.body.addWidget(self.swipe)
        self._add_windows()
        self._add_maps()
        self.blinded = BlindedSection(self)
        self.body.addWidget(self.blinded)
        self.body.addStretch(1)
        for signal in (self.session.refined, self.session.began, self.session.opened, self.session.trusted):
            self.listen(signal, self._renew)
        self.listen(self.session.mapped, self._mapped)
        self.listen(self.session.compared, self.show_comparison)
        self.listen(self.session.job_changed, self._renew)
        self.listen(self.view.look.looked, self._renew)
        self.listen(self.view.viewer.layers.events.inserted, self._renew)
        self.listen(self.view.viewer.layers.events.removed, self._renew)
        self._renew()
        self.show_comparison(self.session.comparison)

    def _add_pairs(self) -> None:
        self.body.addWidget(heading("Two pictures in turn"))
        self.pair = QComboBox()
        self.pair.setToolTip(f"{looking.NEXT_KEY.upper()}: next pair")
        self.pair.currentIndexChanged.connect(self._choose)
        self.one = QPushButton("first")
        self.other = QPushButton("second")
        self.one.clicked.connect(self.show_one)
        self.other.clicked.connect(self.show_other)
        grid = QGridLayout()
        grid.addWidget(self.pair, 0, 0, 1, 2)
        grid.addWidget(self.one, 1, 0)
        grid.addWidget(self.other, 1, 1)
        self.body.addLayout(grid)
        self.hint = note(
            f"Hold {looking.FLICKER_KEY.upper()} over the picture to flick to the other; release to go back."
        )
        self.body.addWidget(self.hint)

    def _add_windows(self) -> None:
        self.body.addWidget(heading("Window (shared by acquired and SR)"))
        self.window_level, self.window_width = _number(0, 1e7), _number(1e-3, 1e7)
        self.window_level.setToolTip("Middle of the grey scale")
        self.window_width.setToolTip("Black to white")
        for box in (self.window_level, self.window_width):
            box.valueChanged.connect(self._window)
        self.t2_limit = _number(1, 1000, suffix=" ms", value=self.view.preferences.t2_max_ms)
        self.t2_limit.setToolTip("Where the colours of the T2 maps end")
        self.t2_limit.valueChanged.connect(self.view.look.t2_limit)
        self.reset = QPushButton("Reset windows")
        self.reset.setToolTip(f"{looking.WINDOW_KEY.upper()}: the window of the acquired scan again")
        self.reset.clicked.connect(self._reset)
        form = QFormLayout()
        form.addRow("Level:", self.window_level)
        form.addRow("Width:", self.window_width)
        form.addRow("T2 up to:", self.t2_limit)
        self.body.addLayout(form)
        self.body.addWidget(self.reset)

    def _add_maps(self) -> None:
        self.body.addWidget(heading("Maps"))
        self.maps = QWidget()
        self.maps.setToolTip(f"{looking.MAPS_KEY.upper()}: hide or show the maps")
        self.maps_layout = QVBoxLayout(self.maps)
        self.maps_layout.setContentsMargins(0, 0, 0, 0)
        self.maps_layout.setSpacing(2)
        self.boxes: dict[str, QCheckBox] = {}
        self.body.addWidget(self.maps)
        self.compare_button = QPushButton("Difference and SSIM")
        self.compare_button.setToolTip("Against the reference, or after simulated thick slices")
        self.compare_button.clicked.connect(self.session.compare)
        self.trust_button = QPushButton("Trust maps")
        self.trust_button.setToolTip("What the method added, and where it disagrees with the measurement")
        self.trust_button.clicked.connect(self.session.find_trust)
        grid = QGridLayout()
        grid.addWidget(self.compare_button, 0, 0)
        grid.addWidget(self.trust_button, 0, 1)
        self.combined_button = QPushButton("Combined DESS image")
        self.combined_button.setToolTip("Root of the sum of squares of both echoes: what most scanners show")
        self.combined_button.clicked.connect(lambda: self.view.maps.show_combined())
        grid.addWidget(self.combined_button, 1, 0)
        self.body.addLayout(grid)
        self.figures_heading = heading("Against the reference")
        self.figures = TableView()
        self.trust_heading = heading("Trust")
        self.trust = TableView()
        self.trust_text = note()
        self.body.addWidget(self.figures_heading)
        self.body.addWidget(self.figures)
        self.body.addWidget(self.trust_heading)
        self.body.addWidget(self.trust)
        self.body.addWidget(self.trust_text)

    # -- showing ------------------------------------------------------------------------------------
    def _renew(self, _event: Any = None) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            self._fill_pairs()
            self._fill_windows()
            self._fill_maps()
        finally:
            self._filling = False
        running = self.session.running is not None
        self.compare_button.setEnabled(not running)
        self.trust_button.setEnabled(not running)
        trust = self.session.trust
        self.trust.show_table(None if trust is None else trust_table(trust))
        self.trust_text.setText("" if trust is None else trust_line(trust))
        for widget in (self.trust_heading, self.trust, self.trust_text):
            widget.setVisible(trust is not None)
        if self.session.comparison is None:
            self.show_comparison(None)

    def _mapped(self, _role: str, _map: Any) -> None:
        self._renew()

    def _fill_pairs(self) -> None:
        pairs, now = self.view.look.pairs(), self.view.look.pair
        self.pair.clear()
        for pair in pairs:
            self.pair.addItem(pair.title)
        if now is not None:
            self.pair.setCurrentIndex(pairs.index(now))
            self.one.setText(now.one)
            self.other.setText(now.other)
        for widget in (self.pair, self.one, self.other):
            widget.setEnabled(bool(pairs))
        if not pairs:
            self.one.setText("first")
            self.other.setText("second")

    def _fill_windows(self) -> None:
        layer = self._magnitude()
        for box in (self.window_level, self.window_width):
            box.setEnabled(layer is not None)
        if layer is not None:
            low, high = layer.contrast_limits
            self.window_level.setValue((low + high) / 2)
            self.window_width.setValue(high - low)

    def _fill_maps(self) -> None:
        shown = {layer.name: bool(layer.visible) for layer in self.view.maps.found()}
        if list(shown) != list(self.boxes):
            for box in self.boxes.values():
                self.maps_layout.removeWidget(box)
                box.deleteLater()
            self.boxes = {name: QCheckBox(name) for name in shown}
            for name, box in self.boxes.items():
                box.toggled.connect(partial(self._toggle, name))
                self.maps_layout.addWidget(box)
                layer = self.view.layer(name)
                if layer is not None:
                    layer.events.visible.connect(self._follow)
        for name, visible in shown.items():
            self.boxes[name].setChecked(visible)

    def _follow(self, _event: Any = None) -> None:
        """Follow a layer that was shown or hidden elsewhere."""
        if not self._filling:
            self._renew()

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show PSNR, SSIM ... of each volume."""
        table: pd.DataFrame | None = None if comparison is None else comparison_table(comparison)
        self.figures.show_table(table)
        self.figures.setVisible(table is not None)
        self.figures_heading.setVisible(table is not None)
        if comparison is not None:
            self._renew()

    # -- asking -------------------------------------------------------------------------------------
    def _choose(self, index: int) -> None:
        if not self._filling and index >= 0:
            self.view.look.choose_pair(index)
            self._renew()

    def show_one(self) -> None:
        """Show the first of the pair."""
        self._show(other=False)

    def show_other(self) -> None:
        """Show the second of the pair."""
        self._show(other=True)

    def _show(self, *, other: bool) -> None:
        if self.view.look.pair is not None:
            self.view.look.show_pair(self.view.look.pair, other=other)
            self._renew()

    def _magnitude(self) -> Any:
        scan = self.session.scan
        if scan is None:
            return None
        shown = [self.view.layer(display.acquired(name)) for name in scan.names]
        pair = self.view.look.pair
        named = [
            la for la in shown if la is not None and pair is not None and pair.title.startswith(la.name.split(" (")[0])
        ]
        return next((la for la in (*named, *shown) if la is not None), None)

    def _window(self) -> None:
        layer = self._magnitude()
        if not self._filling and layer is not None:
            half = self.window_width.value() / 2
            layer.contrast_limits = (self.window_level.value() - half, self.window_level.value() + half)

    def _reset(self) -> None:
        self.view.look.reset_window()
        self.t2_limit.setValue(self.view.preferences.t2_max_ms)
        self._renew()

    def _toggle(self, name: str, shown: bool) -> None:
        layer = self.view.layer(name)
        if not self._filling and layer is not None:
            layer.visible = shown


def _number(low: float, high: float, *, suffix: str = "", value: float = 0.0) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.setValue(value)
    return box
