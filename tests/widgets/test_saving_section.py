"""The Study dock saves, reopens and offers back; the ROI dock follows up: pressed and read as a person would."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QMimeData, QPoint, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFileDialog

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import autosave_folder, write_nifti
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.roi import RoiDock
from napari_mrsr.widgets.study import StudyDock

KEPT: list[ViewerModel] = []


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder for each test."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    KEPT.clear()


@pytest.fixture
def make(qtbot: Any, view: View) -> Any:
    """Make a dock, on the viewer of the test or on another one."""

    def of(kind: Any, viewer: ViewerModel | None = None) -> Any:
        dock = kind(viewer or view.viewer)
        qtbot.addWidget(dock)
        return dock

    return of


@pytest.fixture
def knee(scan: Scan, tmp_path: Path) -> Path:
    """A scan on the disk."""
    (tmp_path / "scans").mkdir()
    return write_nifti(scan, tmp_path / "scans" / "knee.nii.gz")


def another() -> ViewerModel:
    """Return another viewer, whose jobs run at once."""
    viewer = ViewerModel()
    KEPT.append(viewer)
    view_of(viewer, run_here)
    return viewer


def painted(view: View) -> Any:
    roi = regions.new_roi(view)
    roi.data[5:8, 7:12, 8:14] = 1
    return roi


def drop(dock: Any, path: Path) -> None:
    """Drop a path on a dock."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    dock.dropEvent(QDropEvent(QPoint(5, 5).toPointF(), copy, mime, left, none))


def test_save_by_button_and_reopen_by_dropping_the_folder(
    make: Any, view: View, knee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = make(StudyDock)
    assert not dock.saving.save_button.isEnabled()
    view.session.open([knee])
    painted(view)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "review"), ""))
    dock.saving.save_button.click()
    assert "saved the review" in dock.banner.text.text()
    assert "saved as review" in dock.saving.autosaved.text()
    other = make(StudyDock, another())
    drop(other, tmp_path / "review")
    assert "reopened the review" in other.banner.text.text()
    assert not other.scan_part.isHidden()
    assert other.view.layer(regions.NAME) is not None


def test_a_moved_scan_is_located_and_a_changed_one_opened_anyway(
    make: Any, view: View, knee: Path, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.session.open([knee])
    view.saving.save(tmp_path / "review")
    shutil.move(knee.parent, tmp_path / "archive")
    viewer = another()
    dock = make(StudyDock, viewer)
    assert dock.saving.question.isHidden()
    dock.open([tmp_path / "review"])
    assert not dock.saving.question.isHidden()
    assert dock.saving.go_on_button.isHidden()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "archive"))
    dock.saving.locate_button.click()
    assert dock.saving.question.isHidden()
    assert dock.session.scan is not None
    write_nifti(scan.after("edit", scan.array * 2), tmp_path / "archive" / "knee.nii.gz")
    dock.open([tmp_path / "review"])
    dock.saving.go_on_button.click()
    np.testing.assert_allclose(dock.session.scan.array, scan.array * 2, rtol=1e-6)
    assert dock.banner.text.text().startswith("!")


def test_what_a_crash_left_is_offered_and_given_back_by_button(make: Any, view: View, knee: Path) -> None:
    view.session.open([knee])
    roi = painted(view)
    view.autosave.tick()
    autosave_folder._LIVE.clear()  # as another process would see it
    dock = make(StudyDock, another())
    assert not dock.recovery.isHidden()
    assert "ended unexpectedly" in dock.recovery.bar.text.text()
    assert "medial femoral cartilage" in dock.recovery.bar.text.text()
    dock.recovery.restore_button.click()
    np.testing.assert_array_equal(dock.view.layer(regions.NAME).data, roi.data)
    assert dock.recovery.isHidden()


def test_what_a_crash_left_is_discarded_by_button(make: Any, view: View, knee: Path) -> None:
    view.session.open([knee])
    painted(view)
    view.autosave.tick()
    autosave_folder._LIVE.clear()
    dock = make(StudyDock, another())
    dock.recovery.discard_button.click()
    assert dock.recovery.isHidden()
    assert make(StudyDock, another()).recovery.isHidden()


def test_follow_up_by_buttons(
    make: Any, view: View, knee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.session.open([knee])
    view.session.refine(RefineSettings(method="tricubic"))
    painted(view)
    view.saving.save(tmp_path / "review")
    dock = make(RoiDock)
    section = dock.follow_up
    assert section.changes.isHidden()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "review"))
    section.baseline_button.click()
    table = section.changes.rows.table
    assert list(table.columns) == ["verdict", "before", "now", "change", "%", "RC"]
    assert table.iloc[0]["change"] == 0.0
    assert table.iloc[0]["verdict"] == "within"
    assert table.iloc[0]["RC"] == pytest.approx(1.96 * 2**0.5 * 0.05 * table.iloc[0]["before"], abs=0.01)
    assert "QIBA" in section.warnings.text()
    section.within.setValue(1.0)
    section.kind.setCurrentIndex(1)
    assert section.source.currentText() == "own value"
    assert section.changes.rows.table.iloc[0]["RC"] == pytest.approx(2.77)
    section.source.setCurrentIndex(1)
    assert section.within.value() == 6.4
    section.away.click()
    assert section.changes.isHidden()


def test_two_readings_by_buttons(make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    one = painted(view)
    dock = make(RoiDock)
    section = dock.follow_up
    assert not section.readers.compare_button.isEnabled()
    other = regions.new_roi(view, name="second reader")
    other.data[...] = np.roll(one.data, 1, axis=1)
    dock.layers.setCurrentText(one.name)
    section.readers.second.setCurrentText("second reader")
    section.readers.compare_button.click()
    assert section.readers.readings.rows.table.iloc[0]["Dice"] == pytest.approx(0.8)
    section.readers.second.setCurrentText(one.name)
    section.readers.compare_button.click()
    assert "choose a second labels layer" in dock.banner.text.text()
    view.viewer.layers.remove(other)
    assert section.readers.second.count() == 1


def test_the_menu_has_both_commands(
    make: Any, view: View, knee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_mrsr.widgets.commands import open_review, save_review

    view.session.open([knee])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "review"), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "review"))
    save_review(view.viewer)
    assert (tmp_path / "review" / "review.json").is_file()
    viewer = another()
    open_review(viewer)
    assert view_of(viewer).session.scan is not None


def test_what_was_chosen_in_process_comes_back(make: Any, view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    dock = make(ProcessDock)
    dock.options.method.value = "trilinear"
    dock.options.simulate.value = True
    dock.t2_options.t1.value = 1050.0
    dock.t2_options.flip_angle.value = 25.0
    chosen, t2 = dock.settings(), dock.t2_settings()
    view.saving.save(tmp_path / "review")
    viewer = another()
    other = make(ProcessDock, viewer)
    view_of(viewer).saving.open(tmp_path / "review")
    assert other.settings() == chosen
    assert other.t2_settings() == t2 == view_of(viewer).session.t2


def test_a_dock_that_is_gone_does_not_stop_the_saving(view: View, knee: Path, tmp_path: Path, qtbot: Any) -> None:
    view.session.open([knee])
    dock = ProcessDock(view.viewer)
    with qtbot.waitSignal(dock.destroyed, timeout=30_000):
        dock.deleteLater()
    view.saving.save(tmp_path / "review")
    assert view.session.banner is not None
    assert view.session.banner.level == "info"
