"""Planning scan, fine-tuning, fine-tuned weights and acquisition time in the docks, on a viewer without a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QInputDialog, QMessageBox

from napari_mrsr.app.dynamic import fine_tuning
from napari_mrsr.app.dynamic.fine_tuning import FineTuneSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.study import StudyDock
from tests.app.dynamic.conftest import moving_ball
from tests.app.dynamic.fake_training import Fake


@pytest.fixture(autouse=True)
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A folder of this test alone; a process that learns nothing, and how it behaves."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(fine_tuning, "PAUSE", 0.0)
    how: dict[str, Any] = {}

    def spawn(planning: Scan, settings: FineTuneSettings, hidden: Path) -> Fake:
        how["settings"] = settings
        return Fake(hidden, kspace=settings.kspace, planning=planning)

    monkeypatch.setattr(fine_tuning, "_spawn", spawn)
    return how


@pytest.fixture
def series() -> Scan:
    """Five frames of a moving ball."""
    return moving_ball()


@pytest.fixture
def planning(series: Scan) -> Scan:
    """A planning scan on the same grid."""
    return replace(series.volume(0), axis="contrast")


@pytest.fixture
def make(qtbot: Any, view: View) -> Callable[[Any], Any]:
    """Make a dock on the viewer."""

    def of(kind: Any) -> Any:
        dock = kind(view.viewer)
        qtbot.addWidget(dock)
        return dock

    return of


# -- Study -----------------------------------------------------------------------------------------------
def test_a_file_dropped_on_the_section_is_the_planning_scan_and_not_the_series(
    make: Any, view: View, series: Scan, planning: Scan, tmp_path: Path
) -> None:
    view.session.adopt(series)
    part = make(StudyDock).planning
    assert part.checks.isHidden()
    assert not part.remove_button.isEnabled()
    path = write_nifti(planning, tmp_path / "before.nii.gz")
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    part.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, content, left, none))
    assert view.session.planning is not None
    assert view.session.scan is series
    assert part.isExpanded()
    assert "before" in part.said.text()
    assert part.checks.rows.rowCount() == len(part.planning.checks) > 5
    part.remove_button.click()
    assert view.session.planning is None
    assert part.checks.isHidden()


def test_what_is_red_stands_above_what_is_green(make: Any, view: View, series: Scan, planning: Scan) -> None:
    view.session.adopt(series.after("abdomen phantom", series.array, parameters={"seed": 5}))
    part = make(StudyDock).planning
    view.session.plan(planning.after("abdomen phantom", planning.array, parameters={"seed": 6}))
    rows = part.checks.rows
    texts = [rows.itemAt(n, rows.ItemRole.FieldRole).widget().text() for n in range(rows.rowCount())]
    assert "another person" in texts[0]
    assert "pose" in texts[-1]


# -- Process: fine-tuning ----------------------------------------------------------------------------------
def test_there_is_nothing_to_press_without_a_planning_scan(make: Any, view: View, series: Scan) -> None:
    view.session.adopt(series)
    part = make(ProcessDock).fine_tune
    assert not part.button.isEnabled()
    assert "open one in the Study dock" in part.which.text()


def test_one_press_fine_tunes_and_the_weights_are_listed_and_used(
    make: Any, view: View, series: Scan, planning: Scan, fakes: dict[str, Any]
) -> None:
    view.session.adopt(series)
    view.session.plan(planning)
    dock = make(ProcessDock)
    part = dock.fine_tune
    assert part.chart is None
    part.options.weights_name.value = "liver"
    part.options.minutes.value = 3.0
    part.button.click()
    settings = fakes["settings"]
    assert (settings.method, settings.minutes, settings.name) == ("swift", 3.0, "liver")
    assert [part.weights.list.topLevelItem(n).text(0) for n in range(2)] == ["    shipped weights", "● liver"]
    assert part.weights.list.topLevelItem(1).text(3) == "+2.00 dB"
    assert dock.dynamic.settings().weights == str(part.tuning.found.path)
    steps, similarity = part.chart.curves["SSIM"]
    assert list(steps) == [10, 20, 30, 40]
    assert similarity[-1] == pytest.approx(0.95)
    assert len(part.chart.curves["loss"][0]) == 40
    assert part.progress.isHidden()
    assert "is used by Run now" in part.status.text()
    part.options.weights_name.value = "spleen"
    part.button.click()
    assert part.weights.selected.name == "spleen"  # what is used is what is described


def test_the_level_is_that_of_the_series_until_a_person_chooses_another(
    make: Any, view: View, series: Scan, planning: Scan
) -> None:
    dock = make(ProcessDock)
    part = dock.fine_tune
    assert part.options.level.value == "all three"
    view.session.adopt(series)
    assert part.options.level.value == "6.25 %"  # that to which the series will be undersampled
    dock.dynamic.fraction.setCurrentText("10 %")
    assert part.options.level.value == "10 %"
    view.session.plan(
        replace(planning, affine=planning.affine @ [[0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    )
    assert part.options.level.value == "25 %"  # the series is coarser by that much
    part.options.level.value = "all three"
    dock.dynamic.fraction.setCurrentText("25 %")
    view.session.plan(planning)
    assert part.options.level.value == "all three"


def test_stop_is_pressed_while_it_learns(make: Any, view: View, planning: Scan) -> None:
    view.session.plan(planning)
    part = make(ProcessDock).fine_tune
    pressed: list[bool] = []

    def press() -> None:
        if not pressed:
            assert part.stop_button.isEnabled()
            assert not part.button.isEnabled()
            part.stop_button.click()
            assert part.status.text() == "stopping…" or part.tuning.is_stopping
            pressed.append(True)

    part.tuning.went_on.connect(press)
    part.button.click()
    assert pressed
    assert part.tuning.found.record["steps"] == 10
    assert not part.stop_button.isEnabled()


def test_a_closed_dock_loses_nothing(make: Any, view: View, planning: Scan) -> None:
    view.session.plan(planning)
    first = make(ProcessDock).fine_tune
    first.button.click()
    again = make(ProcessDock).fine_tune
    assert again.status.text() == first.status.text()
    assert again.weights.list.topLevelItemCount() == 2
    assert again.chart is not None


# -- Process: the list of weights ---------------------------------------------------------------------------
@pytest.fixture
def listed(make: Any, view: View, planning: Scan) -> Any:
    """A list with weights called "liver", in use."""
    view.session.plan(planning)
    part = make(ProcessDock).fine_tune
    part.options.weights_name.value = "liver"
    part.button.click()
    return part.weights


def test_shipped_weights_are_chosen_again_by_a_double_click(listed: Any) -> None:
    first = listed.list.topLevelItem(0)
    listed.list.setCurrentItem(first)
    assert not listed.rename_button.isEnabled()
    listed.list.itemDoubleClicked.emit(first, 0)
    assert listed.own.chosen is None
    assert listed.list.topLevelItem(0).text(0).startswith("●")
    listed.list.setCurrentItem(listed.list.topLevelItem(1))
    listed.use_button.click()
    assert listed.own.chosen.stem == "liver"


def test_weights_get_another_name(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("spleen", True))
    listed.rename_button.click()
    assert listed.list.topLevelItem(1).text(0) == "● spleen"
    assert listed.own.chosen.stem == "spleen"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("a/b", True))
    listed.rename_button.click()
    assert "cannot be called" in listed.session.banner.text


@pytest.mark.parametrize(("answer", "left"), [("Yes", 1), ("No", 2)])
def test_weights_are_removed_after_a_question(
    listed: Any, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    monkeypatch.setattr(QMessageBox, "exec", lambda *_, **__: getattr(QMessageBox.StandardButton, answer))
    listed.remove_button.click()
    assert listed.list.topLevelItemCount() == left


# -- Process: acquisition time --------------------------------------------------------------------------------
def column(table: Any, name: str) -> list[str]:
    """Return a column of a table as it is shown."""
    return list(table.rows.shown[name])


@pytest.mark.parametrize(
    ("matrix", "time", "phase", "slices", "grappa", "seconds"),
    [
        ((256, 192, 40), 2.34, 0.75, 0.65, 2, "4.81"),
        ((256, 192, 40), 2.34, 0.75, 0.65, 1, "9.61"),
        ((256, 192, 44), 2.23, 0.5, 0.64, 1, "6.62"),
    ],
)
def test_the_times_of_the_paper_come_from_the_header_of_the_series(
    make: Any,
    view: View,
    matrix: tuple[int, int, int],
    time: float,
    phase: float,
    slices: float,
    grappa: int,
    seconds: str,
) -> None:
    part = make(ProcessDock).acquisition_time
    others = {
        "PhaseOversampling": 0.1, "SliceOversampling": 0.0, "PhaseResolution": phase, "SliceResolution": slices,
        "ParallelReductionFactorInPlane": grappa,
    }  # fmt: skip
    frames = np.broadcast_to(np.float32(1.0), (2, *matrix))  # which takes no memory
    header = Acquisition(repetition_time=time, others=others)
    part.fill(Scan(frames, np.diag([1.09, 1.09, 4.0, 1]), axis="time", acquisition=header, slice_axis=2))
    assert column(part.table, "frame [s]")[0] == seconds  # Table 2 of the paper


def test_every_field_counts_and_a_share_of_one_s_own_has_a_row(make: Any) -> None:
    part = make(ProcessDock).acquisition_time
    for field, value in zip(
        (part.time, *part.matrix, part.oversampling[0], *part.resolution, part.grappa),
        (2.34, 256, 192, 40, 10, 75, 65, 2),
        strict=True,
    ):
        field.setValue(value)
    assert list(part.table.rows.shown.index) == ["whole", "25 %", "10 %", "6.25 %"]
    assert column(part.table, "frame [s]")[0] == "4.81"  # Table 2, subject 1
    assert column(part.table, "voxel [mm]") == [
        "1.09 x 1.09 x 4",
        "2.19 x 2.19 x 4",
        "3.5 x 3.5 x 4",
        "4.38 x 4.38 x 4",
    ]
    part.share.setValue(50)
    assert list(part.table.rows.shown.index) == ["whole", "50 %", "25 %", "10 %", "6.25 %"]
    part.grappa.setValue(1)
    assert column(part.table, "frame [s]")[0] == "9.61"


def test_a_header_without_tr_is_said(make: Any, view: View) -> None:
    part = make(ProcessDock).acquisition_time
    view.session.adopt(moving_ball().with_acquisition(repetition_time=None))
    assert "TR: 2.34 ms is assumed" in part.said.text()
    part.time.setValue(5.0)
    part.header_button.click()
    assert part.time.value() == 2.34


# -- width ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [StudyDock, ProcessDock])
def test_the_docks_fit_420_pixels(make: Any, view: View, series: Scan, planning: Scan, kind: Any) -> None:
    view.session.adopt(series)
    view.session.plan(planning)
    dock = make(kind)
    for name in ("planning", "dynamic", "fine_tune", "acquisition_time"):
        part = getattr(dock, name, None)
        if part is not None:
            part.expand(animate=False)
            assert part.content().minimumSizeHint().width() < 400
