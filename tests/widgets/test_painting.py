"""The painting tools of the ROI dock: buttons without a window; mouse and keys in one, as a person uses them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_mrsr.app.painting.painted import plane_of
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.roi import RoiDock
from tests.app.conftest import dess

NONE, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
LEFT = Qt.MouseButton.LeftButton


# -- without a window --------------------------------------------------------------------------------------
@pytest.fixture
def dock(qtbot: Any, view: View, scan: Scan) -> RoiDock:
    """The ROI dock with empty labels."""
    view.session.adopt(scan)
    dock = RoiDock(view.viewer)
    qtbot.addWidget(dock)
    dock.new_roi()
    return dock


def test_buttons_show_which_tool_is_on_and_only_one_is(dock: RoiDock) -> None:
    section = dock.painting
    section.brush_button.click()
    assert section.brush_button.isChecked()
    section.wire_button.click()
    assert section.wire_button.isChecked()
    assert not section.brush_button.isChecked()
    section.wire_button.click()
    assert not section.wire_button.isChecked()


def test_a_tool_that_cannot_be_turned_on_does_not_look_on(dock: RoiDock) -> None:
    dock.layer.locked = True
    dock.painting.brush_button.click()
    assert not dock.painting.brush_button.isChecked()
    assert "locked" in dock.banner.text.text()


def test_buttons_propagate_and_fill_in_between(dock: RoiDock, view: View) -> None:
    ball = np.asarray(view.viewer.layers["S1 (acquired)"].data) > 30
    plane_of(view).write({3: ball[3], 6: ball[6]})
    dock.painting.next_button.click()
    dock.painting.previous_button.click()
    assert dock.layer.data[7].any()
    assert view.viewer.dims.current_step[0] == 6
    dock.painting.between_button.click()
    assert [int(z) for z in np.flatnonzero(dock.layer.data.any(axis=(1, 2)))] == [3, 4, 5, 6, 7]


def test_the_rule_of_the_brush_is_chosen_here(dock: RoiDock, view: View) -> None:
    section = dock.painting
    assert section.tolerance.isHidden()
    section.rule.setCurrentIndex(1)
    section.tolerance.setValue(20)
    assert (view.painting.brush.rule, view.painting.brush.tolerance) == ("flood", 0.2)
    assert not section.tolerance.isHidden()


def test_the_fluid_dark_button_follows_what_is_shown(dock: RoiDock, view: View) -> None:
    button = dock.painting.fluid_button
    button.click()
    assert button.isChecked()
    assert view.viewer.layers["S1 - 1.2 S2 (acquired)"].visible
    button.click()
    assert not button.isChecked()
    assert view.viewer.layers["S1 (acquired)"].visible


# -- in a window -------------------------------------------------------------------------------------------
needs_a_screen = pytest.mark.skipif(
    sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
    reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
)


class Hands:
    """The mouse and the keyboard over the slice on the screen, by voxel of a labels layer."""

    def __init__(self, viewer: Any, layer: Any) -> None:
        self.viewer, self.layer = viewer, layer
        self.canvas = viewer.window._qt_viewer.canvas
        self.widget = self.canvas.native

    def at(self, row: float, column: float) -> QPoint:
        """Return where a voxel of the slice is on the canvas."""
        world = self.layer.data_to_world((self.viewer.dims.current_step[0], row, column))
        top, left = self.canvas._viewbox_corners_in_world[0][list(self.viewer.dims.displayed)]
        zoom = self.viewer.scene.camera.zoom
        return QPoint(round((world[2] - left) * zoom), round((world[1] - top) * zoom))

    def move(self, point: QPoint, keys: Any, button: Any) -> None:
        """Move the mouse there."""
        event = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(point), QPointF(self.widget.mapToGlobal(point)),
            Qt.MouseButton.NoButton, button, keys,
        )  # fmt: skip
        QApplication.sendEvent(self.widget, event)
        QTest.qWait(15)

    def drag(self, *voxels: tuple[float, float], keys: Any = NONE) -> None:
        """Press at the first, move over the others, release at the last."""
        points = [self.at(*voxel) for voxel in voxels]
        QTest.mousePress(self.widget, LEFT, keys, points[0])
        for one, other in pairwise(points):
            for part in np.linspace(0.0, 1.0, 4)[1:]:
                x, y = (round(a + part * (b - a)) for a, b in ((one.x(), other.x()), (one.y(), other.y())))
                self.move(QPoint(x, y), keys, LEFT)
        QTest.mouseRelease(self.widget, LEFT, keys, points[-1])
        QApplication.processEvents()

    def click(self, row: float, column: float) -> None:
        """Click on a voxel."""
        self.move(self.at(row, column), NONE, Qt.MouseButton.NoButton)
        QTest.mouseClick(self.widget, LEFT, NONE, self.at(row, column))
        QTest.qWait(15)

    def double_click(self, row: float, column: float) -> None:
        """Click twice on a voxel, as Qt reports it."""
        self.click(row, column)
        QTest.mouseDClick(self.widget, LEFT, NONE, self.at(row, column))
        QApplication.processEvents()

    def press(self, key: Any, keys: Any = NONE) -> None:
        """Press a key over the canvas."""
        QTest.keyClick(self.widget, key, keys)
        QApplication.processEvents()


@pytest.fixture
def hands(make_napari_viewer: Callable[..., Any]) -> Iterator[tuple[Hands, RoiDock, np.ndarray]]:
    """A window with a ball, the ROI dock, and empty labels made with its button."""
    viewer = make_napari_viewer(show=True)
    view = view_of(viewer, run_here)
    view.session.adopt(dess((48, 44, 10)))
    dock = RoiDock(viewer)
    viewer.window.add_dock_widget(dock, name="ROI")
    QTest.mouseClick(dock.new_button, LEFT)
    layer = dock.layer
    ball = np.asarray(viewer.layers["S1 (acquired)"].data) > 30
    viewer.reset_view()
    QApplication.processEvents()
    yield Hands(viewer, layer), dock, ball
    view.close()


@pytest.mark.viewer
@needs_a_screen
def test_brush_u_q_and_ctrl_z_by_mouse_and_keys(hands: tuple[Hands, RoiDock, np.ndarray]) -> None:
    hand, dock, ball = hands
    layer, dims = hand.layer, hand.viewer.dims
    layer.brush_size = 9
    QTest.mouseClick(dock.painting.brush_button, LEFT)
    assert layer.cursor == "circle"
    camera = tuple(hand.viewer.scene.camera.center)
    rim = int(np.flatnonzero(ball[5][22])[0])
    hand.drag((22, rim + 2), (30, rim + 4), (32, 24))
    stroke = layer.data[5] == 1
    assert stroke.sum() > 60
    assert not (stroke & ~ball[5]).any()
    assert tuple(hand.viewer.scene.camera.center) == camera
    hand.drag((22, rim + 2), (24, rim + 2), keys=SHIFT)
    assert 0 < (layer.data[5] == 1).sum() < stroke.sum()
    hand.press(Qt.Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(layer.data[5] == 1, stroke)
    hand.press(Qt.Key.Key_Z, CONTROL)
    assert not layer.data.any()

    dims.set_current_step(0, 2)
    plane_of(dock.view).write({2: ball[2]})
    hand.press(Qt.Key.Key_U)
    assert dims.current_step[0] == 3
    assert np.count_nonzero((layer.data[3] == 1) != ball[3]) < 0.08 * ball[3].sum()
    hand.press(Qt.Key.Key_U, SHIFT)
    assert dims.current_step[0] == 2  # painted already: only looked at
    plane_of(dock.view).write({7: ball[7]})
    hand.press(Qt.Key.Key_Q)
    filled = layer.data == 1
    assert np.count_nonzero(filled[2:8] != ball[2:8]) < 0.05 * ball.sum()
    hand.press(Qt.Key.Key_Z, CONTROL)
    assert [int(z) for z in np.flatnonzero(layer.data.any(axis=(1, 2)))] == [2, 3, 7]
    hand.press(Qt.Key.Key_Z, CONTROL | SHIFT)
    np.testing.assert_array_equal(layer.data == 1, filled)
    assert "medial femoral cartilage" in regions.names_of(layer).values()


@pytest.mark.viewer
@needs_a_screen
def test_livewire_by_clicks_and_a_double_click(hands: tuple[Hands, RoiDock, np.ndarray]) -> None:
    hand, dock, ball = hands
    layer, zoom = hand.layer, hand.viewer.scene.camera.zoom
    QTest.mouseClick(dock.painting.wire_button, LEFT)
    rows, columns = np.nonzero(ball[5])
    top, right, bottom, left = (rows.min(), 24), (22, columns.max()), (rows.max(), 24), (22, columns.min())
    hand.click(*top)
    hand.click(*right)
    preview = hand.viewer.layers["livewire"]
    hand.move(hand.at(*bottom), NONE, Qt.MouseButton.NoButton)
    assert np.abs(preview.data[0][-1][1:] - bottom).max() <= 1
    hand.click(3, 3)
    hand.press(Qt.Key.Key_Backspace)
    assert len(dock.view.painting.wire.wires) == 2
    hand.click(*bottom)
    hand.double_click(*left)
    found = layer.data[5] == 1
    assert 2 * np.count_nonzero(found & ball[5]) / (found.sum() + ball[5].sum()) > 0.93
    assert hand.viewer.scene.camera.zoom == zoom
    assert "livewire" not in hand.viewer.layers
    hand.press(Qt.Key.Key_Z, CONTROL)
    assert not layer.data.any()
    hand.click(*top)
    hand.press(Qt.Key.Key_Escape)
    assert "livewire" not in hand.viewer.layers
