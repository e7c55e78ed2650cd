"""By what something is computed: a network or an interpolation by its name, or weights from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QComboBox, QFileDialog

#: The last entry, which asks for a file.
FILE = "file of weights…"


class Method(NamedTuple):
    """An entry: its name, what it is, and the file of weights of one's own, if it is one."""

    name: str
    about: str = ""
    file: str | None = None


class MethodChooser(QComboBox):
    """Methods by name, then files of weights that a person has chosen here, then the entry that asks for one.

    Parameters
    ----------
    about
        Tooltip.
    methods
        Called for the methods that are here.

    Attributes
    ----------
    files
        Those that a person has chosen.
    """

    picked = Signal()  # a person chose an entry, or a file

    def __init__(self, about: str, methods: Callable[[], Iterable[Method]]) -> None:
        super().__init__()
        self.setToolTip(about)
        self.files: list[str] = []
        self._methods = methods
        self.activated.connect(self._activated)

    @property
    def file(self) -> str | None:
        """The file that is chosen, if it is one."""
        found = self.currentData()
        return None if found is None else str(found)

    @property
    def named(self) -> str:
        """The method that is chosen by its name; empty where it is a file, or nothing."""
        return "" if self.file is not None or self.currentText() == FILE else self.currentText()

    def renew(self) -> None:
        """List what is here; what was chosen stays if it is, else the first that has a name is."""
        text, file = self.currentText(), self.file
        with QSignalBlocker(self):
            self.clear()
            for one in (*self._methods(), *(Method(Path(path).stem, path, path) for path in self.files)):
                self.addItem(one.name, one.file)
                self.setItemData(self.count() - 1, one.about, Qt.ItemDataRole.ToolTipRole)
            self.addItem(FILE)
            index = self.findText(text) if file is None else self.findData(file)
            self.setCurrentIndex(index if index >= 0 and text != FILE else self._first())

    def take(self, path: str | None) -> None:
        """Choose a file of weights of one's own; without one the first method that has a name."""
        if path is not None and path not in self.files:
            self.files.append(path)
        self.renew()
        self.setCurrentIndex(self._first() if path is None else self.findData(path))
        self.picked.emit()

    def _first(self) -> int:
        return next(n for n in range(self.count()) if self.itemData(n) is None)

    def _activated(self, index: int) -> None:
        if self.itemText(index) == FILE:
            path, _ = QFileDialog.getOpenFileName(self, "Weights", "", "Weights (*.safetensors)")
            self.take(path or None)
        else:
            self.picked.emit()


def device_chooser(preferred: str) -> QComboBox:
    """Return where to choose on what it is computed."""
    box = QComboBox()
    box.addItems(["auto", "cpu", "cuda"])
    box.setCurrentText(preferred)
    box.setToolTip("auto: the GPU if there is one")
    return box
