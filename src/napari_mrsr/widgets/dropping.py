"""What opens scans: files that are dropped on a widget, and the buttons beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QPushButton


class TakesFiles:
    """A widget that opens the files dropped on it; whoever accepts a drop keeps it from the widgets around it."""

    def open(self, paths: Sequence[str | Path]) -> None:
        """Open files or folders."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open(paths)


def push_button(text: str, tip: str) -> QPushButton:
    """Return a button with what it does as a tooltip."""
    made = QPushButton(text)
    made.setToolTip(tip)
    return made
