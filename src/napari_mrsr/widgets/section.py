"""A part of a dock that folds away: a title, and what stands under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QCollapsible

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

#: A title and not a button: bold, a line above it, no ground of its own in either state.
STYLE = (
    "QPushButton, QPushButton:checked { text-align: left; font-weight: bold; background: transparent; border: none;"
    " border-top: 1px solid rgba(128, 128, 128, 90); border-radius: 0; padding: 5px 0 3px 0; }"
    "QPushButton:hover { background: rgba(128, 128, 128, 60); }"
)


class Section(QCollapsible):
    """A foldable part of a dock; a subclass fills :attr:`column`.

    Parameters
    ----------
    dock
        Where the section stands; its view, session and banner are used.
    title
        What the fold says.
    opened
        Whether it is unfolded at first.
    """

    def __init__(self, dock: Dock, title: str, *, opened: bool = False) -> None:
        super().__init__(title, dock, expandedIcon=QIcon(), collapsedIcon=QIcon())
        self.dock = dock
        self._title = title
        self._height = -1
        self.toggleButton().setStyleSheet(STYLE)
        self.view = dock.view
        self.session = dock.session
        self.setDuration(0)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(4, 0, 0, 4)
        self.column.setSpacing(4)
        self.setContent(content)
        self.toggled.connect(self._let_grow)
        self.layout().setContentsMargins(0, 0, 0, 0)
        self.layout().setSpacing(2)
        self._let_grow(False)
        content.setMaximumHeight(0)
        if opened:
            self.expand(animate=False)

    def _let_grow(self, opened: bool) -> None:
        """Let what is unfolded grow with what it shows; its height would stay that of the moment it was unfolded."""
        self.setText(f"{'▾' if opened else '▸'}  {self._title}")
        if opened:
            self.content().setMaximumHeight(16_777_215)  # Qt's QWIDGETSIZE_MAX: no limit

    def event(self, event: QEvent) -> bool:
        """Ask for room when the content needs another height; Qt stops asking at a dock that lies behind a tab."""
        if event.type() == QEvent.Type.Show:
            self._height = -1
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show) and self.isExpanded():
            QTimer.singleShot(0, self._ask_for_room)
        return bool(super().event(event))

    def _ask_for_room(self) -> None:
        self.column.activate()
        height = self.content().minimumSizeHint().height()
        if height != self._height:  # asking is an event of its own: without an end to it the dock would never rest
            self._height = height
            self.content().updateGeometry()
            self.updateGeometry()

    def listen(self, signal: Any, slot: Callable[..., Any]) -> None:
        """Connect a signal of the session or the viewer until the dock is destroyed."""
        self.dock.listen(signal, slot)
