"""A small plot in the colours of the viewer: curves with a legend and units, without gestures of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_mrsr.app.viewing import View

#: Colours of curves, told apart also by people who do not see red and green apart (Okabe and Ito, "Color universal
#: design", 2008), and the dashes that say the same.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2")
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
HEIGHT = 210


class Chart(QWidget):
    """A plot; the wheel scrolls the dock, not the plot.

    Parameters
    ----------
    view
        The viewer's view, whose theme gives background and text.
    x, y
        What the axes are called, with their unit.
    parent
        Of the widget.
    legend_left
        Where the legend stands: where curves rise to the right they leave the left free.
    """

    def __init__(self, view: View, x: str, y: str, parent: QWidget | None = None, *, legend_left: bool = False) -> None:
        super().__init__(parent)
        import pyqtgraph

        self._graph = pyqtgraph
        self._names = {"bottom": x, "left": y, "right": ""}
        self.plot = pyqtgraph.PlotWidget(self)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.wheelEvent = self._pass_on
        self.plot.setFixedHeight(HEIGHT)
        self.legend = self.plot.addLegend(offset=(8 if legend_left else -4, 4), labelTextSize="8pt", verSpacing=-6)
        self.curves: dict[str, tuple[Any, Any]] = {}
        self._second = self._add_second_axis()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._view = view
        self.dress()

    def _add_second_axis(self) -> Any:
        """Add an axis on the right, hidden until a curve with another unit needs it."""
        item = self.plot.getPlotItem()
        second = self._graph.ViewBox(enableMenu=False)
        second.setMouseEnabled(x=False, y=False)
        item.scene().addItem(second)
        item.getAxis("right").linkToView(second)
        second.setXLink(item)
        item.vb.sigResized.connect(lambda: second.setGeometry(item.vb.sceneBoundingRect()))
        return second

    def dress(self, _event: Any = None) -> None:
        """Take the colours of the viewer's theme; to be called again when that changes."""
        from napari.utils.theme import get_theme

        theme = get_theme(self._view.viewer.theme)
        background, text = theme.background.as_hex(), theme.text.as_hex()
        self.plot.setBackground(background)
        for side, name in self._names.items():
            axis = self.plot.getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
            self.plot.setLabel(side, name, color=text)
            self.plot.showAxis(side, bool(name))
        behind = self._graph.mkColor(background)
        behind.setAlpha(190)
        self.legend.setBrush(behind)
        self.legend.setLabelTextColor(text)
        for _, label in self.legend.items:
            label.setText(label.text, color=text)
        self.plot.showGrid(x=True, y=True, alpha=0.15)

    def name_axis(self, side: str, name: str) -> None:
        """Call an axis something else: the unit may change."""
        if self._names[side] != name:
            self._names[side] = name
            self.dress()

    def clear(self) -> None:
        """Take all curves away."""
        self.plot.clear()
        self._second.clear()
        self.legend.clear()
        self.name_axis("right", "")
        self.curves = {}

    def add_steps(self, name: str, edges: npt.NDArray[Any], heights: npt.NDArray[Any]) -> None:
        """Add a histogram as an outline."""
        pen = self._pen()
        self.plot.plot(edges, heights, stepMode="center", pen=pen, name=name)
        self.curves[name] = (edges, heights)

    def add_line(
        self,
        name: str,
        x: npt.NDArray[Any],
        y: npt.NDArray[Any],
        spread: npt.NDArray[Any] | None = None,
        *,
        right: bool = False,
    ) -> None:
        """Add a curve, with a band of plus and minus ``spread`` where it is given; NaN leaves a gap.

        With ``right`` it is drawn against the axis on the right, which must have a name (:meth:`name_axis`).
        """
        colour, pen = COLOURS[len(self.curves) % len(COLOURS)], self._pen()
        if spread is not None and np.isfinite(spread).any():
            known = np.isfinite(y) & np.isfinite(spread)
            nothing = self._graph.mkPen(None)
            edges = [self._graph.PlotCurveItem(x[known], (y + s * spread)[known], pen=nothing) for s in (-1, 1)]
            shade = self._graph.mkColor(colour)
            shade.setAlpha(40)
            for edge in edges:
                self.plot.addItem(edge)
            self.plot.addItem(self._graph.FillBetweenItem(*edges, brush=shade))
        curve = self._graph.PlotDataItem(x, y, pen=pen, name=name, connect="finite")
        if right:
            self._second.addItem(curve)
            self._second.autoRange()
            self.legend.addItem(curve, name)
        else:
            self.plot.addItem(curve)
        self.curves[name] = (x, y)

    def _pen(self) -> Any:
        n = len(self.curves) % len(COLOURS)
        return self._graph.mkPen(COLOURS[n], width=2, style=DASHES[n])

    def _pass_on(self, event: QWheelEvent) -> None:
        event.ignore()
