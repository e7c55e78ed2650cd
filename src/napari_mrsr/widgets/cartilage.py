"""Regions, thickness and the unrolled map of the cartilage of an ROI; the person confirms which knee it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QComboBox, QFileDialog, QFormLayout, QHBoxLayout, QPushButton, QSpinBox

from napari_mrsr.app.roi import cartilage_layers
from napari_mrsr.app.roi.cartilage import DEFINITIONS, CartilageResult, disagreement, regions_for_reading
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.picture import PictureLabel
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari_mrsr.roi.cartilage import Unrolled
    from napari_mrsr.widgets.dock import Dock

_SIDES = (("Right knee", "right"), ("Left knee", "left"), ("Not sure", None))


class CartilageSection(Section):
    """Regions, thickness and the unrolled map of the femoral cartilage."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Cartilage regions")
        self.cartilage = self.view.cartilage
        self._touched = False
        self._unrolled: Unrolled | None = None
        self._add_form()
        self._add_buttons()
        self._add_results()
        self.listen(self.cartilage.changed, self._show)
        self.listen(self.session.opened, self._opened)
        self._opened()
        self._show(self.cartilage.result)

    # -- what is there --------------------------------------------------------------------------------
    def _add_form(self) -> None:
        self.side = QComboBox()
        for text, side in _SIDES:
            self.side.addItem(text, side)
        self.side.setToolTip(
            "Confirm which knee it is: medial and lateral follow from it where the labels do not say them"
        )
        self.side.activated.connect(self._touch)
        self.reason = note()
        self.definition = QComboBox()
        for definition, text in DEFINITIONS.items():
            self.definition.addItem(text, definition)
        self.definition.setToolTip(
            "True depth: distance to bone and to the joint in 3-D, split at the notch.\n"
            "DOSMA: circle, 5-degree bins, half of the radius; for comparison with published figures."
        )
        self.definition.currentIndexChanged.connect(self._choose_definition)
        self.layers = QSpinBox()
        self.layers.setRange(1, 5)
        self.layers.setValue(2)
        self.layers.setToolTip("Layers from bone to joint, of equal share of the thickness")
        line = QHBoxLayout()
        line.addWidget(self.definition, 1)
        line.addWidget(self.layers)
        for label, row in (("Knee:", self.side), ("Layers:", line)):
            form = QFormLayout()
            form.addRow(label, row)
            self.column.addLayout(form)
            if row is self.side:
                self.column.addWidget(self.reason)

    def _add_buttons(self) -> None:
        self.find_button = QPushButton("Regions of this ROI")
        self.find_button.setToolTip("Divide the chosen ROI into medial/lateral, anterior/central/posterior and layers")
        self.find_button.clicked.connect(self.find)
        self.thickness_button = QPushButton("Thickness map")
        self.thickness_button.setToolTip("Thickness of the cartilage in mm as a layer")
        self.thickness_button.clicked.connect(self.show_thickness)
        self.unroll_button = QPushButton("Unrolled map")
        self.unroll_button.setToolTip("The map of the femoral cartilage laid flat")
        self.unroll_button.clicked.connect(self.show_unrolled)
        line = QHBoxLayout()
        for button in (self.find_button, self.thickness_button, self.unroll_button):
            line.addWidget(button)
        self.column.addLayout(line)

    def _add_results(self) -> None:
        self.maps = QComboBox()
        self.maps.setToolTip("The map whose means are shown")
        self.maps.currentIndexChanged.connect(self._show_map)
        self.table_heading = heading("")
        line = QHBoxLayout()
        line.addWidget(self.table_heading, 1)
        line.addWidget(self.maps)
        self.column.addLayout(line)
        self.table = TableView()
        self.column.addWidget(self.table)
        self.notes = note()
        self.column.addWidget(self.notes)
        self.picture = PictureLabel()
        self.picture.setToolTip("Femoral cartilage laid flat, from front to back; a click goes to the slice")
        self.picture.pointed.connect(self._go_to_slice)
        self.column.addWidget(self.picture)
        self.save_button = QPushButton("Save picture and table…")
        self.save_button.setToolTip("The unrolled map as PNG and as CSV")
        self.save_button.clicked.connect(self._ask_save)
        self.column.addWidget(self.save_button)

    # -- which knee -----------------------------------------------------------------------------------
    def _opened(self, _scan: Any = None) -> None:
        self._touched = False
        self._preset()

    def _touch(self, _index: int = 0) -> None:
        self._touched = True

    def _preset(self) -> None:
        """Preset the side with what was found, unless the person has chosen one."""
        found = self.session.attempt(partial(self.cartilage.laterality, self.dock_layer))
        if found is None:
            return
        self.reason.setText(found.reason if self.session.scan is not None else "")
        if not self._touched:
            self.side.setCurrentIndex(self.side.findData(found.side))
        if found.gap is not None and (scan := self.session.scan) is not None and scan.axis != "time":
            self.session.say(
                "warn",
                "the scan seems to show two knees; paint each in an ROI of its own and choose the side for each",
                f"there is air between them {found.gap:.0f} mm towards the patient's right",
            )

    @property
    def dock_layer(self) -> Any:
        """The labels layer that the dock measures, or None."""
        return getattr(self.dock, "layer", None) if hasattr(self.dock, "layers") else None

    def _choose_definition(self, _index: int = 0) -> None:
        dosma = self.definition.currentData() == "dosma"
        self.layers.setEnabled(not dosma)
        if dosma:
            self.layers.setValue(2)

    # -- asking ---------------------------------------------------------------------------------------
    def find(self) -> CartilageResult | None:
        """Divide the chosen ROI and show its regions."""
        self._preset()
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            result = self.session.attempt(
                lambda: self.cartilage.find(
                    self.dock_layer,
                    side=self.side.currentData(),
                    definition=self.definition.currentData(),
                    layers=self.layers.value(),
                )
            )
            if result is not None:
                cartilage_layers.show_regions(self.view, result)
        finally:
            QGuiApplication.restoreOverrideCursor()
        if result is not None:
            conflict = disagreement(result, shape=self.session.truth is None)
            if conflict is not None:
                self.session.say("warn", f"{conflict}; check which knee it is before reading medial and lateral")
        return result

    def _result(self) -> CartilageResult | None:
        return self.cartilage.result or self.find()

    def show_thickness(self) -> None:
        """Show the thickness map of the regions."""
        result = self._result()
        if result is not None:
            self.session.attempt(lambda: cartilage_layers.show_thickness(self.view, result))

    def show_unrolled(self) -> None:
        """Show the chosen map laid flat."""
        result = self._result()
        unrolled = (
            None if result is None else self.session.attempt(lambda: result.unrolled(self.maps.currentText() or None))
        )
        if unrolled is None:
            return
        from napari_mrsr.roi.cartilage import draw_unrolled

        limits = (0.0, self.view.preferences.t2_max_ms) if self.session.maps else None
        self._unrolled = unrolled
        self.picture.show_figure(lambda size: draw_unrolled(unrolled, limits=limits, dark=True, size=size))
        self.save_button.setVisible(True)

    def _go_to_slice(self, across: float, _along: float) -> None:
        result, role = self.cartilage.result, self.maps.currentText()
        if result is not None and role in result.maps and self._unrolled is not None:
            cartilage_layers.go_to_slice(self.view, result.maps[role], self._unrolled, across)

    def save(self, path: str) -> None:
        """Write the unrolled map as PNG and CSV."""
        written = self.session.attempt(lambda: self.cartilage.save_unrolled(path, self.maps.currentText() or None))
        if written:
            self.session.say("info", "wrote " + ", ".join(p.name for p in written), str(written[0].parent))

    def _ask_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the unrolled map", "unrolled.png", "Picture (*.png)")
        if path:
            self.save(path)

    # -- showing --------------------------------------------------------------------------------------
    def _show(self, result: CartilageResult | None) -> None:
        """Show what was found."""
        there = result is not None
        self.maps.blockSignals(True)
        self.maps.clear()
        if result is not None:
            self.maps.addItems(list(result.tables))
            self.maps.setCurrentText(result.finest or "")
        self.maps.blockSignals(False)
        for widget in (self.maps, self.table_heading, self.table, self.notes):
            widget.setVisible(there)
        self.picture.clear_figure()
        self.save_button.setVisible(False)
        self.notes.setText("" if result is None else "\n".join(result.notes))
        self._show_map()

    def _show_map(self, _index: int = 0) -> None:
        result, role = self.cartilage.result, self.maps.currentText()
        if result is None or role not in result.tables:
            self.table.show_table(None)
            return
        table = result.tables[role]
        unit = f" [{table.attrs['unit']}]" if table.attrs["unit"] else ""
        self.table_heading.setText(f"Mean {table.attrs['quantity']}{unit}, {DEFINITIONS[result.regions.definition]}")
        self.table.show_table(regions_for_reading(result, role))
        if self.picture.is_shown:
            self.show_unrolled()
