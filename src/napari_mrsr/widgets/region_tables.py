"""The live tables of the ROI dock: all regions, one of them in full, and what must be said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from napari_mrsr.app.reading import painted, regions_table, roi_table, sources
from napari_mrsr.app.roi.highlight import Highlight, go_to
from napari_mrsr.roi.reference_ranges import published
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.roi.measured import Measurement
    from napari_mrsr.app.viewing import View


class RegionTables(QWidget):
    """A row for each region, sorted by a click; pointing at a row shows the region, a double click goes there.

    Parameters
    ----------
    view
        The viewer's view.
    parent
        Of the widget.
    """

    chosen = Signal(int)  # the label of the row that was clicked
    renaming = Signal(int)  # the label whose name shall be changed

    def __init__(self, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.highlight = Highlight()
        self._layer: Labels | None = None
        self._measurement: Measurement | None = None
        self._label: int | None = None
        self.all_heading = heading("All regions")
        self.full = QCheckBox("all columns")
        self.full.setToolTip("With volume, SD, median, the difference of each method, and published values")
        self.full.toggled.connect(self._fill)
        line = QHBoxLayout()
        line.addWidget(self.all_heading, 1)
        line.addWidget(self.full)
        self.all = TableView(sortable=True)
        self.all.setToolTip(
            "Point at a row to see the region, double-click to go there; "
            "click a header to sort; Ctrl+C copies with headers"
        )
        self.all.hovered.connect(self._point_at)
        self.all.chosen.connect(self._choose)
        self.all.opened.connect(self.go_to)
        self.all.row_actions = {"Go to the region": self.go_to, "Rename…": self.renaming.emit}
        self.region_heading = heading("Statistics")
        self.one = TableView()
        self.known = note()
        self.notes = note()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # never squeezed into each other
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        for widget in (self.all, self.region_heading, self.one, self.known, self.notes):
            column.addWidget(widget)
        highlight = self.highlight
        self.destroyed.connect(lambda: highlight.end())

    def show_measurement(self, layer: Labels | None, measurement: Measurement | None, label: int | None) -> None:
        """Show the tables of a layer, in detail those of one region.

        Parameters
        ----------
        layer
            What was measured.
        measurement
            Its tables, None where there are none.
        label
            The chosen region, None without one.
        """
        if layer is not self._layer:
            self.highlight.end()
        self._layer, self._measurement, self._label = layer, measurement, label
        self._fill()

    def _fill(self, _checked: bool = False) -> None:
        found = self._measurement
        brain = bool(self.view.brain_maps.measured()) and not self.view.session.maps
        quantity = "T1 and T2" if brain else "T2" if self.view.session.maps else "signal"
        unit = f" [{found.unit}]" if found is not None and found.unit else ""
        every = None if found is None else regions_table(found, full=self.full.isChecked())
        self.all.show_table(every)
        self.all_heading.setText(f"All regions, mean {quantity}{unit}")
        for widget in (self.all, self.all_heading, self.full):
            widget.setVisible(every is not None)
        self._fill_one(quantity)
        self.notes.setText("" if found is None else "\n".join(found.notes))
        self.notes.setVisible(bool(self.notes.text()))

    def _fill_one(self, quantity: str) -> None:
        found, label = self._measurement, self._label
        table = None if found is None or label is None else roi_table(found, label)
        self.one.show_table(table)
        self.one.setVisible(table is not None)
        name = "" if found is None or label is None else painted(found).get(label, "")
        what = f"{quantity[0].upper()}{quantity[1:]}"
        self.region_heading.setText(
            f"{what} in the {name}" if table is not None else "Nothing is painted in this region yet"
        )
        measured_t2 = table is not None and found is not None and found.unit == "ms" and "T1" not in found.maps
        known = published(name) if measured_t2 else ()
        self.known.setText(f"Published at 3 T: {known[0]} ms ({known[0].citation})" if known else "")
        self.known.setToolTip(sources(known) if known else "")
        self.known.setVisible(bool(known))

    # -- showing a region -----------------------------------------------------------------------------
    def _point_at(self, label: int | None) -> None:
        layer, found = self._layer, self._measurement
        if label is None or layer is None or found is None or layer not in self.view.viewer.layers:
            self.highlight.end()
        else:
            self.highlight.show(layer, label, list(painted(found)))

    def _choose(self, label: int | None) -> None:
        if label is not None:
            self.chosen.emit(label)

    def go_to(self, label: int | None) -> None:
        """Move the sliders to a region."""
        layer = self._layer
        if label is not None and layer is not None and layer in self.view.viewer.layers:
            go_to(self.view.viewer, layer, label)
