"""The ROI dock: paint cartilage on the super-resolved grid and watch its T2 while painting."""

from __future__ import annotations

from typing import Any

from psygnal import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)
from superqt.utils import QSignalThrottler

from napari_mrsr.app.roi import regions
from napari_mrsr.app.roi.measured import Measurement
from napari_mrsr.app.roi.region_names import add_region, rename_region
from napari_mrsr.widgets.cartilage import CartilageSection
from napari_mrsr.widgets.dock import Dock
from napari_mrsr.widgets.export import ExportSection
from napari_mrsr.widgets.follow_up import FollowUpSection
from napari_mrsr.widgets.painting import PaintingSection
from napari_mrsr.widgets.plots import PlotsSection
from napari_mrsr.widgets.region_menu import RegionMenu
from napari_mrsr.widgets.region_tables import RegionTables
from napari_mrsr.widgets.tissue import TissueSection

#: Least time between two measurements while painting, ms.
PACE = 300

#: Events of a labels layer that say that it was painted.
PAINTED = ("paint", "data", "labels_update")


class RoiDock(Dock):
    """New ROI, live table, export."""

    name = "ROI"
    measured = Signal(object)  # Measurement | None, also when another region of it is chosen

    def __init__(self, napari_viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.measurement: Measurement | None = None
        self._watched: Any = None
        self._voxels = 0
        self._add_controls()
        self.painting = PaintingSection(self)
        self.body.addWidget(self.painting)
        self.cartilage = CartilageSection(self)
        self.body.addWidget(self.cartilage)
        self.tables = RegionTables(self.view, self)
        self.tables.chosen.connect(self._choose_label)
        self.tables.renaming.connect(self._ask_name)
        self.all, self.table, self.notes = self.tables.all, self.tables.one, self.tables.notes
        self.body.addWidget(self.tables)
        self.tissue = TissueSection(self)
        self.body.addWidget(self.tissue)
        self.plots = PlotsSection(self)
        self.body.addWidget(self.plots)
        self.follow_up = FollowUpSection(self)
        self.body.addWidget(self.follow_up)
        self.report = ExportSection(self)
        self.body.addWidget(self.report)
        self.body.addStretch(1)
        throttler = QSignalThrottler(parent=self)
        throttler.setTimeout(PACE)
        throttler.triggered.connect(self.measure)
        self._soon = throttler.throttle
        viewer = self.view.viewer
        self.listen(viewer.layers.events.inserted, self._renew)
        self.listen(viewer.layers.events.removed, self._renew)
        self.listen(viewer.layers.events.renamed, self._renew)
        self.listen(self.session.mapped, self._mapped)
        self.listen(self.session.refined, self._painted)
        self.listen(self.view.dynamic.moved, self._painted)
        self.listen(self.view.dynamic.ended, self._painted)
        self.listen(self.view.brain_maps.ended, self._painted)
        self.listen(self.session.trusted, self._painted)
        self.listen(self.session.opened, self._renew)
        self._renew()

    def _add_controls(self) -> None:
        self.new_button = QPushButton("New ROI")
        self.new_button.setToolTip("An empty labels layer on the super-resolved grid, ready for the brush")
        self.new_button.clicked.connect(self.new_roi)
        self.truth_button = QPushButton("Truth of the sample")
        self.truth_button.setToolTip("The cartilage that the sample knee was simulated with")
        self.truth_button.clicked.connect(self.truth_roi)
        line = QHBoxLayout()
        line.addWidget(self.new_button)
        line.addWidget(self.truth_button)
        self.regions = RegionMenu(self.add_region, self.rename_region, self._region_name, self)
        line.addWidget(self.regions)
        self.body.addLayout(line)
        self.layers = QComboBox()
        self.layers.setToolTip("The labels layer that is measured")
        self.layers.currentIndexChanged.connect(self._watch)
        self.region = QComboBox()
        self.region.setToolTip("What the brush paints now")
        self.region.currentIndexChanged.connect(self._choose_region)
        self.erosion = QDoubleSpinBox()
        self.erosion.setRange(0.0, 5.0)
        self.erosion.setSingleStep(0.1)
        self.erosion.setSuffix(" mm")
        self.erosion.setSpecialValueText("off")
        self.erosion.setValue(self.view.preferences.erosion_mm)
        self.erosion.setToolTip("Leave out the rim and see what changes: fluid at the surface raises T2")
        self.erosion.valueChanged.connect(self._painted)
        for box in (self.layers, self.region):  # long names must not widen the dock
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
        form = QFormLayout()
        form.addRow("ROI:", self.layers)
        form.addRow("Paint:", self.region)
        form.addRow("Erosion check:", self.erosion)
        self.body.addLayout(form)

    # -- which layer --------------------------------------------------------------------------------
    @property
    def layer(self) -> Any:
        """The labels layer that is measured, or None."""
        name = self.layers.currentText()
        return self.view.layer(name) if name else None

    def _renew(self, _event: Any = None) -> None:
        names = [la.name for la in self.view.viewer.layers if regions.is_roi(la)]
        self.truth_button.setVisible(self.session.truth is not None)
        self.new_button.setEnabled(self.session.scan is not None)
        if names != [self.layers.itemText(n) for n in range(self.layers.count())]:
            now = self.layers.currentText()
            self.layers.blockSignals(True)
            self.layers.clear()
            self.layers.addItems(names)
            self.layers.setCurrentIndex(names.index(now) if now in names else len(names) - 1)
            self.layers.blockSignals(False)
        self._watch()

    def _watch(self, _event: Any = None) -> None:
        """Measure the chosen layer whenever it is painted."""
        layer = self.layer
        if layer is not self._watched:
            for watched, connect in ((self._watched, "disconnect"), (layer, "connect")):
                if watched is not None:
                    for name in PAINTED:
                        getattr(getattr(watched.events, name), connect)(self._painted)
                    getattr(watched.events.set_data, connect)(self._drawn)
                    getattr(watched.events.features, connect)(self._list_regions)
                    getattr(watched.events.selected_label, connect)(self._follow_label)
            self._watched = layer
        self._list_regions()

    def _list_regions(self, _event: Any = None) -> None:
        """List the names of the regions of the chosen layer, and measure it."""
        layer = self.layer
        self.region.blockSignals(True)
        self.region.clear()
        for label, name in (regions.names_of(layer) if layer is not None else regions.REGIONS).items():
            self.region.addItem(f"{label}  {name}", label)
        if layer is not None:
            self.region.setCurrentIndex(max(0, self.region.findData(int(layer.selected_label))))
        self.region.blockSignals(False)
        self.measure()

    def _follow_label(self, _event: Any = None) -> None:
        """Show the region that was chosen in napari's own controls."""
        found = -1 if self.layer is None else self.region.findData(int(self.layer.selected_label))
        if found >= 0:
            self.region.setCurrentIndex(found)

    def _painted(self, _event: Any = None) -> None:
        self._soon()

    def _mapped(self, _role: str, _map: Any) -> None:
        self._soon()

    def _drawn(self, _event: Any = None) -> None:
        """Measure again after an undo, which says only that the layer was drawn anew, as scrolling does."""
        if self.layer is not None and regions.painted_voxels(self.layer) != self._voxels:
            self._soon()

    def _choose_region(self, _index: int) -> None:
        if self.layer is not None and self.region.currentData() is not None:
            self.layer.selected_label = self.region.currentData()
        self._show_tables()

    def _choose_label(self, label: int) -> None:
        """Choose the region of a row; the brush paints it from now on."""
        self.region.setCurrentIndex(max(0, self.region.findData(label)))

    # -- names --------------------------------------------------------------------------------------
    def add_region(self, name: str) -> None:
        """Add a region to the chosen layer, and choose it; without a layer make one."""
        if self.layer is None:
            self.new_roi()
        layer = self.layer
        if layer is not None and self.session.attempt(lambda: add_region(layer, name)) is not None:
            self._watch()

    def rename_region(self, name: str) -> None:
        """Give the chosen region another name."""
        layer, label = self.layer, self.region.currentData()
        if layer is None or label is None:
            self.session.say("warn", "there is no region to rename; make an ROI first")
            return
        self.session.attempt(lambda: rename_region(layer, label, name))
        self._watch()

    def _region_name(self) -> str:
        label = self.region.currentData()
        return "" if self.layer is None or label is None else regions.names_of(self.layer).get(label, "")

    def _ask_name(self, label: int) -> None:
        self._choose_label(label)
        self.regions.ask_name()

    # -- asking -------------------------------------------------------------------------------------
    def new_roi(self) -> None:
        """Add an empty ROI and choose it."""
        layer = self.session.attempt(lambda: regions.new_roi(self.view))
        if layer is not None:
            self.layers.setCurrentText(layer.name)

    def truth_roi(self) -> None:
        """Add the cartilage of the sample as an ROI and choose it."""
        layer = self.session.attempt(lambda: regions.truth_roi(self.view))
        if layer is not None:
            self.layers.setCurrentText(layer.name)

    def measure(self) -> None:
        """Measure the chosen layer and show the tables."""
        if not self.view.is_open:
            return
        layer = self.layer
        self.measurement = None
        if layer is not None and self.session.scan is not None:
            self._voxels = regions.painted_voxels(layer)
            self.measurement = self.session.attempt(
                lambda: regions.measure(self.view, layer, erosion_mm=self.erosion.value())
            )
        self._show_tables()

    def _show_tables(self) -> None:
        """Show the statistics of the chosen region, and those of all."""
        self.tables.show_measurement(self.layer, self.measurement, self.region.currentData())
        self.measured.emit(self.measurement)
