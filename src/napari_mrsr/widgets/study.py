"""The Study dock: open a scan, choose a series, read what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_mrsr.app.events import OpenRole
from napari_mrsr.app.session import Running
from napari_mrsr.app.summary import summary
from napari_mrsr.files.review_folder import is_review
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.checks import LEVELS
from napari_mrsr.widgets.dock import Dock, heading, note
from napari_mrsr.widgets.dropping import TakesFiles, push_button
from napari_mrsr.widgets.planning import PlanningSection
from napari_mrsr.widgets.saving import RecoveryBar, SavingSection

if TYPE_CHECKING:
    from napari_mrsr.app.events import Choices

NIFTI = "Scans (*.nii *.nii.gz *.dcm *.IMA);;All files (*)"


class StudyDock(TakesFiles, Dock):
    """Drop files or a folder, or press a button; the checks follow."""

    name = "Study"

    def __init__(self, napari_viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.setAcceptDrops(True)
        self.files_button = push_button("Open files…", "NIfTI or DICOM files; choose both echoes together")
        self.folder_button = push_button("Open folder…", "A DICOM folder; its subfolders are searched too")
        self.sample_button = push_button(
            "Sample knee", "A simulated dual-echo DESS knee with thick slices and known truth"
        )
        self.reference_button = push_button("Open reference…", "A scan on the fine grid to hold the result against")
        self.files_button.clicked.connect(self.ask_files)
        self.folder_button.clicked.connect(self._ask_folder)
        self.sample_button.clicked.connect(self.session.open_sample)
        self.reference_button.clicked.connect(self.ask_reference)
        self.let_go_on = QCheckBox("Read although voxels are not finite")
        self.drop = QLabel("Drop a NIfTI file, several echoes, a DICOM folder or a saved review here")
        self.drop.setWordWrap(True)
        self.drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drop.setStyleSheet("border: 1px dashed gray; border-radius: 6px; padding: 14px;")
        buttons = QHBoxLayout()
        for button in (self.files_button, self.folder_button, self.sample_button):
            buttons.addWidget(button)
        self.recovery = RecoveryBar(self)
        self.body.addWidget(self.recovery)
        self.body.addWidget(self.drop)
        self.body.addLayout(buttons)
        self.body.addWidget(self.let_go_on)
        self.busy = note()
        self.body.addWidget(self.busy)
        self._add_choices()
        self._add_scan()
        self.planning = PlanningSection(self)
        self.body.addWidget(self.planning)
        self.saving = SavingSection(self)
        self.body.addWidget(self.saving)
        self.body.addStretch(1)
        self.listen(self.session.opened, self.show_scan)
        self.listen(self.session.reference_changed, self.show_reference)
        self.listen(self.session.choices_changed, self.show_choices)
        self.listen(self.session.job_changed, self.show_job)
        self.listen(self.session.progressed, self.show_job)
        self.show_scan(self.session.scan)
        self.show_reference(self.session.reference)
        self.show_choices(self.session.choices)
        self.show_job(self.session.running)

    def _add_choices(self) -> None:
        self.choices = QFrame()
        column = QVBoxLayout(self.choices)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading("Series in this folder"))
        self.series = QListWidget()
        self.series.setWordWrap(True)
        self.series.itemDoubleClicked.connect(self.read_series)
        self.series_button = push_button("Read this series", "Or double-click it")
        self.series_button.clicked.connect(self.read_series)
        column.addWidget(self.series)
        column.addWidget(self.series_button)
        self.body.addWidget(self.choices)

    def _add_scan(self) -> None:
        self.scan_part = QFrame()
        column = QVBoxLayout(self.scan_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading("Scan"))
        facts = QWidget()
        self.facts = QFormLayout(facts)
        self.facts.setContentsMargins(0, 0, 0, 0)
        self.facts.setVerticalSpacing(2)
        column.addWidget(facts)
        column.addWidget(heading("Checks"))
        self.checks = QWidget()
        self.checks_layout = QFormLayout(self.checks)
        self.checks_layout.setContentsMargins(0, 0, 0, 0)
        self.checks_layout.setVerticalSpacing(4)
        column.addWidget(self.checks)
        column.addWidget(heading("Reference"))
        self.reference = note()
        column.addWidget(self.reference)
        column.addWidget(self.reference_button)
        self.body.addWidget(self.scan_part)

    # -- showing ------------------------------------------------------------------------------------
    def show_scan(self, scan: Scan | None) -> None:
        """Show the facts and checks of a scan."""
        self.scan_part.setVisible(scan is not None)
        _clear(self.facts)
        _clear(self.checks_layout)
        if scan is None:
            return
        for name, text in summary(scan):
            self.facts.addRow(f"{name}:", note(text))
        for check in self.session.checks:
            colour, sign = LEVELS[check.level]
            mark = QLabel(sign)
            mark.setStyleSheet(f"color: {colour}; font-weight: bold; font-size: 14px;")
            mark.setToolTip(check.level)
            self.checks_layout.addRow(mark, note(f"<b>{check.name}</b>: {check.text}"))

    def show_reference(self, scan: Scan | None) -> None:
        """Show whether there is a reference."""
        text = "none; without one, results can be held against simulated thick slices (Process dock)"
        if scan is not None:
            text = " · ".join(fact for _, fact in summary(scan)[:2])
            if self.session.truth is not None and scan is self.session.truth.noiseless:
                text = f"the noise-free truth of the sample: {text}"
        self.reference.setText(text)

    def show_choices(self, choices: Choices | None) -> None:
        """List the series of a folder."""
        self.choices.setVisible(choices is not None)
        self.series.clear()
        for found in choices.series if choices is not None else ():
            item = QListWidgetItem(found.line)
            item.setData(Qt.ItemDataRole.UserRole, found.key)
            self.series.addItem(item)
        if self.series.count():
            self.series.setCurrentRow(0)

    def show_job(self, running: Running | None) -> None:
        """Say what is being read, and take no second order meanwhile."""
        for button in (self.files_button, self.folder_button, self.sample_button, self.series_button):
            button.setEnabled(running is None)
        opening = running is not None and running.name in ("Open", "Sample", "Open review", "Save")
        self.busy.setVisible(opening)
        self.busy.setText(f"{running.text}…" if opening and running is not None else "")

    # -- asking -------------------------------------------------------------------------------------
    def open(self, paths: Sequence[str | Path], role: OpenRole = "acquired") -> None:
        """Open files, a folder, or a saved review."""
        if len(paths) == 1 and is_review(paths[0]):
            self.view.saving.open(paths[0])
            return
        self.session.open([str(p) for p in paths], role=role, allow_nonfinite=self.let_go_on.isChecked())

    def read_series(self, _item: Any = None) -> None:
        """Read the series that is chosen in the list."""
        item = self.series.currentItem()
        if item is not None:
            self.session.choose(item.data(Qt.ItemDataRole.UserRole))

    def ask_files(self) -> None:
        """Ask for the files of a scan and open them."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Open a scan", "", NIFTI)
        if paths:
            self.open(paths)

    def ask_reference(self) -> None:
        """Ask for the files of a reference and open them."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Open a reference", "", NIFTI)
        if paths:
            self.open(paths, "reference")

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a DICOM folder")
        if folder:
            self.open([folder])


def _clear(layout: QFormLayout) -> None:
    while layout.rowCount():
        layout.removeRow(0)
