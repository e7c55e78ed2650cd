"""Two readings of one scan, or of several: overlap, distance, and what that does to the regional means."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_mrsr.app.roi import readings, regions
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.widgets.dock import Dock


class ReadersPart(QWidget):
    """Chooses a second reading and shows how far it agrees with the ROI of the dock."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock, self.view, self.session = dock, dock.view, dock.session
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self.column.addWidget(heading("Two readings"))
        self.second = QComboBox()
        self.second.setToolTip("The second reading; the first is the ROI chosen above")
        self.file_button = labelled_button("File…", "Labels of another reader (NIfTI)")
        self.compare_button = labelled_button("Compare", "Overlap, distance of surfaces, and the means")
        self.subjects_button = labelled_button("Several subjects…", "Two folders of reviews: agreement of every region")
        self.file_button.clicked.connect(self._ask_labels)
        self.compare_button.clicked.connect(self.compare)
        self.subjects_button.clicked.connect(self._ask_subjects)
        line = QHBoxLayout()
        line.addWidget(self.second, 1)
        line.addWidget(self.compare_button)
        self.column.addLayout(line)
        other = QHBoxLayout()
        other.addWidget(self.file_button)
        other.addWidget(self.subjects_button)
        self.column.addLayout(other)
        self.readings = TableView()
        self.column.addWidget(self.readings)
        self.agreement = note()
        self.column.addWidget(self.agreement)
        for widget in (self.readings, self.agreement):
            widget.hide()
        dock.listen(self.view.viewer.layers.events.inserted, self._renew)
        dock.listen(self.view.viewer.layers.events.removed, self._renew)
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        """List the layers that may be a second reading."""
        names = [la.name for la in self.view.viewer.layers if regions.is_roi(la)]
        now = self.second.currentText()
        if names != [self.second.itemText(n) for n in range(self.second.count())]:
            self.second.clear()
            self.second.addItems(names)
            if now in names:
                self.second.setCurrentText(now)
        self.compare_button.setEnabled(len(names) > 1)

    def compare(self) -> None:
        """Compare the chosen ROI with the second reading."""
        one = self.dock.layer  # type: ignore[attr-defined]
        other = self.view.layer(self.second.currentText())
        if one is None or other is None or one is other:
            self.session.say("warn", "choose a second labels layer: this is the ROI itself")
            return
        self._show_readings(one, other)

    def read_labels(self, path: str | Path) -> None:
        """Compare the chosen ROI with the labels of a file."""
        one = self.dock.layer  # type: ignore[attr-defined]
        if one is None:
            self.session.say("warn", "there is no ROI to compare with; paint one first")
            return
        self._show_readings(one, path)

    def _show_readings(self, one: Any, other: Any) -> None:
        found = self.session.attempt(partial(readings.compare_readings, self.view, one, other))
        if found is None:
            return
        columns = {
            "name": "region",
            "dice": "Dice",
            "volume_difference_percent": "ΔV %",
            "mean_distance": "surf. mm",
            "hausdorff": "max mm",
            "mean_one": "mean 1",
            "mean_other": "mean 2",
        }
        table = found.table[[c for c in columns if c in found.table]].rename(columns=columns)
        self.readings.show_table(by_region(table))
        text = list(found.warnings)
        if found.agreement is not None:
            a = found.agreement
            text.append(
                f"T2 ({found.map}) over {a.n} regions: difference {a.bias:+.2f} ms, RMS-CV {a.rms_cv:.2f} %, "
                f"wSD {a.within_sd:.2f} ms, ICC(2,1) {_number(a.icc_agreement)}, ICC(3,1) {_number(a.icc_consistency)}"
            )
        self._tell(text)

    def read_subjects(self, one: str | Path, other: str | Path) -> None:
        """Compare two readings of several subjects."""
        table = self.session.attempt(lambda: readings.across_subjects(one, other))
        if table is None:
            return
        columns = {
            "region": "region",
            "n": "n",
            "bias": "bias",
            "rms_cv": "RMS-CV %",
            "within_sd": "wSD",
            "icc_agreement": "ICC(2,1)",
            "icc_consistency": "ICC(3,1)",
        }
        self.readings.show_table(by_region(table[list(columns)].rename(columns=columns)))
        self._tell([f"means of {table['map'].iloc[0]}; wSD × 2.77 is the repeatability coefficient of two readings"])

    def _tell(self, lines: list[str]) -> None:
        self.readings.show()
        self.agreement.setText("\n".join(lines))
        self.agreement.setVisible(bool(lines))

    def _ask_labels(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Labels of the second reading", "", "Labels (*.nii *.nii.gz)")
        if path:
            self.read_labels(path)

    def _ask_subjects(self) -> None:
        one = QFileDialog.getExistingDirectory(self, "The reviews of the first reading")
        other = QFileDialog.getExistingDirectory(self, "The reviews of the second reading") if one else ""
        if one and other:
            self.read_subjects(one, other)


def by_region(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its regions as headers of rows, without the word that all of them end with."""
    table = table.set_index("region")
    table.index.name = None
    if len(table) > 1 and all(str(name).endswith(" cartilage") for name in table.index):
        table.index = table.index.str.removesuffix(" cartilage")
    return table


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def labelled_button(text: str, tip: str) -> QPushButton:
    """Return a button with a tooltip."""
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
