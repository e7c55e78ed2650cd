"""A part of a dock that folds away: a title, and what stands under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QCollapsible

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


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
        super().__init__(title, dock)
        self.dock = dock
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
        if opened:
            self.expand(animate=False)

    def _let_grow(self, opened: bool) -> None:
        """Let what is unfolded grow with what it shows; its height would stay that of the moment it was unfolded."""
        if opened:
            self.content().setMaximumHeight(16_777_215)  # Qt's QWIDGETSIZE_MAX: no limit

    def listen(self, signal: Any, slot: Callable[..., Any]) -> None:
        """Connect a signal of the session or the viewer until the dock is destroyed."""
        self.dock.listen(signal, slot)
