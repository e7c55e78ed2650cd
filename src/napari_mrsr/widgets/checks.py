"""Findings about scans in green, amber and red."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFormLayout, QLabel, QSizePolicy, QWidget

from napari_mrsr.widgets.dock import note

if TYPE_CHECKING:
    from napari_mrsr.files.checks import Check

#: Colour and sign of a check: the sign for whoever does not tell red from green.
LEVELS = {"good": ("#3fa34d", "✓"), "warn": ("#e0a100", "!"), "bad": ("#d64545", "✗")}


class Checks(QWidget):
    """Findings in green, amber and red, a line each; what is not well comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setVerticalSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Show findings."""
        while self.rows.rowCount():
            self.rows.removeRow(0)
        order = ("bad", "warn", "good")
        for check in sorted(checks, key=lambda check: order.index(check.level)):
            colour, sign = LEVELS[check.level]
            mark = QLabel(sign)
            mark.setStyleSheet(f"color: {colour}; font-weight: bold; font-size: 14px;")
            mark.setToolTip(check.level)
            self.rows.addRow(mark, note(f"<b>{check.name}</b>: {check.text}"))
        self.setVisible(bool(checks))
