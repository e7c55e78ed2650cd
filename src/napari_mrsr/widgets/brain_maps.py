"""T1, T2 and M0 of a brain: which three scans, whether they fit, the timings that headers lack, and Run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
)

from napari_mrsr.app.brain_maps import contrasts
from napari_mrsr.app.brain_maps.choices import SHIPPED, BrainSettings
from napari_mrsr.app.brain_maps.reading import in_short, summary, tissue_table
from napari_mrsr.app.brain_maps.showing import JOB
from napari_mrsr.app.session import Banner
from napari_mrsr.mapping.brain_checks import CONTRASTS
from napari_mrsr.widgets.banner import BannerBar
from napari_mrsr.widgets.checks import Checks
from napari_mrsr.widgets.dock import heading, new_form, note
from napari_mrsr.widgets.dropping import TakesFiles, push_button
from napari_mrsr.widgets.method_chooser import Method, MethodChooser, device_chooser
from napari_mrsr.widgets.runs import Runs
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari_mrsr.app.brain_maps.choices import BrainResult
    from napari_mrsr.app.brain_maps.contrasts import Offered
    from napari_mrsr.app.session import Running
    from napari_mrsr.widgets.dock import Dock

ABOUT = (
    "T1 and T2 in ms and a relative M0, estimated by a network from T1w (MPRAGE), T2w (TSE) and FLAIR of one brain, "
    "not measured. Drop the three here, or a folder that holds them."
)
NONE = "none"
FILES = "Scans (*.nii *.nii.gz *.dcm *.IMA);;All files (*)"
NOT_SHIPPED = "This version ships no weights for brain maps. Choose a file that napari-mrsr train brain-maps wrote."
HINT = (
    "Hold K: acquired or synthesised. G: 2 x 2, with T1 and T2. H: maps off. Review switches on T2, M0, reasons, "
    "differences and uncertainty; ROI measures T1 and T2 in regions."
)
ABOUT_WEIGHTS = dict(
    zip(
        SHIPPED,
        (
            "Labels and edges; maps are compared with labels as coarse as these are",
            "Labels and edges as published",
            "Coarse labels alone: softer maps, to compare with",
        ),
        strict=True,
    )
)


class BrainMapsSection(TakesFiles, Runs, Section):
    """Three choosers, checks, timings, weights and Run."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Brain maps (T1, T2, M0)")
        self.brain = self.view.brain_maps
        self._offered: list[Offered] = []
        self._chosen_by_hand: dict[str, str] = {}
        self.setAcceptDrops(True)
        self.column.addWidget(note(ABOUT))
        self._add_opening()
        self._add_form()
        self.checks = Checks()
        self.column.addWidget(self.checks)
        self._add_timings()
        self.no_weights = BannerBar()
        self.column.addWidget(self.no_weights)
        self._add_run()
        self.toggled.connect(self._ask)
        layers = self.view.viewer.layers
        for signal in (layers.events.inserted, layers.events.removed, layers.events.renamed, self.brain.changed):
            self.listen(signal, self.show_scans)
        self.listen(self.session.opened, self.show_scans)
        self.listen(self.session.job_changed, self.show_job)
        self.listen(self.session.progressed, self.show_job)
        self.listen(self.brain.ended, self.show_result)
        self.listen(self.brain.notes.changed, self.show_notes)
        self.show_scans()
        self.show_notes()
        self.show_job(self.session.running)
        self.show_result(self.brain.result)

    # -- parts ------------------------------------------------------------------------------------------
    def _add_opening(self) -> None:
        self.files_button = push_button("Files…", "One to three NIfTI or DICOM files; they stand beside what is open")
        self.folder_button = push_button("Folder…", "A folder that holds the three, as NIfTI files or DICOM series")
        self.files_button.clicked.connect(self.ask_files)
        self.folder_button.clicked.connect(self._ask_folder)
        line = QHBoxLayout()
        line.addWidget(self.files_button)
        line.addWidget(self.folder_button)
        self.column.addLayout(line)

    def _add_form(self) -> None:
        part, self.form = new_form()
        self.choosers: dict[str, QComboBox] = {}
        for name in CONTRASTS:
            box = self.choosers[name] = QComboBox()
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
            box.setToolTip(f"The {name}; chosen by header and name where these tell it")
            box.activated.connect(partial(self._scan_chosen, name))
            self.form.addRow(f"{name}:", box)
        about = "The networks that are shipped, or a file of your own"
        self.weights = MethodChooser(about, lambda: [Method(name, ABOUT_WEIGHTS[name]) for name in shipped()])
        self.weights.picked.connect(self._weights_chosen)
        self.form.addRow("weights:", self.weights)
        self.plane = QComboBox()
        self.plane.addItems(["auto", "sagittal", "coronal", "axial"])
        self.plane.setToolTip("In which slices the network looks; auto: sagittal, but that of thick slices")
        self.form.addRow("slices:", self.plane)
        self.device = device_chooser(self.view.preferences.device)
        self.form.addRow("device:", self.device)
        self.register = QCheckBox("register T2w and FLAIR to T1w first")
        self.register.setToolTip("Rigid; both are resampled onto the grid of T1w, which says so in its history")
        self.register.toggled.connect(self._ask)
        self.form.addRow(self.register)
        self.motion = QCheckBox("look whether the head moved between them")
        self.motion.setChecked(True)
        self.motion.setToolTip("After the maps: how far T2w and FLAIR lie from T1w, in mm and degrees")
        self.register.toggled.connect(self.motion.setDisabled)
        self.form.addRow(self.motion)
        self.uncertainty = QCheckBox("uncertainty of T1 and T2 (± ms, 90 %)")
        self.uncertainty.setToolTip("A second look, as long as the first; for weights that were calibrated")
        self.form.addRow(self.uncertainty)
        self.column.addWidget(part)
        self.weights.renew()

    def _add_timings(self) -> None:
        self.timings, self.timings_form = new_form()
        self.fields: dict[tuple[str, str], QDoubleSpinBox] = {}
        self.column.addWidget(self.timings)
        self.timings.hide()

    def _add_run(self) -> None:
        about = "Map in the background; the slice on the screen comes first"
        self.column.addWidget(self._run_part(about, self.run, self.session.stop))
        self.tissues_heading = heading("Medians of tissues, and what papers report")
        self.tissues_heading.setWordWrap(True)
        self.column.addWidget(self.tissues_heading)
        self.tissues = TableView()
        self.column.addWidget(self.tissues)
        self.hint = note(HINT)
        self.column.addWidget(self.hint)

    # -- choices ----------------------------------------------------------------------------------------
    def chosen(self) -> dict[str, Offered | None]:
        """Return the picture that was chosen for each contrast."""
        by_title = {one.title: one for one in self._offered}
        return {name: by_title.get(box.currentText()) for name, box in self.choosers.items()}

    def settings(self) -> BrainSettings:
        """Return what is chosen."""
        file = self.weights.file
        return BrainSettings(
            weights=file or self.weights.named or SHIPPED[0],
            own=file is not None,
            plane=self.plane.currentText(),  # type: ignore[arg-type]
            device=self.device.currentText(),
            register=self.register.isChecked(),
            motion=self.motion.isChecked(),
            uncertainty=self.uncertainty.isChecked(),
            typed={key: field.value() for key, field in self.fields.items() if field.value() > 0},
        )

    def _weights_chosen(self) -> None:
        self.show_job(self.session.running)
        self._ask()

    def _scan_chosen(self, name: str, _index: int) -> None:
        self._chosen_by_hand[name] = self.choosers[name].currentText()
        self._ask()
        self.show_job(self.session.running)

    # -- showing ----------------------------------------------------------------------------------------
    def show_scans(self, _event: Any = None) -> None:
        """Offer the scans on the screen, and choose those that header and name tell."""
        if not self.view.is_open:
            return
        found = contrasts.on_screen(self.view)
        titles = [one.title for one in found]
        told = contrasts.recognised(found)
        new = [one.scan for one in found] != [one.scan for one in self._offered]
        self._offered = found
        for name, box in self.choosers.items():
            by_hand = self._chosen_by_hand.get(name)
            if by_hand is not None and by_hand != NONE and by_hand not in titles:
                del self._chosen_by_hand[name]
                by_hand = None
            best = told[name]
            wanted = by_hand if by_hand is not None else best.title if best is not None else NONE
            box.clear()
            box.addItems([NONE, *titles])
            box.setCurrentText(wanted)
            for n, one in enumerate(found):
                box.setItemData(n + 1, one.contrast.why, Qt.ItemDataRole.ToolTipRole)
        if new and contrasts.is_for_maps(told):
            self.expand(animate=False)
        self._ask()
        self.show_job(self.session.running)

    def _ask(self, _event: Any = None) -> None:
        """Have the chosen images looked at."""
        if self.isExpanded():
            images = {name: None if one is None else one.scan for name, one in self.chosen().items()}
            self.brain.notes.ask(images, self.settings())

    def show_notes(self) -> None:
        """Show the checks, and a field for each timing that no header tells."""
        found = self.brain.notes.found
        self.checks.show_checks(in_short(found.checks))
        if [(one.contrast, one.entry) for one in found.missing] != list(self.fields):
            kept = {key: field.value() for key, field in self.fields.items()}
            while self.timings_form.rowCount():
                self.timings_form.removeRow(0)
            self.fields = {}
            for one in found.missing:
                self._add_field(one, kept.get((one.contrast, one.entry), 0.0))
        self.timings.setVisible(bool(self.fields))

    def _add_field(self, one: Any, value: float) -> None:
        field = self.fields[one.contrast, one.entry] = QDoubleSpinBox()
        field.setRange(0.0, 20000.0)
        field.setDecimals(1)
        field.setSpecialValueText(f"{one.nominal:g}, as in the training")
        field.setValue(value)
        field.setKeyboardTracking(False)
        field.setToolTip(f"{one.label} of {one.contrast}, {one.unit}; 0: that of the training")
        field.valueChanged.connect(self._ask)
        self.timings_form.addRow(
            f"{one.label} of {one.contrast} [{'°' if one.unit == 'degrees' else one.unit}]:", field
        )

    def show_job(self, running: Running | None) -> None:
        """Show how far it is."""
        there = bool(self.weights.file or self.weights.named)
        self.no_weights.show_banner(None if there else Banner("info", NOT_SHIPPED))
        self._show_running(running, JOB, ready=bool(self._offered) and there)
        for button in (self.files_button, self.folder_button):
            button.setEnabled(running is None)
        if running is None:
            self.status.setText("" if self.brain.result is None else summary(self.brain.result))

    def show_result(self, result: BrainResult | None) -> None:
        """Show how long it took, how far synthesised images are off, and tissues beside what papers report."""
        there = result is not None and result.maps is not None
        table = tissue_table(result.maps.tissues) if result is not None and result.maps is not None else None
        self.tissues.show_table(table)
        for widget in (self.tissues, self.tissues_heading):
            widget.setVisible(table is not None)
        self.hint.setVisible(there)
        if result is not None:
            self.status.setText(summary(result))

    # -- asking -----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Map as chosen."""
        self.brain.run(self.chosen(), self.settings())

    def open(self, paths: Sequence[str | Path]) -> None:
        """Open files or a folder beside what is open."""
        self.session.open([str(path) for path in paths], role="beside")

    def ask_files(self) -> None:
        """Ask for the files and open them."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Open T1w, T2w and FLAIR", "", FILES)
        if paths:
            self.open(paths)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open the folder of T1w, T2w and FLAIR")
        if folder:
            self.open([folder])


def shipped() -> list[str]:
    """Return the names of shipped weights that are here."""
    from napari_mrsr.errors import MrsrError
    from napari_mrsr.networks import registry

    found = []
    for name in SHIPPED:
        try:
            path, _sha256 = registry.shipped(name)
        except MrsrError:
            continue
        if path.is_file():
            found.append(name)
    return found
