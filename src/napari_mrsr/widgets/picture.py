"""A matplotlib figure as a picture that follows the width of the dock, and says where it was clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QImage, QMouseEvent, QPixmap, QResizeEvent
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Height of the picture, of its width.
ASPECT = 0.72
#: Pixels per inch of the figure at a screen of ordinary density.
DPI = 100


class PictureLabel(QLabel):
    """Shows a figure as wide as the dock, drawn anew when the width changes."""

    pointed = Signal(float, float)  # a click on a panel, in the units of its axes

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draw: Callable[[tuple[float, float]], Figure] | None = None
        self._drawn = QSize()
        self._figure: Figure | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVisible(False)

    @property
    def is_shown(self) -> bool:
        """Whether there is a figure."""
        return self._draw is not None

    def show_figure(self, draw: Callable[[tuple[float, float]], Figure]) -> None:
        """Show a figure; ``draw`` makes it for a size in inches."""
        self._draw, self._drawn = draw, QSize()
        self.setVisible(True)
        self._render()

    def clear_figure(self) -> None:
        """Show nothing."""
        self._draw = self._figure = None
        self.clear()
        self.setVisible(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._render()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say where in which panel the picture was clicked."""
        super().mousePressEvent(event)
        if self._figure is None:
            return
        ratio = self.devicePixelRatioF()
        at = (event.position().x() * ratio, (self.height() - event.position().y()) * ratio)
        for panel in self._figure.axes:
            if panel.images and panel.bbox.contains(*at):
                x, y = panel.transData.inverted().transform(at)
                self.pointed.emit(float(x), float(y))

    def _render(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        width = max(self.width(), 300)
        size = QSize(width, round(width * ASPECT))
        if self._draw is None or size == self._drawn:
            return
        self._drawn = size
        ratio = self.devicePixelRatioF()
        figure = self._draw((size.width() / DPI, size.height() / DPI))
        figure.set_dpi(DPI * ratio)
        self._figure = figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = np.ascontiguousarray(np.asarray(canvas.buffer_rgba()))
        image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGBA8888)
        picture = QPixmap.fromImage(image.copy())
        picture.setDevicePixelRatio(ratio)
        self.setFixedHeight(size.height())
        self.setPixmap(picture)
