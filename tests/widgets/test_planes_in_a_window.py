"""Linked planes and oblique reformats in napari's own window, driven as a person would: needs a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.planes.oblique import POINTS
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import view_of
from napari_mrsr.widgets.review import ReviewDock
from tests.app.conftest import dess

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]

pytest.importorskip("napari_orthogonal_views")


@pytest.fixture
def window(make_napari_viewer: Callable[..., Any], qtbot: Any) -> Any:
    """A viewer with a refined scan; napari checks that no canvas outlives it."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1200, 900)
    view = view_of(viewer, run_here)
    view.session.adopt(dess((40, 36, 16)))
    view.session.refine(RefineSettings(method="tricubic"))
    qtbot.wait(50)
    yield viewer, view
    view.close()


def click(canvas: Any, model: Any, place: tuple[float, float]) -> None:
    """Click a canvas where (rows, columns) in mm stand."""
    camera = model.scene.camera
    size = np.array([canvas.height(), canvas.width()])
    row, column = (np.array(place) - np.array(camera.center[-2:])) * camera.zoom + size / 2
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(column), int(row)))


def test_three_planes_share_slice_window_and_labels_and_leave_nothing_behind(window: Any, qtbot: Any) -> None:
    viewer, view = window
    dock = ReviewDock(viewer)
    qtbot.addWidget(dock)
    roi = regions.new_roi(view)
    roi.mode = "pan_zoom"
    dock.layouts.buttons["planes"].click()
    qtbot.wait(100)
    planes: Any = view.layouts.planes
    assert planes.shown
    right, bottom = planes.models()
    letters = {
        model: [model.canvas.overlays[f"mrsr_{edge}"].text for edge in ("top", "bottom", "left", "right")]
        for model in (viewer, right, bottom)
    }
    assert letters[viewer] == ["S", "I", "A", "P"]
    assert letters[right] == ["S", "I", "R", "L"]  # coronal
    assert letters[bottom] == ["A", "P", "R", "L"]  # axial
    zooms = {round(float(model.scene.camera.zoom), 4) for model in (viewer, right, bottom)}
    assert len(zooms) == 1  # one scale in mm
    name = "S1 SR x2 [tricubic]"
    right.layers[name].contrast_limits = (10.0, 90.0)  # in one plane: all follow, and the acquired scan too
    assert tuple(bottom.layers[name].contrast_limits) == (10.0, 90.0)
    assert tuple(viewer.layers["S1 (acquired)"].contrast_limits) == (10.0, 90.0)
    canvas = planes._widgets()[0].qt_viewer.canvas.native
    place = [right.dims.range[axis].start + 6.0 for axis in right.dims.displayed]
    click(canvas, right, (place[0], place[1]))
    for axis, where in zip(right.dims.displayed, place, strict=True):
        assert viewer.dims.point[axis] == pytest.approx(where, abs=2.0)
    bottom.layers[roi.name].paint(tuple(n // 2 for n in roi.data.shape), 3)  # in another plane than the main one
    assert np.count_nonzero(roi.data) > 0
    assert right.layers[roi.name].data is roi.data
    view.layouts.choose("single")
    assert not planes.shown
    assert planes.models() == []


def test_g_cycles_and_layers_that_come_later_are_in_all_planes(window: Any, qtbot: Any) -> None:
    viewer, view = window
    canvas = viewer.window._qt_viewer.canvas.native
    seen = []
    for _ in range(4):
        QTest.keyClick(canvas, Qt.Key.Key_G)
        qtbot.wait(50)
        seen.append(view.layouts.now)
        if view.layouts.now == "planes":
            view.session.find_trust()
            added = [la.name for la in viewer.layers if la.metadata["mrsr"]["role"] == "trust"]
            assert added
            assert all(name in model.layers for model in view.layouts.planes.models() for name in added)
    assert seen == ["planes", "side", "four", "single"]


def test_an_oblique_reformat_from_three_clicked_points(window: Any, qtbot: Any) -> None:
    viewer, view = window
    dock = ReviewDock(viewer)
    qtbot.addWidget(dock)
    dock.layouts.points.click()
    canvas, camera = viewer.window._qt_viewer.canvas.native, viewer.scene.camera
    middle = np.array(camera.center[-2:])
    slices = viewer.dims.nsteps[0]
    for step, offset in ((slices // 4, (-3, -4)), (slices // 2, (4, 1)), (3 * slices // 4, (-2, 5))):
        viewer.dims.set_current_step(0, step)
        qtbot.wait(20)
        click(canvas, viewer, tuple(middle + offset))
    oblique = view.layouts.oblique
    qtbot.waitUntil(lambda: oblique.model is not None and len(oblique.model.layers) == 1, timeout=30_000)
    assert len(viewer.layers[POINTS].data) == 3
    assert viewer.layers[POINTS].mode == "select"
    assert oblique.model.layers[0].data.max() > 0
    view.layouts.choose("planes")
    qtbot.wait(50)
    assert view.layouts.planes.free_cell().tabText(0) == "Oblique"
    dock.layouts.back.click()
    assert oblique.model is None


def test_closing_the_window_with_planes_open_is_clean(window: Any, qtbot: Any) -> None:
    viewer, view = window
    view.layouts.choose("planes")
    qtbot.wait(50)
    viewer.close()
