"""Comparing as a person does it: keys held, the line dragged, the window changed by Ctrl + drag; needs a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.widgets.review import ReviewDock
from tests.app.conftest import dess

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]

PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Hands:
    """The mouse and the keyboard over the canvas of a viewer."""

    def __init__(self, viewer: Any, canvas: Any = None) -> None:
        self.viewer = viewer
        self.canvas = viewer.window._qt_viewer.canvas if canvas is None else canvas
        QApplication.processEvents()

    def pixel(self, row_mm: float, column_mm: float) -> QPoint:
        """Return where a point of the picture is on the canvas."""
        shown = self.viewer.dims.displayed
        top, left = self.canvas._viewbox_corners_in_world[0][list(shown)]
        zoom = self.viewer.scene.camera.zoom
        return QPoint(round((column_mm - left) * zoom), round((row_mm - top) * zoom))

    def drag(self, start: QPoint, end: QPoint, keys: Any = PLAIN) -> None:
        """Press, move in steps and release."""
        widget, button = self.canvas.native, Qt.MouseButton.LeftButton
        QTest.mousePress(widget, button, keys, start)
        for part in np.linspace(0.0, 1.0, 6):
            _move(widget, QPoint(*(round(a + part * (b - a)) for a, b in zip(_xy(start), _xy(end), strict=True))), keys)
        QTest.mouseRelease(widget, button, keys, end)
        QApplication.processEvents()

    def wheel(self, at: QPoint, notches: int, keys: Any = PLAIN) -> None:
        """Turn the wheel."""
        widget = self.canvas.native
        event = QWheelEvent(
            QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        QApplication.processEvents()


def _xy(point: QPoint) -> tuple[int, int]:
    return point.x(), point.y()


def _move(widget: Any, at: QPoint, keys: Any) -> None:
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(widget.mapToGlobal(at)),
        Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, keys,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    QTest.qWait(15)  # moves that come faster are left out


@pytest.fixture
def view(make_napari_viewer: Callable[..., Any]) -> Any:
    """A window with a result, seen in the Review dock."""
    viewer = make_napari_viewer(show=True)
    view = view_of(viewer, run_here)
    viewer.window.add_dock_widget(ReviewDock(viewer), name="Review")
    view.session.adopt(dess((40, 36, 8)))
    view.session.refine(RefineSettings(method="tricubic"))
    viewer.reset_view()
    QApplication.processEvents()
    yield view
    view.close()


def limits(view: View, name: str) -> tuple[float, ...]:
    layer = view.layer(name)
    assert layer is not None
    return tuple(layer.contrast_limits)


def test_ctrl_drag_changes_the_window_of_both_and_the_camera_stands_still(view: View) -> None:
    hands, camera = Hands(view.viewer), view.viewer.scene.camera
    low, high = limits(view, "S1 (acquired)")
    centre, zoom = tuple(camera.center), camera.zoom
    at = QPoint(300, 300)
    hands.drag(at, at + QPoint(100, 0), CONTROL)
    new = limits(view, "S1 (acquired)")
    assert new[1] - new[0] == pytest.approx((high - low) * 2**0.5, rel=1e-3)
    assert sum(new) == pytest.approx(low + high, rel=1e-3)
    assert limits(view, "S1 SR x2 [tricubic]") == new
    hands.drag(at, at + QPoint(0, -40), CONTROL)
    assert sum(limits(view, "S1 (acquired)")) > sum(new) + 0.1
    assert (tuple(camera.center), camera.zoom) == (centre, zoom)
    assert camera.mouse_pan
    hands.drag(at, at + QPoint(60, 0))  # without Ctrl the picture is moved, as ever
    assert tuple(camera.center) != centre
    assert sum(limits(view, "S1 (acquired)")) == sum(limits(view, "S1 SR x2 [tricubic]"))
    _turn_the_wheel(view, hands)


def _turn_the_wheel(view: View, hands: Hands) -> None:
    """The wheel of a reading room turns slices, and zooms with Ctrl."""
    viewer = view.viewer
    at, zoom, step = QPoint(300, 300), view.viewer.scene.camera.zoom, view.viewer.dims.current_step[0]
    hands.wheel(at, -1)
    assert viewer.scene.camera.zoom != zoom  # napari's own: the wheel zooms
    view.preferences = replace(view.preferences, radiology_mouse=True)
    zoom = viewer.scene.camera.zoom
    hands.wheel(at, -1)
    assert viewer.dims.current_step[0] == step + 1
    assert viewer.scene.camera.zoom == zoom
    hands.wheel(at, 1, CONTROL)
    assert viewer.dims.current_step[0] == step + 1
    assert viewer.scene.camera.zoom > zoom
    view.preferences = replace(view.preferences, radiology_mouse=False)
    hands.wheel(at, 1, CONTROL)
    assert viewer.dims.current_step[0] != step + 1  # napari's own: Ctrl + wheel turns slices


def test_the_mouse_does_the_same_in_every_linked_plane(view: View, qtbot: Any) -> None:
    pytest.importorskip("napari_orthogonal_views")
    view.layouts.choose("planes")
    qtbot.wait(100)
    view.preferences = replace(view.preferences, radiology_mouse=True)
    at = QPoint(150, 150)
    for widget in view.layouts.planes._widgets():
        model = widget.vm_container.viewer_model
        hands = Hands(model, widget.qt_viewer.canvas)
        low, high = limits(view, "S1 (acquired)")
        centre = tuple(model.scene.camera.center)
        hands.drag(at, at + QPoint(100, 0), CONTROL)
        new = limits(view, "S1 (acquired)")  # what one plane sets, the main one and its partner show
        assert new[1] - new[0] == pytest.approx((high - low) * 2**0.5, rel=1e-3)
        assert limits(view, "S1 SR x2 [tricubic]") == new
        assert tuple(model.scene.camera.center) == centre
        slider = model.dims.not_displayed[0]
        step, zoom = model.dims.current_step[slider], model.scene.camera.zoom
        hands.wheel(at, 1)
        assert model.dims.current_step[slider] == step - 1
        assert view.viewer.dims.current_step[slider] == step - 1  # the planes are linked
        assert model.scene.camera.zoom == zoom
    view.layouts.choose("single")


def test_the_line_of_the_swipe_is_dragged_in_the_picture(view: View) -> None:
    hands, swipe = Hands(view.viewer), view.look.swipe
    QTest.keyClick(hands.canvas.native, Qt.Key.Key_J)
    QApplication.processEvents()
    assert swipe.mode == "swipe"
    layer = swipe.layer
    assert layer is not None
    assert [la.name for la in view.viewer.layers if la.visible] == [layer.name]
    rows, columns = layer.scale[-2:]
    row = float(layer.translate[-2] + 18 * rows)
    quarter = float(layer.translate[-1] + 10 * columns)
    centre = tuple(view.viewer.scene.camera.center)
    hands.drag(hands.pixel(row, swipe.line_mm()), hands.pixel(row, quarter))
    assert swipe.at == pytest.approx(0.25, abs=0.03)
    assert tuple(view.viewer.scene.camera.center) == centre
    hands.drag(hands.pixel(row, quarter + 8 * columns), hands.pixel(row, quarter + 12 * columns))
    assert swipe.at == pytest.approx(0.25, abs=0.03)  # far from the line the mouse moves the picture
    assert tuple(view.viewer.scene.camera.center) != centre
    QTest.keyClick(hands.canvas.native, Qt.Key.Key_J)
    assert swipe.mode is None
    assert [la.name for la in view.viewer.layers if la.visible] == ["S1 (acquired)", "S1 SR x2 [tricubic]"]


def test_left_of_the_line_stands_the_acquired_picture_on_the_screen(view: View) -> None:
    one, other = view.layer("S1 (acquired)"), view.layer("S1 SR x2 [tricubic]")
    assert one is not None
    assert other is not None
    one.contrast_limits = (0.0, 200.0)
    view.look.swipe.show("swipe")
    array = view.look.swipe._array
    assert array is not None
    array.one, array.other = np.full(array.shape, 50.0, np.float32), np.full(array.shape, 150.0, np.float32)
    view.look.swipe._renew()
    view.look.swipe.move(0.5)
    picture = view.viewer.screenshot(canvas_only=True, flash=False)[..., 0].astype(int)
    row = picture[int(picture.shape[0] * 0.4)]  # above the letters at the edges
    found = np.flatnonzero(row > 20)
    left, right = row[found[len(found) // 4]], row[found[3 * len(found) // 4]]
    assert (left, right) == (pytest.approx(64, abs=3), pytest.approx(191, abs=3))


def test_k_held_flicks_and_shift_k_blinks_after_a_warning(view: View, qtbot: Any) -> None:
    hands = Hands(view.viewer)
    view.look.choose_pair(0)
    one, other = view.layer("S1 (acquired)"), view.layer("S1 SR x2 [tricubic]")
    assert one is not None
    assert other is not None
    QTest.keyPress(hands.canvas.native, Qt.Key.Key_K)
    assert (one.visible, other.visible) == (True, False)
    QTest.keyRelease(hands.canvas.native, Qt.Key.Key_K)
    QTest.qWait(50)
    assert (one.visible, other.visible) == (False, True)
    view.look.blink.rate = 3.0
    QTest.keyClick(hands.canvas.native, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert view.look.blink.running
    assert "epilepsy" in view.session.banner.text  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not other.visible, timeout=30_000)
    qtbot.waitUntil(lambda: other.visible, timeout=30_000)
    QTest.keyClick(hands.canvas.native, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert not view.look.blink.running


def _press(hands: Hands, widget: Any) -> None:
    """Click a button of a dock where it is on the screen."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, PLAIN, widget.rect().center())
    QApplication.processEvents()


def test_a_blinded_reading_by_mouse(view: View, tmp_path: Any) -> None:
    view.session.refine(RefineSettings(method="trilinear", maps=False))
    hands = Hands(view.viewer)
    dock = view.viewer.window._qt_window.findChild(ReviewDock)
    section = dock.blinded
    for other in (dock.layouts, dock.swipe, dock.window_part, dock.maps):
        other.collapse(animate=False)
    section.expand(animate=False)
    section.start.set_folder(tmp_path)
    QTest.qWait(200)  # until the dock is laid out
    QTest.keyClicks(section.start.reader, "AB")
    _press(hands, section.start.start_button)
    assert [la.name for la in view.viewer.layers] == ["A", "B", "C"]
    QTest.qWait(200)
    case = section.blinded.case
    for letter in case.letters:
        _press(hands, section.letters[letter])
        assert [la.name for la in view.viewer.layers if la.visible] == [letter]
        hands.drag(QPoint(300, 300), QPoint(320, 300), CONTROL)
        assert len({tuple(la.contrast_limits) for la in view.viewer.layers}) == 1
        for criterion, groups in section._groups.items():
            assert groups.checkedButton() is None
            _press(hands, section.scores[criterion, 4])
            assert groups.checkedButton().text() == "4"
    _press(hands, section.next_button)
    assert view.layer("S1 SR x2 [tricubic]") is not None
    _press(hands, section.finish_button)
    (path,) = tmp_path.glob("reading_AB_????????.csv")
    assert len(path.read_text().splitlines()) == 1 + 3 * 4
