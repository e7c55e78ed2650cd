"""Sharpening a series over time: from which input, by which method, and Run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QWidget,
)

from napari_mrsr.app.dynamic.own_weights import own_weights_of
from napari_mrsr.app.dynamic.series import (
    FRACTIONS,
    SeriesSettings,
    as_echoes,
    as_series,
    is_series,
    matrix_like,
    methods,
    percent,
    plane_axes,
)
from napari_mrsr.app.dynamic.timing import times_of
from napari_mrsr.errors import BadParameter, MissingParameter, MrsrError
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.app.session import Running
    from napari_mrsr.scan import Scan
    from napari_mrsr.widgets.dock import Dock

NOTHING_OPEN = "Open a series over time (two frames or more) in the Study dock; every frame is then sharpened in plane."
UNDERSAMPLE, AS_IT_IS = "undersample this series", "it is of low resolution already"
ABOUT = {
    UNDERSAMPLE: "The centre of k-space is kept, the rest is made by the method. The acquired series is the reference.",
    AS_IT_IS: "The series is sharpened to the matrix given. There is no reference to hold it against.",
}
JOB = "Dynamic series"
FILE = "file of weights…"


class DynamicSection(Section):
    """Input, method and Run of a series."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Dynamic series")
        self.dynamic = self.view.dynamic
        self.own = own_weights_of(self.view)
        self.nothing = note(NOTHING_OPEN)
        self.column.addWidget(self.nothing)
        self.frames_button = QPushButton("These volumes are frames over time")
        self.frames_button.setToolTip("The file does not say what its volumes are: take them for frames of a series")
        self.frames_button.clicked.connect(self.take_for_series)
        self.column.addWidget(self.frames_button)
        self.echoes_button = QPushButton("These are echoes, not frames over time")
        self.echoes_button.setToolTip("The file does not say when its volumes were taken: take them for echoes")
        self.echoes_button.clicked.connect(self.take_for_echoes)
        self.column.addWidget(self.echoes_button)
        self.part = QWidget()
        self.form = QFormLayout(self.part)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setVerticalSpacing(3)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._add_input()
        self._add_method()
        self.column.addWidget(self.part)
        self._add_run()
        self.listen(self.session.opened, self.show_scan)
        self.listen(self.session.planning_changed, self._planning)
        self.listen(self.session.job_changed, self.show_job)
        self.listen(self.session.progressed, self.show_job)
        self.listen(self.dynamic.ended, self._ended)
        self.listen(self.own.changed, self.list_methods)
        self.list_methods()
        self.show_scan(self.session.scan)
        self.show_job(self.session.running)
        self.view.saving.register("dynamic", self.as_json, self.from_json)

    def _add_input(self) -> None:
        self.input = QComboBox()
        self.input.addItems([UNDERSAMPLE, AS_IT_IS])
        self.input.setToolTip("Simulate a faster scan from the open series, or sharpen the series itself")
        self.input.currentIndexChanged.connect(self._input_chosen)
        self.fraction = QComboBox()
        for share in FRACTIONS:
            self.fraction.addItem(percent(share), share)
        self.fraction.setCurrentIndex(len(FRACTIONS) - 1)
        self.fraction.setToolTip("How much of in-plane k-space is kept, its centre")
        self.rows, self.columns = QSpinBox(), QSpinBox()
        for box in (self.rows, self.columns):
            box.setRange(2, 4096)
            box.setKeyboardTracking(False)
        self.like_button = QPushButton("as planning scan")
        self.like_button.setToolTip("The matrix that gives the series the in-plane voxels of the planning scan")
        self.like_button.clicked.connect(self.like_planning)
        self.matrix = QWidget()
        line = QHBoxLayout(self.matrix)
        line.setContentsMargins(0, 0, 0, 0)
        for widget in (self.rows, QLabel("x"), self.columns, self.like_button):
            line.addWidget(widget)
        self.form.addRow("input:", self.input)
        self.form.addRow("k-space:", self.fraction)
        self.form.addRow("matrix:", self.matrix)
        self.about = note()
        self.form.addRow(self.about)

    def _add_method(self) -> None:
        self.method = QComboBox()
        self.method.setToolTip("A network, weights fine-tuned on the planning scan, or an interpolation")
        self.method.activated.connect(self._method_chosen)
        self.device = QComboBox()
        self.device.addItems(["auto", "cpu", "cuda"])
        self.device.setCurrentText(self.view.preferences.device)
        self.device.setToolTip("auto: the GPU if there is one")
        self.form.addRow("method:", self.method)
        self.form.addRow("device:", self.device)

    def _add_run(self) -> None:
        self.run_button = QPushButton("Run")
        self.run_button.setToolTip("Sharpen all frames in the background; the frame on the screen comes first")
        self.run_button.clicked.connect(self.run)
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Stop and keep the frames that are done")
        self.stop_button.clicked.connect(self.session.stop)
        self.buttons = QWidget()
        line = QHBoxLayout(self.buttons)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.run_button, 2)
        line.addWidget(self.stop_button, 1)
        self.column.addWidget(self.buttons)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.column.addWidget(self.progress)
        self.status = note()
        self.column.addWidget(self.status)

    # -- choices ----------------------------------------------------------------------------------------
    def settings(self) -> SeriesSettings:
        """Return what is chosen."""
        simulated = self.input.currentText() == UNDERSAMPLE
        weights = self.method.currentData(Qt.ItemDataRole.UserRole)
        return SeriesSettings(
            method=self.method.currentText() if weights is None else "auto",
            fraction=float(self.fraction.currentData()) if simulated else None,
            matrix=None if simulated else (self.rows.value(), self.columns.value()),
            weights=None if weights is None else str(weights),
            device=self.device.currentText(),
        )

    def list_methods(self, _event: Any = None) -> None:
        """List the methods, and the weights that were fine-tuned here; those chosen there are chosen here."""
        before = self.method.currentText()
        self.method.clear()
        for own in self.own.all():
            self.method.addItem(own.name, str(own.path))
            self.method.setItemData(self.method.count() - 1, own.line, Qt.ItemDataRole.ToolTipRole)
        for name, about in methods().items():
            self.method.addItem(name)
            self.method.setItemData(self.method.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self.method.addItem(FILE)
        chosen = None if self.own.chosen is None else str(self.own.chosen)
        if chosen is not None and self.method.findData(chosen) < 0:
            self.method.insertItem(0, Path(chosen).stem, chosen)
        index = self.method.findText(before or next(iter(methods())))
        if chosen is not None:
            index = self.method.findData(chosen)
        elif index < 0 or self.method.itemData(index) is not None:  # the shipped weights are wanted again
            index = self.method.findText(next(iter(methods())))
        self.method.setCurrentIndex(index)

    def _method_chosen(self, index: int) -> None:
        if self.method.itemText(index) == FILE:
            path, _ = QFileDialog.getOpenFileName(self, "Weights", "", "Weights (*.safetensors)")
            self.method.setCurrentIndex(self.method.findText(next(iter(methods()))))
            chosen = Path(path) if path else None
        else:
            data = self.method.itemData(index)
            chosen = None if data is None else Path(data)
        if chosen != self.own.chosen:
            self.session.attempt(lambda: self.own.choose(chosen))

    def like_planning(self) -> None:
        """Take the matrix that gives the voxels of the planning scan."""
        found = self.session.attempt(lambda: self._like_planning(self.session.scan, self.session.planning))
        if found is not None:
            self.rows.setValue(found[0])
            self.columns.setValue(found[1])

    def _like_planning(self, scan: Scan | None, planning: Scan | None) -> tuple[int, int]:
        if scan is None or planning is None:
            raise MissingParameter("no planning scan is open", remedy="open one in the Study dock, or type the matrix")
        return matrix_like(scan, planning)

    def as_json(self) -> dict[str, Any]:
        """Return what is chosen, to be saved with a review."""
        return {
            "input": self.input.currentText(),
            "fraction": self.fraction.currentText(),
            "matrix": [self.rows.value(), self.columns.value()],
            "method": self.method.currentText() if self.method.currentData() is None else None,
        }

    def from_json(self, content: dict[str, Any]) -> None:
        """Choose again what a review was saved with."""
        with suppress(KeyError, TypeError, ValueError):
            self.input.setCurrentText(content["input"])
            self.fraction.setCurrentText(content["fraction"])
            self.rows.setValue(int(content["matrix"][0]))
            self.columns.setValue(int(content["matrix"][1]))
            if content["method"] in methods():
                self.method.setCurrentText(content["method"])

    # -- showing ----------------------------------------------------------------------------------------
    def show_scan(self, scan: Scan | None) -> None:
        """Show the form for a series; else say what is missing."""
        there = is_series(scan)
        self.nothing.setVisible(not there)
        self.frames_button.setVisible(scan is not None and scan.axis == "contrast" and scan.volumes >= 2)
        self.echoes_button.setVisible(scan is not None and there and times_of(scan) is None)
        for widget in (self.part, self.buttons, self.status):
            widget.setVisible(there)
        if scan is not None and there:
            with suppress(MrsrError):
                i, j = (scan.shape[a] for a in plane_axes(scan))
                self.rows.setValue(2 * i)
                self.columns.setValue(2 * j)
            self.expand(animate=False)
        self._input_chosen()
        self._planning()
        self.show_job(self.session.running)
        self.status.setText("")

    def _planning(self, _scan: Any = None) -> None:
        self.like_button.setEnabled(self.session.planning is not None)

    def _input_chosen(self, _index: int = 0) -> None:
        simulated = self.input.currentText() == UNDERSAMPLE
        self.form.setRowVisible(self.fraction, simulated)
        self.form.setRowVisible(self.matrix, not simulated)
        self.about.setText(ABOUT[self.input.currentText()])

    def show_job(self, running: Running | None) -> None:
        """Show how far it is."""
        mine = running is not None and running.name == JOB
        self.run_button.setEnabled(running is None and is_series(self.session.scan))
        self.stop_button.setEnabled(mine and running is not None and not running.stopping)
        self.progress.setVisible(mine)
        if mine and running is not None:
            self.progress.setValue(round(1000 * running.done))
            left = running.left
            time = "" if left is None or left < 1 else f", {left:.0f} s left"
            self.status.setText("stopping…" if running.stopping else f"{running.text}{time}")

    def _ended(self, result: Any) -> None:
        frames = int(result.done.sum())
        each = f", {result.seconds / frames:.1f} s a frame" if frames else ""
        self.status.setText(f"{result.name}: {frames} of {len(result.done)} frames in {result.seconds:.1f} s{each}")

    def take_for_series(self) -> None:
        """Take the volumes of the open scan for frames over time."""
        scan = self.session.scan
        if scan is not None:
            self.session.adopt(as_series(scan))

    def take_for_echoes(self) -> None:
        """Take the frames of the open scan for echoes of one moment."""
        scan = self.session.scan
        if scan is not None:
            self.session.adopt(as_echoes(scan))

    # -- asking -----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Sharpen the series as chosen."""
        settings = self.settings()
        scan = self.session.scan
        if (
            settings.matrix is not None
            and scan is not None
            and self.session.attempt(lambda: _finer(scan, settings.matrix or (0, 0))) is None
        ):
            return
        self.dynamic.run(settings)


def _finer(scan: Scan, matrix: tuple[int, int]) -> bool:
    """Return True for a matrix that is finer than the scan's.

    Raises
    ------
    BadParameter
        It is coarser along an axis, or the same.
    """
    own = tuple(scan.shape[a] for a in plane_axes(scan))
    if matrix == own or any(m < n for m, n in zip(matrix, own, strict=True)):
        size, wanted = ("x".join(map(str, m)) for m in (own, matrix))
        raise BadParameter(
            f"a matrix of {wanted} is not finer than that of the series, {size}", remedy="give a larger one"
        )
    return True
