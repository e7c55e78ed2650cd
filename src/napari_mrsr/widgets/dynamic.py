"""Sharpening a series over time: from which input, by which method, and Run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QWidget

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
from napari_mrsr.widgets.dock import new_form, note
from napari_mrsr.widgets.dropping import push_button
from napari_mrsr.widgets.method_chooser import Method, MethodChooser, device_chooser
from napari_mrsr.widgets.runs import Runs
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
METHODS = "A network, weights fine-tuned on the planning scan, or an interpolation"


class DynamicSection(Runs, Section):
    """Input, method and Run of a series."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Dynamic series")
        self.dynamic = self.view.dynamic
        self.own = own_weights_of(self.view)
        self.nothing = note(NOTHING_OPEN)
        self.column.addWidget(self.nothing)
        told = "The file does not say what its volumes are: take them for frames of a series"
        self.frames_button = push_button("These volumes are frames over time", told)
        self.frames_button.clicked.connect(self.take_for_series)
        self.column.addWidget(self.frames_button)
        told = "The file does not say when its volumes were taken: take them for echoes"
        self.echoes_button = push_button("These are echoes, not frames over time", told)
        self.echoes_button.clicked.connect(self.take_for_echoes)
        self.column.addWidget(self.echoes_button)
        self.part, self.form = new_form()
        self._add_input()
        self._add_method()
        self.column.addWidget(self.part)
        about = "Sharpen all frames in the background; the frame on the screen comes first"
        keeps = "Stop and keep the frames that are done"
        self.buttons = self._run_part(about, self.run, self.session.stop, keeps=keeps)
        self.column.addWidget(self.buttons)
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
        told = "The matrix that gives the series the in-plane voxels of the planning scan"
        self.like_button = push_button("as planning scan", told)
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
        self.method = MethodChooser(METHODS, self._methods)
        self.method.picked.connect(self._method_chosen)
        self.device = device_chooser(self.view.preferences.device)
        self.form.addRow("method:", self.method)
        self.form.addRow("device:", self.device)

    # -- choices ----------------------------------------------------------------------------------------
    def settings(self) -> SeriesSettings:
        """Return what is chosen."""
        simulated = self.input.currentText() == UNDERSAMPLE
        return SeriesSettings(
            method=self.method.named or "auto",
            fraction=float(self.fraction.currentData()) if simulated else None,
            matrix=None if simulated else (self.rows.value(), self.columns.value()),
            weights=self.method.file,
            device=self.device.currentText(),
        )

    def _methods(self) -> list[Method]:
        """Return the weights that were fine-tuned here, and the methods."""
        own = [Method(one.name, one.line, str(one.path)) for one in self.own.all()]
        chosen = self.own.chosen
        if chosen is not None and str(chosen) not in (one.file for one in own):
            own.insert(0, Method(chosen.stem, str(chosen), str(chosen)))
        return [*own, *(Method(name, about) for name, about in methods().items())]

    def list_methods(self, _event: Any = None) -> None:
        """List the methods; of weights those that are chosen for series are chosen here, and else none."""
        self.method.renew()
        if self.own.chosen is not None:
            self.method.setCurrentIndex(self.method.findData(str(self.own.chosen)))
        elif self.method.file is not None:  # the shipped weights are wanted again
            self.method.setCurrentText(next(iter(methods())))

    def _method_chosen(self) -> None:
        chosen = None if self.method.file is None else Path(self.method.file)
        self.method.files.clear()  # the one that is chosen stands among one's own
        if chosen != self.own.chosen:
            self.session.attempt(lambda: self.own.choose(chosen))
        self.list_methods()

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
            "method": self.method.named or None,
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
        for widget in (self.part, self.buttons):
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
        self._show_running(running, JOB, ready=is_series(self.session.scan))

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
