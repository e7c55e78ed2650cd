"""Run and Stop side by side, and under them how far it is: of every part that starts something long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.dropping import push_button

if TYPE_CHECKING:
    from napari_mrsr.app.session import Running

#: What Stop does, unless it is told.
KEEPS = "Stop and keep what is done"


class Runs:
    """A section or dock that has one Run."""

    run_button: QPushButton
    stop_button: QPushButton
    progress: QProgressBar
    status: QLabel

    def _run_part(
        self, about: str, run: Callable[..., Any], stop: Callable[..., Any], *, text: str = "Run", keeps: str = KEEPS
    ) -> QWidget:
        """Return the buttons, and under them a bar and a line of text."""
        self.run_button, self.stop_button, line = run_and_stop(text, about, run, stop, keeps)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.status = note()
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.progress)
        column.addWidget(self.status)
        return part

    def _show_running(self, running: Running | None, name: str | None, *, ready: bool) -> bool:
        """Show how far the job of a name is, or any job; tell whether it is running."""
        mine = running is not None and name in (None, running.name)
        self.run_button.setEnabled(running is None and ready)
        self.stop_button.setEnabled(running is not None and mine and not running.stopping)
        self.progress.setVisible(mine)
        if running is not None and mine:
            self.progress.setValue(round(1000 * running.done))
            text = running.text if name is not None else f"{running.name}: {running.text}"
            self.status.setText("stopping…" if running.stopping else f"{text}{_left(running.left)}")
        return mine


def run_and_stop(
    text: str, about: str, run: Callable[..., Any], stop: Callable[..., Any], keeps: str = KEEPS
) -> tuple[QPushButton, QPushButton, QHBoxLayout]:
    """Return a button that starts something, one that stops it, and the line in which they stand."""
    buttons = push_button(text, about), push_button("Stop", keeps)
    line = QHBoxLayout()
    for button, slot, share in zip(buttons, (run, stop), (2, 1), strict=True):
        button.clicked.connect(slot)
        line.addWidget(button, share)
    return *buttons, line


def _left(seconds: float | None) -> str:
    if seconds is None or seconds < 1:
        return ""
    return f", {seconds:.0f} s left" if seconds < 90 else f", {seconds / 60:.0f} min left"
