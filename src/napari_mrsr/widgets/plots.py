"""Histogram, profile from deep to surface, calliper and line profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QTabWidget
from superqt.utils import QSignalDebouncer

from napari_mrsr.app.measuring.calliper_layers import Tool
from napari_mrsr.app.measuring.callipers import Line, callipers_of
from napari_mrsr.app.measuring.profiles import DepthProfiles, histogram, line_curves
from napari_mrsr.app.reading import painted
from napari_mrsr.roi.profile import DepthProfile
from napari_mrsr.widgets.chart import Chart
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.app.roi.measured import Measurement
    from napari_mrsr.widgets.dock import Dock

#: How long the brush must rest before plots are drawn anew, ms.
REST = 400

TOOLS: dict[Tool, tuple[str, str]] = {
    "calliper": ("Calliper", "Click twice, or drag: the distance in mm is written at the line"),
    "line profile": ("Line profile", "Drag a line: every visible image is plotted along it"),
}


class PlotsSection(Section):
    """Histogram, profile from deep to surface, calliper and line profile; idle while folded."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Plots and measures")
        self._measurement: Measurement | None = None
        self._label: int | None = None
        self.callipers = callipers_of(self.view)
        self.depth = DepthProfiles(self.view)
        self.tabs = QTabWidget()
        self.histogram = Chart(self.view, "T2 [ms]", "voxels [%]")
        self.profile = Chart(self.view, "depth: bone 0, joint 1", "T2 [ms]", legend_left=True)
        self.line = Chart(self.view, "along the line [mm]", "value")
        for chart, title in ((self.histogram, "Histogram"), (self.profile, "Bone to joint"), (self.line, "Line")):
            self.tabs.addTab(chart, title)
            self.listen(self.view.viewer.events.theme, chart.dress)
        self.tabs.currentChanged.connect(self._draw)
        self.column.addWidget(self.tabs)
        self.said = note()
        self.column.addWidget(self.said)
        self._add_tools()
        rest = QSignalDebouncer(parent=self)
        rest.setTimeout(REST)
        rest.triggered.connect(self._draw)
        self._soon = rest.throttle
        self.toggled.connect(self._unfold)
        self.listen(self.callipers.changed, self._list_lines)
        self.listen(self.callipers.switched, self._show_tool)
        self.listen(dock.measured, self._take)
        self.listen(self.view.viewer.layers.events.inserted, self._layers_changed)
        self.listen(self.view.viewer.layers.events.removed, self._layers_changed)

    def _add_tools(self) -> None:
        self.buttons: dict[Tool, QPushButton] = {}
        line = QHBoxLayout()
        for tool, (text, tip) in TOOLS.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(f"{tip}. Press the button again to end")
            button.clicked.connect(lambda on, tool=tool: self.switch(tool, on))
            self.buttons[tool] = button
            line.addWidget(button)
        self.remove_button = QPushButton("Remove")
        self.remove_button.setToolTip("Remove the chosen line")
        self.remove_button.clicked.connect(self.remove_line)
        line.addWidget(self.remove_button)
        self.column.addLayout(line)
        self.lines = QListWidget()
        self.lines.setMaximumHeight(84)
        self.lines.setToolTip("Lines on the picture; double-click to go to one")
        self.lines.currentItemChanged.connect(self._choose_line)
        self.lines.itemDoubleClicked.connect(lambda item: self.callipers.go_to(item.data(Qt.ItemDataRole.UserRole)))
        self.column.addWidget(self.lines)
        self._list_lines()

    # -- plots ----------------------------------------------------------------------------------------
    def _take(self, measurement: Measurement | None) -> None:
        """Remember what was measured; draw it when the brush rests, and only if it can be seen."""
        self._measurement, self._label = measurement, self.dock.region.currentData()
        if self.isExpanded():
            self._soon()

    def _unfold(self, opened: bool) -> None:
        if opened:
            self._draw()
        else:
            self.callipers.end()

    def _layers_changed(self, _event: Any = None) -> None:
        if self.isExpanded() and self.tabs.currentWidget() is self.line:
            self._soon()

    def _draw(self, _index: int = 0) -> None:
        """Draw the plot that is seen."""
        if not self.isExpanded() or not self.view.is_open:
            return
        self._say("")
        chart = self.tabs.currentWidget()
        if chart is self.line:
            self._draw_line()
        elif self._measurement is None or self._label is None:
            chart.clear()
            self._say("nothing is painted yet")
        elif chart is self.histogram:
            self._draw_histogram(self._measurement, self._label)
        else:
            name = painted(self._measurement).get(self._label, "")
            self._say("measuring the depth of each voxel…")
            self.depth.ask(self._measurement, self._label, name, self._draw_profile)

    def _draw_histogram(self, measurement: Measurement, label: int) -> None:
        self.histogram.clear()
        self.histogram.name_axis("bottom", self._quantity(measurement))
        found = histogram(measurement, label)
        if found is None:
            self._say("nothing is painted in this region")
            return
        for title, percent in found.percent.items():
            self.histogram.add_steps(title, found.edges, percent)

    def _draw_profile(self, found: dict[str, DepthProfile] | str) -> None:
        self.profile.clear()
        if isinstance(found, str):
            self._say(found)
            return
        if self._measurement is not None:
            self.profile.name_axis("left", self._quantity(self._measurement))
        for title, profile in found.items():
            self.profile.add_line(title, profile.depth, profile.mean, profile.sd)
        self._say("mean and SD at each depth, of the voxels with a value")

    def _draw_line(self) -> None:
        self.line.clear()
        line = self._chosen()
        if line is None:
            self._say("draw a line profile on the picture")
            return
        found = line_curves(self.view, self.callipers, line)
        curves = [curve for curve in found if np.isfinite(curve.values).any()]
        units = list(dict.fromkeys(curve.unit for curve in curves))
        for side, unit in zip(("left", "right"), units, strict=False):
            self.line.name_axis(side, f"value [{unit}]")
        for curve in curves:
            self.line.add_line(curve.name, curve.distance, curve.values, right=curve.unit in units[1:2])
        without = [curve.name for curve in found if curve not in curves]
        if without:
            self._say(f"no value along the line: {', '.join(without)}")
        elif not curves:
            self._say("no image is visible")

    def _quantity(self, measurement: Measurement) -> str:
        unit = f" [{measurement.unit}]" if measurement.unit else ""
        return f"{'T2' if self.session.maps else 'signal'}{unit}"

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))

    # -- lines ----------------------------------------------------------------------------------------
    def switch(self, tool: Tool, on: bool) -> None:
        """Switch a tool on or off."""
        if on:
            self.session.attempt(lambda: self.callipers.begin(tool))
        else:
            self.callipers.end()
        self._show_tool(self.callipers.tool)

    def remove_line(self) -> None:
        """Remove the chosen line."""
        line = self._chosen()
        if line is not None:
            self.callipers.remove(line)

    def _show_tool(self, tool: Tool | None) -> None:
        for name, button in self.buttons.items():
            button.setChecked(name == tool)

    def _chosen(self) -> Line | None:
        item = self.lines.currentItem()
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    def _list_lines(self) -> None:
        """List the lines that there are; the one drawn last is chosen."""
        before, row = self.lines.count(), self.lines.currentRow()
        self.lines.blockSignals(True)
        self.lines.clear()
        found = self.callipers.lines()
        for line in found:
            item = QListWidgetItem(f"{TOOLS[line.tool][0]} {line.index + 1}: {line.length:.1f} mm")
            item.setData(Qt.ItemDataRole.UserRole, line)
            self.lines.addItem(item)
        if len(found) > before and self.callipers.tool is not None:
            row = max(n for n, line in enumerate(found) if line.tool == self.callipers.tool)
        self.lines.setCurrentRow(min(max(row, 0), len(found) - 1))
        self.lines.blockSignals(False)
        self.lines.setVisible(bool(found))
        self.remove_button.setEnabled(bool(found))
        self._choose_line()

    def _choose_line(self, *_items: Any) -> None:
        line = self._chosen()
        if not self.isExpanded():
            return
        if line is not None and line.tool == "line profile" and self.tabs.currentWidget() is not self.line:
            self.tabs.setCurrentWidget(self.line)  # draws
        elif self.tabs.currentWidget() is self.line:
            self._draw()
