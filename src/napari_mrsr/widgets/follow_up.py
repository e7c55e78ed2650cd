"""An earlier review as baseline; two readings of one scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QToolButton,
)

from napari_mrsr.app.roi import follow_up
from napari_mrsr.app.roi.follow_up import Baseline
from napari_mrsr.roi.follow_up import PUBLISHED, Repeatability
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.readers import ReadersPart, by_region, labelled_button
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
        self.readers = ReadersPart(dock)
        self.column.addWidget(self.readers)
        self.listen(dock.measured, self._measured)  # type: ignore[attr-defined]

    def _add_follow_up(self) -> None:
        self.baseline_button = labelled_button("Baseline…", "An earlier review of this knee")
        self.baseline_button.clicked.connect(self._ask_baseline)
        self.table_button = labelled_button("Table…", "A table of an earlier review (CSV) as baseline")
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
            layer = self.dock.layer  # type: ignore[attr-defined]
            name = "" if layer is None else layer.name
            found = self.session.attempt(
                lambda: follow_up.follow_up(self.view, measurement, baseline, self.repeatability, name)
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
    return by_region(shown)


def _short(source: str) -> str:
    return source.partition(" (")[0]
