"""How long a frame takes, and how fine it is, when less of k-space is acquired: a small calculator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from napari_mrsr.app.dynamic.protocol import Protocol, protocol_of, rows
from napari_mrsr.app.dynamic.series import FRACTIONS, percent
from napari_mrsr.errors import MrsrError
from napari_mrsr.physics.acquisition_time import Encoding
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock

ABOUT = "Lines x TR x slices of a 3-D gradient echo, without preparation and reference lines."
HELP = {
    "frame [s]": "In proportion to the share of k-space, as published (Sarasaen et al., 2021, equation 3 and Table 2)",
    "by lines [s]": "Where a line takes one TR however far it is read: only lines are saved",
    "voxel [mm]": "Effective resolution: readout x phase x slice",
}


class AcquisitionTimeSection(Section):
    """Fields of the protocol, filled from the header of the open series, and a row for each share of k-space."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Acquisition time")
        self.column.addWidget(note(ABOUT))
        self._add_fields()
        self.table = TableView()
        self.column.addWidget(self.table)
        self.said = note()
        self.column.addWidget(self.said)
        self.listen(self.session.opened, self.fill)
        self.fill(self.session.scan)

    def _add_fields(self) -> None:
        self.time = _real(2.34, 0.1, 20000.0, 0.1, "Repetition time, ms")
        self.matrix = [
            _whole(n, f"Matrix along {name}") for n, name in ((256, "readout"), (192, "phase encoding"), (40, "slices"))
        ]
        self.voxel = [
            _real(mm, 0.01, 100.0, 0.1, f"Voxel of the whole k-space along {name}, mm")
            for mm, name in ((1.09375, "readout"), (1.09375, "phase encoding"), (4.0, "slices"))
        ]
        self.oversampling = [_percent(0, 400, f"{name} oversampling, per cent") for name in ("Phase", "Slice")]
        self.resolution = [_percent(100, 100, f"{name} resolution, per cent") for name in ("Phase", "Slice")]
        self.partial = [_percent(100, 100, f"{name} partial Fourier, per cent") for name in ("Phase", "Slice")]
        self.grappa = _real(1.0, 1.0, 16.0, 1.0, "Acceleration by parallel imaging; 1 is none")
        self.share = _real(6.25, 0.1, 100.0, 1.0, "Share of in-plane k-space of the last row, per cent")
        form = QFormLayout()
        form.setVerticalSpacing(3)
        form.addRow("TR [ms]:", self.time)
        form.addRow("read, phase, slice:", _beside(*self.matrix))
        form.addRow("voxel [mm]:", _beside(*self.voxel))
        form.addRow("oversampling [%]:", _beside("phase", self.oversampling[0], "slice", self.oversampling[1]))
        form.addRow("resolution [%]:", _beside("phase", self.resolution[0], "slice", self.resolution[1]))
        form.addRow("partial Fourier [%]:", _beside("phase", self.partial[0], "slice", self.partial[1]))
        form.addRow("GRAPPA:", self.grappa)
        form.addRow("k-space [%]:", self.share)
        self.column.addLayout(form)
        self.header_button = QPushButton("From the header")
        self.header_button.setToolTip("Fill in again what the header of the open series says")
        self.header_button.clicked.connect(lambda: self.fill(self.session.scan))
        self.column.addWidget(self.header_button)
        for field in self._fields():
            field.valueChanged.connect(self.show_rows)

    def _fields(self) -> list[QAbstractSpinBox]:
        pairs = (*self.matrix, *self.voxel, *self.oversampling, *self.resolution, *self.partial)
        return [self.time, *pairs, self.grappa, self.share]

    # -- filling --------------------------------------------------------------------------------------
    def fill(self, scan: Any) -> None:
        """Fill the fields from the header of a scan; what it does not say is assumed and said."""
        self.header_button.setEnabled(scan is not None)
        self.said.setText("")
        if scan is not None:
            try:
                found = protocol_of(scan)
            except MrsrError as error:
                self.said.setText(error.line)
            else:
                self._put(found)
                self.said.setText("\n".join(f"{line[:1].upper()}{line[1:]}." for line in found.assumed))
        self.said.setVisible(bool(self.said.text()))
        self.show_rows()

    def _put(self, found: Protocol) -> None:
        encoding = found.encoding
        values = {
            self.time: encoding.repetition_time,
            **dict(zip(self.matrix, encoding.matrix, strict=True)),
            **dict(zip(self.voxel, found.voxel, strict=True)),
            self.oversampling[0]: encoding.phase_oversampling,
            self.oversampling[1]: encoding.slice_oversampling,
            self.resolution[0]: encoding.phase_resolution,
            self.resolution[1]: encoding.slice_resolution,
            self.partial[0]: 100 * encoding.phase_partial,
            self.partial[1]: 100 * encoding.slice_partial,
            self.grappa: encoding.grappa,
        }
        for field, value in values.items():
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)

    def protocol(self) -> Protocol:
        """Return what the fields say.

        Raises
        ------
        BadParameter
            A number is not possible.
        """
        readout, phase, slices = (field.value() for field in self.matrix)
        along, across, thick = (field.value() for field in self.voxel)
        encoding = Encoding(
            self.time.value(),
            (readout, phase, slices),
            phase_oversampling=self.oversampling[0].value(),
            slice_oversampling=self.oversampling[1].value(),
            phase_resolution=self.resolution[0].value(),
            slice_resolution=self.resolution[1].value(),
            grappa=self.grappa.value(),
            phase_partial=self.partial[0].value() / 100,
            slice_partial=self.partial[1].value() / 100,
        )
        return Protocol(encoding, (along, across, thick))

    def show_rows(self, _value: Any = None) -> None:
        """Show time and voxel of the whole k-space, of the shares of the paper, and of one's own."""
        import pandas as pd

        own = self.share.value() / 100
        shares = sorted({1.0, *FRACTIONS, own}, reverse=True)
        try:
            found = rows(self.protocol(), shares)
        except MrsrError as error:
            self.table.show_table(None)
            self.said.setText(error.line)
            self.said.setVisible(True)
            return
        table = pd.DataFrame(
            {
                "frame [s]": [f"{row.seconds:.2f}" for row in found],
                "by lines [s]": [f"{row.seconds_of_lines:.2f}" for row in found],
                "voxel [mm]": [" x ".join(f"{mm:.3g}" for mm in row.voxel) for row in found],
            },
            index=["whole" if row.share == 1 else percent(round(row.share, 6)) for row in found],
        )
        table.attrs["help"] = HELP
        self.table.show_table(table)


def _whole(value: int, tip: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(1, 4096)
    field.setValue(value)
    return _dressed(field, tip)


class _Real(QDoubleSpinBox):
    """A number with as many digits as it needs: a voxel of 1.09375 mm is no one of 1.09."""

    def textFromValue(self, value: float) -> str:
        """Return what is shown."""
        return f"{value:.6g}"


def _real(value: float, low: float, high: float, step: float, tip: str) -> QDoubleSpinBox:
    field = _Real()
    field.setDecimals(5)
    field.setRange(low, high)
    field.setSingleStep(step)
    field.setValue(value)
    return _dressed(field, tip)


def _percent(value: float, most: float, tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(1)
    field.setRange(0.0 if value == 0 else 1.0, most)
    field.setSingleStep(5.0)
    field.setValue(value)
    return _dressed(field, tip)


def _dressed(field: Any, tip: str) -> Any:
    field.setToolTip(tip)
    field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)  # three fields stand in one line of a narrow dock
    field.setStyleSheet("QAbstractSpinBox { min-width: 34px; }")  # napari's own least width is for a field alone
    return field


def _beside(*parts: QWidget | str) -> QHBoxLayout:
    """Return fields in one line, words between them."""
    line = QHBoxLayout()
    line.setSpacing(4)
    for part in parts:
        if isinstance(part, str):
            line.addWidget(QLabel(part))
        else:
            line.addWidget(part, 1)
    return line
