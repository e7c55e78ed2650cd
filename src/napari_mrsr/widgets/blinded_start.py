"""Before a blinded reading: who reads, where scores go, which volume and methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mrsr.app.blinded.reading import LETTERS
from napari_mrsr.app.blinded.showing import MEASURED
from napari_mrsr.widgets.dock import note

if TYPE_CHECKING:
    from napari_mrsr.widgets.section import Section


class StartPart(QWidget):
    """What must be known before names are hidden.

    Parameters
    ----------
    section
        Where it stands; errors go to the banner of its dock.
    """

    def __init__(self, section: Section) -> None:
        super().__init__(section)
        self.session, self.blinded = section.session, section.view.blinded
        self._filling = False
        self.folder_path = Path.home()
        column = column_of(self)
        self.reader = QLineEdit()
        self.reader.setPlaceholderText("initials")
        self.folder = QPushButton(_short(self.folder_path))
        self.folder.setToolTip("Scores and key are written there, at every score")
        self.folder.clicked.connect(self._choose_folder)
        self.volume = QComboBox()
        self.volume.setToolTip("Which volume (echo) is read")
        self.volume.currentIndexChanged.connect(self._choose_volume)
        form = QFormLayout()
        form.addRow("Reader:", self.reader)
        form.addRow("Folder:", self.folder)
        form.addRow("Volume:", self.volume)
        column.addLayout(form)
        self.boxes: dict[str, QCheckBox] = {}
        self.boxes_layout = QVBoxLayout()
        self.boxes_layout.setSpacing(2)
        column.addLayout(self.boxes_layout)
        self.none = note("Super-resolve the scan by the methods to be read, one after another, in the Process dock.")
        column.addWidget(self.none)
        self.start_button = QPushButton("Start reading")
        self.start_button.setToolTip("Hides all names; two to four methods become A, B, C, D")
        self.start_button.clicked.connect(self._start)
        self.resume_button = QPushButton("Go on with ...")
        self.resume_button.setToolTip("A reading that was interrupted: choose its CSV")
        self.resume_button.clicked.connect(self._resume)
        column.addLayout(row_of(self.start_button, self.resume_button))

    def renew(self) -> None:
        """List the methods at hand."""
        self._filling = True
        try:
            self._fill()
        finally:
            self._filling = False

    def _fill(self) -> None:
        result = self.session.result
        names = [] if result is None else list(result.scan.names)
        if [self.volume.itemText(n) for n in range(self.volume.count())] != names:
            self.volume.clear()
            self.volume.addItems(names)
        if self.blinded.volume in names:
            self.volume.setCurrentText(self.blinded.volume)
        methods = list(self.blinded.candidates())
        if methods != list(self.boxes):
            chosen = {m for m, box in self.boxes.items() if box.isChecked()} or set(methods[: len(LETTERS)])
            for box in self.boxes.values():
                self.boxes_layout.removeWidget(box)
                box.hide()  # until Qt deletes it, it would be drawn over the new ones
                box.deleteLater()
            self.boxes = {m: QCheckBox(m) for m in methods}
            for m, box in self.boxes.items():
                box.setChecked(m in chosen or len(methods) <= len(LETTERS))
                self.boxes_layout.addWidget(box)
            if MEASURED in self.boxes:
                self.boxes[MEASURED].setToolTip("What was measured, straight lines between its slices")
        self.none.setVisible(len(methods) < 2)
        self.start_button.setEnabled(len(methods) >= 2 and self.session.running is None)

    def _choose_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Folder for scores and key", str(self.folder_path))
        if found:
            self.set_folder(found)

    def set_folder(self, path: str | Path) -> None:
        """Take a folder for scores and key."""
        self.folder_path = Path(path)
        self.folder.setText(_short(self.folder_path))

    def _choose_volume(self, _index: int) -> None:
        if not self._filling:
            self.blinded.volume = self.volume.currentText() or None
            self.renew()

    def _start(self) -> None:
        chosen = tuple(m for m, box in self.boxes.items() if box.isChecked())
        volume = self.volume.currentText() or None
        self.session.attempt(lambda: self.blinded.start(self.reader.text(), self.folder_path, chosen, volume=volume))

    def _resume(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Scores of a reading", str(self.folder_path), "Scores (*.csv)")
        if path:
            self.session.attempt(lambda: self.blinded.resume(path))


def column_of(widget: QWidget) -> QVBoxLayout:
    """Return a column without margins in a widget."""
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    return column


def row_of(*widgets: QWidget) -> QHBoxLayout:
    """Return widgets beside each other."""
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 36 else f"... {text[-34:]}"
