"""How good the frames of a series are, linked with the time slider both ways, and playing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QComboBox, QDockWidget, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton

from napari_mrsr.app.dynamic.over_time import FIGURES, curves, nearest, summary, when
from napari_mrsr.app.dynamic.series import is_series
from napari_mrsr.app.dynamic.timing import FASTEST, SLOWEST, clock
from napari_mrsr.widgets.chart import COLOURS
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    import numpy.typing as npt
    from qtpy.QtGui import QHideEvent
    from qtpy.QtWidgets import QWidget

    from napari_mrsr.widgets.chart import Chart
    from napari_mrsr.widgets.dock import Dock

NOTHING_OPEN = "Open a series over time in the Study dock."
NOTHING_YET = (
    "Run Dynamic series in the Process dock with simulated undersampling: SSIM and PSNR of every frame appear here."
)
FLICKER = (
    "Flicker: SD over time of the error in tissue that stands still, in thousandths of the brightest value, as in the "
    "tables of a study; 0 is steady."
)


class OverTimeSection(Section):
    """Cine, and the figures of each frame; the line in the plot is the frame on the screen."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Over time")
        self.dynamic = self.view.dynamic
        self.cine = self.dynamic.cine
        self.chart: Chart | None = None
        self._line: Any = None
        self._x = np.zeros(0)
        self.nothing = note(NOTHING_OPEN)
        self.column.addWidget(self.nothing)
        self._add_cine()
        self.figure = QComboBox()
        for key, text in FIGURES.items():
            self.figure.addItem(text, key)
        self.figure.setToolTip("Which figure is plotted; a click in the plot goes to that frame")
        self.figure.currentIndexChanged.connect(self.draw)
        self.column.addWidget(self.figure)
        self.table = TableView()
        self.column.addWidget(self.table)
        self.said = note()
        self.column.addWidget(self.said)
        self.toggled.connect(self._unfold)
        for signal in (self.dynamic.began, self.dynamic.judged, self.dynamic.ended):
            self.listen(signal, self.draw)
        self.listen(self.dynamic.moved, self.show_frame)
        self.listen(self.cine.changed, self.show_cine)
        self.listen(self.session.opened, self.show_scan)
        self.show_scan(self.session.scan)

    def _add_cine(self) -> None:
        self.play_button = QPushButton("Play")
        self.play_button.setCheckable(True)
        self.play_button.setToolTip("Shift+C: play the frames one after the other, round and round, and stop")
        self.play_button.clicked.connect(lambda _on: self.cine.toggle())
        self.rate = QDoubleSpinBox()
        self.rate.setRange(SLOWEST, FASTEST)
        self.rate.setDecimals(1)
        self.rate.setSuffix(" frames/s")
        self.rate.setKeyboardTracking(False)
        self.rate.setToolTip("How fast it is played")
        self.rate.valueChanged.connect(self._set_rate)
        self.now = QLabel()
        self.now.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout()
        line.addWidget(self.play_button)
        line.addWidget(self.rate)
        line.addWidget(self.now, 1)
        self.column.addLayout(line)
        self.speed = note()
        self.column.addWidget(self.speed)

    # -- showing ----------------------------------------------------------------------------------------
    def show_scan(self, scan: Any) -> None:
        """Show what a series needs; else say what is missing."""
        there = is_series(scan)
        self.nothing.setVisible(not there)
        parts: tuple[QWidget, ...] = (self.play_button, self.rate, self.now, self.speed, self.said)
        for widget in parts:
            widget.setVisible(there)
        if there:
            self.expand(animate=False)
        self.show_cine()
        self.show_frame(self.dynamic.frame)
        self.draw()

    def show_frame(self, frame: int | None) -> None:
        """Say which frame is on the screen, and move the line in the plot there."""
        scan = self.session.scan
        if scan is None or frame is None or not 0 <= frame < self.dynamic.frames:
            self.now.setText("")
            return
        self.now.setText(clock(scan, frame))
        if self._line is not None and frame < len(self._x):
            self._line.setValue(float(self._x[frame]))

    def show_cine(self) -> None:
        """Show whether it plays, and how fast."""
        self.play_button.setChecked(self.cine.playing)
        self.play_button.setText("Stop" if self.cine.playing else "Play")
        self.rate.blockSignals(True)
        self.rate.setValue(self.cine.rate)
        self.rate.blockSignals(False)
        speed = self.cine.speed
        usual = speed is None or abs(speed - 1) < 0.05
        text = "as it was acquired" if usual else f"{speed:.3g} times as fast as it was acquired"
        self.speed.setText("when the frames were acquired is not known" if speed is None else text)

    def draw(self, _event: Any = None) -> None:
        """Draw the curve of every result that could be judged."""
        if not self.isExpanded() or not self.view.is_open:
            return
        results = list(self.dynamic.results.values())
        key = self.figure.currentData()
        found = curves(results, key)
        there = bool(found) and is_series(self.session.scan)
        self.figure.setVisible(there)
        self.table.setVisible(there)
        self.said.setText(FLICKER if there else NOTHING_YET)
        if self.chart is not None:
            self.chart.setVisible(there)
        if not there:
            self.table.show_table(None)
            return
        chart = self._chart()
        chart.clear()
        self._x, name = when(results[-1].scan)
        chart.name_axis("bottom", name)
        chart.name_axis("left", FIGURES[key])
        for n, curve in enumerate(found):
            chart.add_line(curve.name, curve.x, curve.y)
            dots = {"pen": None, "symbol": "o", "symbolSize": 6, "symbolPen": None}
            chart.plot.plot(curve.x, curve.y, symbolBrush=COLOURS[n % len(COLOURS)], **dots)
        chart.plot.addItem(self._line)
        low, high = _room(np.concatenate([curve.y for curve in found]))
        chart.plot.setYRange(low, high, padding=0.0)
        self.show_frame(self.dynamic.frame)
        self.table.show_table(pd.DataFrame(summary(results)).T)

    def _chart(self) -> Chart:
        """Return the plot, made when there is something to plot."""
        if self.chart is None:
            import pyqtgraph

            from napari_mrsr.widgets.chart import Chart

            self.chart = Chart(self.view, "time [s]", "SSIM")
            self.chart.plot.getAxis("left").enableAutoSIPrefix(False)
            self._line = pyqtgraph.InfiniteLine(angle=90, movable=False, pen=pyqtgraph.mkPen("#f5d76e", width=2))
            self.chart.plot.scene().sigMouseClicked.connect(self._clicked)
            self.listen(self.view.viewer.events.theme, self.chart.dress)
            self.column.insertWidget(self.column.indexOf(self.table), self.chart)
        return self.chart

    # -- asking -----------------------------------------------------------------------------------------
    def _clicked(self, event: Any) -> None:
        """Go to the frame nearest to a click in the plot."""
        if self.chart is None or not len(self._x):
            return
        box = self.chart.plot.getPlotItem().vb
        if box.sceneBoundingRect().contains(event.scenePos()):
            self.dynamic.go_to(nearest(self._x, float(box.mapSceneToView(event.scenePos()).x())))

    def _set_rate(self, hertz: float) -> None:
        self.cine.rate = hertz

    def _unfold(self, opened: bool) -> None:
        if opened:
            self.draw()
        else:
            self.cine.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        """Play no more once the dock is closed; behind another tab it goes on."""
        super().hideEvent(event)
        QTimer.singleShot(0, self._stop_if_closed)

    def _stop_if_closed(self) -> None:
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QDockWidget):
            parent = parent.parentWidget()
        if parent is not None and not parent.toggleViewAction().isChecked():
            self.cine.stop()


def _room(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return where the axis begins and ends: the legend has the upper part for itself."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = max(high - low, 1e-3 * max(abs(high), 1.0))
    return low - 0.1 * span, high + 0.6 * span
