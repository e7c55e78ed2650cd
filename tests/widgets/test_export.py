"""The report section of the ROI dock: what is chosen is written, what cannot be is said."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.commands import open_docks
from napari_mrsr.widgets.roi import RoiDock

needs_display = pytest.mark.skipif(
    sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
    reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
)


@pytest.fixture
def dock(qtbot: Any, view: View, scan: Scan) -> RoiDock:
    """The ROI dock of a scan with a super-resolved one."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    made = RoiDock(view.viewer)
    qtbot.addWidget(made)
    return made


def only(dock: RoiDock, *names: str) -> None:
    for name, box in dock.report.boxes.items():
        box.setChecked(name in names)


def test_the_button_asks_where_and_writes_there(dock: RoiDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    only(dock, "tables")
    dock.report.button.click()
    assert "nothing is painted" in dock.banner.text.text()
    dock.new_button.click()
    dock.layer.data[8:14, 7:12, 5:9] = 1
    dock.report.button.click()
    assert (tmp_path / "mrsr-report" / "stats.csv").is_file()
    assert "mrsr-report" in dock.banner.text.text()
    dock.report.export(tmp_path / "absent")
    assert dock.banner.text.text().startswith("✗")


def test_a_dialog_that_is_left_writes_nothing(dock: RoiDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    dock.report.button.click()
    assert list(tmp_path.iterdir()) == []


def test_a_patient_line_can_be_written_only_where_the_patient_may_be_named(dock: RoiDock) -> None:
    section = dock.report
    assert section.deidentify.isChecked()  # as the preferences say
    assert section.patient.isHidden()
    section.deidentify.setChecked(False)
    assert not section.patient.isHidden()
    section.patient.setText("  Jane Doe, 1957 ")
    assert section.settings.patient == "Jane Doe, 1957"
    section.deidentify.setChecked(True)
    assert (section.settings.deidentify, section.settings.patient) == (True, "")


def test_with_nothing_chosen_there_is_nothing_to_press(dock: RoiDock) -> None:
    assert dock.report.button.isEnabled()
    only(dock)
    assert not dock.report.button.isEnabled()
    only(dock, "page")
    assert dock.report.button.isEnabled()
    assert dock.report.settings.parts.count == 1


@pytest.mark.viewer
@needs_display
def test_export_in_a_real_window_by_mouse(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, scan: Scan, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    viewer = make_napari_viewer_proxy(show=True)
    roi = next(dock for dock in open_docks(viewer) if isinstance(dock, RoiDock))
    session = view_of(viewer).session
    session.adopt(scan)
    session.refine(RefineSettings(method="tricubic"))
    idle(qtbot, session)
    qtbot.mouseClick(roi.new_button, Qt.MouseButton.LeftButton)
    roi.layer.data[8:14, 7:12, 5:9] = 1
    roi.report.expand(animate=False)
    qtbot.waitUntil(lambda: roi.report.button.isVisible() and roi.report.button.height() > 10, timeout=30_000)
    qtbot.mouseClick(roi.report.button, Qt.MouseButton.LeftButton)
    assert session.running is not None, session.banner  # written elsewhere: this line is reached at once
    assert not roi.report.button.isEnabled()
    idle(qtbot, session)
    folder = tmp_path / "mrsr-report"
    assert {path.name for path in folder.iterdir()} >= {"stats.csv", "report.pdf", "bids", "dicom", "provenance.json"}
    assert session.banner is not None
    assert session.banner.level == "info"
    assert roi.report.button.isEnabled()
    view_of(viewer).close()


def idle(qtbot: Any, session: Any) -> None:
    """Let the viewer work until no job runs."""
    end = time.monotonic() + 90
    while session.running is not None and time.monotonic() < end:
        qtbot.wait(20)
    assert session.running is None
