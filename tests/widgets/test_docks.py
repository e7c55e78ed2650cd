"""The four docks on a viewer without a window: they show the session, ask it, and keep nothing of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QMimeData, QPoint, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QLabel

from napari_mrsr import superres
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.session import Banner, Session
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.inference.engine import Tile
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.review import ReviewDock
from napari_mrsr.widgets.roi import RoiDock
from napari_mrsr.widgets.study import StudyDock

DOCKS = (StudyDock, ProcessDock, ReviewDock, RoiDock)


@pytest.fixture
def make(qtbot: Any, view: View) -> Any:
    """Make a dock on the viewer."""

    def of(kind: Any) -> Any:
        dock = kind(view.viewer)
        qtbot.addWidget(dock)
        return dock

    return of


def texts(widget: Any) -> str:
    """Return all text that a widget shows."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


# -- all of them ---------------------------------------------------------------------------------------
def test_opening_the_docks_does_not_import_torch() -> None:
    code = (
        "import sys\n"
        "from qtpy.QtWidgets import QApplication\n"
        "from napari.components import ViewerModel\n"
        "app = QApplication([])\n"
        "from napari_mrsr.widgets import process, review, roi, study\n"
        "viewer = ViewerModel()\n"
        "kinds = (study.StudyDock, process.ProcessDock, review.ReviewDock, roi.RoiDock)\n"
        "docks = [kind(viewer) for kind in kinds]\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip().endswith("False")


def test_a_dock_that_is_closed_and_opened_again_shows_the_same(make: Any, view: View, scan: Scan) -> None:
    first = make(StudyDock)
    view.session.adopt(scan)
    before = texts(first.scan_part)
    first.close()
    first.deleteLater()
    view.session.refine(RefineSettings(method="tricubic"))
    assert texts(make(StudyDock).scan_part) == before
    assert make(ReviewDock).swipe.pair.count() == 3
    assert "took" in make(ProcessDock).status.text()


def test_a_destroyed_dock_hears_nothing_more(qtbot: Any, view: View, scan: Scan) -> None:
    dock = StudyDock(view.viewer)
    with qtbot.waitSignal(dock.destroyed, timeout=30_000):
        dock.deleteLater()
    view.session.adopt(scan)  # would raise: the widgets of the dock are gone
    view.session.say("bad", "an error")
    assert view.session.scan is scan


@pytest.mark.parametrize("kind", DOCKS)
def test_every_dock_shows_the_banner(make: Any, view: View, kind: Any) -> None:
    dock = make(kind)
    assert dock.banner.isHidden()
    view.session.say("bad", "knee.nii.gz has no echo time; give one", "details")
    assert "knee.nii.gz has no echo time" in dock.banner.text.text()
    assert not dock.banner.isHidden()
    dock.banner.more.click()
    assert not dock.banner.details.isHidden()
    dock.banner.close_button.click()
    assert dock.banner.isHidden()


@pytest.mark.parametrize("level", ["info", "warn", "bad"])
def test_the_text_of_a_banner_can_be_read_on_its_colour(level: Any) -> None:
    from qtpy.QtGui import QColor

    from napari_mrsr.widgets.banner import COLOURS

    def luminance(name: str) -> float:  # WCAG 2.1
        channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(name).getRgbF()[:3]]
        return float(np.dot(channels, (0.2126, 0.7152, 0.0722)))

    dark, light = sorted(map(luminance, COLOURS[level]))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


# -- Study ---------------------------------------------------------------------------------------------
def test_a_dropped_file_is_opened_and_checked(make: Any, view: View, scan: Scan, tmp_path: Path) -> None:
    path = write_nifti(scan, tmp_path / "knee.nii.gz")
    dock = make(StudyDock)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    dock.dropEvent(QDropEvent(QPoint(5, 5).toPointF(), Qt.DropAction.CopyAction, data, buttons, keys))
    assert view.session.scan is not None
    shown = texts(dock)
    assert "24 x 20 x 12, 0.5 x 0.5 x 1.5 mm" in shown
    assert "sagittal" in shown
    assert "TR 23 ms, TE 7, 39 ms, flip 20°" in shown
    assert len(view.session.checks) == dock.checks_layout.rowCount()


def test_two_dropped_echoes_become_one_scan(make: Any, view: View, scan: Scan, tmp_path: Path) -> None:
    paths = [write_nifti(scan.volume(n), tmp_path / f"echo{n + 1}.nii.gz") for n in (0, 1)]
    make(StudyDock).open(paths)
    assert view.session.scan is not None
    assert view.session.scan.axis == "echo"
    assert view.session.scan.acquisition.echo_times == (7.0, 39.0)


def test_a_file_that_cannot_be_read_leaves_the_scan_and_says_why(
    make: Any, view: View, scan: Scan, tmp_path: Path
) -> None:
    dock = make(StudyDock)
    view.session.adopt(scan)
    (tmp_path / "broken.nii").write_bytes(b"nothing")
    dock.open([tmp_path / "broken.nii"])
    assert view.session.scan is scan
    assert "broken.nii" in dock.banner.text.text()


def test_series_are_listed_to_choose_from(make: Any, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_mrsr.app.events import Choices
    from napari_mrsr.files import SeriesInfo

    chosen: list[Any] = []
    monkeypatch.setattr(Session, "choose", lambda self, series: chosen.append(series))
    dock = make(StudyDock)
    assert dock.choices.isHidden()
    series = (
        SeriesInfo("7", "1.7", 7, "SAG DESS", 76, (512, 512, 38), "2 echoes"),
        SeriesInfo("8", "1.8", 8, "SAG T2", 24, (256, 256, 24), "8 echoes"),
    )
    view.session.choices_changed.emit(Choices(("folder",), series))
    assert not dock.choices.isHidden()
    assert "SAG DESS, 512x512x38, 2 echoes (76 files)" in dock.series.item(0).text()
    dock.series.setCurrentRow(1)
    dock.series_button.click()
    assert chosen == ["8"]


# -- Process -------------------------------------------------------------------------------------------
def test_the_form_is_what_the_job_gets(make: Any, view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(Session, "refine", lambda self, settings: asked.append(settings))
    view.session.adopt(scan)
    dock = make(ProcessDock)
    dock.options.method.value = "fourier"
    dock.options.factor.value = 3
    dock.options.axis.value = "axis j"
    dock.options.simulate.value = True
    dock.options.maps.value = False
    dock.run_button.click()
    assert asked == [RefineSettings("fourier", 3, 1, "auto", "wiener", retrospective=True, maps=False)]


def test_nothing_can_be_run_before_a_scan_is_open(make: Any, view: View, scan: Scan) -> None:
    dock = make(ProcessDock)
    assert not dock.run_button.isEnabled()
    assert not dock.t2_button.isEnabled()
    view.session.adopt(scan)
    assert dock.run_button.isEnabled()
    assert dock.t2_button.isEnabled()


def test_the_card_of_a_method_is_shown(make: Any) -> None:
    dock = make(ProcessDock)
    dock.options.method.value = "tricubic"
    assert "B-spline" in dock.card.text()
    from napari_mrsr.networks import registry

    for method in (one for one in registry.methods() if "slice" in one.axes):
        dock.options.method.value = method.name
        assert method.summary in dock.card.text()
        assert method.licence is None or method.licence in dock.card.text()


def test_the_time_is_estimated_after_a_choice(qtbot: Any, make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    dock = make(ProcessDock)
    dock.options.method.value = "area"
    qtbot.waitUntil(lambda: "area" in dock.estimate.text(), timeout=30_000)
    assert dock.estimate.text().startswith("a few seconds")


def test_the_card_of_auto_is_that_of_the_method_chosen(qtbot: Any, make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    dock = make(ProcessDock)
    dock.ask_estimate()
    chosen = superres.choose_method(scan)[0]
    assert chosen.summary in dock.card.text()


def test_sequence_parameters_come_from_the_header_and_can_be_overridden(make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    dock = make(ProcessDock)
    form = dock.t2_options
    assert (form.repetition_time.value, form.echo_time.value, form.flip_angle.value) == (23.0, 7.0, 20.0)
    assert dock.t2_settings().overrides == {}
    form.flip_angle.value = 30.0
    assert dock.t2_settings().overrides == {"flip_angle": 30.0}
    dock.t2_button.click()
    assert "acquired" in view.session.maps
    assert view.session.t2.flip_angle == 30.0


def test_progress_and_stop_follow_the_job(make: Any, view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    view.session.adopt(scan)
    dock = make(ProcessDock)
    seen: list[tuple[int, bool, bool]] = []

    def slowly(*_args: Any, stop: Any, **_options: Any) -> Iterator[Tile]:
        for n in range(1, 5):
            if stop():
                return
            where = (slice(0, 24), slice(0, 20), slice(6 * n - 6, 6 * n))
            yield Tile(where, np.zeros((2, 24, 20, 6), np.float32), n / 4)
            seen.append((dock.progress.value(), dock.run_button.isEnabled(), dock.stop_button.isEnabled()))
            if n == 2:
                dock.stop_button.click()

    monkeypatch.setattr(superres, "stream", slowly)
    dock.options.method.value = "tricubic"
    dock.run_button.click()
    assert [value for value, _, _ in seen] == [250, 500] or [value for value, _, _ in seen] == [0, 250]
    assert all(not run and stop for _, run, stop in seen)
    assert dock.run_button.isEnabled()
    assert not dock.stop_button.isEnabled()
    assert "50%" in dock.banner.text.text()


# -- Review --------------------------------------------------------------------------------------------
@pytest.fixture
def reviewed(view: View, scan: Scan) -> View:
    """A view with results, maps and a comparison."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", retrospective=True))
    return view


def test_the_pair_is_chosen_and_each_of_it_shown(make: Any, reviewed: View) -> None:
    dock = make(ReviewDock)
    dock.swipe.pair.setCurrentIndex(1)
    dock.swipe.pair.setCurrentIndex(0)
    dock.swipe.one.click()
    assert reviewed.layer(dock.swipe.one.text()).visible
    assert not reviewed.layer(dock.swipe.other.text()).visible
    dock.swipe.other.click()
    assert reviewed.layer(dock.swipe.other.text()).visible


def test_level_and_width_move_acquired_and_sr_together(make: Any, reviewed: View) -> None:
    dock = make(ReviewDock)
    dock.window_part.window_level.setValue(300.0)
    dock.window_part.window_width.setValue(400.0)
    for name in ("S1 (acquired)", "S1 SR x2 [tricubic]", "S1 (thick slices x2)"):
        assert tuple(reviewed.layer(name).contrast_limits) == (100.0, 500.0)
    dock.window_part.reset.click()
    assert tuple(reviewed.layer("S1 (acquired)").contrast_limits) != (100.0, 500.0)


def test_the_limit_of_t2_is_that_of_all_t2_maps(make: Any, reviewed: View) -> None:
    make(ReviewDock).window_part.t2_limit.setValue(60.0)
    assert tuple(reviewed.layer("T2 [ms] (SR)").contrast_limits) == (0.0, 60.0)
    assert tuple(reviewed.layer("T2 [ms] (acquired)").contrast_limits) == (0.0, 60.0)


def test_maps_are_switched_on_and_off_and_the_boxes_follow_the_layers(make: Any, reviewed: View) -> None:
    dock = make(ReviewDock)
    box = dock.maps.boxes["S1 SSIM SR vs ref [0..1]"]
    layer = reviewed.layer("S1 SSIM SR vs ref [0..1]")
    box.setChecked(True)
    assert layer.visible
    layer.visible = False
    assert not box.isChecked()


def test_figures_are_those_of_the_comparison(make: Any, reviewed: View) -> None:
    dock = make(ReviewDock)
    table = dock.maps.figures.rows.table
    assert reviewed.session.comparison is not None
    assert table.loc["PSNR [dB]", "S2"] == reviewed.session.comparison.figures["S2"]["psnr"]


def test_trust_is_computed_when_asked(make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    dock = make(ReviewDock)
    assert dock.maps.trust.isHidden()
    dock.maps.trust_button.click()
    assert not dock.maps.trust.isHidden()
    assert "S1 misfit z [sigma]" in dock.maps.boxes
    dock.maps.compare_button.click()  # there is no reference
    assert "reference" in dock.banner.text.text()


# -- ROI -----------------------------------------------------------------------------------------------
def test_the_table_follows_the_brush(qtbot: Any, make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    dock = make(RoiDock)
    dock.new_button.click()
    layer = dock.layer
    assert layer.name == "ROI cartilage"
    layer.brush_size = 3
    layer.paint((8, 10, 7), 1)
    qtbot.waitUntil(lambda: dock.table.rows.table is not None, timeout=30_000)
    painted = int((layer.data == 1).sum())
    assert painted > 0
    table = dock.table.rows.table
    assert table.loc["volume [mm³]", "SR [tricubic]"] == pytest.approx(painted * 0.5 * 0.5 * 0.75)
    layer.undo()
    qtbot.waitUntil(lambda: dock.table.rows.table is None, timeout=30_000)


def test_the_region_chosen_is_what_the_brush_paints(make: Any, view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    dock = make(RoiDock)
    dock.new_button.click()
    dock.region.setCurrentIndex(4)
    assert "patellar" in dock.region.currentText()
    assert dock.layer.selected_label == 5


def test_no_scan_no_roi(make: Any) -> None:
    dock = make(RoiDock)
    assert not dock.new_button.isEnabled()
    dock.new_roi()
    assert "no scan is open" in dock.banner.text.text()


def test_a_banner_knows_its_level() -> None:
    assert Banner("warn", "text").details == ""


def test_docks_of_two_viewers_do_not_meddle(qtbot: Any, scan: Scan, view: View) -> None:
    other = StudyDock(ViewerModel())
    qtbot.addWidget(other)
    view.session.adopt(scan)
    assert other.session is not view.session
    assert other.scan_part.isHidden()
    assert view_of(view.viewer) is view
