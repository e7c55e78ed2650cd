"""The planning scan beside the series: opened by a button or dropped here, and how it goes with the series."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog, QHBoxLayout

from napari_mrsr.app.dynamic.planning import planning_of
from napari_mrsr.app.summary import summary
from napari_mrsr.widgets.checks import Checks
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.dropping import TakesFiles, push_button
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

FILES = "Scans (*.nii *.nii.gz *.dcm *.IMA);;All files (*)"
ABOUT = (
    "A static scan of the same person at full resolution, from another session: a network is fine-tuned on it (Process "
    "dock). It is shown where it lies and not moved onto the series."
)


class PlanningSection(TakesFiles, Section):
    """Open a planning scan, read how it goes with the series, let go of it."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Planning scan")
        self.planning = planning_of(self.view)
        self.setAcceptDrops(True)
        self.drop = note(f"{ABOUT} Drop its file or folder here.")
        self.drop.setStyleSheet("border: 1px dashed gray; border-radius: 6px; padding: 6px;")
        self.column.addWidget(self.drop)
        self.files_button = push_button("Planning scan…", "A NIfTI file, or the DICOM files of the series")
        self.folder_button = push_button("Folder…", "A DICOM folder; its subfolders are searched too")
        self.remove_button = push_button("Remove", "Let go of the planning scan; what was fine-tuned on it stays")
        self.files_button.clicked.connect(self.ask_files)
        self.folder_button.clicked.connect(self._ask_folder)
        self.remove_button.clicked.connect(self.planning.forget)
        line = QHBoxLayout()
        for button, part in ((self.files_button, 2), (self.folder_button, 1), (self.remove_button, 1)):
            line.addWidget(button, part)
        self.column.addLayout(line)
        self.said = note()
        self.column.addWidget(self.said)
        self.checks = Checks()
        self.column.addWidget(self.checks)
        self.listen(self.planning.changed, self.show_all)
        self.listen(self.session.job_changed, self.show_all)
        self.show_all()

    def show_all(self, _event: Any = None) -> None:
        """Show which scan it is and how it goes with the series."""
        scan, free = self.planning.scan, self.session.running is None
        self.files_button.setEnabled(free)
        self.folder_button.setEnabled(free)
        self.remove_button.setEnabled(scan is not None)
        self.said.setText("" if scan is None else " · ".join(text for _, text in summary(scan)[:2]))
        self.said.setVisible(scan is not None)
        self.checks.show_checks(self.planning.checks)
        if scan is not None and not self.isExpanded():
            self.expand(animate=False)

    def open(self, paths: Sequence[str | Path]) -> None:
        """Open files or a folder as the planning scan."""
        self.planning.open([str(path) for path in paths])

    def ask_files(self) -> None:
        """Ask for the files of a planning scan and open them."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Open a planning scan", "", FILES)
        if paths:
            self.open(paths)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open the DICOM folder of a planning scan")
        if folder:
            self.open([folder])
