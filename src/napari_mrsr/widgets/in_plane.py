"""Sharpening one scan in plane: from which input, by which method, its card, and Run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QCheckBox, QComboBox

from napari_mrsr.app import cards
from napari_mrsr.app.dynamic.series import FRACTIONS, is_series, percent
from napari_mrsr.app.in_plane.choices import AUTO, FRACTION, PlaneSettings, methods_for
from napari_mrsr.app.in_plane.showing import JOB
from napari_mrsr.in_plane.choice import choose_method
from napari_mrsr.planes import planes_of
from napari_mrsr.trust.anatomy import anatomy_of
from napari_mrsr.widgets.banner import BannerBar
from napari_mrsr.widgets.dock import card_note, new_form, note
from napari_mrsr.widgets.method_chooser import FILE, Method, MethodChooser, device_chooser
from napari_mrsr.widgets.plane_trust import PlaneTrustPart
from napari_mrsr.widgets.runs import Runs
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.app.in_plane.choices import PlaneResult
    from napari_mrsr.app.session import Running
    from napari_mrsr.scan import Scan
    from napari_mrsr.widgets.dock import Dock

NOTHING_OPEN = "Open a scan in the Study dock; its planes are then sharpened. A series has its own section below."
UNDERSAMPLE, AS_IT_IS = "undersample this scan", "it is of low resolution already"
ABOUT = {
    UNDERSAMPLE: "The centre of k-space is kept, the rest is made by the method. The acquired scan is the reference.",
    AS_IT_IS: "The scan is sharpened to twice its matrix. There is no reference to hold it against.",
}
METHODS = "auto: of the networks trained on what the scan shows, the one that invents least"


class InPlaneSection(Runs, Section):
    """Input, method, card and Run of one scan in plane."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Sharpen in plane")
        self.in_plane = self.view.in_plane
        self.nothing = note(NOTHING_OPEN)
        self.column.addWidget(self.nothing)
        self.part, self.form = new_form()
        self._add_form()
        self.column.addWidget(self.part)
        about = "Sharpen in the background; the slice on the screen comes first"
        self.buttons = self._run_part(about, self.run, self.session.stop)
        self.column.addWidget(self.buttons)
        self.trust = PlaneTrustPart(self)
        self.column.addWidget(self.trust)
        self.toggled.connect(self._ask)
        self.listen(self.session.opened, self.show_scan)
        self.listen(self.session.job_changed, self.show_job)
        self.listen(self.session.progressed, self.show_job)
        self.listen(self.in_plane.ended, self._ended)
        self.listen(self.in_plane.twins.compared, self._compared)
        self.listen(self.in_plane.notes.changed, self.show_notes)
        self.show_scan(self.session.scan)
        self.show_job(self.session.running)
        self.view.saving.register("in_plane", self.as_json, self.from_json)

    def _add_form(self) -> None:
        self.input = QComboBox()
        self.input.addItems([UNDERSAMPLE, AS_IT_IS])
        self.input.setToolTip("Simulate a faster scan from the open one, or sharpen the scan itself")
        self.fraction = QComboBox()
        for share in FRACTIONS:
            self.fraction.addItem(percent(share), share)
        self.fraction.setCurrentText(percent(FRACTION))
        self.fraction.setToolTip("How much of in-plane k-space is kept, its centre")
        self.plane = QComboBox()
        self.plane.setToolTip("Planes that are sharpened; the first is that of the slices")
        self.method = MethodChooser(METHODS, self._methods)
        self.three = QCheckBox("three orientations, against stripes between slices")
        self.three.setToolTip("Also the planes across the two other axes; three times as long. For nearly cubic voxels")
        self.device = device_chooser(self.view.preferences.device)
        self.about = note()
        self.form.addRow("input:", self.input)
        self.form.addRow("k-space:", self.fraction)
        self.form.addRow(self.about)
        self.form.addRow("plane:", self.plane)
        self.form.addRow("method:", self.method)
        self.form.addRow(self.three)
        self.form.addRow("device:", self.device)
        self.card = card_note()
        self.form.addRow(self.card)
        self.outside = BannerBar()
        self.form.addRow(self.outside)
        self.method.picked.connect(self._changed)
        for box in (self.input, self.fraction, self.plane, self.method):
            box.currentIndexChanged.connect(self._changed)

    # -- choices ----------------------------------------------------------------------------------------
    def settings(self) -> PlaneSettings:
        """Return what is chosen."""
        simulated = self.input.currentText() == UNDERSAMPLE
        return PlaneSettings(
            method=self.method.named or AUTO,
            fraction=float(self.fraction.currentData()) if simulated else None,
            weights=self.method.file,
            device=self.device.currentText(),
            axis=self.plane.currentData(),
            orientations=3 if self.three.isChecked() else 1,
        )

    def _methods(self) -> list[Method]:
        """Return the methods that are here, those for what the scan shows first."""
        return [Method(AUTO), *(Method(one.name, one.summary) for one in methods_for(self.session.scan))]

    def as_json(self) -> dict[str, Any]:
        """Return what is chosen, to be saved with a review; a path can tell whose it is and stays out."""
        boxes = {"input": self.input, "fraction": self.fraction, "plane": self.plane, "method": self.method}
        found = {name: box.currentText() for name, box in boxes.items()}
        return found if self.method.file is None else {**found, "method": AUTO}

    def from_json(self, content: dict[str, Any]) -> None:
        """Choose again what a review was saved with; what is not offered here is passed over."""
        boxes = {"input": self.input, "fraction": self.fraction, "plane": self.plane, "method": self.method}
        for name, box in boxes.items():
            with suppress(KeyError, TypeError, ValueError):
                index = box.findText(content[name])
                if index >= 0 and box.itemText(index) != FILE:
                    box.setCurrentIndex(index)

    # -- showing ----------------------------------------------------------------------------------------
    def show_scan(self, scan: Scan | None) -> None:
        """Show the form for one scan; unfold it for a brain, where there is a network for brains."""
        there = scan is not None and not is_series(scan)
        self.setVisible(not is_series(scan))
        self.nothing.setVisible(not there)
        for widget in (self.part, self.buttons):
            widget.setVisible(there)
        self.method.renew()
        self.plane.blockSignals(True)
        self.plane.clear()
        if scan is not None and there:
            for name, axis in planes_of(scan).items():
                self.plane.addItem(name, axis)
        self.plane.blockSignals(False)
        self.status.setText("")
        if scan is not None and there and _is_for(scan):
            self.expand(animate=False)
        self._changed()
        self.show_job(self.session.running)

    def _changed(self, _index: int = 0) -> None:
        simulated = self.input.currentText() == UNDERSAMPLE
        self.form.setRowVisible(self.fraction, simulated)
        self.about.setText(ABOUT[self.input.currentText()])
        self.show_card()
        self._ask()
        self.show_notes()

    def show_card(self) -> None:
        """Show the card of what Run will use, and why where the program chooses."""
        settings = self.settings()
        scan = self.session.scan
        if settings.weights is None and settings.method == AUTO and scan is not None:
            method, reason = choose_method(scan)
            self.card.setText(f"<p>auto takes {reason}.</p>{cards.html(method.name)}")
        else:
            self.card.setText(cards.html(settings.method, settings.weights))

    def show_notes(self) -> None:
        """Show where the scan is unlike the training, and what was done to it before."""
        known = self.session.scan is not None and not is_series(self.session.scan)
        self.outside.show_banner(self.in_plane.notes.banner(self.settings()) if known else None)

    def _ask(self, _opened: bool = True) -> None:
        scan = self.session.scan
        if scan is not None and not is_series(scan) and self.isExpanded():
            self.in_plane.notes.ask(self.plane.currentData())

    def show_job(self, running: Running | None) -> None:
        """Show how far it is."""
        self._show_running(running, JOB, ready=self.session.scan is not None)

    def _ended(self, result: PlaneResult) -> None:
        figures = "; ".join(
            f"{name}: PSNR {found['psnr']:.1f} dB, SSIM {found['ssim']:.3f}" for name, found in result.figures.items()
        )
        took = f"{result.key} took {result.seconds:.1f} s"
        self.status.setText(f"{took}\n{figures}" if figures else took)

    def _compared(self, _added: Any) -> None:
        took = (f"{result.key} took {result.seconds:.1f} s" for result in self.in_plane.twins.both or ())
        self.status.setText(", ".join(took))

    # -- asking -----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Sharpen as chosen."""
        self.in_plane.run(self.settings())


def _is_for(scan: Scan) -> bool:
    """Tell whether there is a network in plane for what a scan shows."""
    part = anatomy_of(scan)
    return bool(part) and any(part in one.anatomy for one in methods_for(scan))
