"""Compare and Window in the Review dock, by clicks."""

from __future__ import annotations

from typing import Any

import pytest

from napari_mrsr.app.compare.windows import PRESETS
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.review import ReviewDock
from napari_mrsr.widgets.swipe import STEPS


@pytest.fixture
def dock(qtbot: Any, view: View, scan: Scan) -> ReviewDock:
    dock = ReviewDock(view.viewer)
    qtbot.addWidget(dock)
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    return dock


def test_swipe_checkerboard_and_blink_are_switches_and_exclude_each_other(dock: ReviewDock, view: View) -> None:
    part = dock.swipe
    part.swipe.click()
    assert view.look.swipe.mode == "swipe"
    part.line.setValue(STEPS // 4)
    assert view.look.swipe.at == 0.25
    view.look.swipe.move(0.75)  # by the mouse in the picture
    assert part.line.value() == 3 * STEPS // 4
    part.checkerboard.click()
    assert (part.swipe.isChecked(), part.checkerboard.isChecked()) == (False, True)
    part.tile.setValue(4.0)
    assert view.look.swipe.tile == 4.0
    part.blink.click()
    assert view.look.swipe.mode is None
    assert [b.isChecked() for b in (part.swipe, part.checkerboard, part.blink)] == [False, False, True]
    part.rate.setValue(1.0)
    assert view.look.blink.rate == 1.0
    part.one.click()
    assert not part.blink.isChecked()


def test_without_a_result_there_is_nothing_to_press(qtbot: Any, view: View, scan: Scan) -> None:
    dock = ReviewDock(view.viewer)
    qtbot.addWidget(dock)
    view.session.adopt(scan)
    part = dock.swipe
    assert not any(w.isEnabled() for w in (part.pair, part.one, part.other, part.swipe, part.checkerboard, part.blink))


def test_the_numbers_of_the_window_follow_whatever_sets_it(dock: ReviewDock, view: View) -> None:
    part = dock.window_part
    layer = view.layer("S1 SR x2 [tricubic]")
    assert layer is not None
    layer.contrast_limits = (10.0, 50.0)
    assert (part.window_level.value(), part.window_width.value()) == (30.0, 40.0)
    view.layer("T2 [ms] (SR)").contrast_limits = (0.0, 65.0)  # type: ignore[union-attr]
    view.look.choose_pair(0)
    assert part.t2_limit.value() == 65.0
    names = list(PRESETS)
    part.preset.setCurrentIndex(names.index("T2 of cartilage, 20 to 60 ms") + 1)
    part.preset.activated.emit(part.preset.currentIndex())
    assert tuple(view.layer("T2 [ms] (acquired)").contrast_limits) == (20.0, 60.0)  # type: ignore[union-attr]
    assert part.preset.currentIndex() == 0
    part.window_width.setValue(20.0)
    assert tuple(view.layer("S1 (acquired)").contrast_limits) == (20.0, 40.0)  # type: ignore[union-attr]


def test_the_sections_fold(dock: ReviewDock) -> None:
    for section in (dock.layouts, dock.swipe, dock.window_part, dock.maps, dock.blinded):
        before = section.isExpanded()
        section.toggleButton().click()
        assert section.isExpanded() is not before
