"""Painting, sorting, pointing and measuring with the mouse in a real viewer: needs a display (or Xvfb)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import view_of
from tests.app.conftest import dess
from tests.widgets.pointing import leave, move_over

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


class Mouse:
    """Moves and presses on the canvas at points of the screen in mm."""

    def __init__(self, model: Any, canvas: Any, qtbot: Any) -> None:
        self.model, self.canvas, self.qtbot = model, canvas, qtbot
        self.native = canvas.native

    def at(self, point: Any) -> QPoint:
        """Return where a point (slices, rows, columns, mm) lies on the canvas."""
        transform = self.canvas.view.scene.transform
        rows, columns = np.asarray(point, float)[list(self.model.dims.displayed)]
        x, y = transform.map([columns, rows])[:2]
        return QPoint(round(float(x)), round(float(y)))

    def _send(self, kind: Any, point: Any, button: Any, buttons: Any) -> None:
        place = QPointF(self.at(point))
        everywhere = QPointF(self.native.mapToGlobal(self.at(point)))
        event = QMouseEvent(kind, place, everywhere, button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.native, event)
        self.qtbot.wait(30)

    def move(self, point: Any, *, pressed: bool = False) -> None:
        """Move there."""
        buttons = Qt.MouseButton.LeftButton if pressed else Qt.MouseButton.NoButton
        self._send(QMouseEvent.Type.MouseMove, point, Qt.MouseButton.NoButton, buttons)

    def press(self, point: Any) -> None:
        """Press the left button there."""
        self.move(point)
        left = Qt.MouseButton.LeftButton
        self._send(QMouseEvent.Type.MouseButtonPress, point, left, left)

    def release(self, point: Any) -> None:
        """Let the button go there."""
        self._send(QMouseEvent.Type.MouseButtonRelease, point, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)

    def drag(self, *points: Any) -> None:
        """Press at the first point, pass the others, let go at the last."""
        self.press(points[0])
        for point in points[1:]:
            self.move(point, pressed=True)
        self.release(points[-1])

    def click(self, point: Any) -> None:
        """Press and let go."""
        self.press(point)
        self.release(point)


@pytest.fixture
def reading(make_napari_viewer_proxy: Callable[..., Any], qtbot: Any) -> Any:
    """A shown viewer with maps, its ROI dock, and a mouse."""
    viewer = make_napari_viewer_proxy(show=True)
    view = view_of(viewer, run_here)
    view.session.adopt(dess((48, 40, 12)))
    view.session.refine(RefineSettings(method="tricubic"))
    _, dock = viewer.window.add_plugin_dock_widget("napari-mrsr", "ROI")
    viewer.reset_view()
    qtbot.wait(200)
    real = getattr(viewer, "__wrapped__", viewer)
    yield viewer, view, dock, Mouse(viewer, real.window._qt_viewer.canvas, qtbot)
    view.close()


def test_strokes_of_the_brush_fill_the_table_and_its_rows_lead_to_the_picture(reading: Any, qtbot: Any) -> None:
    viewer, _, dock, mouse = reading
    qtbot.mouseClick(dock.new_button, Qt.MouseButton.LeftButton)
    layer = dock.layer
    middle = np.array(viewer.dims.point)
    front, back = middle - by(0, 4.0), middle + by(0, 4.0)
    mouse.drag(front, front + by(1.5, 0), front + by(3.0, 0))
    n = int((layer.data == 1).sum())
    assert n > 20

    def painted_and_measured() -> bool:
        table = dock.table.rows.table
        return table is not None and table.loc["volume [mm³]", "SR [tricubic]"] == pytest.approx(n * 0.5 * 0.5 * 0.75)

    qtbot.waitUntil(painted_and_measured, timeout=30_000)
    dock.region.setCurrentIndex(dock.region.findData(3))
    mouse.drag(back, back + by(1.5, 0), back + by(3.0, 0))
    qtbot.waitUntil(lambda: dock.all.rows.rowCount() == 2, timeout=30_000)
    means = dock.all.rows.table["SR [tricubic]"]
    assert means["medial femoral"] == pytest.approx(30.0, abs=3.0)
    assert means["medial tibial"] == pytest.approx(50.0, abs=6.0)

    # a click on the header of SR sorts rising, a second one falling
    header = dock.all.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(1) + 8, 5)
    for first in (1, 3):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert dock.all.rows.key(0) == first

    # the mouse over a row shows its region alone, and leaving it brings back the colours
    before = layer.colormap
    cells = dock.all.viewport()
    move_over(cells, QPoint(10, dock.all.rowViewportPosition(1) + 5))
    assert dock.tables.highlight.label == 1
    assert layer.get_color(3)[3] < 0.2 < layer.get_color(1)[3]
    leave(cells)
    assert dock.tables.highlight.label is None
    assert layer.colormap is before

    # a double click goes to the slice of the region
    viewer.dims.set_point(0, float(viewer.dims.range[0].start))
    row = QPoint(10, dock.all.rowViewportPosition(0) + 5)
    qtbot.mouseClick(cells, Qt.MouseButton.LeftButton, pos=row)
    qtbot.mouseDClick(cells, Qt.MouseButton.LeftButton, pos=row)
    assert viewer.dims.point[0] == pytest.approx(middle[0])
    assert layer.selected_label == 3

    # undo empties the table again
    layer.undo()
    qtbot.waitUntil(lambda: dock.all.rows.rowCount() == 1, timeout=30_000)


def test_the_calliper_measures_between_two_clicks_and_the_brush_does_not_paint(reading: Any, qtbot: Any) -> None:
    viewer, _, dock, mouse = reading
    qtbot.mouseClick(dock.new_button, Qt.MouseButton.LeftButton)
    dock.plots.expand(animate=False)
    qtbot.wait(50)
    calliper = dock.plots.buttons["calliper"]
    qtbot.mouseClick(calliper, Qt.MouseButton.LeftButton)
    assert calliper.isChecked()
    centre = np.array(viewer.scene.camera.center)
    middle = np.array(viewer.dims.point)
    mouse.click(middle - by(3.0, 4.0))
    mouse.move(middle)
    mouse.click(middle + by(3.0, 4.0))
    (line,) = dock.plots.callipers.lines()
    assert line.length == pytest.approx(10.0, abs=0.3)  # a pixel of the screen
    assert dock.plots.lines.item(0).text() == f"Calliper 1: {line.length:.1f} mm"
    mouse.drag(middle - by(0, 6.0), middle, middle + by(0, 6.0))
    assert [round(one.length) for one in dock.plots.callipers.lines()] == [10, 12]
    np.testing.assert_allclose(viewer.scene.camera.center, centre)  # a drag did not move the picture
    qtbot.mouseClick(calliper, Qt.MouseButton.LeftButton)
    assert dock.plots.callipers.tool is None
    assert not np.any(dock.layer.data)
    assert viewer.layers.selection.active.name == dock.layer.name
    dock.plots.lines.setCurrentRow(0)
    qtbot.mouseClick(dock.plots.remove_button, Qt.MouseButton.LeftButton)
    assert [round(one.length) for one in dock.plots.callipers.lines()] == [12]


def test_the_calliper_measures_in_a_linked_plane(reading: Any, qtbot: Any) -> None:
    pytest.importorskip("napari_orthogonal_views")
    _, view, dock, _ = reading
    assert view.layouts.choose("planes")
    qtbot.wait(300)
    dock.plots.expand(animate=False)
    dock.plots.switch("calliper", True)
    plane = view.layouts.planes._widgets()[0]
    model = plane.vm_container.viewer_model
    mouse = Mouse(model, plane.qt_viewer.canvas, qtbot)
    middle = np.array(model.dims.point)
    step = np.zeros(3)
    step[list(model.dims.displayed)] = 3.0, 4.0
    mouse.click(middle - step)
    mouse.click(middle + step)
    (line,) = dock.plots.callipers.lines()
    assert line.length == pytest.approx(10.0, abs=0.6)  # a pixel of the screen
    assert abs((line.end - line.start)[model.dims.not_displayed[0]]) < 1e-6
    assert all(len(model.layers["Callipers [mm]"].data) == 1 for model in view.layouts.planes.models())
    dock.plots.switch("calliper", False)
    view.layouts.choose("single")


def by(rows: float, columns: float) -> Any:
    """Return a step on the slice, mm."""
    return np.array([0.0, rows, columns])
