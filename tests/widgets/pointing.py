"""The mouse over a part of a window, without the pointer of the screen.

``QTest.mouseMove`` moves the real pointer. Whatever else lies there then gets its events as well, and the window under
test loses them when another one is in front. What is sent here reaches the widget alone, wherever its window lies.
"""

from __future__ import annotations

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QWidget


def move_over(widget: QWidget, place: QPoint) -> None:
    """Tell a widget that the mouse moves at a place of it (pixels from its upper left corner), no button pressed."""
    here, everywhere = QPointF(place), QPointF(widget.mapToGlobal(place))
    none, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, here, everywhere, none, none, no_key))


def leave(widget: QWidget) -> None:
    """Tell a widget that the mouse has gone elsewhere."""
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
