"""A series in a real viewer: sharpened in a thread while the slider moves, played by key, gone to by a click."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt, QThreadPool

from napari_mrsr.app.dynamic.series import SeriesSettings
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.widgets.commands import open_docks
from napari_mrsr.widgets.review import ReviewDock
from tests.app.dynamic.conftest import FRAMES, moving_ball

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


def finish(view: View) -> None:
    """Close, and let workers that began late end before Qt goes."""
    view.close()
    QThreadPool.globalInstance().waitForDone(20_000)


def test_frames_arrive_in_the_background_while_the_slider_moves(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    viewer = make_napari_viewer_proxy()
    view = view_of(viewer)
    view.session.adopt(moving_ball(shape=(96, 72, 12)))
    view.dynamic.run(SeriesSettings("fourier", 0.0625))
    assert view.session.running is not None  # it runs elsewhere: this line is reached at once
    began = time.monotonic()
    while view.session.running is not None and time.monotonic() - began < 120:
        view.dynamic.go_to(int(time.monotonic() * 20) % FRAMES)
        qtbot.wait(5)
    assert view.session.running is None
    result = view.dynamic.results["fourier 6.25 %"]
    assert result.done.all()
    assert view.frame is not None
    np.testing.assert_array_equal(viewer.layers["fourier 6.25 %"].data, view.frame.to_screen(result.scan.array))
    finish(view)


def test_shift_c_plays_and_a_click_in_the_plot_goes_to_a_frame(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    review = next(dock for dock in open_docks(viewer) if isinstance(dock, ReviewDock))
    view = view_of(viewer)
    view.tour.end(remember=False)
    view.session.adopt(moving_ball())
    view.dynamic.run(SeriesSettings("fourier", 0.25))
    qtbot.waitUntil(lambda: view.session.running is None, timeout=30_000)
    window = review.window()
    review.over_time.rate.setValue(15.0)
    viewer.layers.selection.active = viewer.layers["fourier 25 %"]
    canvas = viewer.__wrapped__.window._qt_viewer.canvas.native
    qtbot.keyClick(canvas, Qt.Key.Key_C, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert view.dynamic.cine.playing
    seen: set[int] = set()
    qtbot.waitUntil(lambda: seen.add(view.dynamic.frame or 0) or len(seen) == FRAMES, timeout=20_000)
    qtbot.keyClick(canvas, Qt.Key.Key_C, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert not view.dynamic.cine.playing

    review.parentWidget().raise_()
    qtbot.waitUntil(lambda: review.over_time.chart is not None and review.over_time.chart.isVisible(), timeout=10_000)
    plot = review.over_time.chart.plot
    box = plot.getPlotItem().vb
    review.scroll_to(review.over_time)
    qtbot.wait(200)
    for frame in (4, 1):
        at = plot.mapFromScene(box.mapViewToScene(_at(box, 2.5 * frame)))
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(at.x()), round(at.y())))
        qtbot.waitUntil(lambda frame=frame: view.dynamic.frame == frame, timeout=30_000)
    assert window is not None
    finish(view)


def _at(box: Any, seconds: float) -> Any:
    from qtpy.QtCore import QPointF

    (bottom, top) = box.viewRange()[1]
    return QPointF(seconds, (bottom + top) / 2)


def test_closing_the_dock_stops_playing(make_napari_viewer_proxy: Callable[..., Any], qtbot: Any) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    review = next(dock for dock in open_docks(viewer) if isinstance(dock, ReviewDock))
    view = view_of(viewer)
    view.session.adopt(moving_ball())
    view.dynamic.cine.start()
    assert view.dynamic.cine.playing
    review.parentWidget().raise_()
    qtbot.wait(100)
    review.parentWidget().close()
    qtbot.waitUntil(lambda: not view.dynamic.cine.playing, timeout=30_000)
    finish(view)
