"""An earlier review as baseline; two readings of one scan."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QToolButton,
)

from napari_mrsr.app import follow_up, regions
from napari_mrsr.app.follow_up import Baseline
from napari_mrsr.roi.follow_up import PUBLISHED, Repeatability
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.widgets.dock import Dock

OWN = "own value"


class FollowUpSection(Section):
    """Change since a baseline, and agreement of two readings."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Follow-up and readers")
        self.baseline: Baseline | None = None
        self._add_follow_up()
        self._add_readers()
        self.listen(dock.measured, self._measured)  # type: ignore[attr-defined]
        self.listen(self.view.viewer.layers.events.inserted, self._renew)
        self.listen(self.view.viewer.layers.events.removed, self._renew)
        self._renew()

    # -- follow-up ----------------------------------------------------------------------------------
    def _add_follow_up(self) -> None:
        self.baseline_button = _button("Baseline…", "An earlier review of this knee")
        self.baseline_button.clicked.connect(self._ask_baseline)
        self.table_button = _button("Table…", "A table of an earlier review (CSV) as baseline")
        self.table_button.clicked.connect(self._ask_table)
        self.away = QToolButton()
        self.away.setText("×")
        self.away.setToolTip("Take the baseline away")
        self.away.clicked.connect(lambda: self.show_baseline(None))
        self.title = note()
        line = QHBoxLayout()
        for widget in (self.baseline_button, self.table_button):
            line.addWidget(widget)
        self.column.addWidget(heading("Change since a baseline"))
        self.column.addLayout(line)
        named = QHBoxLayout()
        named.addWidget(self.title, 1)
        named.addWidget(self.away)
        self.column.addLayout(named)
        self.source = QComboBox()
        for one in PUBLISHED:
            self.source.addItem(_short(one.source), one)
            self.source.setItemData(self.source.count() - 1, one.source, 3)  # Qt.ToolTipRole
        self.source.addItem(OWN, None)
        self.source.setToolTip("How far a regional mean scatters when a scan is repeated without any change")
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.source.currentIndexChanged.connect(self._choose_source)
        self.within = QDoubleSpinBox()
        self.within.setDecimals(2)
        self.within.setRange(0.01, 100.0)
        self.within.setToolTip("Within-subject SD (ms) or coefficient of variation (%); 2.77 times it is the limit")
        self.within.valueChanged.connect(self._own_value)
        self.kind = QComboBox()
        self.kind.addItem("% wCV", "cv")
        self.kind.addItem("ms wSD", "sd")
        self.kind.currentIndexChanged.connect(self._own_value)
        scatter = QHBoxLayout()
        scatter.addWidget(self.within, 1)
        scatter.addWidget(self.kind)
        form = QFormLayout()
        form.addRow("Repeatability:", self.source)
        form.addRow("", scatter)
        self.column.addLayout(form)
        self.changes = TableView()
        self.column.addWidget(self.changes)
        self.warnings = note()
        self.column.addWidget(self.warnings)
        self._choose_source()

    @property
    def repeatability(self) -> Repeatability:
        """What a change is held against."""
        known = self.source.currentData()
        if known is not None:
            return known  # type: ignore[no-any-return]
        return Repeatability(self.within.value(), self.kind.currentData(), "own value")

    def _choose_source(self, _index: int = 0) -> None:
        known = self.source.currentData()
        if known is not None:
            for widget in (self.within, self.kind):
                widget.blockSignals(True)
            self.within.setValue(known.within)
            self.kind.setCurrentIndex(self.kind.findData(known.kind))
            for widget in (self.within, self.kind):
                widget.blockSignals(False)
            self.source.setToolTip(known.source)
        self._show()

    def _own_value(self, _value: Any = None) -> None:
        """Take a value that was typed for one's own, whatever the source said."""
        self.source.setCurrentIndex(self.source.findText(OWN))
        self._show()

    def show_baseline(self, baseline: Baseline | None) -> None:
        """Hold what is painted against a baseline, or against none."""
        self.baseline = baseline
        self._show()

    def read_baseline(self, path: str | Path) -> None:
        """Read a baseline from a review or a table, and show what has changed since."""
        layer = self.dock.layer  # type: ignore[attr-defined]
        name = None if layer is None else layer.name
        found = self.session.attempt(lambda: follow_up.read_baseline(path, name))
        if found is not None:
            self.show_baseline(found)

    def _measured(self, _measurement: Any) -> None:
        if self.baseline is not None:
            self._show()

    def _show(self) -> None:
        baseline = self.baseline
        measurement = getattr(self.dock, "measurement", None)
        self.away.setVisible(baseline is not None)
        self.title.setText("no baseline: choose an earlier review" if baseline is None else f"since {baseline.title}")
        found = None
        if baseline is not None and measurement is not None and any(map(len, measurement.statistics.values())):
            found = self.session.attempt(
                lambda: follow_up.follow_up(self.view, measurement, baseline, self.repeatability)
            )
        self.changes.setVisible(found is not None)
        self.warnings.setVisible(baseline is not None)
        if found is None:
            self.changes.show_table(None)
            self.warnings.setText("" if baseline is None else "nothing is painted yet, or there is no map to compare")
            return
        self.changes.show_table(as_shown(found.table))
        lines = [f"⚠ {line}" for line in found.warnings]
        source = self.repeatability.source
        lines.append(f"mean of {found.map}, {baseline.unit if baseline else ''}; RC = 2.77 × wSD, {source}")
        self.warnings.setText("\n".join(lines))

    def _ask_baseline(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The review to follow up")
        if folder:
            self.read_baseline(folder)

    def _ask_table(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "The table to follow up", "", "Table (*.csv)")
        if path:
            self.read_baseline(path)

    # -- readers ------------------------------------------------------------------------------------
    def _add_readers(self) -> None:
        self.column.addWidget(heading("Two readings"))
        self.second = QComboBox()
        self.second.setToolTip("The second reading; the first is the ROI chosen above")
        self.file_button = _button("File…", "Labels of another reader (NIfTI)")
        self.compare_button = _button("Compare", "Overlap, distance of the surfaces and what it does to the means")
        self.subjects_button = _button("Several subjects…", "Two folders of reviews: agreement of every region")
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
        found = self.session.attempt(partial(follow_up.compare_readings, self.view, one, other))
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
        self.readings.show_table(_by_region(table))
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
        table = self.session.attempt(lambda: follow_up.across_subjects(one, other))
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
        self.readings.show_table(_by_region(table[list(columns)].rename(columns=columns)))
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


def as_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of changes as it fits the dock."""
    columns = {
        "region": "region",
        "verdict": "verdict",
        "baseline": "before",
        "now": "now",
        "change": "change",
        "change_percent": "%",
        "repeatability": "RC",
    }
    shown = table[list(columns)].rename(columns=columns)
    up = table["change"] > 0
    shown["verdict"] = shown["verdict"].str.replace(" repeatability", "")
    beyond = shown["verdict"] == "beyond"
    shown.loc[beyond & up, "verdict"] = "▲ beyond"
    shown.loc[beyond & ~up, "verdict"] = "▼ beyond"
    shown[["before", "now", "change", "%", "RC"]] = shown[["before", "now", "change", "%", "RC"]].round(2)
    return _by_region(shown)


def _by_region(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its regions as headers of rows, without the word that all of them end with."""
    table = table.set_index("region")
    table.index.name = None
    if len(table) > 1 and all(str(name).endswith(" cartilage") for name in table.index):
        table.index = table.index.str.removesuffix(" cartilage")
    return table


def _short(source: str) -> str:
    return source.partition(" (")[0]


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
