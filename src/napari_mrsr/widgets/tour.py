"""The card of the tour at the top of a dock: what to do here now, or in which dock it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mrsr.app.tour import STEPS

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

STYLE = (
    "#tour { background: #20344a; border: 1px solid #f5d76e; border-radius: 4px; }"
    "#tour QLabel { color: white; background: transparent; }"
)
FRAMED = "border: 2px solid #f5d76e; border-radius: 4px; padding: 4px;"


class TourCard(QFrame):
    """Shows the step to do now, frames its button, and brings its dock to the front; hidden without a tour.

    Parameters
    ----------
    dock
        Where the card stands.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.setObjectName("tour")
        self.setStyleSheet(STYLE)
        self._dock = dock
        self._framed: tuple[QWidget, str] | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.back = QPushButton("Back")
        self.forward = QPushButton("Next")
        self.end = QPushButton("End tour")
        self.end.setToolTip("It can be had again: Layers > Filter > Tour of four steps")
        tour = dock.view.tour
        self.back.clicked.connect(tour.back)
        self.forward.clicked.connect(tour.forward)
        self.end.clicked.connect(lambda: tour.end())
        buttons = QHBoxLayout()
        for button in (self.back, self.forward, self.end):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self.text)
        column.addLayout(buttons)
        self.hide()
        dock.listen(tour.changed, self.renew)
        self.renew()

    def renew(self) -> None:
        """Show where the tour is."""
        tour = self._dock.view.tour
        step = tour.step
        here = step is not None and step.dock == self._dock.name
        self._frame(getattr(self._dock, step.target, None) if here and step is not None else None)
        self.setVisible(step is not None)
        if step is None:
            return
        title = f"<b>Tour, {tour.number} of {len(STEPS)}: {step.title}</b>"
        self.text.setText(f"{title}<br>{step.text}" if here else f"{title}, in the dock {step.dock}")
        self.back.setEnabled(tour.number > 1)
        self.forward.setText("Done" if tour.number == len(STEPS) else "Next")
        if here:
            self._bring_to_front()

    def showEvent(self, event: Any) -> None:
        """Frame the button once the dock is whole; the card is made before its buttons."""
        super().showEvent(event)
        step = self._dock.view.tour.step
        if step is not None and step.dock == self._dock.name and self._framed is None:
            self._frame(getattr(self._dock, step.target, None))

    def _frame(self, widget: QWidget | None) -> None:
        if self._framed is not None:
            framed, style = self._framed
            framed.setStyleSheet(style)
            self._framed = None
        if widget is not None:
            self._framed = (widget, widget.styleSheet())
            widget.setStyleSheet(f"{widget.styleSheet()} {FRAMED}")

    def _bring_to_front(self) -> None:
        parent = self._dock.parentWidget()
        while parent is not None and not isinstance(parent, QDockWidget):
            parent = parent.parentWidget()
        if parent is not None and parent.toggleViewAction().isChecked():  # behind another tab, yet open
            parent.raise_()
