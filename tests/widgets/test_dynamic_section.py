"""The part of the Process dock that sharpens a series, and the part of the Review dock that shows it over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPointF

from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.dynamic import AS_IT_IS, DynamicSection
from napari_mrsr.widgets.over_time import OverTimeSection
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.review import ReviewDock
from tests.app.conftest import dess
from tests.app.dynamic.conftest import FRAMES, moving_ball


@pytest.fixture
def series(view: View) -> Scan:
    """Five frames of a moving ball, open in the view."""
    scan = moving_ball()
    view.session.adopt(scan)
    return scan


@pytest.fixture
def process(qtbot: Any, view: View, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> DynamicSection:
    """The section, with no weights of one's own."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path))
    dock = ProcessDock(view.viewer)
    qtbot.addWidget(dock)
    return dock.dynamic


@pytest.fixture
def review(qtbot: Any, view: View) -> OverTimeSection:
    """The section of the Review dock."""
    dock = ReviewDock(view.viewer)
    qtbot.addWidget(dock)
    return dock.over_time


def choose(section: DynamicSection, method: str, fraction: str = "25 %") -> None:
    section.method.setCurrentText(method)
    section.fraction.setCurrentText(fraction)


def test_without_a_series_the_section_says_what_it_needs(view: View, process: DynamicSection) -> None:
    assert not process.nothing.isHidden()
    assert process.part.isHidden()
    assert not process.run_button.isEnabled()
    view.session.adopt(dess())
    assert process.part.isHidden()
    view.session.adopt(moving_ball())
    assert process.nothing.isHidden()
    assert not process.part.isHidden()
    assert process.isExpanded()


def test_run_sharpens_every_frame_as_chosen(view: View, series: Scan, process: DynamicSection) -> None:
    choose(process, "fourier", "25 %")
    process.run_button.click()
    assert view.dynamic.results["fourier 25 %"].done.all()
    assert process.status.text().startswith("fourier 25 %: 5 of 5 frames")
    assert process.run_button.isEnabled()
    assert not process.stop_button.isEnabled()


def test_a_series_of_low_resolution_takes_the_matrix_of_the_planning_scan(view: View, process: DynamicSection) -> None:
    low = moving_ball(shape=(16, 12, 6))
    view.session.adopt(replace(low, affine=low.affine @ np.diag([2.0, 2.0, 1.0, 1.0])))
    process.input.setCurrentText(AS_IT_IS)
    assert process.settings().fraction is None
    assert not process.like_button.isEnabled()
    view.session.plan(Scan(np.zeros((64, 48, 10)), np.diag([-1.0, -1.0, 4.0, 1.0]), slice_axis=2))
    assert process.like_button.isEnabled()
    process.like_button.click()
    assert process.settings().matrix == (48, 36)
    choose(process, "trilinear")
    process.run_button.click()
    assert view.dynamic.results["trilinear 48x36"].scan.shape == (48, 36, 6)


def test_a_matrix_that_is_not_finer_is_refused(view: View, series: Scan, process: DynamicSection) -> None:
    process.input.setCurrentText(AS_IT_IS)
    process.rows.setValue(8)
    process.run_button.click()
    assert view.session.banner is not None
    assert "not finer" in view.session.banner.text
    assert view.dynamic.results == {}


def test_volumes_of_which_nobody_knows_what_they_are_become_frames_by_a_press(
    view: View, process: DynamicSection
) -> None:
    view.session.adopt(replace(moving_ball(), axis="contrast", names=()))
    assert not process.frames_button.isHidden()
    process.frames_button.click()
    assert process.frames_button.isHidden()
    assert not process.part.isHidden()
    assert view.dynamic.frames == FRAMES
    assert process.echoes_button.isHidden()  # the header says when they were taken: they are frames


def test_volumes_that_were_taken_for_frames_become_echoes_by_a_press(view: View, process: DynamicSection) -> None:
    view.session.adopt(moving_ball(2, timed=False))
    assert not process.echoes_button.isHidden()
    process.echoes_button.click()
    assert [layer.name for layer in view.viewer.layers] == ["echo 1 (acquired)", "echo 2 (acquired)"]
    assert view.viewer.dims.ndim == 3
    assert process.part.isHidden()


def test_choices_are_saved_and_come_back(series: Scan, process: DynamicSection) -> None:
    choose(process, "tricubic", "10 %")
    saved = process.as_json()
    choose(process, "nearest", "25 %")
    process.from_json(saved)
    assert (process.method.currentText(), process.fraction.currentText()) == ("tricubic", "10 %")
    process.from_json({"input": 3})  # of another version


def test_the_plot_has_a_curve_for_each_method_and_a_line_at_the_frame(
    view: View, series: Scan, process: DynamicSection, review: OverTimeSection
) -> None:
    assert review.chart is None
    for method in ("nearest", "fourier"):
        choose(process, method)
        process.run_button.click()
    assert review.chart is not None
    assert list(review.chart.curves) == ["nearest 25 %", "fourier 25 %"]
    times, values = review.chart.curves["fourier 25 %"]
    assert list(times) == [0.0, 2.5, 5.0, 7.5, 10.0]
    assert list(values) == list(view.dynamic.results["fourier 25 %"].figures["ssim"])
    view.dynamic.go_to(3)
    assert review._line.value() == 7.5
    assert review.now.text() == "frame 4 of 5, 7.5 s"
    review.figure.setCurrentIndex(1)
    assert list(review.chart.curves["fourier 25 %"][1]) == list(view.dynamic.results["fourier 25 %"].figures["psnr"])
    assert review.table.rows.rowCount() == 2


def test_a_click_in_the_plot_goes_to_the_nearest_frame(
    qtbot: Any, view: View, series: Scan, process: DynamicSection, review: OverTimeSection
) -> None:
    choose(process, "fourier")
    process.run_button.click()
    assert review.chart is not None
    box = review.chart.plot.getPlotItem().vb

    class Click:
        def __init__(self, time: float) -> None:
            (low, high), (bottom, top) = box.viewRange()
            self._at = box.mapViewToScene(QPointF(min(max(time, low), high), (bottom + top) / 2))

        def scenePos(self) -> Any:
            return self._at

    for time, frame in ((5.6, 2), (0.0, 0), (9.0, 4)):
        review._clicked(Click(time))
        assert view.dynamic.frame == frame


def test_play_is_a_button_a_rate_and_what_that_means(
    view: View, series: Scan, review: OverTimeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert review.rate.value() == 4.0
    assert review.speed.text() == "10 times as fast as it was acquired"
    review.play_button.click()
    assert view.dynamic.cine.playing
    assert review.play_button.text() == "Stop"
    review.rate.setValue(2.0)
    assert view.dynamic.cine.rate == 2.0
    review.collapse(animate=False)
    assert not view.dynamic.cine.playing
    assert review.play_button.text() == "Play"


def test_without_a_series_nothing_can_be_played(view: View, review: OverTimeSection) -> None:
    assert review.play_button.isHidden()
    assert not review.nothing.isHidden()
    view.session.adopt(moving_ball(timed=False))
    assert not review.play_button.isHidden()
    assert review.speed.text() == "when the frames were acquired is not known"
