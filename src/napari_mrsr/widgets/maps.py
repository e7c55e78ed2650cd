"""Maps on and off, and the figures that go with them: difference, SSIM, trust, the combined image."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from qtpy.QtWidgets import QCheckBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from napari_mrsr.app.compare.comparing import Comparison
from napari_mrsr.app.reading import comparison_table, trust_line, trust_table
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class MapsSection(Section):
    """A box per map, what can be computed, and tables of figures."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Maps", opened=True)
        self._filling = False
        self._add_boxes()
        self._add_buttons()
        self._add_figures()
        for signal in (self.session.refined, self.session.began, self.session.opened, self.session.trusted,
                       self.session.job_changed, self.view.look.looked,
                       self.view.viewer.layers.events.inserted, self.view.viewer.layers.events.removed):  # fmt: skip
            self.listen(signal, self._renew)
        self.listen(self.session.mapped, self._mapped)
        self.listen(self.session.compared, self.show_comparison)
        self._renew()
        self.show_comparison(self.session.comparison)

    def _add_boxes(self) -> None:
        self.maps = QWidget()
        self.maps.setToolTip("H: hide or show the maps")
        self.maps_layout = QVBoxLayout(self.maps)
        self.maps_layout.setContentsMargins(0, 0, 0, 0)
        self.maps_layout.setSpacing(2)
        self.boxes: dict[str, QCheckBox] = {}
        self.column.addWidget(self.maps)

    def _add_buttons(self) -> None:
        self.compare_button = QPushButton("Difference and SSIM")
        self.compare_button.setToolTip("Against the reference, or after simulated thick slices")
        self.compare_button.clicked.connect(self.session.compare)
        self.trust_button = QPushButton("Trust maps")
        self.trust_button.setToolTip("What the method added, and where it disagrees with the measurement")
        self.trust_button.clicked.connect(self.session.find_trust)
        self.combined_button = QPushButton("Combined DESS image")
        self.combined_button.setToolTip("Root of the sum of squares of both echoes: what most scanners show")
        self.combined_button.clicked.connect(lambda: self.view.maps.show_combined())
        grid = QGridLayout()
        grid.addWidget(self.compare_button, 0, 0)
        grid.addWidget(self.trust_button, 0, 1)
        grid.addWidget(self.combined_button, 1, 0)
        self.column.addLayout(grid)

    def _add_figures(self) -> None:
        self.figures_heading = heading("Against the reference")
        self.figures = TableView()
        self.trust_heading = heading("Trust")
        self.trust = TableView()
        self.trust_text = note()
        for widget in (self.figures_heading, self.figures, self.trust_heading, self.trust, self.trust_text):
            self.column.addWidget(widget)

    # -- showing ------------------------------------------------------------------------------------
    def _renew(self, _event: Any = None) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            self._fill_boxes()
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

    def _fill_boxes(self) -> None:
        shown = {layer.name: bool(layer.visible) for layer in self.view.maps.found()}
        if list(shown) != list(self.boxes):
            for box in self.boxes.values():
                self.maps_layout.removeWidget(box)
                box.hide()  # until Qt deletes it, it would be drawn over the new ones
                box.deleteLater()
            self.boxes = {name: QCheckBox(name) for name in shown}
            for name, box in self.boxes.items():
                box.toggled.connect(partial(self._show_map, name))
                self.maps_layout.addWidget(box)
                layer = self.view.layer(name)
                if layer is not None:
                    layer.events.visible.connect(self._follow)
        for name, visible in shown.items():
            self.boxes[name].setChecked(visible)

    def _follow(self, _event: Any = None) -> None:
        """Follow a layer that was shown or hidden elsewhere."""
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
    def _show_map(self, name: str, shown: bool) -> None:
        if not self._filling:
            self.view.maps.show(name, shown)
