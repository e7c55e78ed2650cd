"""The section "T1 by region" of the ROI dock: what tissue is painted, and T2 mapped again with its T1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from napari_mrsr.app import tissue
from napari_mrsr.physics.tissues import TISSUES
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.roi import RoiDock

#: What a region can be; the first leaves it with the T1 of the Process dock.
CHOICES = ("cartilage", "meniscus", "tendon", "ligament", "muscle", "synovial fluid", "marrow fat")
AS_ALL, OWN = "as the rest", "own value"


class TissueSection(Section):
    """A row for each painted region: its tissue and T1; *Map T2* applies them.

    Parameters
    ----------
    dock
        The ROI dock, whose layer is asked.
    """

    def __init__(self, dock: RoiDock) -> None:
        super().__init__(dock, "T1 by region")
        self.roi = dock
        self.rows: dict[int, tuple[QComboBox, QDoubleSpinBox]] = {}
        self._shown: dict[int, str] = {}
        self.told = note()
        self.column.addWidget(self.told)
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self.column.addWidget(self._table)
        self.apply_button = QPushButton("Map T2 with these")
        self.apply_button.setToolTip("T2 of all maps again, in the background, with the T1 of each region")
        self.apply_button.clicked.connect(self.apply)
        self.reset_button = QPushButton("One T1 for all")
        self.reset_button.setToolTip("T2 again with the T1 of the Process dock everywhere")
        self.reset_button.clicked.connect(self.reset)
        line = QHBoxLayout()
        line.addWidget(self.apply_button)
        line.addWidget(self.reset_button)
        self.column.addLayout(line)
        self.toggled.connect(self.renew)
        self.listen(dock.measured, self.renew)
        self.listen(self.session.mapped, self._mapped)
        self.listen(self.session.job_changed, self._job)
        self.listen(self.session.opened, self.renew)
        self.renew()

    # -- showing ------------------------------------------------------------------------------------
    def renew(self, _event: Any = None) -> None:
        """List the painted regions; what was chosen for one that is still there stays."""
        if not self.isExpanded() or not self.view.is_open:
            return
        layer = self.roi.layer
        found = {} if layer is None else tissue.suggested(layer)
        names = {label: name for label, (name, _) in found.items()}
        if names != self._shown:
            before = {label: (box.currentText(), spin.value()) for label, (box, spin) in self.rows.items()}
            kept = {label: before[label] for label, name in names.items() if self._shown.get(label) == name}
            self._fill(found, kept)
            self._shown = names
        self._table.setVisible(bool(found))
        self._tell()

    def _fill(self, found: dict[int, tuple[str, str | None]], kept: dict[int, tuple[str, float]]) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.rows = {}
        for n, (label, (name, guess)) in enumerate(found.items()):
            title = QLabel(name)
            title.setToolTip(name)
            title.setWordWrap(True)
            box = QComboBox()
            box.addItems([AS_ALL, *CHOICES, OWN])
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            spin = QDoubleSpinBox()
            spin.setRange(1.0, 10000.0)
            spin.setDecimals(0)
            spin.setSingleStep(50.0)
            spin.setSuffix(" ms")
            spin.setFixedWidth(124)
            spin.setToolTip("T1 of this region")
            box.currentTextChanged.connect(partial(self._chosen, label))
            spin.valueChanged.connect(partial(self._typed, label))
            self.rows[label] = (box, spin)
            for column, widget in enumerate((title, box, spin)):
                self._grid.addWidget(widget, n, column)
            chosen, value = kept.get(label, (guess if guess in CHOICES[1:] else AS_ALL, 0.0))
            box.setCurrentText(str(chosen))
            self._chosen(label, str(chosen))
            if chosen == OWN:
                spin.setValue(value)

    def _chosen(self, label: int, choice: str) -> None:
        """Show the T1 of the tissue, and where it comes from."""
        box, spin = self.rows[label]
        spin.setEnabled(choice != AS_ALL)
        known = TISSUES.get(choice)
        box.setToolTip(f"T1 {known.t1:.0f} ms ({known.source})" if known else "")
        if known is not None or choice == AS_ALL:
            spin.blockSignals(True)
            spin.setValue(known.t1 if known is not None else self.session.t2.t1)
            spin.blockSignals(False)

    def _typed(self, label: int, _value: float) -> None:
        """Take a number that was typed for what it is: a value of one's own."""
        box, _ = self.rows[label]
        if box.currentText() not in (AS_ALL, OWN):
            box.blockSignals(True)
            box.setCurrentText(OWN)
            box.blockSignals(False)

    def _tell(self) -> None:
        used = self.session.t2.tissue
        if used is None:
            told = f"T2 takes T1 for granted: {self.session.t2.t1:g} ms everywhere now."
        else:
            by = ", ".join(f"{name} {value:g} ms" for name, value in used.told.items())
            told = f"T2 is mapped with {by}; {self.session.t2.t1:g} ms elsewhere."
        if not self.rows:
            told += " Paint regions to give them a T1 of their own."
        self.told.setText(told)
        ready = self.session.running is None and self.session.scan is not None
        self.apply_button.setEnabled(ready and bool(self.rows))
        self.reset_button.setEnabled(ready and used is not None)

    def _mapped(self, _role: str, _map: Any) -> None:
        self._tell()

    def _job(self, _running: Any) -> None:
        self._tell()

    # -- asking -------------------------------------------------------------------------------------
    def chosen(self) -> dict[int, float]:
        """Return the T1 of the regions that have one of their own, ms."""
        return {label: spin.value() for label, (box, spin) in self.rows.items() if box.currentText() != AS_ALL}

    def apply(self) -> None:
        """Map T2 with what is chosen."""
        self.session.attempt(lambda: tissue.take(self.view, self.roi.layer, self.chosen()))

    def reset(self) -> None:
        """Map T2 with one T1 for all."""
        self.session.attempt(lambda: tissue.take(self.view, None, {}))
