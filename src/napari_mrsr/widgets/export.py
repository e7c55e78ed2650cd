"""Tables, PDF, BIDS derivatives and DICOM results: what leaves, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QLocale
from qtpy.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QLineEdit, QPushButton

from napari_mrsr.app import exporting
from napari_mrsr.app.exporting import ExportSettings, Parts
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

#: Parts with what their tooltips say.
PARTS = {
    "tables": ("Tables", "CSV, a file per table; the regions as NIfTI; provenance as JSON"),
    "page": ("PDF page", "One page: pictures, table, method, caveats"),
    "bids": ("BIDS", "NIfTI derivatives; T2 in seconds, as BIDS wants it"),
    "dicom": (
        "DICOM",
        "For the PACS: parametric map, segmentation, report, SR series; a scan that was not DICOM gets a new study",
    ),
}


class ExportSection(Section):
    """What is written, whether it says who the patient is, and the button.

    Attributes
    ----------
    boxes
        A box per part, by its name in :class:`~napari_mrsr.report.writing.Parts`.
    deidentify, patient, button
        Whether the patient is left out, a line that says who it is, and "Export".
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Report")
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        for n, (name, (title, tip)) in enumerate(PARTS.items()):
            box = self.boxes[name] = QCheckBox(title)
            box.setToolTip(tip)
            box.setChecked(True)
            box.toggled.connect(self._renew)
            grid.addWidget(box, n // 2, n % 2)
        self.column.addLayout(grid)
        self.deidentify = QCheckBox("De-identify")
        self.deidentify.setToolTip(
            "Leave out names, descriptions, dates and paths; files are told by their sha256.\n"
            "The default is set in Preferences"
        )
        self.deidentify.setChecked(self.view.preferences.deidentify)
        self.deidentify.toggled.connect(self._renew)
        self.patient = QLineEdit()
        self.patient.setPlaceholderText("Patient line on the page (optional)")
        self.column.addWidget(self.deidentify)
        self.column.addWidget(self.patient)
        self.button = QPushButton("Export…")
        self.button.setToolTip("Choose a folder; a new folder with the report is made in it, nothing is overwritten")
        self.button.clicked.connect(self._ask)
        self.column.addWidget(self.button)
        self.listen(self.session.opened, self._renew)
        self.listen(self.session.job_changed, self._renew)
        self._renew()

    @property
    def settings(self) -> ExportSettings:
        """What is chosen now."""
        american = QLocale.system().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
        paper = "letter" if american else "A4"
        parts = Parts(**{name: box.isChecked() for name, box in self.boxes.items()}, paper=paper)
        hidden = self.deidentify.isChecked()
        return ExportSettings(parts, hidden, "" if hidden else self.patient.text().strip())

    def export(self, folder: str | Path) -> None:
        """Write what is chosen into a new folder under ``folder``."""
        self.session.attempt(lambda: self._export(Path(folder)))

    def _export(self, folder: Path) -> None:
        settings, dock = self.settings, self.dock
        layer = getattr(dock, "layer", None)
        mm = dock.erosion.value() if hasattr(dock, "erosion") else 0.0
        report = exporting.collect(self.view, layer, erosion_mm=mm, settings=settings)
        exporting.check(report, settings.parts)
        exporting.export(self.view, report, folder, settings)

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the report")
        if folder:
            self.export(folder)

    def _renew(self, _what: Any = None) -> None:
        self.patient.setVisible(not self.deidentify.isChecked())
        chosen = any(box.isChecked() for box in self.boxes.values())
        self.button.setEnabled(self.session.scan is not None and self.session.running is None and chosen)
