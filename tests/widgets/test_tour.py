"""The card of the tour: it stands in the dock where the step is done, frames the button, and hands over to the next."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget

from napari_mrsr.app import preferences
from napari_mrsr.app.keys_help import NAME
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.scan import Scan
from napari_mrsr.widgets import commands
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.study import StudyDock
from napari_mrsr.widgets.tour import FRAMED


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have been written to the preferences of whoever runs the tests."""
    found: list[Any] = []
    monkeypatch.setattr(preferences.Preferences, "store", staticmethod(lambda *given: found.append(given)))
    return found


def test_the_button_to_press_is_framed_and_let_go_when_it_was_pressed(
    qtbot: Any, viewer: ViewerModel, view: View, scan: Scan
) -> None:
    study, process = StudyDock(viewer), ProcessDock(viewer)
    for dock in (study, process):
        qtbot.addWidget(dock)
    view.tour.begin()
    assert FRAMED in study.sample_button.styleSheet()
    assert "Sample knee" in study.tour.text.text()
    assert "in the dock Study" in process.tour.text.text()
    view.session.adopt(scan)
    assert FRAMED not in study.sample_button.styleSheet()
    assert FRAMED in process.run_button.styleSheet()
    assert "Press Run" in process.tour.text.text()


def test_end_tour_takes_the_cards_away_and_remembers(
    qtbot: Any, viewer: ViewerModel, view: View, stored: list[Any]
) -> None:
    study = StudyDock(viewer)
    qtbot.addWidget(study)
    view.tour.begin()
    assert not study.tour.isHidden()
    qtbot.mouseClick(study.tour.end, Qt.MouseButton.LeftButton)
    assert study.tour.isHidden()
    assert FRAMED not in study.sample_button.styleSheet()
    assert stored == [("help", "show_tour", False)]


def test_a_dock_that_is_opened_in_the_middle_of_the_tour_shows_its_step(
    qtbot: Any, viewer: ViewerModel, view: View, scan: Scan
) -> None:
    view.tour.begin()
    view.session.adopt(scan)
    process = ProcessDock(viewer)
    qtbot.addWidget(process)
    process.show()
    assert FRAMED in process.run_button.styleSheet()


@pytest.mark.viewer
@pytest.mark.skipif(
    sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
    reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
)
def test_in_a_window_the_next_dock_comes_to_the_front_and_f1_lists_the_keys(
    make_napari_viewer: Callable[..., Any], qtbot: Any, scan: Scan
) -> None:
    viewer = make_napari_viewer(show=True)
    study, process, *_ = commands.open_docks(viewer)
    view = view_of(viewer)
    if view.tour.step is None:  # whoever runs the tests may have had it
        commands.tour(viewer)
    qtbot.waitUntil(lambda: view.tour.number == 1, timeout=30_000)
    view.session.adopt(scan)
    front = _dock_of(process)
    qtbot.waitUntil(lambda: not front.visibleRegion().isEmpty(), timeout=30_000)
    assert _dock_of(study).visibleRegion().isEmpty()
    qtbot.keyClick(viewer.window._qt_viewer.canvas.native, Qt.Key.Key_F1)
    assert viewer.canvas.overlays[NAME].visible
    view.close()


def _dock_of(widget: Any) -> QDockWidget:
    while not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget
